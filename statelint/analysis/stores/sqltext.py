"""From a term to the SQL text that it stands for, with the values and names that are put into it."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.model import ClassValue, Instance, Package
from statelint.analysis.stores.sqlscreen import TEXTS, SqlScreen, looks_like_sql
from statelint.analysis.terms import walk
from statelint.extract.facts import (
    NO_TERM,
    Attr,
    Binary,
    Call,
    Choice,
    Comprehension,
    Const,
    Format,
    Logic,
    Mapping,
    Name,
    Sequence,
    Unknown,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.analysis.inference import Inference
    from statelint.analysis.model import Module
    from statelint.analysis.stores.scripts import Scripts
    from statelint.extract.facts import Term, TermId

MAX_TEXTS = 4
"""Alternatives kept of a text that branches choose."""
MAX_DEPTH = 40
MAX_LENGTH = 20_000
"""Longer texts are data, not questions."""

_WRAPPERS = frozenset({"text", "SQL", "dedent", "cleandoc", "RawSQL", "literal_column", "str", "Composed", "sql"})
"""Calls whose first argument is the text."""
_SAME = frozenset({"strip", "rstrip", "lstrip", "bindparams", "columns", "as_string", "replace", "execution_options"})
"""Methods that leave a text as it is, for our purposes."""
_PERCENT = re.compile(r"%(?:\((\w+)\))?[#0\- +]*\d*(?:\.\d+)?([srdifx%])")
_BRACES = re.compile(r"\{\{|\}\}|\{(\w*)[^{}]*\}")


class Piece(NamedTuple):
    """Part of a text: constant ``text``, or, where that is empty, the value of ``hole``.

    ``optional`` is the test under which the piece is part of the text, or ``NO_TERM`` if it always is.
    """

    text: str
    hole: TermId = NO_TERM
    optional: TermId = NO_TERM


Pieces = tuple[Piece, ...]


class Text(NamedTuple):
    """One text that a term may be; ``test`` is what chose it among others."""

    pieces: Pieces
    test: TermId = NO_TERM

    @property
    def head(self) -> str:
        """The text before the first hole."""
        found = ""
        for piece in self.pieces:
            if not piece.text:
                break
            found += piece.text
        return found


class TextReader:
    """Reads texts from terms, with memory."""

    def __init__(self, inference: Inference, scripts: Scripts | None = None) -> None:
        self.inference = inference
        self._scripts = scripts
        self._texts: dict[tuple[Module, TermId], tuple[Text, ...]] = {}

    @cached_property
    def screen(self) -> SqlScreen:
        """Which modules can hold SQL."""
        return SqlScreen(self.inference.modules)

    def sql(self, module: Module, term: TermId) -> tuple[Text, ...]:
        """Return the SQL statements that ``term`` may be; empty if it is none."""
        if term < 0 or not isinstance(module.terms[term], TEXTS):
            return ()
        return tuple(text for text in self.texts(module, term) if looks_like_sql(text.head))

    def texts(self, module: Module, term: TermId, depth: int = 0) -> tuple[Text, ...]:
        """Return the texts that ``term`` may be; empty if nothing of it is known."""
        key = (module, term)
        found = self._texts.get(key)
        if found is None:
            if depth > MAX_DEPTH:
                return ()
            self._texts[key] = ()
            made = self._texts_of(module, module.terms[term], depth + 1)
            found = self._texts[key] = tuple(text for text in made if _size(text) <= MAX_LENGTH)[:MAX_TEXTS]
        return found

    def _texts_of(self, module: Module, held: Term, depth: int) -> Iterable[Text]:
        match held:
            case Const(value=str(value)):
                return (Text((Piece(value),)),) if value else (Text(()),)
            case Format(parts=parts):
                return self._joined(module, parts, depth)
            case Binary(op="+", left=left, right=right):
                return self._joined(module, (left, right), depth)
            case Binary(op="%", left=left, right=right):
                return self._filled(module, left, _percent_values(module, right), _PERCENT, depth)
            case Choice(test=test, then=then, other=other):
                return self._choice(module, test, then, other, depth)
            case Logic(values=values):
                return [text for value in values for text in self.texts(module, value, depth)]
            case Call():
                return self._call(module, held, depth)
            case Name(id=name):
                home, bindings = self.inference.definition(module, name)
                return self._bound(module, home, [binding.value for binding in bindings], depth)
            case Attr(base=base, name=name):
                return self._attribute(module, base, name, depth)
            case _:
                return ()

    def _joined(self, module: Module, parts: Iterable[TermId], depth: int) -> list[Text]:
        """Concatenate; what is not known stays a hole."""
        found = [Text(())]
        known = False
        for part in parts:
            texts = self.texts(module, part, depth)
            known = known or bool(texts)
            options = texts or (Text((_number(module, part) or Piece("", part),)),)
            found = [
                Text((*before.pieces, *after.pieces), before.test if before.test >= 0 else after.test)
                for before in found
                for after in options
            ][:MAX_TEXTS]
        return found if known else []

    def _choice(self, module: Module, test: TermId, then: TermId, other: TermId, depth: int) -> list[Text]:
        """What only one branch adds is optional; unrelated branches are alternatives."""
        left, right = self.texts(module, then, depth), self.texts(module, other, depth)
        if len(left) == len(right) == 1:
            for long, short in ((left[0].pieces, right[0].pieces), (right[0].pieces, left[0].pieces)):
                size = len(short)
                if long[:size] == short:
                    why = test if test >= 0 else then
                    added = (piece if piece.optional >= 0 else piece._replace(optional=why) for piece in long[size:])
                    return [Text((*short, *added))]
        return [text if text.test >= 0 else text._replace(test=test) for text in (*left, *right)]

    def _call(self, module: Module, call: Call, depth: int) -> Iterable[Text]:
        func = module.terms[call.func]
        name = module.last_name(call.func)
        if isinstance(func, Attr):
            if name == "join" and len(call.args) == 1:
                return self._join(module, func.base, call.args[0], depth)
            if name == "format":
                values = {str(index): value for index, value in enumerate(call.args)}
                values.update({key: value for key, value in call.keywords if key})
                return self._filled(module, func.base, values, _BRACES, depth)
            if name in {"read", "read_text"} and self._scripts is not None:
                file = next((text for part in walk(module, func.base) if (text := self._file(module, part))), "")
                return (Text((Piece(file),)),) if file else ()
            if name in _SAME:
                return self.texts(module, func.base, depth)
        if name in _WRAPPERS and call.args:
            return self.texts(module, call.args[0], depth)
        return ()

    def _file(self, module: Module, term: TermId) -> str:
        """Return what the script of the project says whose name ``term`` is."""
        text = module.text(term)
        return self._scripts.file(text) if self._scripts is not None and text and text.endswith(".sql") else ""

    def _join(self, module: Module, separator: TermId, items: TermId, depth: int) -> Iterable[Text]:
        between = module.text(separator)
        if between is None:
            # psycopg's SQL(", ").join(…)
            texts = self.texts(module, separator, depth)
            between = texts[0].head if texts else None
        held = module.terms[items]
        if between is None or (isinstance(held, Sequence) and not held.items):
            return ()
        if isinstance(held, Sequence) and not held.more:
            pieces: list[Piece] = []
            for index, item in enumerate(held.items):
                why = NO_TERM
                value = module.terms[item]
                if isinstance(value, Choice) and _absent(module, value.other):
                    item, why = value.then, value.test if value.test >= 0 else value.then  # noqa: PLW2901
                texts = self.texts(module, item, depth)
                part = texts[0].pieces if texts else (Piece("", item),)
                if index:
                    pieces.append(Piece(between, optional=why))
                pieces += (piece if why < 0 or piece.optional >= 0 else piece._replace(optional=why) for piece in part)
            return (Text(tuple(pieces)),)
        if isinstance(held, Comprehension):
            texts = self.texts(module, held.element, depth)
            if texts:
                return texts[:1]
        return (Text((Piece("", items),)),)

    def _filled(
        self, module: Module, base: TermId, values: dict[str, TermId], marks: re.Pattern[str], depth: int
    ) -> Iterator[Text]:
        """Fill the marks of a format; marks without a value stay as they are (they are placeholders)."""
        for text in self.texts(module, base, depth):
            pieces: list[Piece] = []
            count = 0
            for piece in text.pieces:
                at = 0
                for mark in marks.finditer(piece.text):
                    pieces.append(Piece(piece.text[at : mark.start()], optional=piece.optional))
                    at = mark.end()
                    if mark[0] in {"%%", "{{", "}}"}:
                        pieces.append(Piece(mark[0][0], optional=piece.optional))
                        continue
                    key = mark[1] or str(count)
                    count += not mark[1]
                    value = values.get(key, NO_TERM)
                    inner = self.texts(module, value, depth) if value >= 0 else ()
                    pieces += inner[0].pieces if inner else (Piece("", value, piece.optional),)
                pieces.append(Piece(piece.text[at:], piece.hole, piece.optional))
            yield Text(tuple(piece for piece in pieces if piece.text or piece.hole >= 0), text.test)

    def _attribute(self, module: Module, base: TermId, name: str, depth: int) -> Iterable[Text]:
        """A constant of another module, of a class or of ``self``."""
        for value in self.inference.term(module, base):
            if isinstance(value, Package):
                home = self.inference.index.by_parts.get(value.parts)
                if home is not None and name in home.bindings:
                    return self._bound(module, home, [binding.value for binding in home.bindings[name]], depth)
            elif isinstance(value, (ClassValue, Instance)):
                for klass in self.inference.mro(value.klass)[0]:
                    binding = klass.attribute(name)
                    if binding is not None:
                        return self._bound(module, klass.module, [binding.value], depth)
        return ()

    def _bound(self, module: Module, home: Module, terms: list[TermId], depth: int) -> Iterable[Text]:
        found = [text for term in terms if term >= 0 for text in self.texts(home, term, depth)]
        if home is module:
            return found
        # Values of another module mean nothing here.
        return [Text(tuple(Piece(piece.text or "?") for piece in text.pieces)) for text in found]


def _number(module: Module, term: TermId) -> Piece | None:
    held = module.terms[term]
    return Piece(str(held.value)) if isinstance(held, Const) and isinstance(held.value, (int, float)) else None


def _size(text: Text) -> int:
    return sum(len(piece.text) for piece in text.pieces)


def _absent(module: Module, term: TermId) -> bool:
    held = module.terms[term] if term >= 0 else None
    return isinstance(held, Unknown) and held.why == "absent"


def _percent_values(module: Module, term: TermId) -> dict[str, TermId]:
    held = module.terms[term]
    if isinstance(held, Sequence):
        return {str(index): item for index, item in enumerate(held.items)}
    if isinstance(held, Mapping):
        return {module.text(key) or "": value for key, value in zip(held.keys, held.values, strict=True) if key >= 0}
    return {"0": term}

"""Which file a path names, as far as code says."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.model import External, FunctionValue, Instance
from statelint.extract.facts import Attr, Binary, Call, Choice, Const, Format, Logic, Name, Param

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.constants import Constants
    from statelint.analysis.inference import Inference
    from statelint.analysis.model import Module
    from statelint.extract.facts import TermId

MAX_DEPTH = 8
_JOINS = frozenset({"os.path.join", "posixpath.join"})
_SAME = frozenset(
    {
        "pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "anyio.Path", "str", "os.fspath", "os.path.abspath",
        "os.path.realpath", "os.path.normpath", "os.path.expanduser", "werkzeug.utils.secure_filename",
    }
)  # fmt: skip
_SAME_METHODS = frozenset({"resolve", "absolute", "expanduser", "as_posix"})
_OF_APPS = {"root_path": ".", "static_folder": "static"}
"""Attributes of Flask's applications, and where they lead as code that serves files sees it."""
_UNIQUE = ("tempfile", "mkdtemp", "mkstemp", "gettempdir", "tmp_path")


class FilePath(NamedTuple):
    """A path that begins with ``text``; ``exact`` if that is all of it, ``temporary`` if it is nobody else's."""

    text: str
    exact: bool
    temporary: bool = False

    def meets(self, other: FilePath) -> bool:
        """Tell whether both may name the same file."""
        if not self.text or not other.text:
            return False
        if self.exact and other.exact:
            return self.text == other.text
        if self.exact or other.exact:
            exact, open_ended = (self, other) if self.exact else (other, self)
            return exact.text.startswith(f"{open_ended.text}/")
        return self.text == other.text

    def holds(self, other: FilePath) -> bool:
        """Tell whether ``other`` may be this file, or lie in this folder."""
        return self.meets(other) or bool(self.text and other.text.startswith(f"{self.text}/"))

    @property
    def shown(self) -> str:
        """The path in words: without what stands for unknown folders."""
        return _BESIDE.sub("", self.text).strip("<>").rpartition(":")[2] or self.text


_BESIDE = re.compile(r"^<[^:>]*>\^*/")
_UNKNOWN = FilePath("", exact=False)


class Paths:
    """Follows names, joins and f-strings to the constant beginning of a path."""

    def __init__(self, inference: Inference, constants: Constants) -> None:
        self.inference = inference
        self.constants = constants

    def of(self, module: Module, term: TermId) -> Iterator[FilePath]:
        """Yield the paths that ``term`` may be: of a parameter, what callers pass."""
        for pieces in self._pieces(module, term, 0):
            yield _joined(pieces)

    def _pieces(self, module: Module, term: TermId, depth: int) -> Iterator[list[str | None]]:
        """Yield lists of pieces of text, with None for what a request or the clock decides."""
        held = module.terms[term] if term >= 0 else None
        if depth > MAX_DEPTH or held is None:
            yield [None]
            return
        match held:
            case Const(value=str() as text):
                yield [text]
            case Format(parts=parts):
                yield self._first(module, parts, depth, "")
            case Binary(op="/", left=left, right=right):
                yield self._first(module, (left, right), depth, "/")
            case Binary(op="+", left=left, right=right):
                yield self._first(module, (left, right), depth, "")
            case Call():
                yield from self._call(module, held, depth)
            case Choice(then=then, other=other):
                yield from self._pieces(module, then, depth + 1)
                yield from self._pieces(module, other, depth + 1)
            case Logic(values=values):
                yield from self._pieces(module, values[-1], depth + 1)
            case Param(function=function, index=index):
                yield from self._given(module, function, index, depth)
            case Name() | Attr():
                yield from self._named(module, term, depth)
            case _:
                yield [None]

    def _first(self, module: Module, terms: tuple[TermId, ...], depth: int, between: str) -> list[str | None]:
        pieces: list[str | None] = []
        for term in terms:
            if pieces and between:
                pieces.append(between)
            pieces += next(self._pieces(module, term, depth + 1))
        return pieces

    def _call(self, module: Module, call: Call, depth: int) -> Iterator[list[str | None]]:
        values = self.inference.term(module, call.func)
        names = {value.name for value in values if isinstance(value, External)}
        func = module.terms[call.func]
        if any(part in name for name in names for part in _UNIQUE):
            yield [_TEMPORARY]
        elif (names & _JOINS or names & _SAME) and call.args:
            yield self._first(module, call.args, depth, "/")
        elif isinstance(func, Attr) and func.name == "joinpath":
            yield self._first(module, (func.base, *call.args), depth, "/")
        elif isinstance(func, Attr) and func.name in _SAME_METHODS:
            yield from self._pieces(module, func.base, depth + 1)
        elif any(isinstance(value, FunctionValue) for value in values):
            for value in values:
                if isinstance(value, FunctionValue):
                    for event in value.function.events:
                        if event.op == "return":
                            yield from self._pieces(value.function.module, event.term, depth + 1)
        else:
            text = self.constants.value(module, self._term(module, call))
            yield [text if isinstance(text, str) else None]

    @staticmethod
    def _term(module: Module, call: Call) -> TermId:
        return next((term for term, held in enumerate(module.terms) if held is call), -1)

    def _named(self, module: Module, term: TermId, depth: int) -> Iterator[list[str | None]]:
        text = self.constants.value(module, term)
        if isinstance(text, str):
            yield [text]
            return
        held = module.terms[term]
        if isinstance(held, Name):
            if held.id == "__file__":
                yield [f"<{posixpath.dirname(module.path)}>"]
                return
            home, bindings = self.inference.definition(module, held.id)
            if len(bindings) == 1 and bindings[0].value >= 0:
                pieces = next(self._pieces(home, bindings[0].value, depth + 1))
                # What no constant says is still one and the same thing under its name.
                yield pieces if pieces[0] is not None else [f"<{home.path}:{held.id}>"]
                return
        elif isinstance(held, Attr):
            if held.name in _OF_APPS and module.dotted(held.base).endswith("app"):
                yield [_OF_APPS[held.name]]
                return
            if held.name in {"parent", "parents"}:
                pieces = next(self._pieces(module, held.base, depth + 1))
                yield [f"{pieces[0]}^"] if pieces[0] is not None else [None]
                return
            for value in self.inference.term(module, held.base):
                if isinstance(value, Instance):
                    yield [f"<{value.klass.name}.{held.name}>"]
                    return
            name = module.dotted(term)
            if name and not name.startswith(("request.", "file.", "data.")):
                yield [f"<{name}>"]
                return
        yield [None]

    def _given(self, module: Module, function: int, index: int, depth: int) -> Iterator[list[str | None]]:
        info = module.functions[function]
        if index == 0 and info.owner is not None:
            yield [None]
            return
        parameter = info.facts.parameters[index]
        known = False
        for home, call, bound in (self.inference.callers or {}).get(info, ())[:6]:
            argument = self.inference.argument(home, call, info, index, bound)
            if argument >= 0:
                known = True
                yield from self._pieces(home, argument, depth + 2)
            elif parameter.default >= 0:
                known = True
                yield from self._pieces(module, parameter.default, depth + 2)
        if not known:
            yield [None]


_TEMPORARY = "\0"


def _joined(pieces: list[str | None]) -> FilePath:
    text = ""
    for piece in pieces:
        if piece is None:
            # Up to the last folder that is certain.
            folder = text.rpartition("/")[0] if "/" in text or not text.startswith("<") else text
            return FilePath(_plain(folder), exact=False, temporary=_TEMPORARY in text)
        text = f"{text}{piece}" if not piece.startswith("/") or text else piece
    return FilePath(_plain(text), exact=True, temporary=_TEMPORARY in text)


def _plain(text: str) -> str:
    if not text:
        return ""
    normal = posixpath.normpath(text)
    return "" if normal == "." else normal.removeprefix("./")

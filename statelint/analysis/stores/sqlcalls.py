"""Calls that run SQL: what they ask, and which values they give to the predicates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.model import External, Result
from statelint.analysis.stores.sqltext import Piece, Text, TextReader
from statelint.extract.facts import NO_TERM, Attr, Binary, Call, Choice, Item, Mapping, Name, Sequence, Star

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.inference import Inference
    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.stores.scripts import Scripts
    from statelint.analysis.stores.sqlparse import Statement
    from statelint.extract.facts import Event, TermId

_PLACEHOLDER = re.compile(
    r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|::"
    r"|(?P<mark>%\((?P<named>\w+)\)s|%s|(?<![\w:]):(?P<colon>[A-Za-z_]\w*)|\$(?P<dollar>\d+)|\?(?P<number>\d*)(?![|&?])|(?<![\w@])@(?P<at>[A-Za-z_]\w*))"
)
_TEXT_KEYWORDS = ("query", "sql", "statement", "stmt", "operation", "clause")
_VALUE_KEYWORDS = ("params", "parameters", "values", "args", "vars", "parameter", "query_params", "bind", "data")
_NO_RUN = frozenset(
    {
        "text", "SQL", "dedent", "cleandoc", "format", "join", "strip", "replace", "print", "append", "extend", "debug",
        "info", "warning", "error", "exception", "log", "len", "str", "repr", "isinstance", "hash", "startswith", "sub",
        "RawSQL", "Composed", "ValueError", "RuntimeError", "encode", "compile", "match", "search", "literal_column",
        "DDL", "columns", "bindparams", "setdefault",
    }
)  # fmt: skip
"""Calls that take a text and do not run it."""
_CLAUSES = frozenset(
    {"where", "wheres", "conditions", "clauses", "filters", "filter", "criteria", "where_clause", "where_clauses"}
)
"""Keywords by which a helper of the project is given further predicates."""
FETCHES = frozenset({"fetchone", "fetchall", "fetchmany", "fetchval", "scalar", "scalars", "mappings", "first", "all"})


class SqlCall(NamedTuple):
    """One call that runs a statement; ``values`` and ``optional`` are keyed by the marks of the statement."""

    function: FunctionInfo
    event: Event
    statement: Statement
    values: dict[str, TermId]
    optional: dict[str, TermId]
    others: tuple[tuple[Statement, TermId], ...]
    """What the call runs instead under a test."""
    parameters: TermId
    """All values together, for those that cannot be told apart."""

    @property
    def leaf(self) -> TermId:
        """The call that gives the rows: the run itself, or the next fetch from the same cursor."""
        return fetched(self.function, self.event)


def fetched(function: FunctionInfo, run: Event) -> TermId:
    """Return the call that gives what ``run`` asks for: the next fetch from the same cursor, or the run itself."""
    module = function.module
    call = module.terms[run.term]
    func = module.terms[call.func] if isinstance(call, Call) else None
    if not isinstance(func, Attr):
        return run.term
    after = False
    for event in function.events:
        if event is run:
            after = True
        elif after and event.op == "call":
            other = module.terms[event.term]
            called = module.terms[other.func] if isinstance(other, Call) else None
            if isinstance(called, Attr) and called.base == func.base:
                if called.name in FETCHES:
                    return event.term
                if called.name == func.name:
                    break
    return run.term


class SqlCalls:
    """Finds the calls that run SQL, function by function."""

    def __init__(self, inference: Inference, scripts: Scripts) -> None:
        self.texts = TextReader(inference, scripts)
        self._scripts = scripts
        self._found: dict[FunctionInfo, tuple[SqlCall, ...]] = {}

    def of(self, function: FunctionInfo) -> tuple[SqlCall, ...]:
        """Return the statements that a function runs, in source order."""
        found = self._found.get(function)
        if found is None:
            found = self._found[function] = tuple(self._find(function))
        return found

    def _find(self, function: FunctionInfo) -> Iterator[SqlCall]:
        module = function.module
        if not self.texts.screen.passes(module) and not self._scripts.asks:
            return
        for event in function.events:
            if event.op != "call":
                continue
            call = module.terms[event.term]
            if not isinstance(call, Call) or module.last_name(call.func) in _NO_RUN:
                continue
            named = self._named(module, call)
            if named:
                texts: tuple[Text, ...] = (Text((Piece(named),)),)
                rest = call.args[1:]
            else:
                position, term = self._text_argument(module, call)
                texts = self.texts.sql(module, term) if term >= 0 else ()
                rest = call.args[position + 1 :] if position >= 0 else call.args
            if not texts:
                continue
            open_ended = self._given_clauses(module, call, rest)
            found = [made for text in texts for made in self._made(function, event, call, rest, text)]
            if open_ended:
                found = [one._replace(statement=one.statement._replace(is_open=True)) for one in found]
            if found:
                # The alternative that asks least is the one to judge.
                least = min(found, key=lambda one: len(one.statement.predicates))
                others = [
                    (one.statement, text.test) for one, text in zip(found, texts, strict=False) if one is not least
                ]
                values = {mark: value for one in found for mark, value in one.values.items()} | least.values
                yield least._replace(values=values, others=tuple(others))

    def _named(self, module: Module, call: Call) -> str:
        """Return the statement of a script that is called by its name: ``queries.get_note(connection, id=note_id)``."""
        func = module.terms[call.func]
        text = self._scripts.named(func.name) if isinstance(func, Attr) else ""
        values = self.texts.inference.term(module, call.func) if text else ()
        return text if all(isinstance(value, (External, Result)) for value in values) else ""

    def _text_argument(self, module: Module, call: Call) -> tuple[int, TermId]:
        for name, value in call.keywords:
            if name in _TEXT_KEYWORDS:
                return -1, value
        for index, argument in enumerate(call.args[:2]):
            # The connection may come first: run(db, "SELECT …").
            if self.texts.sql(module, argument):
                return index, argument
        return -1, NO_TERM

    def _given_clauses(self, module: Module, call: Call, rest: tuple[TermId, ...]) -> bool:
        """Tell whether a helper is given predicates beside the text: ``page(sql, ["user_id = :user"], values)``."""
        if any(name in _CLAUSES for name, _ in call.keywords):
            return True
        return any(
            isinstance(held := module.terms[argument], Sequence)
            and any(
                "=" in (module.text(item.then if isinstance(item := module.terms[part], Choice) else part) or "")
                for part in held.items
            )
            for argument in rest
        )

    def _made(
        self, function: FunctionInfo, event: Event, call: Call, rest: tuple[TermId, ...], text: Text
    ) -> Iterator[SqlCall]:
        sql, keys, holes, optional = marked(text)
        statements = self._scripts.statements.of(sql)
        if not statements:
            return
        parameters = next(
            (value for name, value in call.keywords if name in _VALUE_KEYWORDS), rest[0] if rest else NO_TERM
        )
        given = dict(holes)
        given.update(self._values(function, call, rest, parameters, keys))
        for statement in statements[:1]:
            yield SqlCall(function, event, statement, given, optional, (), parameters)

    def _values(
        self, function: FunctionInfo, call: Call, rest: tuple[TermId, ...], parameters: TermId, keys: dict[str, str]
    ) -> Iterator[tuple[str, TermId]]:
        """Yield the value of each placeholder that can be told."""
        module = function.module
        names, items = spread(module, parameters)
        names.update(_written(function, parameters))
        if not names and (not items or len(rest) > 1):
            items = list(positional(module, rest))
        named = {name: value for name, value in call.keywords if name}
        for mark, key in keys.items():
            if key.isdigit():
                ordered = items or list(names.values())
                if int(key) < len(ordered):
                    yield mark, ordered[int(key)]
            elif key in names:
                yield mark, names[key]
            elif key in named:
                yield mark, named[key]


def marked(text: Text) -> tuple[str, dict[str, str], dict[str, TermId], dict[str, TermId]]:
    """Put marks in place of placeholders and holes.

    Returns the text, the placeholder (a position, a name, or nothing known) of each mark, the value of each hole, and
    the tests of the marks that are optional.
    """
    keys: dict[str, str] = {}
    holes: dict[str, TermId] = {}
    optional: dict[str, TermId] = {}
    count = 0

    def mark(found: re.Match[str]) -> str:
        nonlocal count
        if found["mark"] is None:
            return found[0]
        name = f"__p{len(keys)}__"
        if found["dollar"]:
            keys[name] = str(int(found["dollar"]) - 1)
        elif found["number"]:
            keys[name] = str(int(found["number"]) - 1)
        else:
            key = found["named"] or found["colon"] or found["at"]
            keys[name] = key or str(count)
            count += key is None
        return name

    parts: list[str] = []
    for piece in text.pieces:
        before = len(keys)
        if piece.text:
            parts.append(_PLACEHOLDER.sub(mark, piece.text))
        elif parts and parts[-1].endswith("$"):
            # f"user_id = ${count}": a placeholder whose number is counted.
            parts[-1] = parts[-1][:-1]
            name = f"__p{len(keys)}__"
            keys[name] = ""
            parts.append(name)
        else:
            name = f"__h{len(holes)}__"
            holes[name] = piece.hole
            parts.append(name)
            if piece.optional >= 0:
                optional[name] = piece.optional
        if piece.optional >= 0:
            optional.update({f"__p{index}__": piece.optional for index in range(before, len(keys))})
    return "".join(parts), keys, holes, optional


def _written(function: FunctionInfo, mapping: TermId) -> Iterator[tuple[str, TermId]]:
    """Yield what a function puts into a mapping: ``values["id"] = note_id``."""
    module = function.module
    for event in function.events:
        target = module.terms[event.term] if event.op == "write" and event.value >= 0 else None
        if isinstance(target, Item) and target.base == mapping >= 0:
            text = module.text(target.key)
            if text is not None:
                yield text, event.value


def positional(module: Module, arguments: tuple[TermId, ...]) -> Iterator[TermId]:
    """Yield positional arguments, with those that ``*values`` stands for."""
    for argument in arguments:
        held = module.terms[argument]
        if isinstance(held, Star):
            yield from spread(module, held.value)[1] or [held.value]
        else:
            yield argument


def spread(module: Module, term: TermId) -> tuple[dict[str, TermId], list[TermId]]:
    """Return the named and the positional values of a parameters argument."""
    names: dict[str, TermId] = {}
    items: list[TermId] = []
    if term < 0:
        return names, items
    held = module.terms[term]
    if isinstance(held, Mapping):
        for key, value in zip(held.keys, held.values, strict=True):
            text = module.text(key) if key >= 0 else None
            if text is not None:
                names[text] = value
            elif key < 0:
                names.update(spread(module, value)[0])
    elif isinstance(held, Sequence):
        for item in held.items:
            inner = module.terms[item]
            if isinstance(inner, Star):
                items += spread(module, inner.value)[1] or [inner.value]
            else:
                items.append(inner.then if isinstance(inner, Choice) and inner.then >= 0 else item)
        if items and all(isinstance(module.terms[item], (Sequence, Mapping)) for item in items):
            # executemany: the first row speaks for all.
            return spread(module, items[0])
    elif isinstance(held, Binary) and held.op in {"+", "|"}:
        for side in (held.left, held.right):
            more, others = spread(module, side)
            names.update(more)
            items += others or ([] if more else [side])
    elif isinstance(held, Call):
        func = module.terms[held.func]
        if isinstance(func, Name) and func.id in {"tuple", "list", "dict"} and len(held.args) <= 1:
            if held.args:
                return spread(module, held.args[0])
            names.update({key: value for key, value in held.keywords if key})
    elif isinstance(held, Choice):
        for branch in (held.then, held.other):
            more, others = spread(module, branch)
            if more or others:
                return more, others
    return names, items

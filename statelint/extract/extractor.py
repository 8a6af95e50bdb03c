"""From one file's bytes to its facts."""

from __future__ import annotations

import ast
import json
import math
import re
import warnings
from typing import TYPE_CHECKING

from statelint.extract.facts import Failure, ModuleFacts, Observation, Position
from statelint.extract.nesting import AST, LIBCST, MAX_FORMATTED, deep, overlong, tractable, weigh
from statelint.extract.scripts import SUFFIX, read_script
from statelint.extract.statements import ModuleReader
from statelint.source.cells import python_of
from statelint.source.lines import Columns
from statelint.source.roles import is_test_path
from statelint.source.suppressions import find_suppressions, statements
from statelint.source.text import SourceError, decode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from statelint.catalogue.lookup import Catalogue
    from statelint.lint.rule import Rule

_SCHEMA = re.compile(r"create\s+(?:\w+\s+)?table|create_table", re.IGNORECASE)


def extract(
    path: str, data: bytes, catalogue: Catalogue, visitors: Iterable[type[Rule]] = (), megabytes: float = math.inf
) -> ModuleFacts:
    """Return the facts of the file ``path`` (relative, posix) with content ``data``.

    ``visitors`` are the rules that bring a LibCST visitor. Of a test nothing is read but its comments: no request
    reaches it, and what it passes to others are stand-ins; unless it tells how tables look. Bad input never raises:
    the reason is in the facts' ``failure``. Raises TooHeavy where parsing may take more than so many ``megabytes``.
    """
    if path.endswith(SUFFIX):
        return read_script(path, data)
    try:
        data = python_of(path, data)
        text = decode(data)
    except SourceError as error:
        return failed(path, Failure("unreadable", error.message, error.line, error.column))
    lines = text.count("\n") + (not text.endswith("\n"))
    line = overlong(text)
    if line:
        message = f"an f-string of more than {MAX_FORMATTED:,} characters takes this Python too long to read"
        return failed(path, Failure("unreadable", message, line, 1), lines, text)
    weigh(text, AST, megabytes)
    try:
        with warnings.catch_warnings():
            # Invalid escapes and the like are the author's linter's business.
            warnings.simplefilter("ignore")
            tree, read = parse(text, megabytes)
    except SyntaxError as error:
        failure = Failure("syntax", error.msg or "invalid syntax", error.lineno or 1, error.offset or 1)
        return failed(path, failure, lines, text)
    except (ValueError, RecursionError, MemoryError) as error:
        return failed(path, Failure("unreadable", f"cannot be parsed: {_reason(error)}", 1, 1), lines, text)
    if is_test_path(path) and _SCHEMA.search(text) is None:
        return _unread(path, lines, text, spans=statements(tree))
    reader = ModuleReader(Columns(read), catalogue.aborting_names)
    try:
        with deep():
            reader.read(tree)
    except RecursionError:
        return failed(path, Failure("unreadable", "code is nested too deeply to be analysed", 1, 1), lines, text)
    return ModuleFacts(
        path=path,
        lines=lines,
        functions=[function for function in reader.functions if function is not None],
        classes=[klass for klass in reader.classes if klass is not None],
        imports=reader.imports,
        bindings=reader.bindings,
        terms=reader.table.terms,
        conditions=reader.conditions,
        exports=reader.exports,
        suppressions=list(find_suppressions(text)),
        observations=_observe(data, text, visitors, megabytes),
        failure=None,
        screened=False,
        statements=statements(tree),
    )


def parse(text: str, megabytes: float = math.inf) -> tuple[ast.Module, str]:
    """Return the tree of ``text`` and the text that its columns refer to: another one if the syntax had to change.

    Raises SyntaxError, what ``ast.parse`` raises besides, and TooHeavy.
    """
    try:
        return ast.parse(text), text
    except SyntaxError as error:
        from statelint.extract import newer  # noqa: PLC0415 - brings LibCST, which few projects need

        return newer.parse(text, error, megabytes)


def _reason(error: BaseException) -> str:
    return "nested too deeply" if isinstance(error, (RecursionError, MemoryError)) else str(error)


def failed(path: str, failure: Failure, lines: int = 0, text: str = "") -> ModuleFacts:
    """Return the facts of a file of which nothing is known but why."""
    return _unread(path, lines, text, failure=failure)


def _unread(
    path: str, lines: int, text: str, failure: Failure | None = None, spans: Sequence[tuple[int, int]] = ()
) -> ModuleFacts:
    """Return the facts of a file of which only the comments count."""
    reader = ModuleReader(Columns(""))
    reader.read(ast.Module([], []))
    return ModuleFacts(
        path=path,
        lines=lines,
        functions=[function for function in reader.functions if function is not None],
        classes=[],
        imports=[],
        bindings=[],
        terms=[],
        conditions=reader.conditions,
        exports=None,
        suppressions=list(find_suppressions(text)),
        observations=[],
        failure=failure,
        screened=True,
        statements=list(spans),
    )


def _observe(data: bytes, text: str, rules: Iterable[type[Rule]], megabytes: float) -> list[Observation]:
    """Run the rules' LibCST visitors over a file that contains one of their screen words."""
    wanted = [
        rule
        for rule in rules
        if rule.visitor is not None and (not rule.screen or any(word.encode() in data for word in rule.screen))
    ]
    if not wanted or not tractable(text):
        return []
    weigh(text, LIBCST, megabytes)
    import libcst  # noqa: PLC0415 - costs more than a whole warm run
    from libcst.metadata import MetadataWrapper, PositionProvider  # noqa: PLC0415

    from statelint.extract.walk import UNREADABLE, walk  # noqa: PLC0415

    try:
        module = libcst.parse_module(data)
    except UNREADABLE:
        return []
    visitors = [(rule, rule.visitor()) for rule in wanted if rule.visitor is not None]
    with deep():
        walk(module, [visitor for _, visitor in visitors])
    reported = [
        (rule.code, node, note) for rule, visitor in visitors for node, note in getattr(visitor, "reported", ())
    ]
    if not reported:
        return []
    wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
    with deep():
        positions = wrapper.resolve(PositionProvider)
    observations = []
    for code, node, note in reported:
        place = positions[node]
        start, end = place.start, place.end
        position = Position(start.line, start.column + 1, end.line, end.column + 1)
        observations.append(Observation(code, note if isinstance(note, str) else json.dumps(note), position))
    return observations

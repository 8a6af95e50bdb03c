"""The facts of an SQL script: the tables that it creates, and the statements that code asks for by name.

Only text is kept: what it says is read when the project is analysed, and only in projects that have such files.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple

from statelint.extract.facts import NO_TERM, Binding, Const, ModuleFacts, Position
from statelint.extract.statements import ModuleReader
from statelint.source.lines import Columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.extract.facts import Term

SUFFIX = ".sql"
MAX_STATEMENT = 20_000
"""Longer statements are data, too."""

_TOKEN = re.compile(
    r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"[^\"]*\"|(?P<tag>\$\w*\$).*?(?P=tag)|(?P<end>;)|^COPY\s[^;]*;.*?^\\\.$",
    re.DOTALL | re.MULTILINE,
)
_NAMED = re.compile(r"^\s*--\s*name\s*:\s*(?P<name>[\w-]+)", re.MULTILINE | re.IGNORECASE)
_SCHEMA = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(?:create\s+(?:\w+\s+){0,2}table|alter\s+(?:foreign\s+)?table|create\s+policy)\b",
    re.IGNORECASE | re.DOTALL,
)


class Part(NamedTuple):
    """One statement: its name (of ``-- name: …``, or empty) and the line on which it begins."""

    name: str
    text: str
    line: int


def read_script(path: str, data: bytes) -> ModuleFacts:
    """Return the facts of a script: a binding for each statement that declares a table or has a name.

    A script that is one statement is bound as ``<script>``. Never raises: bytes that are no text are replaced.
    """
    text = data.decode("utf-8-sig", errors="replace")
    parts = list(_parts(text))
    if len(parts) == 1 and not parts[0].name and not _SCHEMA.match(parts[0].text):
        parts = [parts[0]._replace(name="<script>")]
    terms: list[Term] = []
    bindings = []
    for part in parts:
        if len(part.text) <= MAX_STATEMENT and (part.name or _SCHEMA.match(part.text)):
            position = Position(part.line, 1, part.line, 1)
            bindings.append(Binding(part.name, len(terms), NO_TERM, 0, position))
            terms.append(Const(part.text, "str"))
    reader = ModuleReader(Columns(""))
    reader.read(ast.Module([], []))
    return ModuleFacts(
        path=path,
        lines=text.count("\n") + (not text.endswith("\n")),
        functions=[function for function in reader.functions if function is not None],
        classes=[],
        imports=[],
        bindings=bindings,
        terms=terms,
        conditions=reader.conditions,
        exports=None,
        suppressions=[],
        observations=[],
        failure=None,
        screened=True,
        statements=[],
    )


def _parts(text: str) -> Iterator[Part]:
    """Split a script into statements, each with the comments before it."""
    begin = 0
    for token in _TOKEN.finditer(text):
        if token["end"]:
            yield from _part(text, begin, token.end())
            begin = token.end()
    yield from _part(text, begin, len(text))


def _part(text: str, begin: int, end: int) -> Iterator[Part]:
    statement = text[begin:end].rstrip("; \t\r\n")
    named = None
    for named in _NAMED.finditer(statement):  # noqa: B007 - the last one names the statement
        pass
    start = named.end() if named is not None else 0
    body = statement[statement.find("\n", start) + 1 :] if named is not None else statement
    code = re.match(r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*", body, re.DOTALL)
    skipped = code.end() if code is not None else 0
    if body[skipped:].strip():
        line = text.count("\n", 0, begin + len(statement) - len(body) + skipped) + 1
        yield Part(named["name"].replace("-", "_") if named is not None else "", body[skipped:], line)

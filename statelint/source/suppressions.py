"""Suppression comments, and which lines belong to one statement.

``# statelint: ignore[SL101, session-manager] reason`` silences rules on its line, or on the next one when it stands
alone; ``# statelint: ignore-file[SL1] reason`` does in the whole file. ``# noqa: SL101`` and a bare ``# noqa`` are
understood.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_left, bisect_right
from difflib import get_close_matches
from typing import TYPE_CHECKING

from statelint.extract.facts import Position, Suppression
from statelint.source.comments import comments

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_DIRECTIVES = ("ignore", "ignore-file")
_MARK = re.compile(r"#\s*(?:(?P<own>statelint:)|(?P<noqa>noqa\b))", re.IGNORECASE)
_DIRECTIVE = re.compile(r"\s*(?P<word>[\w-]*)\s*(?P<bracket>\[(?P<codes>[^\]]*)(?P<close>\])?)?(?P<rest>.*)", re.DOTALL)
_CODE = re.compile(r"[A-Z]+[0-9]*|[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_NOQA_CODES = re.compile(r"\s*:\s*(?P<codes>[A-Z]+[0-9]+(?:[\s,]+[A-Z]+[0-9]+)*)", re.IGNORECASE)
_LINE_END = re.compile(r"\r\n|\r|\n")


def find_suppressions(text: str) -> tuple[Suppression, ...]:
    """Return the suppressions of a Python text, in order; malformed ones carry their ``problem``."""
    if "statelint:" not in (lowered := text.lower()) and "noqa" not in lowered:
        return ()
    found: list[Suppression] = []
    starts: list[int] | None = None
    for start, end in comments(text):
        comment = text[start:end]
        for mark, stop in _marks(comment):
            if starts is None:
                starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
            line = bisect_right(starts, start)
            line_start = starts[line - 1]
            column = start - line_start
            position = Position(line, column + mark.start() + 1, line, column + stop + 1)
            # A byte order mark or form feed may stand before the comment.
            own_line = not text[line_start:start].strip(" \t\f\ufeff")
            body = comment[mark.end() : stop]
            suppression = _own(body, position, own_line) if mark["own"] else _noqa(body, position, own_line)
            if suppression is not None:
                found.append(suppression)
    return tuple(found)


def _marks(comment: str) -> Iterator[tuple[re.Match[str], int]]:
    """Yield each directive of a comment with its end: the next `` # `` or the comment's end."""
    for mark in _MARK.finditer(comment):
        following = re.compile(r"\s+#(?=\s|noqa|statelint:)").search(comment, mark.end())
        yield mark, following.start() if following else len(comment.rstrip())


def _own(body: str, position: Position, own_line: bool) -> Suppression:
    parts = _DIRECTIVE.fullmatch(body)
    assert parts is not None  # noqa: S101 - every part of the pattern may be empty
    codes = tuple(code for part in (parts["codes"] or "").split(",") if (code := part.strip()))
    return Suppression(
        position=position,
        codes=codes,
        reason=parts["rest"].strip().lstrip(":-–— \t"),  # noqa: RUF001 - dashes that people type
        whole_file=parts["word"] == "ignore-file",
        own_line=own_line,
        noqa=False,
        problem=_problem(parts, codes),
    )


def _problem(parts: re.Match[str], codes: tuple[str, ...]) -> str:
    word = parts["word"]
    if word not in _DIRECTIVES:
        close = get_close_matches(word.lower(), _DIRECTIVES, n=1)
        hint = f"did you mean {close[0]!r}?" if close else "write ignore[SL101] or ignore-file[SL101]"
        return f"unknown directive {word!r}: {hint}" if word else f"the directive is missing: {hint}"
    if not parts["bracket"]:
        return f"name the rules to silence in brackets, as in {word}[SL101]"
    if not parts["close"]:
        return f"the closing bracket of {word}[ is missing"
    if not codes:
        return f"the brackets are empty: name the rules to silence, as in {word}[SL101]"
    for part in parts["codes"].split(","):
        if not _CODE.fullmatch(part.strip()):
            shown = part.strip()
            return f"{shown!r} is no rule code or name" if shown else "there is a comma too many between the brackets"
    return ""


def _noqa(body: str, position: Position, own_line: bool) -> Suppression | None:
    listed = _NOQA_CODES.match(body)
    codes: tuple[str, ...] = ()
    if listed:
        codes = tuple(code.upper() for code in re.split(r"[\s,]+", listed["codes"]) if code.upper().startswith("SL"))
        if not codes:
            return None
    elif body.lstrip().startswith(":"):
        return None  # codes of other tools that do not look like ours
    reason = body[listed.end() if listed else 0 :].strip().lstrip(":-–— \t")  # noqa: RUF001 - dashes that people type
    return Suppression(
        position=position, codes=codes, reason=reason, whole_file=False, own_line=own_line, noqa=True, problem=""
    )


def statements(tree: ast.Module) -> list[tuple[int, int]]:
    """Return the first and last lines of the simple statements and headers of several lines, in order.

    The header of a decorated function or class begins with its first decorator. Docstrings are left out.
    """
    found: list[tuple[int, int]] = []
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        fields = _BLOCKS.get(type(node))
        if fields is None:  # a simple statement, as most are
            first: int = node.lineno  # type: ignore[attr-defined]
            last: int = node.end_lineno  # type: ignore[attr-defined]
            if first == last or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
                continue
        else:
            blocks = [block for name in fields if (block := getattr(node, name))]
            for block in blocks:
                stack += block
            if node is tree:
                continue
            first = _first_line(node)
            last = max(getattr(node, "lineno", first), _first_line(blocks[0][0]) - 1)
        if last > first:
            found.append((first, last))
    spans: list[tuple[int, int]] = []
    for first, last in sorted(found):
        if spans and first <= spans[-1][1]:  # it stands behind a semicolon, where another one ends
            outer, end = spans.pop()
            spans.append((outer, max(last, end)))
        else:
            spans.append((first, last))
    return spans


def statement_at(line: int, spans: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return the first and last line of the statement at ``line``, given those of all that have several."""
    after = bisect_left(spans, (line,))
    for first, last in spans[max(0, after - 1) : after + 1]:
        if first <= line <= last:
            return first, last
    return line, line


_DECORATED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_HOLDING = ("body", "handlers", "cases", "orelse", "finalbody")
_BLOCKS = {
    kind: fields
    for base in (ast.mod, ast.stmt, ast.excepthandler, ast.match_case)
    for kind in (base, *base.__subclasses__())
    if (fields := [name for name in _HOLDING if name in kind._fields])
}
"""Fields that hold statements, or parts with statements of their own; a header ends where the first one begins."""


def _first_line(node: ast.AST) -> int:
    if isinstance(node, ast.match_case):
        return node.pattern.lineno
    line: int = node.lineno  # type: ignore[attr-defined]
    if isinstance(node, _DECORATED) and node.decorator_list:
        return min(line, *(decorator.lineno for decorator in node.decorator_list))
    return line

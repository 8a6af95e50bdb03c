"""Writes suppression comments into source text, for findings that are to stay."""

from __future__ import annotations

import re
import tokenize
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from statelint.source.cells import has_cells
from statelint.source.suppressions import statement_at
from statelint.source.text import encoding_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from statelint.lint.finding import Finding

_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|$)")
_OURS = re.compile(rb"^(?P<head>[ \t]*#\s*statelint:\s*ignore\[)(?P<codes>[^\]]*)(?P<tail>\].*)$", re.DOTALL)
_HOUSEKEEPING = "SL0"


_NO_CODE = frozenset({tokenize.ENCODING, tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT})


class Added(NamedTuple):
    """A file's new content, and for how many findings it has comments now."""

    data: bytes
    findings: int


def ignorable(finding: Finding) -> bool:
    """Tell whether a comment can be written that silences ``finding``: not in cells, nor about comments and files."""
    return not finding.rule.startswith(_HOUSEKEEPING) and not has_cells(finding.location.path)


def add_ignores(data: bytes, findings: Iterable[Finding], spans: Sequence[tuple[int, int]], reason: str = "") -> Added:
    """Return ``data`` with a comment above the statement of each of ``findings``, which must be in this file.

    ``spans`` are the lines of statements that have several. A comment that is there already gets the codes that it
    lacks. A statement that goes on from a line above, behind a semicolon, gets none. Raises UnicodeEncodeError if the
    file's encoding cannot express ``reason``.
    """
    codes: dict[int, set[str]] = defaultdict(set)
    count = 0
    inner = _inner_lines(data)
    for finding in findings:
        first, _ = statement_at(finding.location.line, spans)
        if first not in inner:
            codes[first].add(finding.rule)
            count += 1
    lines = _LINE.findall(data)
    text = f" {reason}".encode(encoding_of(data)) if reason else b""
    for number in sorted(codes, reverse=True):
        at = number - 1
        above = _OURS.match(lines[at - 1]) if at else None
        if above is not None:
            known = [code.strip().decode() for code in above["codes"].split(b",")]
            listed = ", ".join([*known, *sorted(codes[number] - set(known))]).encode()
            lines[at - 1] = above["head"] + listed + above["tail"]
            continue
        line = lines[at]
        mark = b"\xef\xbb\xbf" if at == 0 and line.startswith(b"\xef\xbb\xbf") else b""
        body = line[len(mark) :]
        indent = body[: len(body) - len(body.lstrip(b" \t\f"))]
        ending = line[len(line.rstrip(b"\r\n")) :] or b"\n"
        comment = f"# statelint: ignore[{', '.join(sorted(codes[number]))}]".encode()
        lines[at : at + 1] = [mark + indent + comment + text + ending, body]
    return Added(b"".join(lines), count)


def _inner_lines(data: bytes) -> set[int]:
    """Return the lines above which a comment would stand within a string, brackets or a continued line."""
    inner: set[int] = set()
    last = 0
    read = iter(line.rstrip(b"\r\n") + b"\n" for line in _LINE.findall(data)).__next__
    with suppress(tokenize.TokenError, SyntaxError):
        for token in tokenize.tokenize(read):
            inner.update(range(max(last, token.start[0]) + 1, token.end[0] + 1))
            if token.type == tokenize.NEWLINE:
                last = 0
            elif token.type not in _NO_CODE:
                if last:
                    inner.update(range(last + 1, token.start[0] + 1))
                last = token.end[0]
    return inner

"""Tells in advance which texts the parsers can read in good time and memory, and lets ours go as deep as they do.

LibCST's recurses natively: beyond some nesting it takes the process down instead of raising an error, and well before
that its time grows with the square of the nesting. Before Python 3.12, the time of ``ast`` grows with the square of an
f-string's length.
"""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from statelint.source.comments import STRING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BRACKETS = 200
"""Python itself reads no deeper nesting of brackets."""
MAX_CHAIN = 1_000
"""Operators, calls and attributes in a row; each nests the expression one level deeper."""
MAX_ELIF = 2_000
"""Each ``elif`` is nested in the ``else`` of the one before."""

MAX_FORMATTED = 100_000
"""Characters of an f-string, of which Python 3.11 reads as many in about a second."""

AST = 1_000
"""Bytes that a token becomes in the trees of ``ast``, at most: a statement that is a name has two."""
LIBCST = 4_200
"""The same for LibCST's."""
_MEGABYTE = 1_000_000

_DEEP = 20_000
"""Calls that may be open while a tree is read: what Python compiles is nested up to 3,000 levels, of six calls each."""

_TOKEN = re.compile(
    STRING + r"""|\#[^\r\n]*|\\\r\n|\\."""
    r"""|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<next>[,;])|(?P<line>[\r\n])"""
    r"""|(?P<operator>\*\*|//|[-+*/%@&|^~.]|\b(?:and|or|not|if|lambda|await)\b)""",
    re.DOTALL,
)
_WORD = re.compile(r"\w+|[^\w\s]|\n")
_PIECE = re.compile(
    rf"(?P<formatted>\b(?i:f|fr|rf|t|tr|rt)(?:{STRING}))|{STRING}|\#[^\r\n]*|{_WORD.pattern}", re.DOTALL
)
_FORMATTED = re.compile(r"(?<!\w)(?:f|fr|rf)\Z", re.IGNORECASE)


class TooHeavy(Exception):  # noqa: N818 - as OverMemory
    """The trees of a text would take more memory than they may."""


def weigh(text: str, token: int, megabytes: float) -> None:
    """Raise TooHeavy if trees with ``token`` bytes for a token of ``text`` may take more than so many ``megabytes``."""
    most = megabytes * _MEGABYTE / token
    if len(text) > most and _tokens(text) > most:  # no token is shorter than a character
        raise TooHeavy


def _tokens(text: str) -> int:
    """Return how many tokens ``text`` has, those in f-strings included."""
    count = 0
    for piece in _PIECE.finditer(text):
        count += sum(1 for _ in _WORD.finditer(piece[0])) if piece["formatted"] else 1
    return count


@contextmanager
def deep() -> Iterator[None]:
    """Let recursion go as deep as any tree that Python makes. Its calls are in Python, and take none of C's stack."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _DEEP))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def overlong(text: str) -> int:
    """Return the line of the first f-string that would take too long to parse, or 0."""
    if len(text) <= MAX_FORMATTED or sys.version_info >= (3, 12):
        return 0
    for token in _TOKEN.finditer(text):
        start, end = token.span()
        is_long = end - start > MAX_FORMATTED and token[0][0] in "\"'"
        if is_long and _FORMATTED.search(text, max(0, start - 3), start):
            return text.count("\n", 0, start) + 1
    return 0


def tractable(text: str) -> bool:
    """Tell whether LibCST can be trusted with ``text``: neither brackets nor chains of operators are too deep."""
    if text.count("elif") > MAX_ELIF:
        return False
    chains = [0]  # the length of the chain at hand, for each open bracket
    for token in _TOKEN.finditer(text):
        match token.lastgroup:
            case "open":
                chains.append(0)
                if len(chains) > MAX_BRACKETS:
                    return False
            case "close":
                if len(chains) > 1:
                    chains.pop()
                chains[-1] += 1
            case "next":
                chains[-1] = 0
            case "line" if len(chains) == 1:
                chains[0] = 0
            case "operator":
                chains[-1] += 1
        if chains[-1] > MAX_CHAIN:
            return False
    return True

"""Tells in advance which texts the parsers can read in good time.

LibCST's recurses natively: beyond some nesting it takes the process down instead of raising an error, and well before
that its time grows with the square of the nesting. Before Python 3.12, the time of ``ast`` grows with the square of an
f-string's length.
"""

from __future__ import annotations

import re
import sys

from statelint.source.comments import STRING

MAX_BRACKETS = 200
"""Python itself reads no deeper nesting of brackets."""
MAX_CHAIN = 1_000
"""Operators, calls and attributes in a row; each nests the expression one level deeper."""
MAX_ELIF = 2_000
"""Each ``elif`` is nested in the ``else`` of the one before."""

MAX_FORMATTED = 100_000
"""Characters of an f-string, of which Python 3.11 reads as many in about a second."""

_TOKEN = re.compile(
    STRING + r"""|\#[^\r\n]*|\\\r\n|\\."""
    r"""|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<next>[,;])|(?P<line>[\r\n])"""
    r"""|(?P<operator>\*\*|//|[-+*/%@&|^~.]|\b(?:and|or|not|if|lambda|await)\b)""",
    re.DOTALL,
)
_FORMATTED = re.compile(r"(?<!\w)(?:f|fr|rf)\Z", re.IGNORECASE)


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

"""Tells in advance which texts LibCST can parse.

Its parser recurses natively: beyond some nesting it takes the process down instead of raising an error, and well
before that its time grows with the square of the nesting.
"""

from __future__ import annotations

import re

MAX_BRACKETS = 200
"""Python itself reads no deeper nesting of brackets."""
MAX_CHAIN = 1_000
"""Operators, calls and attributes in a row; each nests the expression one level deeper."""
MAX_ELIF = 2_000
"""Each ``elif`` is nested in the ``else`` of the one before."""

_TOKEN = re.compile(
    r'''"""(?:[^\\"]|\\.|"(?!""))*+"""'''
    r"""|'''(?:[^\\']|\\.|'(?!''))*+'''"""
    r"""|"(?:[^\\"\r\n]|\\\r\n|\\.)*+"?"""
    r"""|'(?:[^\\'\r\n]|\\\r\n|\\.)*+'?"""
    r"""|\#[^\r\n]*|\\\r\n|\\."""
    r"""|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<next>[,;])|(?P<line>[\r\n])"""
    r"""|(?P<operator>\*\*|//|[-+*/%@&|^~.]|\b(?:and|or|not|if|lambda|await)\b)""",
    re.DOTALL,
)


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

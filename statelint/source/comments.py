"""Finds the comments of a Python text, broken ones included.

A scan by regular expression: it agrees with ``tokenize`` on valid text, is many times as fast, and goes on after
errors, because a string that is not closed ends with its line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

STRING = (
    r'''"""[^\\"]*(?:(?:\\.|"(?!""))[^\\"]*)*"""'''
    r"""|'''[^\\']*(?:(?:\\.|'(?!''))[^\\']*)*'''"""
    r"""|"[^\\"\r\n]*(?:\\(?:\r\n|.)[^\\"\r\n]*)*"?"""
    r"""|'[^\\'\r\n]*(?:\\(?:\r\n|.)[^\\'\r\n]*)*'?"""
)
"""A string, without its prefix. Needs ``re.DOTALL``.

Each character can be matched in one way only, so no time is lost over strings that do not end. Possessive quantifiers
would say so more briefly, but match wrongly before Python 3.11.5.
"""

_TOKEN = re.compile(STRING + r"|(?P<comment>\#[^\r\n]*)", re.DOTALL)


def comments(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and end offsets of each comment."""
    for token in _TOKEN.finditer(text):
        if token.lastgroup:
            yield token.span()


def without_comments(text: str) -> str:
    """Return ``text`` without its comments."""
    parts: list[str] = []
    last = 0
    for start, end in comments(text):
        parts.append(text[last:start])
        last = end
    parts.append(text[last:])
    return "".join(parts)

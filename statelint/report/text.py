"""Text from files and rules made safe to print, measured and wrapped in terminal cells."""

from __future__ import annotations

import json
import re
import unicodedata

TAB = 4
"""Cells between tab stops in code frames."""

_HARMLESS = frozenset({"Zs", "Co", "Cn"})
_LOG_COMMAND = re.compile(r"#(?=\[|(?:vso|teamcity)\[)(?<=##)")
"""The second ``#`` of what GitHub Actions, Azure Pipelines and TeamCity take for a command anywhere in a log's line."""


def clean(text: str) -> str:
    """Return ``text`` so that it can do nothing but be read.

    Control, format and surrogate characters become escapes, so that it cannot move a cursor or end a line; commands to
    the log readers of CI services are broken.
    """
    if not text.isprintable():
        text = "".join(map(_visible, text))
    return _LOG_COMMAND.sub(r"\\x23", text) if "##" in text else text


def json_text(document: object, *, indent: int | None = 2) -> str:
    """Return ``document`` as JSON that is no command to log readers, either, when it is printed in a CI service."""
    return json.dumps(document, indent=indent).replace("##", "#\\u0023")


def line_start(text: str) -> str:
    """Return cleaned ``text`` fit to start a line, where ``::`` would be a command to GitHub Actions."""
    return text.replace(":", "\\x3a", 1) if text.lstrip().startswith("::") else text


def _visible(char: str) -> str:
    if char.isprintable() or unicodedata.category(char) in _HARMLESS:
        return char
    return char.encode("unicode_escape").decode("ascii")


def cells(text: str) -> int:
    """Return how many terminal cells ``text`` takes."""
    if text.isascii():
        return len(text)
    from rich.cells import get_character_cell_size  # noqa: PLC0415 - only wide text needs it

    return sum(map(get_character_cell_size, text))


def pad(text: str, width: int) -> str:
    """Fill ``text`` with spaces on the right up to ``width`` cells."""
    return text + " " * (width - cells(text))


def layout(line: str) -> tuple[str, list[int]]:
    """Return a source line as it is printed, and the cell where each of its code points starts.

    Tabs become spaces, dangerous characters escapes. The list has one more item than the line: its end.
    """
    if line.isascii() and line.isprintable() and "##" not in line:
        return line, list(range(len(line) + 1))
    shown: list[str] = []
    starts = [0]
    commands = {match.start() for match in _LOG_COMMAND.finditer(line)}
    for index, char in enumerate(line):
        at = starts[-1]
        text = " " * (TAB - at % TAB) if char == "\t" else r"\x23" if index in commands else _visible(char)
        shown.append(text)
        starts.append(at + cells(text))
    return "".join(shown), starts


def crop(text: str, start: int, width: int) -> str:
    """Return the part of ``text`` between cell ``start`` and ``start + width``, with ``…`` where something is cut off.

    The result has the same cells at the same places: cut wide characters are replaced by spaces.
    """
    total = cells(text)
    if start == 0 and total <= width:
        return text
    out: list[str] = []
    at = 0
    for char in text:
        size = cells(char)
        if start <= at and at + size <= start + width:
            out.append(char)
        elif at < start + width and at + size > start:
            out.append(" " * (min(at + size, start + width) - max(at, start)))
        at += size
        if at >= start + width:
            break
    body = "".join(out)
    if start > 0:
        body = _replace_edge(body, left=True)
    if total > start + width:
        body = _replace_edge(body, left=False)
    return body


def _replace_edge(text: str, *, left: bool) -> str:
    if not text:
        return "…"
    edge = text[0] if left else text[-1]
    mark = pad("…", cells(edge)) if left else " " * (cells(edge) - 1) + "…"
    return mark + text[1:] if left else text[:-1] + mark


def wrap(text: str, width: int) -> list[str]:
    """Break ``text`` at spaces into lines of at most ``width`` cells; only words that are too wide exceed it.

    Words of wide characters, which have no spaces between them, are broken anywhere.
    """
    lines: list[str] = []
    line = ""
    room = width
    for word in _words(text, width):
        size = cells(word.lstrip(" ")) if not line else cells(word)
        if line and size > room:
            lines.append(line)
            line, room = "", width
        piece = word if line else word.lstrip(" ")
        line += piece
        room -= cells(piece)
    if line or not lines:
        lines.append(line)
    return list(map(line_start, lines))


def _words(text: str, width: int) -> list[str]:
    """Split into words that carry the space before them."""
    words: list[str] = []
    for number, word in enumerate(text.split(" ")):
        head = " " if number else ""
        if word.isascii() or cells(word) <= width:
            words.append(head + word)
            continue
        part = head
        for char in word:
            if cells(part.lstrip(" ")) + cells(char) > width:
                words.append(part)
                part = ""
            part += char
        words.append(part)
    return words


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return ``1 error``, ``2 errors``, ``1,200 files``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listed(items: list[str]) -> str:
    """Join as in prose: ``a``, ``a and b``, ``a, b and c``."""
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)

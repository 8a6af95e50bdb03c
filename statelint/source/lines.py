"""Lines and columns of a source text."""

from __future__ import annotations

import re

_LINE_END = re.compile(r"\r\n|\r|\n")


def split_lines(text: str) -> list[str]:
    """Split at the line ends that Python's tokenizer knows, which are fewer than those of ``str.splitlines``."""
    return _LINE_END.split(text)


class Columns:
    """Turns the UTF-8 byte offsets of ``ast`` into 1-based columns in code points."""

    __slots__ = ("_ascii", "_lines", "_text")

    def __init__(self, text: str) -> None:
        self._ascii = text.isascii()
        self._text = text
        self._lines: list[str] | None = None

    def __call__(self, line: int, offset: int) -> int:
        """Return the column of byte ``offset`` in ``line``."""
        if self._ascii:
            return offset + 1
        text = self.line(line)
        if text.isascii():
            return offset + 1
        return len(text.encode("utf-8", "surrogatepass")[:offset].decode("utf-8", "replace")) + 1

    def line(self, number: int) -> str:
        """Return a line of the text without its end; beyond the text's last line, an empty one."""
        if self._lines is None:
            self._lines = split_lines(self._text)
        return self._lines[number - 1] if number <= len(self._lines) else ""

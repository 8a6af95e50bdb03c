"""The texts of a run's files for whoever shows or compares them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.source.cells import python_of
from statelint.source.lines import split_lines
from statelint.source.text import SourceError, decode, read

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Sources:
    """The text of the linted files, read when it is first asked for."""

    def __init__(self, root: Path, contents: Mapping[str, bytes] | None = None) -> None:
        """Read below ``root``; ``contents`` holds files by relative path that are not to be read from disk."""
        self._root = root
        self._data: dict[str, bytes | None] = dict(contents or {})
        self._lines: dict[str, list[str]] = {}

    def data(self, path: str) -> bytes | None:
        """Return the content of ``path``, or None if it cannot be read any more."""
        if path not in self._data:
            try:
                self._data[path] = read(self._root / path)
            except SourceError:
                self._data[path] = None
        return self._data[path]

    def lines(self, path: str) -> list[str]:
        """Return the lines of ``path``; none if it cannot be read or decoded."""
        if path not in self._lines:
            data = self.data(path)
            try:
                self._lines[path] = split_lines(decode(python_of(path, data))) if data else []
            except SourceError:
                self._lines[path] = []
        return self._lines[path]

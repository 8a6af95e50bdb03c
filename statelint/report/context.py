"""What reports need besides the findings: the sources, the rules and how to print."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from statelint.config.settings import Settings
from statelint.report.style import Style
from statelint.source.lines import split_lines
from statelint.source.text import SourceError, decode, read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from statelint.lint.rule import Rule


class Sources:
    """The text of the linted files, read when a report first shows them."""

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
                self._lines[path] = split_lines(decode(data)) if data else []
            except SourceError:
                self._lines[path] = []
        return self._lines[path]


@dataclass(frozen=True, kw_only=True)
class ReportContext:
    """How and with what to render a result."""

    root: Path
    """The project root, to which the findings' paths are relative."""
    sources: Sources
    rules: Sequence[Rule] = ()
    """Every rule that was loaded."""
    settings: Settings = field(default_factory=Settings)
    arguments: tuple[str, ...] = ()
    """The paths of the command line, for the commands that a report proposes."""
    width: int = 100
    style: Style = field(default_factory=Style)
    digest: bool = False
    """Show only the worst of very many findings in full, as a terminal cannot hold them all."""
    summary: bool = True
    """End text formats with the closing lines."""
    statistics: bool = False
    """Count findings by rule instead of showing them."""
    show_suppressed: bool = False
    repository: str = ""
    """The root relative to the repository's top level, for services that resolve paths from there."""

    def from_top(self, path: str) -> str:
        """Return ``path`` relative to the repository's top level."""
        return f"{self.repository}/{path}" if self.repository else path

    def uri(self, path: str) -> str:
        """Return a relative, percent-encoded URI for ``path``, exact for names that are not valid UTF-8 as well."""
        return quote(os.fsencode(self.from_top(path)), safe="/~")

    def url(self, path: str) -> str:
        """Return a ``file:`` URL for a terminal's hyperlinks."""
        return "file://" + quote(os.fsencode((self.root / path).absolute()), safe="/~")

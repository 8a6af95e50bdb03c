"""What reports need besides the findings: the sources, the rules and how to print."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from statelint.config.settings import Settings
from statelint.report.style import Style

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from statelint.analysis.project import Project
    from statelint.lint.rule import Rule
    from statelint.source.sources import Sources


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
    explain: bool = False
    """Say with each finding why it was made and what would silence it."""
    since: str = ""
    """The revision that findings must be newer than."""
    project: Callable[[], Project] | None = None
    """Analyses the project, for formats that show more of it than findings."""
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

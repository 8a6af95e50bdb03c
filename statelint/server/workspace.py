"""What servers ask of the engine: findings of a project in which some files are open and not saved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from statelint.config.load import load
from statelint.lint.packs import load_rules
from statelint.run.cache import find_folder
from statelint.run.pipeline import CheckRequest, check
from statelint.source.files import find_root

if TYPE_CHECKING:
    from pathlib import Path

    from statelint.lint.finding import Finding, LintResult
    from statelint.lint.rule import Rule


@dataclass
class Workspace:
    """The project at ``root``; ``buffers`` are the contents of open files, by path from the root."""

    root: Path
    rules: list[Rule]
    buffers: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path) -> Workspace:
        """Return the workspace of the project that ``folder`` belongs to. Raises PathError or PackError."""
        return cls(find_root([folder]).resolve(), load_rules())

    def request(self) -> CheckRequest:
        """Return a request with the settings as they are now. Raises ConfigError."""
        return CheckRequest(
            root=self.root,
            paths=(),
            settings=load(self.root).settings,
            rules=self.rules,
            cache=find_folder(self.root),
            overlay=dict(self.buffers),
        )

    def check(self) -> LintResult:
        """Check the project. Raises what ``statelint.run.pipeline.check`` raises."""
        return check(self.request())

    def relative(self, path: Path) -> str | None:
        """Return a path from the root; None for what lies outside."""
        try:
            return (path.parent.resolve() / path.name).relative_to(self.root).as_posix()
        except (OSError, RuntimeError, ValueError):  # of links in circles, and of names that no file has
            return None

    def by_file(self, result: LintResult) -> dict[str, list[Finding]]:
        """Return the findings by the path of their primary place."""
        files: dict[str, list[Finding]] = {}
        for finding in result.findings:
            files.setdefault(finding.location.path, []).append(finding)
        return files

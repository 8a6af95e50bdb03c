"""SL004 unreadable-file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Location, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.api import Finding, Project


class UnreadableFile(Rule):
    """A file of which the text cannot be had: nothing in it is checked."""

    code = "SL004"
    name = "unreadable-file"
    summary = "A file or folder that cannot be read, so that nothing in it is checked."
    severity = Severity.ERROR
    since = "0.1.0"

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each file that could not be read, decoded or analysed."""
        for path, facts in project.facts.items():
            failure = facts.failure
            if failure is not None and failure.kind == "unreadable":
                yield self.finding(
                    f"cannot be read: {failure.message}",
                    Location(path, failure.line, failure.column, failure.line, failure.column + 1),
                    symbol="file",
                    help="mend the file, or leave it out with `extend-exclude`",
                )

"""SL003 syntax-error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Location, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.api import Finding, Project


class SyntaxErrors(Rule):
    """A file that is no valid Python: nothing in it is checked."""

    code = "SL003"
    name = "syntax-error"
    summary = "A file that is not valid Python, so that nothing in it is checked."
    severity = Severity.ERROR
    since = "0.1.0"

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each file that does not parse."""
        for path, facts in project.facts.items():
            failure = facts.failure
            if failure is not None and failure.kind == "syntax":
                yield self.finding(
                    f"syntax error: {failure.message}",
                    Location(path, failure.line, failure.column, failure.line, failure.column + 1),
                    symbol=failure.message,
                    help="mend the file, or leave it out with `extend-exclude`",
                )

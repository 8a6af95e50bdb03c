"""SL002 malformed-suppression."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity, SuppressionRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.api import Finding, SuppressionUse


class MalformedSuppression(SuppressionRule):
    """A comment meant as a suppression that is none."""

    code = "SL002"
    name = "malformed-suppression"
    summary = "A suppression comment that cannot be understood, or names no rule."
    severity = Severity.WARNING
    since = "0.1.0"

    def check_suppression(self, use: SuppressionUse) -> Iterator[Finding]:
        """Yield a finding for what is wrong with the comment's form, or for each name that is no rule."""
        if use.suppression.problem:
            yield self.finding(
                f"this suppression has no effect: {use.suppression.problem}",
                use.location,
                symbol="form",
                help="write it as in `# statelint: ignore[SL101] reason`",
            )
        for name, closest in use.unknown:
            yield self.finding(
                f"there is no rule {name!r} to suppress",
                use.location,
                symbol=name,
                help=f"did you mean {closest!r}?" if closest else "`statelint rules` lists the rules",
            )

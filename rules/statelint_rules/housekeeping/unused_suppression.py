"""SL001 unused-suppression."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity, SuppressionRule
from statelint_rules.fixers.unused_comment import UnusedComment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.api import Finding, SuppressionUse


class UnusedSuppression(SuppressionRule):
    """A comment that silences nothing, and would silence the next mistake made there."""

    code = "SL001"
    name = "unused-suppression"
    summary = "A suppression comment that silences nothing."
    severity = Severity.WARNING
    fixer = UnusedComment
    since = "0.1.0"

    def check_suppression(self, use: SuppressionUse) -> Iterator[Finding]:
        """Yield a finding for the rules of the comment that found nothing there."""
        if not use.unused:
            return
        codes = ", ".join(use.unused)
        where = "in this file" if use.suppression.whole_file else "here"
        whole = len(use.unused) == len(use.suppression.codes)
        yield self.finding(
            f"the suppression of {codes} silences nothing {where}",
            use.location,
            symbol=codes,
            help="remove the comment" if whole else f"remove {codes} from the comment",
        )

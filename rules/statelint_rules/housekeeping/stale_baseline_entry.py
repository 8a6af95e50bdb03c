"""SL005 stale-baseline-entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import BaselineRule, Location, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.api import Finding, Stale


class StaleBaselineEntry(BaselineRule):
    """An entry that stands for no finding any more, and would silence the same mistake made anew."""

    code = "SL005"
    name = "stale-baseline-entry"
    summary = "An entry of the baseline that stands for no finding any more."
    severity = Severity.WARNING
    since = "0.1.0"

    def check_entry(self, stale: Stale) -> Iterator[Finding]:
        """Yield a finding at the entry's line."""
        entry = stale.entry
        if stale.left == entry.count:
            message = f"The baseline's {entry.rule} in {entry.path} is gone"
        else:
            message = f"Of the baseline's {entry.count} {entry.rule} in {entry.path}, {stale.left} are gone"
        yield self.finding(
            message,
            Location(stale.file, entry.line, 1, entry.line, 2),
            symbol=f"{entry.rule}:{entry.fingerprint}",
            help="remove it: statelint baseline prune",
        )

"""SL601: what is cached stays cached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.fixers.entry_lifetime import EntryLifetime
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.api import Flaw, Project


class CacheWithoutExpiry(FlawRule):
    """Cache entries without a time to live."""

    code = "SL601"
    name = "cache-without-expiry"
    summary = "A cache keeps its entries for ever."
    severity = Severity.NOTE
    label = "never expires"
    remedy = "give the entry a time to live"
    fixer = EntryLifetime

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Return the flaws."""
        return project.practices.freshness.endless()

    def message(self, flaw: Flaw) -> str:
        """Say what is wrong."""
        return f"`{flaw.detail}` keeps what it is given for ever: it is served long after it has changed"

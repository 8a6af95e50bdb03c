"""SL607: a cache that nobody tells of changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.api import Flaw, Project


class CacheNotInvalidated(FlawRule):
    """Caches of users' rows that no writer drops."""

    code = "SL607"
    name = "cache-not-invalidated"
    summary = "Users' data is cached, changed by the service, and never dropped from the cache."
    severity = Severity.NOTE
    label = "cached"
    remedy = "drop the entry where the row is changed, or let it live for some minutes only"

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Return the flaws."""
        return project.practices.freshness.stale()

    def message(self, flaw: Flaw) -> str:
        """Say what is wrong."""
        return f"{flaw.detail} is served from a cache that nobody clears when it changes: users see the old one"

"""SL305: one user's data is cached for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.api import Flaw, Project


class SharedCacheKey(FlawRule):
    """What depends on the caller is kept under a key that does not."""

    code = "SL305"
    name = "shared-cache-key"
    summary = "A user's data is cached under a key without the user."
    severity = Severity.ERROR
    label = "cached for everybody"
    remedy = "put the user's id into the key, or do not cache it"

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Cached functions and stored values."""
        return project.practices.caches.shared()

    def message(self, flaw: Flaw) -> str:
        """Say what is cached, and on whom it depends."""
        if flaw.what == "value":
            key = f" under `{flaw.detail}`" if flaw.detail else ""
            return f"what was asked for the caller is cached{key} for all users: the key has no user in it"
        return f"the {flaw.what} of {flaw.symbol} depends on `{flaw.detail}`, but is cached for all users"

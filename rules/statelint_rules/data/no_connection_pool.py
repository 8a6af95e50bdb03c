"""SL606: connections are opened and thrown away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.api import Flaw, Project


class NoConnectionPool(FlawRule):
    """Engines without a pool, and connections opened for each request."""

    code = "SL606"
    name = "no-connection-pool"
    summary = "Requests open database connections instead of borrowing them from a pool."
    severity = Severity.NOTE
    label = "no pool"
    remedy = "use the driver's pool, made once at start-up"

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Return the flaws."""
        return project.practices.pools.unpooled()

    def message(self, flaw: Flaw) -> str:
        """Say what is wrong."""
        if flaw.what == "none":
            return f"the engine is told to keep no pool (`{flaw.detail}`): every request waits for a new connection"
        return f"`{flaw.detail}` opens a connection for every request: the database runs out of them under load"

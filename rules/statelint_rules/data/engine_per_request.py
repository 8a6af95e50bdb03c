"""SL602: every request makes a pool of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.api import Flaw, Project


class EnginePerRequest(FlawRule):
    """Engines, pools and clients that are made while a request is served."""

    code = "SL602"
    name = "engine-per-request"
    summary = "An engine, a pool or a client with one is made for a request."
    severity = Severity.NOTE
    label = "made for every request"
    remedy = "make it once, at start-up or behind a cached function, and let requests borrow from it"

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Return the flaws."""
        return project.practices.pools.per_request()

    def message(self, flaw: Flaw) -> str:
        """Say what is wrong."""
        return f"`{flaw.detail}` is called for every request: each opens connections of its own"

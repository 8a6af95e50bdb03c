"""SL503: a session that stays open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.api import Flaw, Project


class SessionNotClosed(FlawRule):
    """Sessions that are not closed, or not when something fails."""

    code = "SL503"
    name = "session-not-closed"
    summary = "A request opens a database session and does not close it for certain."
    severity = Severity.NOTE
    label = "who closes it?"
    remedy = "open the session in a `with` block, or close it in a `finally`"

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Return the flaws."""
        return project.practices.handles.unclosed()

    def message(self, flaw: Flaw) -> str:
        """Say what is wrong."""
        if flaw.what == "straight":
            return f"`{flaw.detail}` is closed unless something fails before: then its connection is not given back"
        return f"`{flaw.detail}` is never closed: each request keeps a connection until the pool has none left"

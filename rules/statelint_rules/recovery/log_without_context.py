"""SL708: a log record that tells nobody whose request failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.api import Flaw, Project


class LogWithoutContext(FlawRule):
    """Errors logged with nothing of the request in the record."""

    code = "SL708"
    name = "log-without-context"
    summary = "An error is logged without saying which request or user it concerns."
    severity = Severity.NOTE
    label = "which request?"
    remedy = "add the request's id or the user's to the record, best to all at once (a filter, structlog's contextvars)"

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Bare records."""
        return project.practices.logs.bare()

    def message(self, flaw: Flaw) -> str:
        """Say what is missing."""
        if flaw.what == "nothing":
            return f"`{flaw.symbol}` logs an error without the exception and without the request or user"
        return f"`{flaw.symbol}` logs an exception without the request or user it concerns"

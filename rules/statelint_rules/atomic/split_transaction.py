"""SL501: half of a request's work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.api import Flaw, Project


class SplitTransaction(FlawRule):
    """Writes after a commit of the same request."""

    code = "SL501"
    name = "split-transaction"
    summary = "A request commits twice, and a failure in between leaves half of its work."
    severity = Severity.NOTE
    label = "may never happen"
    remedy = "flush where an id is needed, and commit once, at the end"

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Return the flaws."""
        return project.practices.transactions.split()

    def message(self, flaw: Flaw) -> str:
        """Say what is wrong."""
        return f"{flaw.detail} are saved in two transactions of one request: a failure in between leaves half of them"

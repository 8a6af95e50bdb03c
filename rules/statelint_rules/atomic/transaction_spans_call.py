"""SL505: a transaction that waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.api import Flaw, Project


class TransactionSpansCall(FlawRule):
    """Calls to other machines while a transaction is open."""

    code = "SL505"
    name = "transaction-spans-call"
    summary = "A transaction stays open while another machine is waited for."
    severity = Severity.NOTE
    label = "waits with the transaction open"
    remedy = "call first and write afterwards, or commit before the call"

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Return the flaws."""
        return project.practices.transactions.spanning()

    def message(self, flaw: Flaw) -> str:
        """Say what is wrong."""
        return f"`{flaw.detail}` is waited for while a transaction is open: its locks are held for as long"

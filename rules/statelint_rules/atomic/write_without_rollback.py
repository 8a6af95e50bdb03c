"""SL502: a failure leaves a transaction in the middle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.api import Flaw, Project


class WriteWithoutRollback(FlawRule):
    """Sessions with writes that nothing rolls back."""

    code = "SL502"
    name = "write-without-rollback"
    summary = "A session is written through, and a failure leaves its transaction open."
    severity = Severity.NOTE
    label = "nothing rolls it back"
    remedy = "open the session in a `with` block, or in a dependency that rolls back and closes it"

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Return the flaws."""
        return project.practices.handles.unrolled()

    def message(self, flaw: Flaw) -> str:
        """Say what is wrong."""
        return f"`{flaw.detail}` is written through, and nothing rolls it back or closes it when a step fails"

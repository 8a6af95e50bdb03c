"""SL705: what must not be done twice is retried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.api import Flaw, Project


class RetryOfUnsafeOperation(FlawRule):
    """Retried functions with effects that add up."""

    code = "SL705"
    name = "retry-of-unsafe-operation"
    summary = "An operation that must not be done twice is retried."
    severity = Severity.NOTE
    label = "retried"
    remedy = "send an idempotency key, or retry only failures after which nothing was done"

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Unsafe retries."""
        return project.practices.outbound.repeated()

    def message(self, flaw: Flaw) -> str:
        """Name the effect."""
        return (
            f"`{flaw.symbol}` is retried, and `{flaw.detail}` with it: what an attempt did before it failed is repeated"
        )

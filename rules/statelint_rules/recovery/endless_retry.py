"""SL706: retries that nothing ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.fixers.retry_limit import RetryLimit
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.api import Flaw, Project


class EndlessRetry(FlawRule):
    """Retry decorators without a limit, and loops that try until it works."""

    code = "SL706"
    name = "endless-retry"
    summary = "A request retries without end."
    severity = Severity.NOTE
    fixer = RetryLimit
    label = "no end"
    remedy = "stop after a number of attempts or some seconds, and answer with 503"

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Endless retries."""
        return project.practices.outbound.endless()

    def message(self, flaw: Flaw) -> str:
        """Say what never ends."""
        how = f"`{flaw.detail}` has no limit" if flaw.what == "decorator" else "the loop ends with success only"
        return f"`{flaw.symbol}` retries for ever ({how}): while the other side is down, requests pile up"

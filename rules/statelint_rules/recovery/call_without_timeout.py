"""SL704: a call waits for another machine without limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.fixers.timeout import Timeout
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.api import Flaw, Project


class CallWithoutTimeout(FlawRule):
    """Calls over the network that nothing ends."""

    code = "SL704"
    name = "call-without-timeout"
    summary = "A request waits for another machine without a time limit."
    severity = Severity.NOTE
    fixer = Timeout
    label = "no time limit"
    remedy = "pass a timeout"

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Calls without a limit."""
        return project.practices.outbound.unlimited()

    def message(self, flaw: Flaw) -> str:
        """Say who waits."""
        why = "its limit is switched off" if flaw.what == "none" else "it has none of its own"
        return f"`{flaw.detail}` has no time limit ({why}): when the other side hangs, so does the worker"

"""SL507: one operation in several requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.api import Flaw, Project


class RequestSpanningOperation(FlawRule):
    """Operations of several requests that meet in one process."""

    code = "SL507"
    name = "request-spanning-operation"
    summary = "A request starts what a later request must find in this process."
    severity = Severity.NOTE
    label = "only this process will know"
    remedy = "keep the job and its result in the database or a queue, and let any replica answer for it"

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Return the flaws."""
        return project.practices.background.spanning()

    def message(self, flaw: Flaw) -> str:
        """Say what is wrong."""
        if flaw.what == "waits":
            return f"a request waits for `{flaw.detail}`, which another request changes, maybe in another process"
        return f"work started here leaves its result in `{flaw.detail}`: a later request finds it in this process only"

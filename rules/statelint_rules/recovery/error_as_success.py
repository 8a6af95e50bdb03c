"""SL702: an error is answered with a status of success."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.api import Flaw, Project


class ErrorAsSuccess(FlawRule):
    """Error bodies with status 200, and tools that return their errors."""

    code = "SL702"
    name = "error-as-success"
    summary = "An error is answered with a status of success."
    severity = Severity.NOTE
    label = "status 200"
    remedy = "answer with the status that fits: raise HTTPException, or give the response a status"

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Errors that look like success."""
        return project.practices.replies.successes()

    def message(self, flaw: Flaw) -> str:
        """Say who is misled."""
        if flaw.what == "tool":
            return f"the tool returns its error (`{flaw.detail}`) like a result: clients take it for one"
        return f"an error (`{flaw.detail}`) is answered with a status of success: clients take it for one"

    def remedy_for(self, flaw: Flaw) -> str:
        """Tools raise."""
        return "raise ToolError, which the protocol marks as an error" if flaw.what == "tool" else self.remedy

"""SL504: rows that are saved after the answer, or never."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.api import Flaw, Project


class WorkAfterResponse(FlawRule):
    """Work that saves rows after the answer was given."""

    code = "SL504"
    name = "work-after-response"
    summary = "A request answers first and saves afterwards, where nobody sees it fail."
    severity = Severity.NOTE
    label = "started, and not waited for"
    remedy = "save before answering, or hand the work to a queue that keeps it (Celery, RQ, an outbox table)"

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Return the flaws."""
        return project.practices.background.late

    def severity_of(self, flaw: Flaw) -> Severity:
        """What a user has said is lost; a change of what is saved already can be made up for."""
        return Severity.WARNING if flaw.what == "new" else Severity.NOTE

    def message(self, flaw: Flaw) -> str:
        """Say what is wrong."""
        return f"{flaw.detail} is saved after the answer was given: if that fails, nobody learns of it"

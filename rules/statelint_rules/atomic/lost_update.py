"""SL506: the second writer overwrites the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.api import Flaw, Project


class LostUpdate(FlawRule):
    """Changes computed from a value read without a lock."""

    code = "SL506"
    name = "lost-update"
    summary = "A row is read, changed and written back while another request may do the same."
    severity = Severity.NOTE
    label = "computed from what was read"
    remedy = "lock the row (with_for_update, select_for_update), change it in one statement, or count versions"

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Return the flaws."""
        return project.practices.updates.lost()

    def severity_of(self, flaw: Flaw) -> Severity:
        """What users said or own is worse to lose than a count."""
        return Severity.WARNING if flaw.what == "content" else Severity.NOTE

    def message(self, flaw: Flaw) -> str:
        """Say what is wrong."""
        return f"{flaw.detail} is computed from what was read before: of two requests at once, one loses its change"

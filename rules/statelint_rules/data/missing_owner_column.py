"""SL605: rows that belong to nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.api import Flaw, Project


class MissingOwnerColumn(FlawRule):
    """Models of users' data without an owner."""

    code = "SL605"
    name = "missing-owner-column"
    summary = "A model holds what users keep, and no column says whose it is."
    severity = Severity.WARNING
    label = "whose?"
    remedy = "give the model a user_id column with a foreign key and an index, and name it in every query"

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Return the flaws."""
        return project.practices.owners.missing()

    def severity_of(self, flaw: Flaw) -> Severity:
        """Where no user is known at all, there is nobody yet to keep apart."""
        return Severity.WARNING if flaw.what == "users" else Severity.NOTE

    def message(self, flaw: Flaw) -> str:
        """Say what is wrong."""
        return f"nothing says whose a {flaw.detail} is: no query can keep one user's rows from another's"

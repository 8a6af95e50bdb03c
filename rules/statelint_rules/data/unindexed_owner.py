"""SL603: rows are looked for by a column without an index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.fixers.owner_index import OwnerIndex
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.api import Flaw, Project


class UnindexedOwner(FlawRule):
    """Owner columns that no index begins with."""

    code = "SL603"
    name = "unindexed-owner"
    summary = "An owner column has no index."
    severity = Severity.NOTE
    label = "no index begins with it"
    remedy = "give the column an index, or put it first in a composite one, and add the migration"
    fixer = OwnerIndex

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Return the flaws."""
        return project.practices.indexes.unindexed()

    def message(self, flaw: Flaw) -> str:
        """Say what is wrong."""
        return f"no index of {flaw.what} begins with `{flaw.detail}`: each look at a user's rows reads everybody's"

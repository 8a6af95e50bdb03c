"""SL302: a row is changed or deleted by its id alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint_rules.isolation.leak_rule import LeakRule

if TYPE_CHECKING:
    from statelint.api import Leak


class UnscopedWrite(LeakRule):
    """Rows of an owned model are changed or deleted without asking whose they are."""

    code = "SL302"
    name = "unscoped-write"
    summary = "A query changes or deletes rows without asking whose they are."

    def covers(self, leak: Leak) -> bool:
        """Updates and deletions."""
        return leak.action != "read" and not leak.parent

    def message(self, leak: Leak) -> str:
        """Name the model and what is done to it."""
        verb = "deleted" if leak.action == "delete" else "changed"
        which = f"by {leak.origin or 'id'} " if leak.keyed else ""
        return f"{leak.model} is {verb} {which}without an owner check: any user can {leak.action} any {leak.model}"

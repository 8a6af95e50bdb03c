"""SL309: children of a parent that nobody checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint_rules.isolation.leak_rule import LeakRule

if TYPE_CHECKING:
    from statelint.api import Leak

_VERBS = {"read": "read", "update": "changed", "delete": "deleted", "create": "created"}


class UncheckedParent(LeakRule):
    """Rows are made, listed or changed by the id of a parent without asking whose it is."""

    code = "SL309"
    name = "unchecked-parent"
    summary = "Rows are made, listed or changed by a parent's id without asking whose parent it is."
    fixer = None
    label = "the parent may be anybody's"

    def covers(self, leak: Leak) -> bool:
        """Rows that a parent alone names."""
        return bool(leak.parent) and leak.store != "vector"

    def message(self, leak: Leak) -> str:
        """Name the child and the column that holds the parent."""
        verb = _VERBS[leak.action]
        return f"{leak.model} rows are {verb} by {leak.parent} alone, which nobody checks: it may be another user's"

    def remedy(self, leak: Leak) -> str:
        """Say to load the parent."""
        return f"load the parent with its owner first, or join it: {leak.owner.replace('.', ' → ')} is the caller"

"""SL303: everybody's rows are listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint_rules.isolation.leak_rule import LeakRule

if TYPE_CHECKING:
    from statelint.api import Leak


class UnscopedList(LeakRule):
    """Rows of an owned model are listed, counted or aggregated over all owners."""

    code = "SL303"
    name = "unscoped-list"
    summary = "A query lists the rows of all users."

    def covers(self, leak: Leak) -> bool:
        """Reads that name no row."""
        return leak.action == "read" and not leak.keyed and leak.store != "vector" and not leak.parent

    def message(self, leak: Leak) -> str:
        """Name the model, and say whether its rows are shown or figures over them."""
        done = "counted or summed up" if leak.figures else "read"
        return f"all users' {leak.model} rows are {done}: the query has no owner in it"

"""SL301: a row is read by its id alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint_rules.isolation.leak_rule import LeakRule

if TYPE_CHECKING:
    from statelint.api import Leak


class UnscopedRead(LeakRule):
    """Rows of an owned model are read by a key without asking whose they are."""

    code = "SL301"
    name = "unscoped-read"
    summary = "A query reads rows by id without asking whose they are."

    def covers(self, leak: Leak) -> bool:
        """Keyed reads."""
        return leak.action == "read" and leak.keyed and leak.store != "vector" and not leak.parent

    def message(self, leak: Leak) -> str:
        """Name the model and how it is owned."""
        return (
            f"{leak.model} is read by {leak.origin or 'id'} without an owner check: any user can read any {leak.model}"
        )

"""SL604: a list without an end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.fixers.page import Page
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.api import Flaw, Project


class UnboundedRead(FlawRule):
    """Lists of rows that grow with use, read whole."""

    code = "SL604"
    name = "unbounded-read"
    summary = "A list that grows with use is read without a limit."
    severity = Severity.NOTE
    label = "all of them"
    remedy = "ask for a page: a limit, and a cursor or an offset"
    fixer = Page

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Return the flaws."""
        return project.practices.reads.unbounded()

    def message(self, flaw: Flaw) -> str:
        """Say what is wrong."""
        return f"all matching rows of {flaw.detail} are returned: the answer grows as the service is used"

"""SL107: locks of one process around rows and files that other processes change as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.deployed import deployed
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.api import Finding, Flaw, Project


class InProcessLock(FlawRule):
    """Locks that handlers take to guard what the other workers do not ask them about."""

    code = "SL107"
    name = "in-process-lock"
    summary = "A lock of this process guards rows or files that other processes change."
    severity = Severity.WARNING
    label = "other workers do this at the same time"

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Locks around shared things."""
        return project.practices.locks.local()

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each lock and function."""
        return (deployed(project, finding) for finding in super().check(project))

    def message(self, flaw: Flaw) -> str:
        """Say whom the lock does not keep out."""
        what = "this file" if flaw.what == "file" else "these rows"
        return f"`{flaw.detail}` keeps out the other threads or tasks of this process only: other workers change {what}"

    def remedy_for(self, flaw: Flaw) -> str:
        """Say what keeps out everybody."""
        if flaw.what == "file":
            return "keep it in a database, or lock the file itself"
        return "let the database decide: one conditional UPDATE, SELECT … FOR UPDATE, or an advisory lock"

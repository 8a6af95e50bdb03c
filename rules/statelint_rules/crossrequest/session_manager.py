"""SL201: long-lived instances whose class keeps state about users or sessions in its attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.state.keeping import WHOSE, KeptRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.api import Finding, Kept, Project


class SessionManager(KeptRule):
    """Instances that live as long as the process and change themselves while serving."""

    code = "SL201"
    name = "session-manager"
    summary = "A long-lived object keeps state about users or sessions in its attributes."
    severity = Severity.ERROR
    since = "0.1.0"
    kinds = ("instance",)
    remedy = "make the object per request and keep what it remembers in a database or in Redis"

    def judge(self, project: Project, kept: Kept) -> Iterator[Finding]:
        """Yield one finding for the object, at its creation."""
        if not kept.changes or kept.klass is None:
            return
        what = f"data {WHOSE[kept.subject]}" if kept.subject in WHOSE else "state"
        name = kept.klass.name
        message = f"`{kept.name}` lives as long as the process, and its class {name} keeps {what} in its attributes"
        yield self.whole(project, kept, message, f"one {name} for all requests")

"""SL201: long-lived instances whose class keeps state about users or sessions in its attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity, location
from statelint_rules.state.keeping import MAX_RELATED, WHOSE, at, KeptRule, trace, verb, weakest

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
    remedy = "Make the object per request and keep what it remembers in a database or in Redis."

    def judge(self, project: Project, kept: Kept) -> Iterator[Finding]:
        """Yield one finding for the object, at its creation."""
        changes = kept.changes
        if not changes or kept.klass is None:
            return
        first = max(changes, key=lambda change: change.confidence == "high")
        related = []
        for change in changes:
            write = change.write
            related.append(at(write, f"{write.function.qualname} {verb(write)} {'.'.join(filter(None, (kept.klass.name,)))}"))
        subject = next((change.subject for change in changes if change.subject), kept.subject)
        what = f"data {WHOSE[subject]}" if subject in WHOSE else "state"
        yield self.finding(
            f"`{kept.name}` lives as long as the process, and its class {kept.klass.name} keeps {what} in its attributes",
            location(kept.place, f"one {kept.klass.name} for all requests"),
            symbol=kept.name,
            severity=self.severity_of(kept, changes),
            confidence=weakest(changes),
            help=self.remedy,
            group=kept.key,
            related=related[:MAX_RELATED],
            trace=trace(project, first),
        )

"""SL404: every process makes up its own secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.api import Flaw, Project


class PerProcessSecret(FlawRule):
    """Signing keys that are made at random when a process starts."""

    code = "SL404"
    name = "per-process-secret"
    summary = "A signing key is made at random when a process starts."
    severity = Severity.ERROR
    label = "made up at start"
    remedy = "load the secret from the environment or a secret store, and refuse to start without it"

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Secrets made up."""
        return project.practices.secrets.per_process()

    def severity_of(self, flaw: Flaw) -> Severity:
        """A fallback breaks only where the setting is missing."""
        return Severity.WARNING if flaw.what == "fallback" else Severity.ERROR

    def message(self, flaw: Flaw) -> str:
        """Say what breaks."""
        if flaw.what == "fallback":
            return f"where `{flaw.detail}` is not set, each process makes up its own: what one signs, the others refuse"
        return f"each process makes up its own `{flaw.detail}`: what one signs, the others and the next refuse"

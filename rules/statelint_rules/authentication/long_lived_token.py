"""SL405: a token lasts too long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.api import Flaw, Project


class LongLivedToken(FlawRule):
    """Access tokens that live longer than the limit."""

    code = "SL405"
    name = "long-lived-token"
    summary = "An access token lives longer than the limit."
    severity = Severity.WARNING
    label = "lives long"
    remedy = "issue access tokens for minutes or hours, and a refresh token that the service can revoke"

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Long-lived tokens."""
        return project.practices.lifetimes.long_lived()

    def message(self, flaw: Flaw) -> str:
        """Say how long."""
        return f"access tokens live for {flaw.what} days (`{flaw.detail}`): a stolen one works that long"

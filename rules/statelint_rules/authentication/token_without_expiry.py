"""SL402: a token never ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.fixers.token_expiry import TokenExpiry
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.api import Flaw, Project


class TokenWithoutExpiry(FlawRule):
    """Tokens that are made without an expiry."""

    code = "SL402"
    name = "token-without-expiry"
    summary = "A token is made that never expires."
    severity = Severity.WARNING
    fixer = TokenExpiry
    label = "no expiry"
    remedy = "give the token an `exp` claim some minutes ahead, and let clients refresh it"

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Endless tokens."""
        return project.practices.lifetimes.endless()

    def message(self, flaw: Flaw) -> str:
        """Say what that means for a service without sessions."""
        return f"tokens never expire (`{flaw.detail}`): a stolen one opens the account for ever"

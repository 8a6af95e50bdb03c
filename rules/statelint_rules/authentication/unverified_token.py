"""SL401: a token is believed without proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.api import Flaw, Project

MESSAGES = {
    "signature": "the token is read without checking its signature ({}): anybody can write one",
    "none": "unsigned tokens are accepted: `none` is among the algorithms of {}",
    "chosen": "the token itself names the algorithm that {} checks it with",
    "expiry": "expired tokens are accepted: {} is told not to check `exp`",
    "claims": "{} checks the signature alone: without `.validate()` expired tokens are accepted",
    "age": "{} is called without `max_age`: tokens are accepted however old they are",
}


class UnverifiedToken(FlawRule):
    """Tokens that are decoded without checking the signature, the algorithm or the expiry."""

    code = "SL401"
    name = "unverified-token"
    summary = "A token is read without checking its signature, algorithm or expiry."
    severity = Severity.ERROR
    label = "not verified"

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Unverified decoding."""
        return project.practices.proofs.unverified()

    def severity_of(self, flaw: Flaw) -> Severity:
        """A forged token is worse than an old one."""
        return Severity.WARNING if flaw.what in {"expiry", "claims", "age"} else Severity.ERROR

    def message(self, flaw: Flaw) -> str:
        """Say what is not checked."""
        return MESSAGES[flaw.what].format(f"`{flaw.detail}`")

    def remedy_for(self, flaw: Flaw) -> str:
        """Name the check that is missing."""
        if flaw.what in {"claims", "age", "expiry"}:
            return "let the library refuse tokens that are too old"
        return (
            'verify it with the issuer\'s key and a fixed list of algorithms: decode(token, key, algorithms=["RS256"])'
        )

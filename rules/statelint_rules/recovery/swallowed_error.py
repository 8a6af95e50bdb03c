"""SL707: an error that nobody hears of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Confidence, Severity
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.api import Flaw, Project


class SwallowedError(FlawRule):
    """Broad handlers that neither log, nor raise, nor answer."""

    code = "SL707"
    name = "swallowed-error"
    summary = "A broad except drops every error unseen."
    severity = Severity.NOTE
    ceiling = Confidence.MEDIUM
    label = "dropped"
    remedy = "log the exception, or catch only the one that is expected"

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Dropped errors."""
        return project.practices.logs.swallowed()

    def message(self, flaw: Flaw) -> str:
        """Say where errors end."""
        return f"every error ends here unseen: `{flaw.symbol}` neither logs it, nor raises, nor answers with one"

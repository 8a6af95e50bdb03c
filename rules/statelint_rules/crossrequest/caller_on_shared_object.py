"""SL206: the identity, token or options of one request, set on an object that all requests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.state.keeping import SHARED, KeptRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.api import Finding, Kept, Project


class CallerOnSharedObject(KeptRule):
    """Attributes of shared clients, agents, middleware and modules that requests set to what is theirs."""

    code = "SL206"
    name = "caller-on-shared-object"
    summary = "A request sets its identity, token or options on an object that all requests share."
    severity = Severity.ERROR
    since = "0.1.0"
    kinds = tuple(sorted(SHARED))
    remedy = "pass it as an argument, or make the object for each request"

    def concerns(self, kept: Kept) -> bool:
        """Tell whether requests set single attributes to what is theirs."""
        return kept.carries_caller

    def judge(self, project: Project, kept: Kept) -> Iterator[Finding]:
        """Yield one finding for the shared object."""
        message = (
            f"`{kept.name}` is shared by all requests, and each sets on it what is its own: they read each other's"
        )
        yield self.whole(project, kept, message, "shared by all requests")

"""SL307: the client says whose rows it wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Rule, Severity, location
from statelint_rules.isolation.leak_rule import CONFIDENCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import ClassVar

    from statelint.api import Finding, Project


class OwnerFromRequest(Rule):
    """A query asks for the rows of an owner whom the request names, and nobody compares it with the caller."""

    code = "SL307"
    name = "owner-from-request"
    severity: ClassVar[Severity] = Severity.ERROR
    since: ClassVar[str] = "0.1.0"
    summary = "A query is scoped to an owner whom the client names, not to the caller."

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each such query."""
        for leak in project.isolation.claims:
            related = [location(place, f"the client gives {leak.given} here") for place in leak.receivers]
            yield self.finding(
                f"{leak.model} rows are chosen by the client's `{leak.given}`: any user can {leak.action} another's",
                location(leak.place, "the owner is whom the client says"),
                symbol=leak.symbol,
                confidence=CONFIDENCE[leak.certainty],
                help=f"take {leak.owner} from the authenticated user, or compare {leak.given} with it first",
                related=related,
                trace=[location(stop.place, stop.label) for stop in leak.way],
            )

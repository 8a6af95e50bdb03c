"""What the rules over unscoped queries share: from a leak to a finding."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from statelint.api import Confidence, Rule, Severity, location
from statelint_rules.fixers.owner_predicate import OwnerPredicate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.api import Finding, Leak, Project

CONFIDENCE = (Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH)


class LeakRule(Rule):
    """Reports the leaks that ``covers`` picks."""

    severity: ClassVar[Severity] = Severity.ERROR
    since: ClassVar[str] = "0.1.0"
    fixer = OwnerPredicate

    def covers(self, leak: Leak) -> bool:
        """Tell whether a leak is this rule's matter."""
        raise NotImplementedError

    def message(self, leak: Leak) -> str:
        """Return the finding's message."""
        raise NotImplementedError

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each leak of this kind."""
        for leak in project.isolation.leaks:
            if not self.covers(leak):
                continue
            related = []
            if leak.definition is not None:
                related.append(
                    location(leak.definition, f"{leak.model} rows belong to {leak.owner.replace('.', ' → ')}")
                )
            if leak.sibling is not None:
                related.append(location(leak.sibling, f"here {leak.model} is restricted to its owner"))
            column = leak.owner or "user_id"
            yield self.finding(
                self.message(leak),
                location(leak.place, "no owner in this query"),
                symbol=leak.symbol,
                confidence=CONFIDENCE[leak.certainty],
                help=(
                    f"restrict the query to the caller's rows ({leak.model}.{column} == the authenticated user), "
                    "or check the owner before the row is used"
                ),
                details={"model": leak.model, "owner": leak.owner},
                related=related,
                trace=[location(stop.place, stop.label) for stop in leak.way],
            )

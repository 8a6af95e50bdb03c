"""What the rules over unscoped queries share: from a leak to a finding."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from statelint.api import Confidence, Rule, Severity, location
from statelint_rules.fixers.owner_predicate import OwnerPredicate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.api import Finding, Fixer, Leak, Project

CONFIDENCE = (Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH)


class LeakRule(Rule):
    """Reports the leaks that ``covers`` picks."""

    severity: ClassVar[Severity] = Severity.ERROR
    since: ClassVar[str] = "0.1.0"
    label: ClassVar[str] = "no owner in this query"
    fixer: ClassVar[type[Fixer] | None] = OwnerPredicate
    misplaced: ClassVar[bool] = False
    """Whether the rule is about rows whose owner is checked, but not before they are used."""

    def covers(self, leak: Leak) -> bool:
        """Tell whether a leak is this rule's matter."""
        raise NotImplementedError

    def message(self, leak: Leak) -> str:
        """Return the finding's message."""
        raise NotImplementedError

    def remedy(self, leak: Leak) -> str:
        """Say what to do instead."""
        wanted = f" ({leak.predicate})" if leak.predicate else ""
        return f"restrict the query to the caller's rows{wanted}, or check the owner before the row is used"

    def severity_of(self, leak: Leak) -> Severity:
        """Figures over everybody's rows tell less than the rows."""
        return Severity.WARNING if leak.figures else self.severity

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each leak of this kind."""
        for leak in project.isolation.leaks:
            if (leak.check is not None) is not self.misplaced or not self.covers(leak):
                continue
            related = []
            if leak.check is not None:
                related.append(location(leak.check.place, f"the check of {leak.check.about}'s owner"))
            if leak.definition is not None:
                related.append(
                    location(leak.definition, f"{leak.model} rows belong to {leak.owner.replace('.', ' → ')}")
                )
            if leak.sibling is not None:
                related.append(location(leak.sibling, f"here {leak.model} is restricted to its owner"))
            related += [location(place, self.label) for place in leak.also]
            related += [location(place, f"here {leak.model} is asked for and changed") for place in leak.changed]
            yield self.finding(
                self.message(leak),
                location(leak.place, self.label),
                symbol=leak.symbol,
                severity=self.severity_of(leak),
                confidence=CONFIDENCE[leak.certainty],
                help=self.remedy(leak),
                details={"model": leak.model, "owner": leak.owner},
                related=related,
                trace=[location(stop.place, stop.label) for stop in leak.way],
            )

"""What the rules about departures from good practice share: from a flaw to a finding."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from statelint.api import Confidence, Rule, location

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.api import Finding, Flaw, Project, Severity

CONFIDENCE = (Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH)


class FlawRule(Rule):
    """Reports the flaws that ``flaws`` asks for."""

    since: ClassVar[str] = "0.1.0"
    ceiling: ClassVar[Confidence] = Confidence.HIGH
    """No finding is surer than this."""
    label: ClassVar[str] = ""
    remedy: ClassVar[str] = ""

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Return the flaws that are this rule's matter."""
        raise NotImplementedError

    def message(self, flaw: Flaw) -> str:
        """Say what is wrong."""
        raise NotImplementedError

    def severity_of(self, flaw: Flaw) -> Severity:  # noqa: ARG002 - for rules that look closer
        """Say how bad it is."""
        return self.severity

    def remedy_for(self, flaw: Flaw) -> str:  # noqa: ARG002 - for rules that look closer
        """Say what to do instead."""
        return self.remedy

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each flaw."""
        for flaw in self.flaws(project):
            yield self.finding(
                self.message(flaw),
                location(flaw.place, self.label),
                symbol=flaw.symbol,
                severity=self.severity_of(flaw),
                confidence=min(CONFIDENCE[flaw.certainty], self.ceiling, key=lambda held: held.rank),
                help=self.remedy_for(flaw),
                details={"what": flaw.what, "detail": flaw.detail, "hint": flaw.hint},
                related=[location(place, label) for place, label in flaw.related],
                trace=[location(place, label) for place, label in flaw.way],
            )

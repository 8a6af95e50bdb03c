"""What the rules about long-lived library objects share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Confidence, Rule, Severity, location
from statelint_rules.deployed import STEP, WORSE, deployed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.api import Finding, Project, Resource


class ResourceRule(Rule):
    """A rule about library objects of one ``role`` that outlive requests: one finding per object."""

    role = ""
    remedy = ""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding per object."""
        for resource in project.state.resources:
            if resource.role == self.role:
                doubtful = Confidence.MEDIUM if project.state.may_serve else Confidence.LOW
                finding = self.judge(resource, Confidence.HIGH if resource.served else doubtful)
                yield deployed(project, finding, WORSE if resource.chosen else STEP)

    def judge(self, resource: Resource, confidence: Confidence) -> Finding:
        """Word the finding for one object."""
        name = resource.name or resource.type.rpartition(".")[2]
        related = [] if resource.made == resource.place else [location(resource.made, "made here")]
        return self.finding(
            self.message(name, resource.type.rpartition(".")[2]),
            location(resource.place, "one for all requests"),
            symbol=name,
            severity=self.severity if resource.chosen else Severity.NOTE,
            confidence=confidence,
            help=self.remedy,
            group=f"{resource.place.module.path}::{name}",
            related=related,
        )

    def message(self, name: str, kind: str) -> str:
        """Say what is wrong with the object ``name`` of type ``kind``."""
        raise NotImplementedError

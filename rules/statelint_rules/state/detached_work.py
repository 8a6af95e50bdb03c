"""SL108: work that only the process that started it knows of."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from statelint.api import Confidence, Severity, location
from statelint_rules.deployed import STEP, deployed
from statelint_rules.state.keeping import KeptRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.api import Change, Finding, Flaw, Kept, Project

CONFIDENCE = (Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH)


class DetachedWork(KeptRule):
    """Tasks kept for later requests, schedulers that every worker starts, work that nobody waits for."""

    code = "SL108"
    name = "detached-work"
    summary = "Work goes on in this process that other workers, and this one after a restart, know nothing of."
    severity = Severity.ERROR
    since = "0.1.0"
    kinds = ("global", "class", "closure", "default", "function", "memo", "app")
    remedy = "give the work to a queue with workers of its own, and keep its state in a database or in Redis"

    def concerns(self, kept: Kept) -> bool:
        """Tell whether the object keeps running work and nothing else."""
        return kept.work == "watched" and not kept.registers_sockets

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield the kept work object by object, then schedulers and what nobody waits for."""
        yield from super().check(project)
        detached = project.practices.detached
        # Who starts what: SL504's, if rows of a known model are saved.
        late = {(flaw.place.module, flaw.symbol) for flaw in project.practices.background.late}
        for flaw in chain(detached.schedulers(), detached.unattended()):
            if (flaw.place.module, flaw.symbol) in late:
                continue
            finding = self.about(flaw)
            yield deployed(project, finding, STEP) if flaw.what == "scheduler" else finding

    def message(self, kept: Kept, changes: list[Change]) -> str:
        """Say who does not find the work."""
        function = changes[0].write.function.qualname
        return f"`{kept.name}` keeps running work in this process: what `{function}` starts, no other worker finds"

    def about(self, flaw: Flaw) -> Finding:
        """Make the finding for work that no object keeps."""
        if flaw.what == "scheduler":
            message = f"every worker starts a {flaw.detail} of its own, and each runs every job"
            remedy = "run the jobs in one process of their own: a worker of a queue, a cron job"
            label = "started in each worker"
        else:
            message = f"nobody waits for `{flaw.detail}`: if this process ends, what it was to store is lost"
            remedy, label = self.remedy, "started and forgotten"
        return self.finding(
            message,
            location(flaw.place, label),
            symbol=flaw.symbol,
            severity=Severity.NOTE,
            confidence=CONFIDENCE[flaw.certainty],
            help=remedy,
            related=[location(place, text) for place, text in flaw.related],
            trace=[location(place, text) for place, text in flaw.way],
        )

"""SL105: memoised functions whose results are users' data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Confidence, Rule, Severity, location
from statelint_rules.state.keeping import way

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.api import Finding, Project, Remembered

WHY = {
    "leak": "its result depends on the caller ({what}), who is not part of the key: whoever comes next gets it",
    "keyed": "it keeps what it read for each {what}: other workers and later changes do not reach it",
    "owned": "it keeps rows of {what} that belong to users: other workers and later changes do not reach them",
}
READS = {
    "leak": "depends on the caller",
    "keyed": "reads what may change",
    "owned": "reads rows that belong to users",
}


class CachedUserData(Rule):
    """Functions under ``lru_cache`` and its like that return what belongs to a user."""

    code = "SL105"
    name = "cached-user-data"
    summary = "A memoised function keeps users' data in this process."
    severity = Severity.ERROR
    since = "0.1.0"
    remedy = (
        "read it per request, or cache it in Redis under a key with the user, with an expiry, and drop it on change"
    )

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding per memoised function."""
        for held in project.state.remembered:
            function = held.function
            decorator = held.memoiser.rpartition(".")[2]
            yield self.finding(
                f"`{function.qualname}` is memoised ({decorator}) and {WHY[held.why].format(what=held.what)}",
                location(held.place, "kept by this process"),
                symbol=function.qualname,
                severity=self.severity_of(held),
                confidence=Confidence.HIGH if held.certainty > 1 else Confidence.MEDIUM,
                help=self.remedy,
                related=[location(held.source, READS[held.why])],
                trace=list(way(project, function)),
            )

    def severity_of(self, held: Remembered) -> Severity:
        """Another user's data is a leak; stale data is a fault of services with several workers, expiring data less."""
        if held.why == "leak":
            return Severity.ERROR
        return Severity.NOTE if held.expires else Severity.WARNING

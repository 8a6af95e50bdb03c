"""SL310: owned rows for whoever asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Place, Rule, Severity, location
from statelint_rules.isolation.leak_rule import CONFIDENCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import ClassVar

    from statelint.api import Exposure, Finding, Project

_VERBS = {"read": "read", "update": "changed", "delete": "deleted", "create": "created"}


class UnauthenticatedEndpoint(Rule):
    """Endpoints read or change rows that belong to somebody, and ask nobody who is calling."""

    code = "SL310"
    name = "unauthenticated-endpoint"
    severity: ClassVar[Severity] = Severity.ERROR
    since: ClassVar[str] = "0.1.0"
    summary = "Owned rows are served without asking who is calling."

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each router with such endpoints."""
        for exposure in project.isolation.exposures:
            endpoints = [
                location(Place(each.module, each.facts.position), "serves owned rows and asks nobody who is calling")
                for each in exposure.endpoints
            ]
            related = [] if len(endpoints) == 1 else endpoints
            for leak in exposure.leaks:
                by = f" by the client's `{leak.given}`" if leak.given else ""
                what = (
                    f"{leak.model} rows are {_VERBS[leak.action]}{by}; they belong to {leak.owner.replace('.', ' → ')}"
                )
                related.append(location(leak.place, what))
            yield self.finding(
                self._message(exposure),
                location(exposure.place, "asks nobody who is calling"),
                symbol=exposure.symbol,
                confidence=CONFIDENCE[exposure.certainty],
                help=(
                    "have the router demand a verified identity (a dependency, a login decorator, middleware), and "
                    "restrict the queries to it"
                ),
                related=related,
                trace=[location(stop.place, stop.label) for stop in exposure.leaks[0].way],
            )

    @staticmethod
    def _message(exposure: Exposure) -> str:
        models = sorted({leak.model for leak in exposure.leaks})
        rows = models[0] if len(models) == 1 else f"{', '.join(models[:-1])} and {models[-1]}"
        if len(exposure.endpoints) == 1:
            where = f"`{exposure.endpoints[0].name}` asks nobody who is calling"
        else:
            router = f" of `{exposure.router}`" if exposure.router else ""
            where = f"{len(exposure.endpoints)} endpoints{router} ask nobody who is calling"
        return f"{where}: anybody reaches everybody's {rows} rows"

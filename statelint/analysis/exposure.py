"""Endpoints that serve rows with an owner, and ask nobody who is calling."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.model import Place
from statelint.analysis.proofs.naming import called_name
from statelint.analysis.proofs.words import CREDENTIAL, LOGIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.analysis.leak import Leak
    from statelint.analysis.model import FunctionInfo
    from statelint.analysis.proofs import Judge
    from statelint.analysis.routers import Router

MAX_DEPTH = 3
"""Calls from an endpoint to what may ask who is calling."""
_AUTHENTICATES = re.compile(r"auth|login|jwt|(?<!csrf)(?<!csrf_)token|api_?key|session|identity|user", re.IGNORECASE)
"""Names of middleware that may know the caller."""
_HEADERS = re.compile(r"^(proxy-)?authorization$|^bearer|api-?key|x-(user|auth|token|forwarded-user)", re.IGNORECASE)
_LINKS = re.compile(r"(^|_)(downloads?|unsubscribe|share|shared|preview|webhook|callback)(_|$)")
"""Names of endpoints whose token is part of a link that the service has given out."""
_DEMANDED = re.compile(r"LoginRequired|IsAuthenticated|DjangoModelPermissions|HasAPIKey")
"""Classes that Django's settings name to have every view ask."""


class Exposure(NamedTuple):
    """``endpoints`` of one router serve what ``leaks`` tell, and none asks who is calling."""

    place: Place
    router: str
    symbol: str
    endpoints: tuple[FunctionInfo, ...]
    leaks: tuple[Leak, ...]

    @property
    def certainty(self) -> int:
        """As certain as the surest of its leaks, but never quite: a gateway may ask."""
        return min(1, max(leak.certainty for leak in self.leaks))


class Exposures:
    """Tells which endpoints are open."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.inference = judge.inference
        self._asking: dict[FunctionInfo, bool] = {}

    def open(self, function: FunctionInfo) -> bool:
        """Tell whether nobody is asked who they are before an endpoint answers, nor while it does."""
        return not self._takes_credential(function) and not self.asks(function)

    def asks(self, function: FunctionInfo) -> bool:
        """Tell whether something may ask who is calling, which a credential among the parameters does not by itself."""
        if self._takes_credential(function):
            return self.judge.guards.logins.knows_caller(function)
        found = self._asking.get(function)
        if found is None:
            found = self._asking[function] = self._middleware_asks or self._asks(function)
        return found

    def lets_strangers_in(self, function: FunctionInfo) -> bool:
        """Tell whether a route or a websocket asks nobody who is calling, although routes of the same service ask."""
        kinds = {entry.kind for entry in self.judge.reach.entry_points.get(function, ())}
        return (
            not kinds.isdisjoint({"route", "websocket"})
            and bool(self._asking_by_kind.get("route"))
            and self.open(function)
            and not self._names_credential(function)
        )

    def demands(self, function: FunctionInfo) -> bool:
        """Tell whether an endpoint answers only, as far as can be seen, whom it knows."""
        logins = self.judge.guards.logins
        known = logins.knows_caller(function) and not logins.is_optional(function)
        return self._every_request or known or self._depends_on_unknown(function)

    def everywhere(self, kind: str) -> bool:
        """Tell whether there are endpoints of a kind and none asks; tools are open where no route asks either."""
        asking = self._asking_by_kind
        return asking.get(kind) is False and not asking.get("route")

    @cached_property
    def _asking_by_kind(self) -> dict[str, bool]:
        """Whether any endpoint asks, by the kinds that there are."""
        found: dict[str, bool] = {}
        for function, entries in self.judge.reach.entry_points.items():
            for kind in {entry.kind for entry in entries} & {"route", "tool"}:
                found[kind] = found.get(kind, False) or (self.asks(function) and not self._follows_link(function))
        return found

    def _follows_link(self, function: FunctionInfo) -> bool:
        """Tell whether the credential that an endpoint takes is that of a link, which names no caller."""
        return self._takes_credential(function) and _LINKS.search(function.name) is not None

    def grouped(self, exposed: Iterable[tuple[FunctionInfo, Leak]]) -> Iterator[Exposure]:
        """Yield what open endpoints expose, a router each; those of no router in sight, a module each."""
        groups: dict[tuple[str, Router | None], list[tuple[FunctionInfo, Leak]]] = {}
        for function, leak in exposed:
            router = self.judge.guards.before.routers.of(function)
            groups.setdefault(("" if router else function.module.path, router), []).append((function, leak))
        for (_, router), members in groups.items():
            endpoints = tuple(dict.fromkeys(function for function, _ in members))
            leaks = tuple(leak for _, leak in members)
            place = Place(endpoints[0].module, endpoints[0].facts.position)
            name = ""
            if router is not None and len(endpoints) > 1:
                name = router.name
                place = next(
                    (
                        Place(router.module, binding.position)
                        for binding in router.module.bindings.get(router.name, ())
                        if binding.value == router.made
                    ),
                    place,
                )
            yield Exposure(place, name, name or endpoints[0].qualname, endpoints, leaks)

    def _asks(self, function: FunctionInfo) -> bool:
        if self.judge.guards.logins.knows_caller(function) or self._depends_on_unknown(function):
            return True
        seen = {function}
        level = [function]
        for _ in range(MAX_DEPTH):
            edges = [edge for at in level for edge in self.judge.graph.callees.get(at, ()) if edge.kind != "name"]
            if any(
                self.judge.principals.is_provider(edge.callee)
                or (edge.kind == "dependency" and self.judge.guards.logins.knows_caller(edge.callee))
                for edge in edges
            ):
                return True
            level = [callee for callee in dict.fromkeys(edge.callee for edge in edges) if callee not in seen]
            seen.update(level)
        return any(self._reads_credential(each) for each in seen)

    def _depends_on_unknown(self, function: FunctionInfo) -> bool:
        return any(
            self.judge.graph.depends_on_unknown(function.module, parameter.annotation, parameter.default)
            for parameter in function.facts.parameters
        )

    @staticmethod
    def _takes_credential(function: FunctionInfo) -> bool:
        return any(CREDENTIAL.search(parameter.name) for parameter in function.facts.parameters)

    def _names_credential(self, function: FunctionInfo) -> bool:
        """Tell whether a function looks for a token in what it is sent: ``data["token"]``, ``cookies.get("token")``."""
        module = function.module
        parts = self.judge.queries.containment(module).parts
        return any(
            CREDENTIAL.search(module.text(part) or "")
            for event in function.events
            for term in (event.term, event.value)
            if term >= 0
            for part in parts(term)
        )

    def _reads_credential(self, function: FunctionInfo) -> bool:
        """Tell whether a function looks for a header that says who is calling, or calls what logs in."""
        module = function.module
        for _, call in function.calls:
            if LOGIN.search(called_name(module, call)):
                return True
            if any(_HEADERS.search(module.text(argument) or "") for argument in call.args):
                return True
        return False

    @cached_property
    def _middleware_asks(self) -> bool:
        """Whether something that runs before every request may ask: middleware of the project's, or of a library's."""
        for function, entries in self.judge.reach.entry_points.items():
            if any(entry.kind == "middleware" for entry in entries) and (
                self._asks(function) or _AUTHENTICATES.search(function.qualname)
            ):
                return True
        if self._settings_demand:
            return True
        for module in self.inference.modules:
            for function in module.functions:
                for _, call in function.calls:
                    if (
                        called_name(module, call) in {"add_middleware", "Middleware"}
                        and call.args
                        and _AUTHENTICATES.search(module.last_name(call.args[0]))
                    ):
                        return True
        return False

    @cached_property
    def _every_request(self) -> bool:
        """Whether something turns away, before every request, whoever is not known."""
        return self._settings_demand or any(
            any(entry.kind == "middleware" for entry in entries) and self._refuses(function)
            for function, entries in self.judge.reach.entry_points.items()
        )

    def _refuses(self, function: FunctionInfo) -> bool:
        """Tell whether middleware may answer in place of an endpoint; a backend of Starlette's only identifies."""
        return (
            function.name != "authenticate"
            and (self._asks(function) or _AUTHENTICATES.search(function.qualname) is not None)
            and (
                self.judge.exits.may_abort(function)
                or any(event.op == "return" and event.condition for event in function.events)
            )
        )

    @cached_property
    def _settings_demand(self) -> bool:
        """Whether Django's settings have every view ask."""
        return any(
            binding.value >= 0
            and any(
                _DEMANDED.search(module.text(part) or "")
                for part in self.judge.queries.containment(module).parts(binding.value)
            )
            for module in self.inference.modules
            for name in ("MIDDLEWARE", "REST_FRAMEWORK")
            for binding in module.bindings.get(name, ())
        )

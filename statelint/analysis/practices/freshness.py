"""Caches: entries that never end, and users' data that is changed and goes on being served from a cache."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.model import External, Place, Result
from statelint.analysis.practices.base import Flaw, Practice, argument, keyword, opaque
from statelint.analysis.proofs.naming import called_name
from statelint.analysis.terms import walk
from statelint.extract.facts import Attr, Call, Name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.ownership import Model
    from statelint.catalogue.schema import CacheWrite

SHORT = 300
"""Seconds for which old data may be shown without anybody minding."""
_CACHE = re.compile(r"cache", re.IGNORECASE)
_NO_CACHE = re.compile(r"lock|mutex|session|token|otp|queue|counter|nonce|state|settings|config|flag", re.IGNORECASE)
_CONTAINERS = frozenset({"cachetools.cached", "cachetools.cachedmethod", "cachetools.func.cached"})
_TIMELESS = frozenset({f"cachetools.{kind}Cache" for kind in ("LRU", "LFU", "FIFO", "RR", "MRU", "")})
_CHANGING = frozenset(
    {"create", "acreate", "get_or_create", "update_or_create", "bulk_create", "save", "asave", "insert"}
)


class Cached(NamedTuple):
    """One place that fills a cache; ``seconds`` is the lifetime: None where nobody knows, infinite for ever."""

    function: FunctionInfo
    place: Place
    name: str
    seconds: float | None
    certainty: int
    decorator: bool
    keyword: str = ""
    """What the call takes a lifetime as."""


class FreshnessFlaws(Practice):
    """Answers for caches."""

    def endless(self) -> Iterator[Flaw]:
        """Yield the caches whose entries stay for ever; those that are out of date already are ``stale``."""
        stale = {flaw.place for flaw in self._stale}
        for cached in self._filled:
            if cached.seconds != float("inf") or cached.place in stale:
                continue
            if cached.decorator and (cached.function in self._remembered or not self._asks(cached.function)):
                continue
            yield self._flaw(cached, "endless", cached.name, ())

    def stale(self) -> Iterator[Flaw]:
        """Yield the caches of users' rows that the service changes without dropping what is cached."""
        yield from self._stale

    @cached_property
    def _stale(self) -> list[Flaw]:
        found = []
        for cached in self._filled:
            if cached.seconds is None or cached.seconds <= SHORT or cached.function in self._remembered:
                continue
            for model in self._read(cached.function):
                writer = next(
                    (place for function, place in self._written.get(model, ()) if function is not cached.function), None
                )
                if writer is not None and not self._drops(cached):
                    related = ((writer, f"{model.name} is changed here"),)
                    found.append(self._flaw(cached, "stale", model.name, related))
                    break
        return found

    def _flaw(self, cached: Cached, what: str, detail: str, related: tuple[tuple[Place, str], ...]) -> Flaw:
        symbol = f"{cached.function.qualname}:{cached.name}"
        way = self.way(cached.function)
        return Flaw(cached.place, symbol, what, detail, cached.certainty, way, related, cached.keyword)

    # -- what is cached

    @cached_property
    def _filled(self) -> list[Cached]:
        return [*self._calls(), *self._decorated()]

    def _calls(self) -> Iterator[Cached]:
        for site in self.sites_of(self.catalogue.cache_writes):
            name = next(name for name in site.names if name in self.catalogue.cache_writes)
            if not (site.function.facts.parameters or site.call.args):
                continue
            known = self.catalogue.cache_writes[name]
            if known.store and not self._caches(site.function, site.call):
                continue
            seconds = self._seconds(site.module, site.call, known, name)
            if seconds is None and known.store and self._expires_later(site.function):
                continue
            if known.store and self._expires_later(site.function):
                continue
            sure = min(site.certainty, 1)
            yield Cached(site.function, site.place, name, seconds, sure, decorator=False, keyword=known.keyword)

    def _decorated(self) -> Iterator[Cached]:
        for function, certainty in self.functions():
            module = function.module
            for decorator in function.facts.decorators:
                held = module.terms[decorator]
                call = held if isinstance(held, Call) else None
                names = self.names(module, call.func if call is not None else decorator)
                name = next((name for name in names if name in self.catalogue.cache_writes or name in _CONTAINERS), "")
                if not name or not self._varies(function):
                    continue
                place = Place(module, function.facts.position)
                if name in _CONTAINERS:
                    if call is not None and self._timeless(module, call):
                        yield Cached(function, place, name, float("inf"), certainty, decorator=True)
                    continue
                known = self.catalogue.cache_writes[name]
                seconds = float("inf") if call is None and known.endless else None
                if call is not None:
                    seconds = self._seconds(module, call, known, name)
                yield Cached(function, place, name, seconds, certainty, decorator=True, keyword=known.keyword)

    @staticmethod
    def _varies(function: FunctionInfo) -> bool:
        """Tell whether the function is asked with arguments, or is a handler; a maker of one client is no cache."""
        own = 1 if function.owner is not None else 0
        return len(function.facts.parameters) > own

    def _timeless(self, module: Module, call: Call) -> bool:
        given = argument(call, 0, "cache")
        values = self.inference.term(module, given) if given >= 0 else ()
        return any(isinstance(value, (External, Result)) and value.name in _TIMELESS for value in values)

    def _seconds(self, module: Module, call: Call, known: CacheWrite, name: str) -> float | None:
        """Return how long an entry lives: infinite for ever, None where nobody knows."""
        given = argument(call, known.position, *known.expiry)
        if given >= 0:
            literal = self.constants.literal(module, given)
            if literal is not None and (literal.value is None or literal.value is False):
                return float("inf")
            return self.constants.seconds(module, given)
        if not known.endless or opaque(module, call):
            return None
        package = name.partition(".")[0]
        return None if package in self._with_default else float("inf")

    @cached_property
    def _with_default(self) -> frozenset[str]:
        """Packages that are told, when they are set up, how long entries live."""
        found = set()
        for site in self.project.call_sites.of(self.catalogue.cache_defaults):
            for name in site.names:
                default = self.catalogue.cache_defaults.get(name)
                if default and keyword(site.call, default) >= 0:
                    found.add(name.partition(".")[0])
        return frozenset(found)

    def _caches(self, function: FunctionInfo, call: Call) -> bool:
        """Tell whether what a general store is given is a cache's entry, by the names around it."""
        module = function.module
        key = call.args[0] if call.args else -1
        words = [function.qualname, module.dotted(call.func), *(module.text(part) or "" for part in walk(module, key))]
        text = " ".join(words)
        return _CACHE.search(text) is not None and _NO_CACHE.search(text) is None

    @staticmethod
    def _expires_later(function: FunctionInfo) -> bool:
        module = function.module
        return any(called_name(module, call) in {"expire", "pexpire", "expireat"} for _, call in function.calls)

    def _asks(self, function: FunctionInfo) -> bool:
        """Tell whether a function's result may be another one tomorrow: it reads rows, or asks another machine."""
        project = self.project
        callees = [edge.callee for edge in project.calls.callees.get(function, ()) if edge.kind == "call"]
        for one in (function, *callees):
            if project.queries.of(one) or project.sql.of(one) or project.documents.of(one):
                return True
            for event in one.events:
                found = self.call_of(one.module, event.term) if event.op == "call" else None
                if found is not None and any(name in self.catalogue.outbound for name in found[1]):
                    return True
        return False

    @cached_property
    def _remembered(self) -> frozenset[FunctionInfo]:
        """Functions whose memory is reported as state of the process."""
        return frozenset(
            change.write.function for kept in self.project.state.of_kind("memo") for change in kept.changes
        )

    # -- what becomes of it

    def _read(self, function: FunctionInfo) -> list[Model]:
        """Return the models of users' rows that a function reads, itself or in what it calls."""
        callees = [edge.callee for edge in self.project.calls.callees.get(function, ()) if edge.kind == "call"]
        found = [
            query.chain.model
            for one in (function, *callees)
            for query in self.project.queries.of(one)
            if query.verb == "read" and query.chain.model is not None
        ]
        return [model for model in dict.fromkeys(found) if model.owned or model.is_principal]

    @cached_property
    def _written(self) -> dict[Model, list[tuple[FunctionInfo, Place]]]:
        """Where served code changes the rows of each model."""
        found: dict[Model, list[tuple[FunctionInfo, Place]]] = {}
        queries = self.project.queries
        ownership = self.project.ownership
        for function, certainty in self.functions():
            if certainty < 1:
                continue
            module = function.module
            for query in queries.of(function):
                model = query.chain.model
                if model is not None and self.project.judge.writes.of(query) != "read":
                    found.setdefault(model, []).append((function, Place(module, query.event.position)))
            for event, call in function.calls:
                func = module.terms[call.func]
                if isinstance(func, Attr) and func.name in _CHANGING:
                    for value in self.inference.term(module, func.base):
                        klass = getattr(value, "klass", None)
                        model = ownership.model_of(klass) if klass is not None else None
                        if model is not None:
                            found.setdefault(model, []).append((function, Place(module, event.position)))
                    for chain in queries.chains(module, func.base):
                        if chain.model is not None:
                            found.setdefault(chain.model, []).append((function, Place(module, event.position)))
        return found

    def _drops(self, cached: Cached) -> bool:
        """Tell whether anything in the project takes entries out of such a cache."""
        package = cached.name.partition(".")[0]
        words = self.catalogue.listed("freshness", "drops")
        for module in self.project.modules.values():
            for held in module.terms:
                if not isinstance(held, Call) or called_name(module, held) not in words:
                    continue
                func = module.terms[held.func]
                if isinstance(func, Name):
                    return True
                names = self.names(module, held.func)
                receiver = module.dotted(held.func)
                if (
                    any(name.partition(".")[0] == package for name in names)
                    or _CACHE.search(receiver)
                    or "redis" in receiver.lower()
                ):
                    return True
        return False

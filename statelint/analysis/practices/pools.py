"""Connections to databases: pools that every request makes anew, and services that do without one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.practices.base import Flaw, Practice, keyword
from statelint.analysis.practices.served import is_script
from statelint.analysis.terms import walk
from statelint.extract.facts import Attr, Call, Cell, Compare, Const, Item, Name, Not, Param
from statelint.source.roles import is_offline_path, is_test_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.practices.served import Site
    from statelint.extract.facts import Event, TermId

_OUTSIDE_POOL = re.compile(
    r"pgbouncer|pooler|serverless|lambda|vercel|statement_cache|prepared_statement", re.IGNORECASE
)
"""What pools connections instead, or cannot keep any."""
_LOCAL = re.compile(r"sqlite|duckdb|:memory:", re.IGNORECASE)
_OFF_REQUEST = frozenset({"task", "signal", "startup", "cli"})


class PoolFlaws(Practice):
    """Answers for engines, pools and connections."""

    def per_request(self) -> Iterator[Flaw]:
        """Yield the pools and clients that are made while a request is served, and not kept."""
        yield from self._made("pools", "pool")

    def unpooled(self) -> Iterator[Flaw]:
        """Yield the engines that are told to have no pool, and the connections opened for each request."""
        yield from self._made("connections", "connection")
        engines = self.catalogue.listed("pooling", "engines")
        none = self.catalogue.listed("pooling", "none")
        for site in self.project.call_sites.of(engines) if self.reach.entry_points else ():
            module = site.module
            if is_offline_path(module.path) or is_test_path(module.path) or is_script(module.path):
                continue
            if _mentions(module, _OUTSIDE_POOL) or any(
                item.module.startswith("alembic") for item in module.facts.imports
            ):
                continue
            pool = keyword(site.call, "poolclass")
            chosen = pool >= 0 and not none.isdisjoint(self.names(module, pool))
            if chosen and not self._is_local(module, site.event.term):
                yield Flaw(site.place, site.function.qualname, "none", "NullPool", 1)

    def _made(self, listed: str, what: str) -> Iterator[Flaw]:
        known = self.catalogue.listed("pooling", listed)
        for site in self.sites_of(known):
            name = next(name for name in site.names if name in known)
            if self._is_local(site.module, site.event.term) or self._kept(site):
                continue
            entry = self.reach.root(site.function)
            if entry is None or entry.kind in _OFF_REQUEST:
                continue
            sure = 0 if self._chosen_by_caller(site) else site.certainty
            symbol = f"{site.function.qualname}:{name}"
            yield Flaw(site.place, symbol, what, name, sure, self.way(site.function))

    def _is_local(self, module: Module, term: TermId) -> bool:
        """Tell whether the database is a file of this machine: opening it costs nothing."""
        for part in walk(module, term):
            literal = self.constants.literal(module, part)
            if literal is not None and isinstance(literal.value, str) and _LOCAL.search(literal.value):
                return True
        return False

    def _chosen_by_caller(self, site: Site) -> bool:
        """Tell whether the address depends on what the function is given: one pool would not do."""
        arguments = site.call.arguments
        parameters = site.function.facts.parameters
        return any(
            isinstance(held := site.module.terms[part], Param) and parameters[held.index].name not in {"self", "cls"}
            for part in walk(site.module, *arguments)
        )

    # -- made once

    def _kept(self, site: Site) -> bool:
        """Tell whether the object outlives the request after all: it is kept in a place, or made once."""
        if self._keeps(site.function, site.event):
            return True
        locator = self.project.state.locator
        if locator.memoised(site.function):
            return True
        for edge in self.reach.way(site.function):
            if locator.memoised(edge.callee) or locator.memoised(edge.caller):
                return True
            event = (
                next((event for event in edge.caller.events if event.term == edge.call), None)
                if edge.call >= 0
                else None
            )
            if event is not None and self._keeps(edge.caller, event):
                return True
        return False

    def _keeps(self, function: FunctionInfo, event: Event) -> bool:
        module = function.module
        if any(self._asks_whether_made(module, step.test) for step in self.conditions(module, event.condition)):
            return True
        for other in function.events:
            if other.op == "write" and other.value >= 0 and event.term in set(walk(module, other.value)):
                target = module.terms[other.term]
                if isinstance(target, (Name, Cell, Item)) or (
                    isinstance(target, Attr) and self._long_lived(function, target)
                ):
                    return True
        return False

    def _long_lived(self, function: FunctionInfo, target: Attr) -> bool:
        """Tell whether an attribute belongs to an object that is not made for the request."""
        if function.owner is None or function.name != "__init__":
            return True
        base = function.module.terms[target.base]
        own = isinstance(base, Param) and base.index == 0
        return not own or bool(self.project.state.lifetimes.holders(function.owner))

    @staticmethod
    def _asks_whether_made(module: Module, test: TermId) -> bool:
        """Tell whether a test asks for something that is not there yet (``if _engine is None``)."""
        held = module.terms[test] if test >= 0 else None
        if isinstance(held, Not):
            return isinstance(module.terms[held.value], (Name, Attr, Cell, Call))
        if isinstance(held, Compare) and held.op in {"is", "==", "not in"}:
            other = module.terms[held.right]
            return held.op == "not in" or (isinstance(other, Const) and other.value is None)
        return isinstance(held, (Name, Attr, Cell))


def _mentions(module: Module, pattern: re.Pattern[str]) -> bool:
    return any(
        isinstance(held, Const) and isinstance(held.value, str) and pattern.search(held.value) is not None
        for held in module.terms
    ) or any(
        isinstance(held, (Attr, Name)) and pattern.search(getattr(held, "name", "") or getattr(held, "id", ""))
        for held in module.terms
    )

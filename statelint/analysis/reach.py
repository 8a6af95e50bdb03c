"""Which functions run while requests are served."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from statelint.analysis.entrypoints import OFFLINE_KINDS, EntryPoint
from statelint.analysis.urlconfs import Urlconfs
from statelint.source.roles import is_offline_path, is_test_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.analysis.calls import CallGraph, Edge
    from statelint.analysis.model import FunctionInfo, Module


class Reach(StrEnum):
    """Whether requests reach a function."""

    SERVED = "served"
    """A path from an entry point is known."""
    OFFLINE = "offline"
    """Only import time, start-up, the command line, migrations or tests reach it."""
    UNKNOWN = "unknown"
    """No caller is known; an unresolved call may reach it."""


class ReachMap:
    """Reach of every function, with the way from an entry point."""

    def __init__(
        self,
        graph: CallGraph,
        entry_points: Iterable[EntryPoint],
        modules: Iterable[Module],
        offline: frozenset[str] = OFFLINE_KINDS,
    ) -> None:
        self.graph = graph
        self.urlconfs = Urlconfs(graph.inference)
        self.entry_points: dict[FunctionInfo, list[EntryPoint]] = {}
        outside: list[FunctionInfo] = []
        startup: list[FunctionInfo] = []
        served: list[FunctionInfo] = []
        for entry in entry_points:
            if entry.kind in OFFLINE_KINDS:
                startup.append(entry.function)
            elif entry.kind in offline:
                # Requests do not start it, but what they start may call it.
                outside.append(entry.function)
            elif not is_offline_path(entry.function.module.path) and not self.urlconfs.leaves_out(
                entry.function.module
            ):
                self.entry_points.setdefault(entry.function, []).append(entry)
                served.append(entry.function)
        self.startup = frozenset(startup)
        """Functions that run once, before or after serving, or on the command line."""
        self._way: dict[FunctionInfo, Edge | None] = {}
        self._spread(dict.fromkeys(served), self._way)
        outside += startup
        for module in modules:
            offline_file = is_offline_path(module.path) or _is_migration(module)
            outside += [function for function in module.functions if function.is_module or offline_file]
        self._offline: dict[FunctionInfo, Edge | None] = {}
        self._spread(dict.fromkeys(outside), self._offline)

    def _spread(self, roots: Iterable[FunctionInfo], way: dict[FunctionInfo, Edge | None]) -> None:
        queue = list(roots)
        way.update(dict.fromkeys(queue))
        position = 0
        while position < len(queue):
            function = queue[position]
            position += 1
            for edge in self.graph.callees.get(function, ()):
                # What import time merely refers to, it does not run.
                if function.is_module and edge.kind in {"reference", "return", "decorator", "dependency"}:
                    continue
                # That a test calls something does not tell who else does, and a test's stand-ins answer no requests.
                if is_test_path(function.module.path) and not is_offline_path(edge.callee.module.path):
                    continue
                if is_test_path(edge.callee.module.path) and not is_test_path(function.module.path):
                    continue
                if edge.callee not in way and edge.callee not in self.startup:
                    way[edge.callee] = edge
                    queue.append(edge.callee)

    def of(self, function: FunctionInfo) -> Reach:
        """Return the reach of a function; a lambda or nested function that nothing refers to has its parent's."""
        at: FunctionInfo | None = function
        while at is not None:
            if at in self._way:
                return Reach.SERVED
            if at in self._offline or at in self.startup:
                return Reach.OFFLINE
            at = at.parent if at.name == "<lambda>" else None
        return Reach.UNKNOWN

    def in_sight(self, module: Module) -> bool:
        """Tell whether entry points that could reach a module's functions are in sight.

        They are if the module has some, or if another module of the project imports it; a lone file may be part of
        anything.
        """
        return module in self._surroundings

    def unused(self, module: Module) -> bool:
        """Tell whether nobody imports a module, although it lies in or below a package of what is in sight.

        In a folder of its own, none of whose functions answers requests, it is part of another program. Nor is it used
        if it serves a map of URLs that is left out.
        """
        if self.urlconfs.leaves_out(module):
            return True
        if not self._surroundings or module in self._surroundings:
            return False
        top = _top(module)
        return any(str(parent) in self._packages for parent in PurePosixPath(module.path).parents if parent.name) or (
            bool(top) and all(_top(function.module) != top for function in self.entry_points)
        )

    @cached_property
    def _packages(self) -> frozenset[str]:
        """Folders that are packages: those that say so, and those of whose modules what is in sight imports some."""
        marked = {module.path.rpartition("/")[0] for module in self.graph.inference.modules if module.is_package}
        entries = {function.module for function in self.entry_points}
        imported = {str(PurePosixPath(module.path).parent) for module in self._surroundings - entries}
        return frozenset(str(PurePosixPath(module.path).parent) for module in self._surroundings) & (marked | imported)

    @cached_property
    def _surroundings(self) -> frozenset[Module]:
        index = self.graph.inference.index
        found = {function.module for function in self.entry_points}
        if not found:
            return frozenset()
        for module in self.graph.inference.modules:
            if is_offline_path(module.path):
                continue
            for item in module.facts.imports:
                parts = index.find(module, item.module, item.level)
                if parts is not None:
                    for target in (parts, (*parts, item.symbol)):
                        imported = index.by_parts.get(target)
                        if imported is not None and imported is not module:
                            found.add(imported)
        return frozenset(found)

    def loosely(self, function: FunctionInfo) -> bool:
        """Tell whether the known way to a served function relies on a method's name alone."""
        return any(edge.kind == "name" for edge in self.way(function))

    def given_back(self, function: FunctionInfo) -> bool:
        """Tell whether requests reach a function only by way of one that somebody is given back, to call as they like.

        ``return bulk_edit.delete``: what was asked before it runs, nobody knows.
        """
        return any(
            edge.kind == "return"
            and all(
                other.kind == "return" or self.of(other.caller) is not Reach.SERVED
                for other in self.graph.callers[edge.callee]
            )
            for edge in self.way(function)
        )

    def way(self, function: FunctionInfo) -> list[Edge]:
        """Return the calls from an entry point to a served function, the entry point's first."""
        edges: list[Edge] = []
        edge = self._way.get(function)
        while edge is not None:
            edges.append(edge)
            edge = self._way.get(edge.caller)
        edges.reverse()
        return edges

    def root(self, function: FunctionInfo) -> EntryPoint | None:
        """Return an entry point from which a served function is reached."""
        way = self.way(function)
        first = way[0].caller if way else function
        entries = self.entry_points.get(first)
        return entries[0] if entries else None


def _top(module: Module) -> str:
    """Return the folder below the project's root that a module lies in."""
    return module.path.partition("/")[0] if "/" in module.path else ""


def _is_migration(module: Module) -> bool:
    """Tell whether a file is a revision of Alembic's, wherever it lies."""
    return any(item.module == "alembic" and item.symbol == "op" for item in module.facts.imports)

"""What the questions about good practice share: served calls, their arguments and circumstances."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.constants import Constants
from statelint.analysis.model import Place
from statelint.extract.facts import Call, Star

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.practices.served import Site
    from statelint.analysis.project import Project
    from statelint.extract.facts import Condition, Position, TermId


class Flaw(NamedTuple):
    """Something that departs from good practice.

    ``what`` names the variety in a word and ``detail`` the thing; ``certainty`` is 2 for shown end to end, 1 where a
    link is unknown, 0 for a hint; ``way`` leads from an entry point to ``place``; ``hint`` is what a
    fixer needs to know.
    """

    place: Place
    symbol: str
    what: str
    detail: str
    certainty: int
    way: tuple[tuple[Place, str], ...] = ()
    related: tuple[tuple[Place, str], ...] = ()
    hint: str = ""


def keyword(call: Call, *names: str) -> TermId:
    """Return the value of the first of the keywords ``names`` that ``call`` gives, or ``NO_TERM``."""
    return next((value for name, value in call.keywords if name in names), -1)


def argument(call: Call, position: int, *names: str) -> TermId:
    """Return the argument that ``call`` gives at ``position`` or under one of the keywords, or ``NO_TERM``."""
    found = keyword(call, *names)
    return call.args[position] if found < 0 <= position < len(call.args) else found


def opaque(module: Module, call: Call) -> bool:
    """Tell whether ``call`` has arguments that are not in sight (``*args``, ``**kwargs``)."""
    return any(not name for name, _ in call.keywords) or any(
        isinstance(module.terms[value], Star) for value in call.args
    )


class Practice:
    """Base of the questions: a project and short ways to what they need of it."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.reach = project.reach
        self.inference = project.calls.inference
        self.catalogue = project.catalogue
        self.constants = Constants(self.inference)
        self._call_sites = project.call_sites
        self._served = project.practices.served

    def certainty(self, function: FunctionInfo) -> int:
        """Return 2 for functions that requests reach, 1 where this is unknown, -1 for all others."""
        return self._served.certainty(function)

    def functions(self) -> list[tuple[FunctionInfo, int]]:
        """Return the functions that requests may reach, with how sure that is."""
        return self._served.functions

    @property
    def sites(self) -> list[Site]:
        """Every call that requests may reach."""
        return self._served.sites

    def sites_of(self, names: Container[str]) -> list[Site]:
        """Return the calls that requests may reach of what is called one of ``names``."""
        return self._served.sites_of(names)

    def settings(self, names: Container[str]) -> list[tuple[Module, str, TermId, Position]]:
        """Return modules, names, values and places of what modules set under one of ``names``."""
        return self._served.settings(names)

    def names(self, module: Module, term: TermId) -> tuple[str, ...]:
        """Return the qualified names of what ``term`` stands for outside the project; of classes, their bases'."""
        return self._call_sites.names(self.inference.term(module, term))

    def call_of(self, module: Module, term: TermId) -> tuple[Call, tuple[str, ...]] | None:
        """Return the call that ``term`` is, with the names of what it calls."""
        held = module.terms[term] if term >= 0 else None
        return (held, self.names(module, held.func)) if isinstance(held, Call) else None

    @staticmethod
    def conditions(module: Module, condition: int) -> Iterator[Condition]:
        """Yield a path condition's steps, innermost first."""
        while condition > 0:
            held = module.facts.conditions[condition]
            yield held
            condition = held.parent

    def way(self, function: FunctionInfo) -> tuple[tuple[Place, str], ...]:
        """Return the calls from an entry point to ``function``."""
        entry = self.reach.root(function)
        if entry is None:
            return ()
        label = f"{entry.kind} {entry.path}".strip()
        stops = [(entry.place, f"{entry.function.qualname} serves requests ({label})")]
        stops += [
            (Place(edge.callee.module, edge.callee.facts.position), f"calls {edge.callee.qualname}")
            for edge in self.reach.way(function)
        ]
        return tuple(stops)

"""What the questions about good practice share: served calls, their arguments and circumstances."""

from __future__ import annotations

import re
from functools import cache, cached_property
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.model import ClassValue, External, Place
from statelint.analysis.practices.constants import Constants
from statelint.analysis.reach import Reach
from statelint.extract.facts import Call, Item, Mapping, Star
from statelint.source.roles import is_offline_path, is_test_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.project import Project
    from statelint.extract.facts import Condition, Event, Position, TermId

_SCRIPT_PATH = re.compile(
    r"(^|/)(scripts?|bin|ci|dev|docs?|docs_src|examples?|samples?|demos?|seeds?|seeders?|load_?tests?)/"
    r"|(^|/)(seed|populate|setup|init_db|demo|load_test)[^/]*\.py$"
)


class Flaw(NamedTuple):
    """Something that departs from good practice.

    ``what`` names the variety in a word and ``detail`` the thing; ``certainty`` is 2 for shown end to end, 1 where a
    link is unknown, 0 for a hint; ``way`` leads from an entry point to ``place``.
    """

    place: Place
    symbol: str
    what: str
    detail: str
    certainty: int
    way: tuple[tuple[Place, str], ...] = ()
    related: tuple[tuple[Place, str], ...] = ()


class Site(NamedTuple):
    """A call that requests may reach; ``names`` are the qualified names of what it calls."""

    function: FunctionInfo
    event: Event
    call: Call
    names: tuple[str, ...]
    certainty: int

    @property
    def module(self) -> Module:
        """The module of the call."""
        return self.function.module

    @property
    def place(self) -> Place:
        """Where the call stands."""
        return Place(self.function.module, self.event.position)


@cache
def is_script(path: str) -> bool:
    """Tell whether a file is run by hand: a script, an example or a seeder."""
    return _SCRIPT_PATH.search(path) is not None


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

    def certainty(self, function: FunctionInfo) -> int:
        """Return 2 for functions that requests reach, 1 where this is unknown, -1 for all others."""
        path = function.module.path
        if is_offline_path(path) or is_test_path(path) or is_script(path):
            return -1
        reach = self.reach.of(function)
        if reach is Reach.OFFLINE:
            return -1
        return 2 if reach is Reach.SERVED and not self.reach.loosely(function) else 1

    def functions(self) -> Iterator[tuple[FunctionInfo, int]]:
        """Yield the functions that requests may reach, with how sure that is."""
        for module in self.project.modules.values():
            for function in module.functions[1:]:
                certainty = self.certainty(function)
                if certainty >= 0:
                    yield function, certainty

    def names(self, module: Module, term: TermId) -> tuple[str, ...]:
        """Return the qualified names of what ``term`` stands for outside the project; of classes, their bases'."""
        found: list[str] = []
        for value in self.inference.term(module, term):
            if isinstance(value, External):
                found.append(value.name)
            elif isinstance(value, ClassValue):
                found += self.inference.external_bases(value.klass)
        return tuple(dict.fromkeys(found))

    def call_of(self, module: Module, term: TermId) -> tuple[Call, tuple[str, ...]] | None:
        """Return the call that ``term`` is, with the names of what it calls."""
        held = module.terms[term] if term >= 0 else None
        return (held, self.names(module, held.func)) if isinstance(held, Call) else None

    @cached_property
    def sites(self) -> list[Site]:
        """Every call that requests may reach."""
        return [
            Site(function, event, call, self.names(function.module, call.func), certainty)
            for function, certainty in self.functions()
            for event in function.events
            if event.op == "call" and isinstance(call := function.module.terms[event.term], Call)
        ]

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

    @staticmethod
    def settings(module: Module) -> Iterator[tuple[str, TermId, Position]]:
        """Yield names, values and places of what a module sets: variables, attributes, keys, upper-case keywords."""
        bindings = [*module.facts.bindings, *(held for klass in module.facts.classes for held in klass.attributes)]
        rows = [(binding.name, binding.value, binding.position) for binding in bindings]
        for function in module.facts.functions:
            for event in function.events:
                held = module.terms[event.term] if event.term >= 0 else None
                if event.op == "write" and isinstance(held, Item):
                    rows.append((module.text(held.key) or "", event.value, event.position))
                elif event.op == "call" and isinstance(held, Call):
                    rows += [
                        (name, value, event.position)
                        for name, value in held.keywords
                        if name == "config" or name.isupper()
                    ]
        for name, value, position in rows:
            if value >= 0:
                yield name, value, position
                held = module.terms[value]
                if isinstance(held, Mapping):
                    rows += [
                        (module.text(key) or "", inner, position)
                        for key, inner in zip(held.keys, held.values, strict=True)
                        if key >= 0
                    ]

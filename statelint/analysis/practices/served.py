"""What requests may reach: functions, their calls, and the settings of modules; read once for all questions."""

from __future__ import annotations

import re
from functools import cache, cached_property
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.model import Place
from statelint.analysis.reach import Reach
from statelint.extract.facts import Call, Item, Mapping
from statelint.source.roles import is_offline_path, is_test_path

if TYPE_CHECKING:
    from collections.abc import Container

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.project import Project
    from statelint.extract.facts import Event, Position, TermId

_SCRIPT_PATH = re.compile(
    r"(^|/)(scripts?|bin|ci|dev|docs?|docs_src|examples?|samples?|demos?|seeds?|seeders?|load_?tests?)/"
    r"|(^|/)(seed|populate|setup|init_db|demo|load_test)[^/]*\.py$"
)


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


class Served:
    """What requests may reach in one project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._reach = project.reach
        self._certainty: dict[FunctionInfo, int] = {}

    def certainty(self, function: FunctionInfo) -> int:
        """Return 2 for functions that requests reach, 1 where this is unknown, -1 for all others."""
        found = self._certainty.get(function)
        if found is None:
            found = self._certainty[function] = self._find(function)
        return found

    def _find(self, function: FunctionInfo) -> int:
        path = function.module.path
        if is_offline_path(path) or is_test_path(path) or is_script(path):
            return -1
        reach = self._reach.of(function)
        if reach is Reach.OFFLINE:
            return -1
        return 2 if reach is Reach.SERVED and not self._reach.loosely(function) else 1

    @cached_property
    def functions(self) -> list[tuple[FunctionInfo, int]]:
        """The functions that requests may reach, with how sure that is."""
        return [
            (function, certainty)
            for module in self._project.modules.values()
            for function in module.functions[1:]
            if (certainty := self.certainty(function)) >= 0
        ]

    @cached_property
    def sites(self) -> list[Site]:
        """The calls that requests may reach."""
        return [
            Site(*site, certainty)
            for site in self._project.call_sites.all
            if not site.function.is_module and (certainty := self.certainty(site.function)) >= 0
        ]

    def sites_of(self, names: Container[str]) -> list[Site]:
        """Return the calls that requests may reach of what is called one of ``names``."""
        return [
            Site(*site, certainty)
            for site in self._project.call_sites.of(names)
            if not site.function.is_module and (certainty := self.certainty(site.function)) >= 0
        ]

    def settings(self, names: Container[str]) -> list[tuple[Module, str, TermId, Position]]:
        """Return modules, names, values and places of what modules set under one of ``names``.

        Set are variables, attributes, keys and upper-case keywords.
        """
        return [setting for setting in self._settings if setting[1] in names]

    @cached_property
    def _settings(self) -> list[tuple[Module, str, TermId, Position]]:
        return [
            (module, *setting)
            for module in self._project.modules.values()
            for setting in settings(module)
            if setting[0]
        ]


def settings(module: Module) -> list[tuple[str, TermId, Position]]:
    """Return names, values and places of what a module sets; a key that is no text has an empty name."""
    bindings = [*module.facts.bindings, *(held for klass in module.facts.classes for held in klass.attributes)]
    rows = [(binding.name, binding.value, binding.position) for binding in bindings]
    for function in module.facts.functions:
        for event in function.events:
            if event.op == "write":
                held = module.terms[event.term]
                if isinstance(held, Item):
                    rows.append((module.text(held.key) or "", event.value, event.position))
            elif event.op == "call":
                held = module.terms[event.term]
                if isinstance(held, Call):
                    rows += [
                        (name, value, event.position)
                        for name, value in held.keywords
                        if name == "config" or name.isupper()
                    ]
    for _, value, position in rows:
        if value >= 0 and isinstance(held := module.terms[value], Mapping):
            rows += [
                (module.text(key) or "", inner, position)
                for key, inner in zip(held.keys, held.values, strict=True)
                if key >= 0
            ]
    return [row for row in rows if row[1] >= 0]

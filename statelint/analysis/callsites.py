"""Every call of a project, by the qualified names of what it calls: read once, for all who look for certain calls."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.model import ClassValue, External, Place

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from statelint.analysis.inference import Inference, Values
    from statelint.analysis.model import FunctionInfo, Module
    from statelint.extract.facts import Call, Event


class CallSite(NamedTuple):
    """A call; ``names`` are the qualified names of what it calls outside the project."""

    function: FunctionInfo
    event: Event
    call: Call
    names: tuple[str, ...]

    @property
    def module(self) -> Module:
        """The module of the call."""
        return self.function.module

    @property
    def place(self) -> Place:
        """Where the call stands."""
        return Place(self.function.module, self.event.position)


class CallSites:
    """The calls of ``modules``."""

    def __init__(self, inference: Inference, modules: Iterable[Module]) -> None:
        self._inference = inference
        self._modules = modules
        self._names: dict[Values, tuple[str, ...]] = {(): ()}

    @cached_property
    def all(self) -> list[CallSite]:
        """All calls, in order of files and lines."""
        return list(self._found())

    def of(self, names: Container[str]) -> list[CallSite]:
        """Return the calls of what is called one of ``names``, in order of files and lines."""
        found = {index for name, held in self._by_name.items() if name in names for index in held}
        return [self.all[index] for index in sorted(found)]

    def names(self, values: Values) -> tuple[str, ...]:
        """Return the qualified names of those ``values`` that are outside the project; of classes, their bases'."""
        known = self._names.get(values)
        if known is None:
            found: list[str] = []
            for value in values:
                if isinstance(value, External):
                    found.append(value.name)
                elif isinstance(value, ClassValue):
                    found += self._inference.external_bases(value.klass)
            known = self._names[values] = tuple(dict.fromkeys(found))
        return known

    @cached_property
    def _by_name(self) -> dict[str, list[int]]:
        table: dict[str, list[int]] = {}
        for index, site in enumerate(self.all):
            for name in site.names:
                table.setdefault(name, []).append(index)
        return table

    def _found(self) -> Iterator[CallSite]:
        term, names = self._inference.term, self.names
        for module in self._modules:
            for function in module.functions:
                for event, call in function.calls:
                    yield CallSite(function, event, call, names(term(module, call.func)))

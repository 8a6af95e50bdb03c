"""Backends of this process's memory that a setting or an argument chooses by name (``memory://``, ``SimpleCache``)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.model import External, Place
from statelint.analysis.practices.served import is_script, settings
from statelint.analysis.state.resources import Resource
from statelint.extract.facts import Call, Const
from statelint.source.roles import is_offline_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import Module
    from statelint.analysis.state.statemap import StateMap
    from statelint.extract.facts import TermId

_DEVELOPMENT = re.compile(
    r"(^|[/_.])(dev|devel|development|local|test|tests|testing|debug|ci|example|sample)([/_.]|$)", re.I
)
"""Settings of a machine on which nobody else works."""


class ChosenBackends:
    """Finds where a served project chooses a backend that every worker has for itself."""

    def __init__(self, state: StateMap) -> None:
        self.state = state
        self.inference = state.inference
        self.settings = state.catalogue.local_settings
        self.arguments = state.catalogue.local_arguments
        self.defaults = state.catalogue.local_defaults

    def find(self) -> Iterator[Resource]:
        """Yield one object per choice; a setting that other settings of the project override is none."""
        modules = [
            module
            for module in self.inference.modules
            if not is_offline_path(module.path) and not is_script(module.path) and not _DEVELOPMENT.search(module.path)
        ]
        chosen = [found for module in modules for found in self._set(module)]
        outside = {name for name, resource in chosen if resource is None}
        for name, resource in chosen:
            if resource is not None and name not in outside:
                yield resource
        if self.state.serves:
            yield from self._passed(modules)
            yield from self._by_default(modules)

    def _set(self, module: Module) -> Iterator[tuple[str, Resource | None]]:
        """Yield the settings that choose a backend by name, with the object where the choice is this process."""
        for name, value, position in settings(module):
            if name not in self.settings:
                continue
            held = module.terms[value]
            text = held.value if isinstance(held, Const) and isinstance(held.value, str) else ""
            place = Place(module, position)
            local = text in self.settings[name]
            # Django says BACKEND of caches and of channel layers alike.
            purpose = f"{name}:{'channels' if text.startswith('channels') else ''}"
            yield purpose, Resource("backend", text, name, place, place, self.state.serves) if local else None

    def _passed(self, modules: list[Module]) -> Iterator[Resource]:
        """Yield the calls that are told to keep things in memory."""
        for site in self.state.project.call_sites.of(self.arguments):
            if site.module not in modules:
                continue
            for value in self.inference.term(site.module, site.call.func):
                known = self.arguments.get(value.name) if isinstance(value, External) else None
                for keyword, values in (known or {}).items():
                    if (text := self._text(site.module, site.call, keyword)) in values:
                        name = value.name.rpartition(".")[2] if isinstance(value, External) else ""
                        yield Resource("backend", text, name, site.place, site.place, served=True)

    def _by_default(self, modules: list[Module]) -> Iterator[Resource]:
        """Yield what keeps things in memory because nobody tells it where else."""
        told: set[str] = set()
        made: list[tuple[str, Place]] = []
        inits = {f"{name}.init_app": name for name in self.defaults}
        for site in self.state.project.call_sites.of({*self.defaults, *inits}):
            keywords = {keyword for keyword, _ in site.call.keywords}
            for full in site.names:
                name = inits.get(full, full)
                words = self.defaults.get(name, ())
                # A ``**mapping`` may say anything.
                if words and keywords.intersection({"", *words}):
                    told.add(name)
                elif words and name == full and site.module in modules:
                    made.append((name, site.place))
        if made:
            told |= {
                name
                for module in self.inference.modules
                for word, _, _ in settings(module)
                for name, _ in made
                if word in self.defaults[name]
            }
        for name, place in made:
            if name not in told:
                short = name.rpartition(".")[2]
                yield Resource("backend", f"{short}'s default", short, place, place, served=True, chosen=False)

    @staticmethod
    def _text(module: Module, call: Call, keyword: str) -> str:
        given: TermId = next((value for name, value in call.keywords if name == keyword), -1)
        if not keyword and call.args:
            given = call.args[0]
        return module.text(given) or ""

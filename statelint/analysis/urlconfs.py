"""Django's maps of URLs: which of them does the site include?"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from statelint.extract.facts import Attr, Call, Const, Name, Sequence
from statelint.source.roles import is_test_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.inference import Inference
    from statelint.analysis.model import Module

_PATTERNS = "urlpatterns"
_ROOT = "ROOT_URLCONF"


class Urlconfs:
    """Tells which modules only serve maps of URLs that nobody includes."""

    def __init__(self, inference: Inference) -> None:
        self.index = inference.index
        self._modules = [module for module in inference.modules if not is_test_path(module.path)]

    def leaves_out(self, module: Module) -> bool:
        """Tell whether no URL leads to the views of a module: all that import it are maps that are left out."""
        if not self._left_out:
            return False
        importers = self._importers.get(module, set())
        return module in self._left_out or (bool(importers) and importers <= self._left_out)

    @cached_property
    def _left_out(self) -> frozenset[Module]:
        maps = {module for module in self._modules if any(b.name == _PATTERNS for b in module.facts.bindings)}
        rooted = any(b.name == _ROOT for module in self._modules for b in module.facts.bindings)
        if not rooted or self._includes_unread():
            return frozenset()
        found: set[Module] = set()
        todo = [module for module in self._modules if module not in maps]
        while todo:
            new = {named for module in todo for named in self._named(module)} & maps - found
            found |= new
            todo = list(new)
        # Where no map is found, the settings are not the ones that count.
        return frozenset(maps - found) if found else frozenset()

    def _named(self, module: Module) -> Iterator[Module]:
        """Yield the modules that a module imports, or names in a string: ``include("notes.urls")``."""
        for held in module.terms:
            if isinstance(held, Const) and isinstance(held.value, str) and held.value.replace(".", "a").isidentifier():
                yield from self.index.ending(tuple(held.value.split(".")))
        yield from self._imported(module)

    def _imported(self, module: Module) -> Iterator[Module]:
        for item in module.facts.imports:
            parts = self.index.find(module, item.module, item.level)
            for target in (parts, (*parts, item.symbol)) if parts is not None else ():
                imported = self.index.by_parts.get(target)
                if imported is not None and imported is not module:
                    yield imported

    @cached_property
    def _importers(self) -> dict[Module, set[Module]]:
        found: dict[Module, set[Module]] = {}
        for module in self._modules:
            for imported in self._imported(module):
                found.setdefault(imported, set()).add(module)
        return found

    def _includes_unread(self) -> bool:
        """Tell whether a map is included whose name is put together: ``include(f"{app}.urls")``."""
        return any(
            isinstance(call := held, Call)
            and module.last_name(call.func) == "include"
            and bool(call.args)
            and not isinstance(module.terms[call.args[0]], (Const, Sequence, Attr, Name))
            for module in self._modules
            for held in module.terms
        )

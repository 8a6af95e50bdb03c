"""Servers of the Model Context Protocol whose sessions live in one process."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from statelint.analysis.model import Place
from statelint.analysis.practices.base import Flaw, Practice, keyword, opaque
from statelint.analysis.practices.served import is_script
from statelint.extract.facts import Attr, Call, Const, Item, Name
from statelint.extract.launches import STATELESS
from statelint.source.roles import is_test_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import Module
    from statelint.catalogue.schema import Transport
    from statelint.extract.facts import Event, TermId

ENVIRONMENT = "FASTMCP_STATELESS_HTTP"
_SETTING = "stateless_http"
_HTTP = frozenset({"http", "sse", "streamable-http", "streamable_http"})
_LOCAL = ("memory", "dict")


class McpSessionFlaws(Practice):
    """Finds the transports that keep a session for each client."""

    def stateful(self) -> Iterator[Flaw]:
        """Yield the calls that serve clients in sessions of this process."""
        transports = self.catalogue.transports
        sites = [
            site
            for site in self.project.call_sites.of(transports)
            if not is_test_path(site.module.path) and not is_script(site.module.path)
        ]
        if not sites or self._set_elsewhere:
            return
        for site in sites:
            known = next(transports[name] for name in site.names if name in transports)
            yield from self._sessions(site.module, site.function.qualname, site.event, site.call, known)

    def _sessions(self, module: Module, owner: str, event: Event, call: Call, known: Transport) -> Iterator[Flaw]:
        kind = "sse" if not known.stateless else "http"
        if known.chosen_by:
            given = keyword(call, known.chosen_by)
            value = self.constants.value(module, given if given >= 0 or not call.args else call.args[0])
            if value not in _HTTP:
                return
            kind = "sse" if value == "sse" else "http"
        made = self._maker(module, call)
        if kind == "http":
            for home, held in ((module, call), *made):
                if opaque(home, held) or self._chosen(home, held, known):
                    return
        name = module.last_name(call.func)
        yield Flaw(Place(module, event.position), f"{owner}:{name}", kind, name, 2)

    def _chosen(self, module: Module, call: Call, known: Transport) -> bool:
        """Tell whether a call does without sessions, or keeps them outside; what is configured may be either."""
        stateless = keyword(call, *known.stateless)
        if stateless >= 0:
            value = self.constants.literal(module, stateless)
            if value is None or value.value not in {False, None}:
                return True
        store = keyword(call, *known.stores)
        if store < 0 or (isinstance(held := module.terms[store], Const) and held.value is None):
            return False
        return not any(word in name.lower() for name in self._types(module, store) for word in _LOCAL)

    def _types(self, module: Module, term: TermId) -> Iterator[str]:
        for value in self.inference.term(module, term):
            yield getattr(value, "name", "") or getattr(getattr(value, "klass", None), "name", "")

    def _maker(self, module: Module, call: Call) -> list[tuple[Module, Call]]:
        """Return the call that makes the server whose method ``call`` is."""
        func = module.terms[call.func]
        if not isinstance(func, Attr):
            return []
        held = module.terms[func.base]
        if isinstance(held, Call):
            return [(module, held)]
        if not isinstance(held, Name):
            return []
        home, bindings = self.inference.definition(module, held.id)
        values = (home.terms[binding.value] for binding in bindings if binding.value >= 0)
        return [(home, value) for value in values if isinstance(value, Call)]

    @cached_property
    def _set_elsewhere(self) -> bool:
        """Tell whether a setting or the environment chooses the mode."""
        if any(held.unit == STATELESS for launches in self.project.launches.values() for held in launches):
            return True
        for module in self.project.modules.values():
            for function in module.functions:
                for event in function.events:
                    if event.op != "write":
                        continue
                    target = module.terms[event.term]
                    named = (isinstance(target, Attr) and target.name == _SETTING) or (
                        isinstance(target, Item) and module.text(target.key) == ENVIRONMENT
                    )
                    literal = self.constants.literal(module, event.value)
                    if named and (literal is None or literal.value not in {False, None, "false", "0"}):
                        return True
        return False

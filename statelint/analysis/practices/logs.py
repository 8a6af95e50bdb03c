"""Errors that are logged without saying whose request failed, and errors that nobody hears of."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from statelint.analysis.model import FunctionInfo, Place
from statelint.analysis.practices.base import Flaw, Practice, Site
from statelint.analysis.terms import walk
from statelint.extract.facts import Attr, Call, Caught, Cell, Const, Name, Param

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import Module
    from statelint.extract.facts import Position

_LOGGERS = frozenset({"logger", "log", "_logger", "LOGGER", "LOG", "_log", "logging"})
_ENRICHING = ("structlog", "asgi_correlation_id", "sentry_sdk", "logfire")
"""Packages whose mere use adds context."""
_LEVELS = frozenset({"error", "exception", "critical", "fatal"})


class LogFlaws(Practice):
    """Answers for logs and handlers of exceptions."""

    def bare(self) -> Iterator[Flaw]:
        """Yield the errors logged, while serving, with nothing in the record that tells requests apart."""
        if self._contextual:
            return
        for site in self.sites:
            if not self._logs_error(site):
                continue
            module = site.module
            steps = [step.kind for step in self.conditions(module, site.event.condition)]
            if "except" not in steps:
                continue
            shows_error, context = self._contents(site)
            if not context and self._has_context(site.function):
                what = "error" if shows_error else "nothing"
                yield Flaw(site.place, site.function.qualname, what, "", 0, self.way(site.function))

    @cached_property
    def _contextual(self) -> bool:
        """Whether the project adds context to every record."""
        known = self.catalogue.listed("failures", "context")
        for module in self.project.modules.values():
            for klass in module.classes:
                if any(base in known for base in self.inference.external_bases(klass)):
                    return True
            for item in module.facts.imports:
                if f"{item.module}.{item.symbol}" in known or item.module.startswith(_ENRICHING):
                    return True
        return False

    def _logs_error(self, site: Site) -> bool:
        known = self.catalogue.listed("failures", "logs")
        if any(name in known for name in site.names):
            return True
        func = site.module.terms[site.call.func]
        if not isinstance(func, Attr) or func.name not in _LEVELS:
            return False
        return site.module.dotted(func.base).rpartition(".")[2] in _LOGGERS

    def _contents(self, site: Site) -> tuple[bool, bool]:
        """Return whether a record holds the exception, and whether it holds anything else that varies."""
        module, call = site.module, site.call
        func = module.terms[call.func]
        shows_error = isinstance(func, Attr) and func.name == "exception"
        context = False
        for name, value in call.keywords:
            if name == "exc_info":
                shows_error = True
            else:
                context = context or not isinstance(module.terms[value], Const)
        caught = set()
        for term in walk(module, *call.args):
            held = module.terms[term]
            if isinstance(held, Caught):
                shows_error = True
                caught |= set(walk(module, term))
        for term in walk(module, *call.args):
            held = module.terms[term]
            if term in caught:
                continue
            if isinstance(held, (Param, Cell)) or (isinstance(held, Call) and not self._of_error(module, held)):
                context = True
        return shows_error, context

    def _of_error(self, module: Module, call: Call) -> bool:
        func = module.terms[call.func]
        if isinstance(func, Name) and func.id in {"str", "repr", "type"}:
            return True
        return module.dotted(call.func).startswith("traceback.")

    def _has_context(self, function: FunctionInfo) -> bool:
        """Tell whether a function knows anything of the request it serves."""
        own = 1 if function.owner is not None else 0
        return len(function.facts.parameters) > own

    # -- swallowed

    def function_at(self, module: Module, position: Position) -> FunctionInfo | None:
        """Return the innermost function that holds a line."""
        found = None
        for function in module.functions[1:]:
            facts = function.facts
            if facts.first_line <= position.line <= facts.last_line and (
                found is None or facts.first_line >= found.facts.first_line
            ):
                found = function
        return found

    def swallowed(self, code: str) -> Iterator[Flaw]:
        """Yield the handlers, reported by the visitor of rule ``code``, that requests reach."""
        for facts, observation in self.project.observations(code):
            module = self.project.modules[facts.path]
            function = self.function_at(module, observation.position)
            if function is None:
                continue
            certainty = self.certainty(function)
            if certainty < 0:
                continue
            what = observation.data
            # An empty result may well be the answer that is meant.
            sure = 0 if what == "return" else certainty
            yield Flaw(Place(module, observation.position), function.qualname, what, "", sure, self.way(function))

"""Errors that are logged without saying whose request failed, and errors that nobody hears of."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from statelint.analysis.model import FunctionInfo, Place
from statelint.analysis.practices.base import Flaw, Practice, Site
from statelint.analysis.terms import walk
from statelint.extract.facts import Attr, Call, Caught, Cell, Const, Name, Param, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import Module
    from statelint.extract.facts import Handler, TermId

_LOGGERS = frozenset({"logger", "log", "_logger", "LOGGER", "LOG", "_log", "logging"})
_ENRICHING = ("structlog", "asgi_correlation_id", "sentry_sdk", "logfire")
"""Packages whose mere use adds context."""
_LEVELS = frozenset({"error", "exception", "critical", "fatal"})

_BROAD = frozenset({"Exception", "BaseException"})
_CLEANUP = frozenset(
    {
        "close", "aclose", "disconnect", "cancel", "unlink", "remove", "rmtree", "rollback", "shutdown", "terminate",
        "kill", "stop", "release", "expunge", "logout", "quit", "wait_closed", "cleanup", "flush", "delete", "dispose",
        "inc", "observe", "labels",
    }
)  # fmt: skip
_READING = re.compile(
    r"^(json|int|float|bool|UUID|Decimal|getattr|eval|isoformat|strftime|strptime|send_(text|json|str|bytes))$"
    r"|loads?$|parse|decode|hex|hints|verify|validate|detect|convert|literal|import|from_|^from|^to_",
)
"""Calls that read a value which may be malformed, or speak to a client that may have gone."""


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

    def swallowed(self) -> Iterator[Flaw]:
        """Yield the handlers of every error that drop it, where requests reach them."""
        for module in self.project.modules.values():
            for function in module.functions[1:]:
                for handler in function.facts.handlers:
                    if not self._is_broad(module, handler.caught) or self._expected(module, handler):
                        continue
                    certainty = self.certainty(function)
                    if certainty < 0:
                        continue
                    # An empty result may well be the answer that is meant.
                    sure = 0 if handler.how == "return" else certainty
                    place = Place(module, handler.position)
                    yield Flaw(place, function.qualname, handler.how, "", sure, self.way(function))

    def _is_broad(self, module: Module, caught: TermId) -> bool:
        if caught < 0:
            return True
        held = module.terms[caught]
        if isinstance(held, Sequence):
            return any(self._is_broad(module, item) for item in held.items)
        return isinstance(held, Name) and held.id in _BROAD

    @staticmethod
    def _expected(module: Module, handler: Handler) -> bool:
        """Tell whether all that can fail is tidying up, reading a value or an import."""
        tried = range(handler.first_line, handler.last_line + 1)
        if any(item.position.line in tried for item in module.facts.imports):
            return True
        names = {
            func.name if isinstance(func, Attr) else func.id if isinstance(func, Name) else ""
            for function in module.functions
            if function.facts.first_line <= handler.last_line and handler.first_line <= function.facts.last_line
            for event in function.events
            if event.op == "call" and event.position.line in tried
            if isinstance(call := module.terms[event.term], Call)
            for func in (module.terms[call.func],)
        }
        return not names or names <= _CLEANUP or any(_READING.search(name) for name in names)

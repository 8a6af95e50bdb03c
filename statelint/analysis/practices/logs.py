"""Errors that are logged without saying whose request failed, and errors that nobody hears of."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from statelint.analysis.model import FunctionInfo, Place
from statelint.analysis.practices.base import Flaw, Practice
from statelint.analysis.terms import walk
from statelint.extract.facts import Attr, Call, Caught, Cell, Const, Name, Param, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import Module
    from statelint.analysis.practices.served import Site
    from statelint.extract.facts import Handler, TermId

_LOGGERS = frozenset({"logger", "log", "_logger", "LOGGER", "LOG", "_log", "logging"})
_ENRICHING = ("structlog", "asgi_correlation_id", "sentry_sdk", "logfire")
"""Packages whose mere use adds context."""
_LEVELS = frozenset({"error", "exception", "critical", "fatal"})
_CLIENTS = re.compile(r"JWT|Jose|Token|Decode|Validation|Signature|Malformed|BadRequest", re.IGNORECASE)
"""Errors that say that what the client sent is no good."""

_BROAD = frozenset({"Exception", "BaseException"})
_CLEANUP = frozenset(
    {
        "close", "aclose", "disconnect", "cancel", "unlink", "remove", "rmtree", "rollback", "shutdown", "terminate",
        "kill", "stop", "release", "expunge", "logout", "quit", "wait_closed", "cleanup", "flush", "delete", "dispose",
        "inc", "observe", "labels",
    }
)  # fmt: skip
_PURE = frozenset({"replace", "strip", "split", "format", "astimezone", "lower", "upper", "encode", "str", "len"})
"""Calls whose only effect is their value."""
_READING = re.compile(
    r"^(json|int|float|bool|UUID|Decimal|getattr|eval|isoformat|strftime|strptime|send_(text|json|str|bytes))$"
    r"|loads?$|parse|decode|hex|hints|verify|validate|detect|convert|literal|import|from_|^from|^to_",
)
"""Calls that read a value which may be malformed, or speak to a client that may have gone."""


class LogFlaws(Practice):
    """Answers for logs and handlers of exceptions."""

    def bare(self) -> Iterator[Flaw]:
        """Yield the functions that log errors, while serving, with nothing in the record that tells requests apart.

        A handler is excused by one record that does, and by an error of the client's, who is not yet known.
        """
        if self._contextual:
            return
        clauses: dict[tuple[FunctionInfo, int], list[Site]] = {}
        for site in self.sites:
            if site.certainty == 2 and self._logs_error(site) and (clause := self._clause(site)):
                clauses.setdefault((site.function, clause), []).append(site)
        found: dict[FunctionInfo, list[Site]] = {}
        for (function, clause), sites in clauses.items():
            if not self._has_context(function) or self._is_clients(function.module, clause):
                continue
            if not any(self._contents(site)[1] for site in sites):
                found.setdefault(function, []).append(sites[0])
        for function, (site, *others) in found.items():
            what = "error" if self._contents(site)[0] else "nothing"
            related = tuple((other.place, "and here") for other in others)
            yield Flaw(site.place, function.qualname, what, "", 0, self.way(function), related)

    def _clause(self, site: Site) -> int:
        """Return the innermost ``except`` clause that a call stands in, as its condition; 0 for none."""
        conditions = site.module.facts.conditions
        at = site.event.condition
        while at > 0 and conditions[at].kind != "except":
            at = conditions[at].parent
        return at

    def _is_clients(self, module: Module, clause: int) -> bool:
        """Tell whether what an ``except`` clause catches says that the client sent something that cannot be read."""
        caught = module.facts.conditions[clause].test
        held = module.terms[caught]
        types = held.items if isinstance(held, Sequence) else (caught,)
        return all(_CLIENTS.search(module.dotted(one).rpartition(".")[2]) for one in types)

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
            if isinstance(held, Attr) and held.name == "request" and held.base in caught:
                context = True
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
            module.last_name(call.func)
            for function in module.functions
            if function.facts.first_line <= handler.last_line and handler.first_line <= function.facts.last_line
            for event, call in function.calls
            if event.position.line in tried
            for func in (module.terms[call.func],)
        }
        return not names or names <= _CLEANUP | _PURE or any(_READING.search(name) for name in names)

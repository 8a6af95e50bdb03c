"""Calls to other machines: which wait without a limit, and which are repeated though they must not be."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from statelint.analysis.model import External, FunctionInfo, Place, Result
from statelint.analysis.practices.base import Flaw, Practice, argument, keyword, opaque
from statelint.analysis.terms import walk
from statelint.extract.facts import Attr, Call, Const

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import Module
    from statelint.analysis.practices.served import Site
    from statelint.catalogue.schema import Outbound, Retry
    from statelint.extract.facts import TermId

_KEY = re.compile(r"idempoten", re.IGNORECASE)
_UNSENT = re.compile(
    r"ConnectError|ConnectTimeout|ConnectionError|RateLimit|TooManyRequests|429|503|PoolTimeout|NewConnection|gaierror"
    r"|Deadlock|Serialization|OperationalError",
    re.IGNORECASE,
)
"""Failures after which nothing was done."""
_QUESTION = re.compile(
    r"search|query|embed|complet|chat|generate|predict|token|login|graphql|rpc|llm|model|infer|ask|fetch|get|read"
    r"|translat|transcri",
    re.IGNORECASE,
)
"""Posts that only ask."""


class OutboundFlaws(Practice):
    """Answers for calls over the network."""

    # -- no limit

    def unlimited(self) -> Iterator[Flaw]:
        """Yield the calls that may wait for ever."""
        if self._limited_everywhere:
            return
        for site in self.sites_of(self.catalogue.outbound):
            for name in site.names:
                known = self.catalogue.outbound.get(name)
                if known is not None:
                    if self._waits(site, known) and not self._guarded(site):
                        # Who switches the limit of a stream off wants to listen for as long as it takes.
                        certainty = (
                            0 if known.bounded and "stream" in f"{name} {site.function.name}" else site.certainty
                        )
                        yield self._flaw(site, "none" if known.bounded else "missing", name, certainty)
                    break

    def _waits(self, site: Site, known: Outbound) -> bool:
        module, call = site.module, site.call
        given = argument(call, known.position, *known.timeouts)
        if given >= 0:
            literal = self.constants.literal(module, given)
            return isinstance(module.terms[given], Const) and literal is not None and literal.value is None
        if known.bounded or opaque(module, call):
            return False
        # A session of the project's own class, or one with adapters, may have limits of its own.
        func = module.terms[call.func]
        if isinstance(func, Attr):
            values = self.inference.term(module, func.base)
            if any(not isinstance(value, (External, Result)) for value in values):
                return False
            return not self._adapted(site.function)
        return True

    def _adapted(self, function: FunctionInfo) -> bool:
        """Tell whether the module mounts adapters or wraps the request method of a session."""
        terms = function.module.terms
        return any(isinstance(held, Attr) and held.name == "mount" for held in terms)

    @cached_property
    def _limited_everywhere(self) -> bool:
        return any(
            item.module == "socket"
            for site in self.project.call_sites.of({"socket.setdefaulttimeout"})
            for item in site.module.facts.imports
        )

    def _guarded(self, site: Site) -> bool:
        """Tell whether a timeout around the call, or around the way to it, limits it."""
        if self._guards(site.function, site.event.term, site.event.condition):
            return True
        for edge in self.reach.way(site.function):
            if edge.call >= 0:
                event = next((event for event in edge.caller.events if event.term == edge.call), None)
                if event is not None and self._guards(edge.caller, event.term, event.condition):
                    return True
        return False

    def _guards(self, function: FunctionInfo, term: TermId, condition: int) -> bool:
        module = function.module
        guards = self.catalogue.listed("resilience", "guards")
        for step in self.conditions(module, condition):
            found = self.call_of(module, step.test) if step.kind == "with" else None
            if found is not None and any(name in guards for name in found[1]):
                return True
        for event in function.events:
            found = self.call_of(module, event.term) if event.op == "call" else None
            if found is not None and any(name in guards for name in found[1]):
                if event.term == term or any(term in set(walk(module, value)) for value in found[0].args):
                    return True
                if any(name.startswith("signal.") for name in found[1]):
                    return True
        for decorator in function.facts.decorators:
            held = module.terms[decorator]
            if any(name in guards for name in self.names(module, held.func if isinstance(held, Call) else decorator)):
                return True
        return False

    # -- retried

    def _retried(self) -> Iterator[tuple[FunctionInfo, Module, TermId, Retry, str, int]]:
        """Yield the functions with a retrying decorator: the decorator and what is known of it."""
        for function, certainty in self.functions():
            module = function.module
            for decorator in function.facts.decorators:
                held = module.terms[decorator]
                for name in self.names(module, held.func if isinstance(held, Call) else decorator):
                    retry = self.catalogue.retries.get(name)
                    if retry is not None:
                        yield function, module, decorator, retry, name, certainty
                        break

    def endless(self) -> Iterator[Flaw]:
        """Yield the retries that no number and no time ends."""
        for function, module, decorator, retry, name, certainty in self._retried():
            held = module.terms[decorator]
            if isinstance(held, Call):
                if opaque(module, held) or (not retry.limits and retry.endless):
                    continue
                given = [value for key, value in held.keywords if key in retry.limits]
                if 0 <= retry.position < len(held.args):
                    given.append(held.args[retry.position])
                if given and not all(self._lifts(module, value) for value in given):
                    continue
                if not given and not retry.endless:
                    continue
            elif not retry.endless:
                continue
            yield Flaw(
                Place(module, function.facts.position),
                function.qualname,
                "decorator",
                name,
                certainty,
                self.way(function),
            )
        yield from self._loops()

    def _lifts(self, module: Module, value: TermId) -> bool:
        """Tell whether a limit is explicitly none: ``max_retries=None``, ``stop=stop_never``, ``tries=-1``."""
        held = module.terms[value]
        if isinstance(held, Const):
            return held.value is None or held.value == -1
        if self.constants.number(module, value) == -1:
            return True
        return "tenacity.stop_never" in self.names(module, value)

    def _loops(self) -> Iterator[Flaw]:
        """``while True:`` around a ``try`` that leaves on success and starts again on any failure."""
        for function, certainty in self.functions():
            module = function.module
            kinds = {entry.kind for entry in self.reach.entry_points.get(function, ())}
            if kinds & {"websocket", "startup"} or function.facts.is_generator:
                continue
            conditions = module.facts.conditions
            for event in function.events:
                if event.op != "return":
                    continue
                chain = list(self.conditions(module, event.condition))
                kinds_in = [step.kind for step in chain]
                if "try" not in kinds_in or "loop" not in kinds_in or "except" in kinds_in:
                    continue
                at = kinds_in.index("try")
                steps = chain[at + 1 :]
                if len(steps) < 2 or steps[0].kind != "if" or steps[1].kind != "loop" or steps[1].test >= 0:
                    continue
                test = module.terms[steps[0].test]
                if not (isinstance(test, Const) and test.value):
                    continue
                parent = conditions.index(steps[0])
                if self._asks(function, parent) and not self._leaves(function, parent):
                    yield Flaw(
                        Place(module, event.position),
                        function.qualname,
                        "loop",
                        "while True",
                        min(certainty, 1),
                        self.way(function),
                    )
                    break

    def _asks(self, function: FunctionInfo, loop: int) -> bool:
        """Tell whether the loop calls another machine."""
        module = function.module
        for event in function.events:
            if event.op == "call" and self._inside(module, event.condition, loop):
                found = self.call_of(module, event.term)
                if found is not None and any(name in self.catalogue.outbound for name in found[1]):
                    return True
        return False

    def _inside(self, module: Module, condition: int, outer: int) -> bool:
        while condition > 0:
            if condition == outer:
                return True
            condition = module.facts.conditions[condition].parent
        return False

    def _leaves(self, function: FunctionInfo, loop: int) -> bool:
        """Tell whether a handler in the loop may leave it; what stands under a test may ``break``."""
        module = function.module
        conditions = module.facts.conditions
        for number, held in enumerate(conditions):
            if (
                held.kind in {"if", "guard"}
                and self._inside(module, number, loop)
                and self._handles(module, held.parent)
            ):
                return True
        return any(
            event.op in {"raise", "return"}
            and self._inside(module, event.condition, loop)
            and self._handles(module, event.condition)
            for event in function.events
        )

    def _handles(self, module: Module, condition: int) -> bool:
        return any(step.kind == "except" for step in self.conditions(module, condition))

    def repeated(self) -> Iterator[Flaw]:
        """Yield the retried functions that do something which must not be done twice."""
        effects = self.catalogue.listed("resilience", "effects")
        for function, module, decorator, _, name, certainty in self._retried():
            if self._only_unsent(module, decorator) or name.startswith("celery."):
                continue
            for holder in (
                function,
                *(edge.callee for edge in self.project.calls.callees.get(function, ()) if edge.kind == "call"),
            ):
                effect = self._effect(holder, effects)
                if effect is not None:
                    place, what, sure = effect
                    yield Flaw(
                        Place(module, function.facts.position),
                        function.qualname,
                        "retry",
                        what,
                        min(certainty, sure),
                        self.way(function),
                        ((place, "this is done again"),),
                    )
                    break

    def _only_unsent(self, module: Module, decorator: TermId) -> bool:
        """Tell whether only failures are retried after which nothing was done."""
        texts = [module.dotted(term) for term in walk(module, decorator)]
        return any(_UNSENT.search(text) for text in texts)

    def _effect(self, function: FunctionInfo, effects: frozenset[str]) -> tuple[Place, str, int] | None:
        module = function.module
        adds = None
        for event in function.events:
            found = self.call_of(module, event.term) if event.op == "call" else None
            if found is None:
                continue
            call, names = found
            texts = [name for name, _ in call.keywords] + [module.text(term) or "" for term in walk(module, event.term)]
            if any(_KEY.search(text) for text in texts):
                return None
            for name in names:
                known = self.catalogue.outbound.get(name)
                if name in effects:
                    return Place(module, event.position), name, 2
                posts = known is not None and known.unsafe and keyword(call, "params") < 0
                if posts and not _QUESTION.search(f"{function.qualname} {' '.join(texts)}"):
                    return Place(module, event.position), name, 1
            func = module.terms[call.func]
            if isinstance(func, Attr) and func.name == "add" and self._is_session(module, func.base):
                adds = Place(module, event.position)
            if adds is not None and isinstance(func, Attr) and func.name == "commit":
                return adds, "a new row", 1
        return None

    def _is_session(self, module: Module, term: TermId) -> bool:
        return any(
            isinstance(value, (External, Result)) and self.catalogue.role(value.name, "session")
            for value in self.inference.term(module, term)
        )

    def _flaw(self, site: Site, what: str, name: str, certainty: int) -> Flaw:
        return Flaw(site.place, f"{site.function.qualname}:{name}", what, name, certainty, self.way(site.function))

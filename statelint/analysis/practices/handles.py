"""Database sessions that a function opens itself: whether it closes them, and rolls back what failed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.model import ClassValue, External, FunctionValue, Place, Result
from statelint.analysis.practices.base import Flaw
from statelint.analysis.practices.steps import Step, Steps
from statelint.analysis.terms import walk
from statelint.extract.facts import Attr, Call, Cell, Item, Name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.extract.facts import Event, Position, TermId

_CURSORS = ("Cursor", "cursor", "Result", "PubSub", "Pipeline")
_OWN = frozenset({"connection", "execution_options", "begin_nested", "get_bind", "cursor"})
_CLOSERS = frozenset(
    {"closing", "aclosing", "enter_context", "enter_async_context", "push", "callback", "push_async_callback"}
)


class Handle(NamedTuple):
    """A session opened by a function.

    ``how`` it is closed: ``safe`` (whatever happens), ``straight`` (unless something fails) or ``never``.
    """

    function: FunctionInfo
    event: Event
    type: str
    how: str
    writes: bool
    rolls_back: bool
    certainty: int


class HandleFlaws(Steps):
    """Answers for sessions that functions open."""

    def unrolled(self) -> Iterator[Flaw]:
        """Yield the sessions that are written through, and that a failure leaves in the middle of it."""
        for handle in self._handles:
            if handle.writes and not handle.rolls_back:
                yield self._flaw(handle, "write")

    def unclosed(self) -> Iterator[Flaw]:
        """Yield the sessions that nobody closes, or that a failure leaves open."""
        for handle in self._handles:
            if not handle.writes or handle.rolls_back:
                yield self._flaw(handle, handle.how)

    def _flaw(self, handle: Handle, what: str) -> Flaw:
        function = handle.function
        symbol = f"{function.qualname}:{handle.type}"
        place = Place(function.module, handle.event.position)
        return Flaw(place, symbol, what, handle.type, handle.certainty, self.way(function))

    @cached_property
    def _handles(self) -> list[Handle]:
        return list(self._found())

    def _found(self) -> Iterator[Handle]:
        for function, certainty in self.functions():
            if certainty < 1 or self.project.state.locator.memoised(function):
                continue
            module = function.module
            finals = [event.position for event in function.events if event.op == "finally"]
            for event in function.events:
                kind = self._opened(module, event.term) if event.op == "call" else ""
                if not kind or self._handed_on(function, event):
                    continue
                how = self._closed(function, event, finals)
                if how == "safe":
                    continue
                mine = [step for step in self.steps(function) if self._about(module, step, event.term)]
                writes = any(step.kind in {"write", "save"} for step in mine) and any(
                    step.kind == "commit" for step in mine
                )
                rolls_back = any(step.kind == "rollback" for step in mine)
                sure = min(certainty, 1) if how == "straight" else certainty
                yield Handle(function, event, kind, how, writes, rolls_back, sure)

    def _about(self, module: Module, step: Step, opened: TermId) -> bool:
        return step.session >= 0 and opened in set(walk(module, step.session, step.event.term))

    def _opened(self, module: Module, term: TermId) -> str:
        """Return the type of the session that a call opens, or an empty string."""
        call = module.terms[term]
        if not isinstance(call, Call):
            return ""
        func = module.terms[call.func]
        if isinstance(func, Name) and func.id in {"next", "anext"} and call.args:
            return "" if self.inference.is_dependency(module, term) else self._pulled(module, call.args[0])
        opened = self._session_type(module, term)
        if not opened or self.inference.is_dependency(module, term):
            return ""
        # What a session gives (its connection, a cursor) ends with it; a factory's ``begin`` makes a session.
        given = isinstance(func, Attr) and self.is_session(module, func.base)
        if given and isinstance(func, Attr) and (func.name in _OWN or not self._factory(module, func.base)):
            return ""
        if any(self.is_session(module, argument) for argument in call.arguments):
            return ""  # It works on a connection that somebody else has opened.
        if any(isinstance(value, (FunctionValue, ClassValue)) for value in self.inference.term(module, call.func)):
            return ""
        return opened

    def _session_type(self, module: Module, term: TermId) -> str:
        for value in self.inference.term(module, term):
            if (
                isinstance(value, Result)
                and self.catalogue.role(value.name, "session")
                and not value.name.endswith(_CURSORS)
            ):
                return value.name
        return ""

    def _factory(self, module: Module, term: TermId) -> bool:
        return any(
            isinstance(value, (External, Result)) and self.catalogue.role(value.name, "session_factory")
            for value in self.inference.term(module, term)
        )

    def _pulled(self, module: Module, term: TermId) -> str:
        """Return the type of the session that ``next(get_db())`` takes out of a dependency."""
        call = module.terms[term]
        if not isinstance(call, Call):
            return ""
        for value in self.inference.term(module, call.func):
            if isinstance(value, FunctionValue) and value.function.facts.is_generator:
                home = value.function.module
                for event in value.function.events:
                    if event.op == "yield" and event.term >= 0 and self.is_session(home, event.term):
                        return f"next({value.function.name}())"
        return ""

    def _handed_on(self, function: FunctionInfo, opened: Event) -> bool:
        """Tell whether somebody else has the session to close: the caller, an object, a stack of contexts."""
        module = function.module
        depended = any(edge.kind == "dependency" for edge in self.project.calls.callers.get(function, ()))
        for event in function.events:
            if event.op == "return" and event.term >= 0 and opened.term in set(walk(module, event.term)):
                held = module.terms[event.term]
                returned = event.term == opened.term or not isinstance(held, Call)
                if returned and not depended:
                    return True
            elif event.op == "write" and event.value == opened.term:
                if isinstance(module.terms[event.term], (Attr, Item, Name, Cell)):
                    return True
            elif (
                event.op == "call" and event.term != opened.term and isinstance(call := module.terms[event.term], Call)
            ):
                name = module.dotted(call.func).rpartition(".")[2]
                if name in _CLOSERS and any(opened.term in set(walk(module, argument)) for argument in call.args):
                    return True
        return False

    def _closed(self, function: FunctionInfo, opened: Event, finals: list[Position]) -> str:
        module = function.module
        if any(held.kind == "with" and opened.term in set(walk(module, held.test)) for held in module.facts.conditions):
            return "safe"
        how = "never"
        for event, call in function.calls:
            func = module.terms[call.func]
            if not isinstance(func, Attr) or func.name not in {"close", "aclose", "remove", "release", "putconn"}:
                continue
            about = (func.base, *(call.args))
            if not any(opened.term in set(walk(module, term)) for term in about):
                continue
            handled = any(step.kind == "except" for step in self.conditions(module, event.condition))
            if handled or any(_inside(event.position, span) for span in finals):
                return "safe"
            how = "straight"
        return how


def _inside(position: Position, span: Position) -> bool:
    return (span.line, span.column) <= (position.line, position.column) <= (span.end_line, span.end_column)

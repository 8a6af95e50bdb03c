"""Checks of an owner that prove nothing: too late, in another branch, the wrong way round, toothless, of other rows."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.model import Place
from statelint.analysis.proofs.refusals import bars_own
from statelint.extract.facts import Attr

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.proofs.judge import Judge
    from statelint.analysis.proofs.verdict import Verdict
    from statelint.extract.facts import Condition, Event, TermId

_AFTER = frozenset({"guard", "call-guard", "assert"})
"""Conditions under which the rest of a block runs."""


class Fault(StrEnum):
    """Why a check excuses nothing."""

    LATE = "late"
    """The rows were used before."""
    ELSEWHERE = "elsewhere"
    """It stands in a branch that does not lead to the use."""
    INVERTED = "inverted"
    """It turns the owner away."""
    BARRED = "barred"
    """It turns the owner away on purpose: nobody does this to their own rows, so that others must be able to."""
    IDLE = "idle"
    """Whoever fails it goes on."""
    OTHER = "other"
    """It asks whose other rows are."""
    DROPPED = "dropped"
    """Python's ``and`` keeps it from the database."""


class Misplaced(NamedTuple):
    """A check that the author of a query may have relied on; ``about`` names what it asks for."""

    place: Place
    fault: Fault
    about: str


class MisplacedChecks:
    """Finds them around queries that nothing proves."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.rows = judge.rows
        self.exits = judge.exits
        self.uses = judge.uses

    def of(self, verdict: Verdict) -> Misplaced | None:
        """Return the check of the rows' owner that misses them, in the function that asks or in one that called it."""
        query = verdict.query
        queries = self.judge.queries
        dropped = (atom for term in queries.dropped(query) for atom in queries.compared(query.module, term))
        if any(self.judge.statement.on_owner(query, atom) for atom in dropped):
            return Misplaced(Place(query.module, query.event.position), Fault.DROPPED, query.chain.name)
        stations = [(query.function, query.leaf), *((edge.caller, edge.call) for edge in reversed(verdict.way))]
        for function, leaf in stations:
            for fault, event in self._faults(function, leaf):
                return Misplaced(Place(function.module, event.position), fault, query.chain.name)
        uses = [query.event, *self.uses.escapes(query.function, query.leaf, query.event)]
        under = {step for use in uses for step in self.exits.chain(query.module, use.condition)}
        for other in self.judge.queries.of(query.function):
            if other.leaf == query.leaf or other.chain.model is None:
                continue
            about = f"another {other.chain.name}" if other.chain.model is query.chain.model else other.chain.name
            for test, steps in self._checks(query.function, other.leaf).items():
                passed = [step for step in steps if self._passes(query.function, step, other.leaf)]
                if under.intersection(passed):
                    first = self._first(query.function, test)
                    if first is not None:
                        return Misplaced(Place(query.module, first.position), Fault.OTHER, about)
        return None

    def _faults(self, function: FunctionInfo, leaf: TermId) -> Iterator[tuple[Fault, Event]]:
        module = function.module
        asked = module.call_event(leaf)
        if asked is None:
            return
        escapes = [
            each
            for each in self.uses.escapes(function, leaf, asked)
            if each.op != "call" or not self.uses.inside_test(module, each.term)
        ]
        for test, steps in self._checks(function, leaf).items():
            check = self._first(function, test)
            if check is None:
                continue
            held = {step: module.facts.conditions[step] for step in steps}
            late = any(escape.position.line < check.position.line for escape in escapes)
            passing = [step for step in held if self._passes(function, step, leaf)]
            failing = [step for step in held if step not in passing]
            if any(held[step].kind in _AFTER for step in passing):
                yield Fault.LATE if late else Fault.ELSEWHERE, check
            elif any(held[step].kind in _AFTER for step in failing):
                refusals = list(self._refusals(function, [step for step in passing if held[step].kind == "if"]))
                if refusals:
                    barred = any(bars_own(module, self._parts(module, event)) for event in refusals)
                    yield Fault.BARRED if barred else Fault.INVERTED, check
                elif late:
                    yield Fault.LATE, check
            elif passing and any(set(passing) & set(self.exits.chain(module, each.condition)) for each in escapes):
                yield Fault.LATE if late else Fault.ELSEWHERE, check
            elif failing and not passing and not self._leaves(function, failing):
                yield Fault.IDLE, check
            elif failing and not passing:
                yield Fault.LATE if late else Fault.ELSEWHERE, check

    def _checks(self, function: FunctionInfo, leaf: TermId) -> dict[TermId, list[int]]:
        """Return the conditions that compare the owner of rows with the caller, by their test."""
        module = function.module
        found: dict[TermId, list[int]] = {}
        for step in sorted(self.exits.steps(function)):
            condition = module.facts.conditions[step]
            if (
                condition.kind in {*_AFTER, "if"}
                and condition.test >= 0
                and self._decides(function, condition, leaf)
                and any(
                    self.judge.principals.is_principal(module, part)
                    for part in self.judge.queries.containment(module).parts(condition.test)
                )
            ):
                found.setdefault(condition.test, []).append(step)
        return found

    def _decides(self, function: FunctionInfo, condition: Condition, leaf: TermId) -> bool:
        """Tell whether a test says one thing of the owner, and its negation the other; a helper's name says neither."""
        module = function.module
        parts = (module.terms[part] for part in self.judge.queries.containment(module).parts(condition.test))
        if any(isinstance(held, Attr) and self.judge.ownership.is_audience(held.name) for held in parts):
            # if user in post.liked_by.all(): whoever likes a post owns nothing of it.
            return False
        one, other = (self.rows.is_check(function.module, condition.test, leaf, positive) for positive in (True, False))
        return one is not other

    def _passes(self, function: FunctionInfo, step: int, leaf: TermId) -> bool:
        condition = function.module.facts.conditions[step]
        return self.rows.is_check(function.module, condition.test, leaf, condition.positive)

    def _refusals(self, function: FunctionInfo, steps: list[int]) -> Iterator[Event]:
        for event in function.events:
            if (event.op == "raise" or self.exits.aborts(function.module, event)) and set(steps) & set(
                self.exits.chain(function.module, event.condition)
            ):
                yield event

    def _parts(self, module: Module, event: Event) -> Iterable[TermId]:
        return self.judge.queries.containment(module).parts(event.term) if event.term >= 0 else ()

    def _leaves(self, function: FunctionInfo, steps: list[int]) -> bool:
        return any(self._refusals(function, steps)) or any(
            event.op == "return" and set(steps) & set(self.exits.chain(function.module, event.condition))
            for event in function.events
        )

    def _first(self, function: FunctionInfo, test: TermId) -> Event | None:
        """Return the first thing that is done under a test."""
        module = function.module
        under = [
            event
            for event in function.events
            if any(module.facts.conditions[step].test == test for step in self.exits.chain(module, event.condition))
        ]
        return min(under, key=lambda event: event.position.line, default=None)

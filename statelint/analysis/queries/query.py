"""What a query is: a statement on a model, built in steps, and the comparisons it makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from statelint.extract.facts import Attr, Item, Param

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.ownership import Model
    from statelint.extract.facts import Event, Term, TermId


class Step(NamedTuple):
    """One call in a chain: ``.filter(...)``."""

    method: str
    call: TermId
    args: tuple[TermId, ...]
    keywords: tuple[tuple[str, TermId], ...]
    optional: TermId
    """The test under which the step is part of the statement, or ``NO_TERM`` when it always is."""

    @property
    def arguments(self) -> tuple[TermId, ...]:
        """All that is passed, by position and then by keyword."""
        return (*self.args, *(value for _, value in self.keywords))


class Chain(NamedTuple):
    """A statement as far as it is built: the model asked, and the steps."""

    model: Model | None
    name: str
    start: TermId
    verb: str
    steps: tuple[Step, ...]
    chosen: TermId = -1
    """The test that picks this statement among alternatives, or ``NO_TERM``."""


class Atom(NamedTuple):
    """``column op value`` in a statement; ``column`` is a path from ``model`` (None: of a model not in sight)."""

    column: tuple[str, ...]
    value: TermId
    op: str
    optional: TermId
    model: Model | None = None


WHATEVER = ("**",)
"""The column of a comparison that callers name: ``filter_by(**filters)``, where ``filters`` is a parameter."""


class Query(NamedTuple):
    """One question a function asks; ``leaf`` is the last call of its chain and stands for the rows."""

    function: FunctionInfo
    chain: Chain
    leaf: TermId
    event: Event
    given: tuple[Atom, ...] | None = None
    """The predicates, where the finder knows them and they are not in the chain."""
    others: tuple[Chain, ...] = ()
    """The statements that it may be instead, by branches before."""
    figures: bool = False
    """Whether it is known to ask for figures over rows alone, and no row."""
    number: bool = False
    """Whether it is known to ask for nothing but the highest number given so far."""

    @property
    def module(self) -> Module:
        """Where the query stands."""
        return self.function.module

    @property
    def verb(self) -> str:
        """``read``, ``update`` or ``delete``."""
        return self.chain.verb


def beginning(query: Query) -> Event | None:
    """Return the call with which the function begins a query's statement."""
    first = query.chain.steps[0].call if query.chain.steps else query.leaf
    begun = {query.chain.start, first}
    return next((event for event in query.function.events if event.op == "call" and event.term in begun), None)


_ONE = frozenset({"first", "afirst", "last", "alast", "one", "one_or_none", "scalar_one_or_none", "get_or_none"})


def takes_any_one(query: Query) -> bool:
    """Tell whether a statement takes one row and does not say which: ``Instance.objects.first()``."""
    steps = query.chain.steps
    return (
        query.given is None and bool(steps) and steps[-1].method in _ONE and not any(step.arguments for step in steps)
    )


def leaves_unread(query: Query) -> bool:
    """Tell whether a statement compares what its object was told elsewhere: ``filter(**self.filters["base"])``."""
    module = query.module
    for step in query.chain.steps:
        for name, value in step.keywords:
            held: Term = module.terms[value]
            if name or not isinstance(held, (Attr, Item)):
                continue
            while isinstance(held, (Attr, Item)):
                held = module.terms[held.base]
            if isinstance(held, Param) and held.index == 0 and module.functions[held.function].owner is not None:
                return True
    return False


class Finder(Protocol):
    """Finds queries of a kind that is not written as an ORM's chain."""

    def of(self, function: FunctionInfo) -> Iterable[Query]:
        """Yield the queries that a function asks."""

"""Lambdas that a function keeps, and calls or hands on later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.extract.facts import FunctionRef

if TYPE_CHECKING:
    from statelint.analysis.model import FunctionInfo
    from statelint.analysis.queries import QueryFinder
    from statelint.extract.facts import Event, TermId


def kept_lambda(queries: QueryFinder, function: FunctionInfo) -> tuple[FunctionInfo, Event, TermId] | None:
    """Return the function around a lambda, what it first does with it, and the lambda: ``stages = [lambda: …]``."""
    around = function.parent
    if function.name != "<lambda>" or around is None or around.is_module:
        return None
    module = function.module
    holds = queries.containment(module).holds
    for leaf, held in enumerate(module.terms):
        if isinstance(held, FunctionRef) and held.function == function.index:
            for event in around.events:
                if any(term >= 0 and holds(term, leaf) for term in (event.term, event.value)):
                    return around, event, leaf
    return None

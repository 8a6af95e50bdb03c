"""What callers do to the rows that they are given: ``note = self.get_by_id(note_id); session.delete(note)``."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.model import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.calls import Edge
    from statelint.analysis.model import FunctionInfo
    from statelint.analysis.ownership import Model
    from statelint.analysis.proofs.judge import Judge
    from statelint.analysis.proofs.verdict import Verdict
    from statelint.extract.facts import Event, TermId

MAX_CALLERS = 7
"""Levels of callers that may discharge an obligation."""


class Change(NamedTuple):
    """``verb`` is what is done to rows, ``place`` where whoever does it asks for them, and ``way`` leads there."""

    verb: str
    place: Place
    way: tuple[Edge, ...]


class Changes:
    """Follows rows from the query that reads them to the callers that change them."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge

    def of(self, verdict: Verdict) -> Iterator[Change]:
        """Yield what callers whom nobody checks do to the rows that a query gives back."""
        query = verdict.query
        if query.verb == "read":
            model = query.chain.model
            yield from self._beyond(
                query.function, query.event, query.leaf, self.judge.keys(query), way=(), model=model
            )

    def _beyond(
        self,
        function: FunctionInfo,
        event: Event,
        leaf: TermId,
        keys: list[TermId],
        *,
        way: tuple[Edge, ...],
        model: Model | None,
    ) -> Iterator[Change]:
        judge = self.judge
        escapes = judge.uses.escapes(function, leaf, event)
        if len(way) >= MAX_CALLERS or not any(escape.op == "return" for escape in escapes):
            return
        for edge in judge.asking(function, way):
            asked = edge.caller.module.call_event(edge.call) if edge.call >= 0 else None
            if asked is None:
                continue
            verb = judge.writes.within(edge.caller, (edge.call,), model, unchecked=True)
            outer = list(judge.passed.arguments(edge, function, keys))
            # Whether a caller is checked costs most, and is asked of those alone that lead to a change.
            above = list(self._beyond(edge.caller, asked, edge.call, outer, way=(edge, *way), model=model))
            if verb == "read" and not above:
                continue
            found = judge.by_caller(edge, function, keys, way, model, reads=False)
            if found is None or found[0] is not None:
                continue
            if verb != "read":
                yield Change(verb, Place(edge.caller.module, asked.position), found[1])
            yield from above

"""Where one user may reach another's rows: unproven queries, with the way that leads to them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from statelint.analysis.assignments import OwnerAssignments
from statelint.analysis.certainty import Certainty
from statelint.analysis.children import Adoptions, parent_key
from statelint.analysis.claims import Claims
from statelint.analysis.exposure import Exposures
from statelint.analysis.formfields import OpenFields
from statelint.analysis.leak import Leak, Stop
from statelint.analysis.model import Place
from statelint.analysis.proofs import Proof
from statelint.analysis.proofs.misplaced import Fault, MisplacedChecks
from statelint.analysis.proofs.words import KEY
from statelint.analysis.publicity import Publicity
from statelint.analysis.queries import beginning, gives_figures, is_slot, tells_what_is_taken
from statelint.analysis.queries.query import WHATEVER
from statelint.analysis.reach import Reach
from statelint.analysis.telling import Telling
from statelint.analysis.views import generic_views
from statelint.extract.facts import Call, Const

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.assignments import OwnerAssignment
    from statelint.analysis.calls import Edge
    from statelint.analysis.claims import Claim
    from statelint.analysis.entrypoints import EntryPoint
    from statelint.analysis.exposure import Exposure
    from statelint.analysis.formfields import OpenField
    from statelint.analysis.model import FunctionInfo
    from statelint.analysis.ownership import Column, Model
    from statelint.analysis.proofs import Judge, Verdict
    from statelint.analysis.queries import Atom, Query


class Isolation:
    """The leaks of a project."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.reach = judge.reach

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """Every query's verdict, in order of files and lines."""
        return list(self.judge.verdicts())

    @cached_property
    def leaks(self) -> list[Leak]:
        """Every leak at an endpoint that knows its caller, or in a service some of whose endpoints do."""
        return [leak for leak in self.everything if not self._stranger(leak)]

    @cached_property
    def claims(self) -> list[Leak]:
        """The queries whose owner the client names, although the caller is known."""
        found = []
        for leak, claims in self._claimed:
            known = [claim for claim in claims if claim.known or self._may_ask(claim.entry)]
            if known:
                receivers = tuple(_place_of(claim.entry) for claim in known)
                found.append(leak._replace(given=known[0].name, receivers=receivers))
        return found

    @cached_property
    def chosen(self) -> dict[tuple[FunctionInfo, Place], str]:
        """The parameter by which clients of an endpoint choose whose rows a query touches, by endpoint and query."""
        return {
            (claim.entry, leak.place): claim.name
            for leak, claims in self._claimed
            for claim in claims
            if claim.known or self._may_ask(claim.entry) or self._is_open(claim.entry)
        }

    @cached_property
    def exposures(self) -> list[Exposure]:
        """The routers whose endpoints hand out owned rows and ask nobody who is calling.

        Where nobody is asked anywhere, they own every leak that a route reaches: there is no caller to restrict a query
        to. Where others are asked, they own the queries that are restricted to whom the client names.
        """
        exposed = [
            (claim.entry, leak._replace(given=claim.name))
            for leak, claims in self._claimed
            for claim in claims
            if not claim.known and self._is_open(claim.entry) and not self._is_shown(claim.verdict, leak.action)
        ]
        exposed += [(leak.entry.function, leak) for leak in self.everything if self._stranger(leak) and leak.entry]
        return list(self._exposures.grouped(exposed))

    def _may_ask(self, entry: FunctionInfo) -> bool:
        """Tell whether a route may ask who is calling; websockets ask in too many ways to tell."""
        return not self._is_socket(entry) and self._exposures.asks(entry)

    def _is_open(self, entry: FunctionInfo) -> bool:
        """Tell whether an endpoint asks nobody who is calling; of websockets, one among endpoints that ask."""
        exposures = self._exposures
        return exposures.lets_strangers_in(entry) if self._is_socket(entry) else exposures.open(entry)

    def _is_socket(self, entry: FunctionInfo) -> bool:
        return {each.kind for each in self.reach.entry_points.get(entry, ())} == {"websocket"}

    @cached_property
    def _telling(self) -> Telling:
        return Telling(self.judge)

    @cached_property
    def _misplaced(self) -> MisplacedChecks:
        return MisplacedChecks(self.judge)

    @cached_property
    def _exposures(self) -> Exposures:
        return Exposures(self.judge)

    @cached_property
    def _publicity(self) -> Publicity:
        return Publicity(
            self.judge,
            self._exposures,
            lambda verdict: verdict.query.verb == "read" and not self._keyed(verdict.query),
        )

    @cached_property
    def _certainty(self) -> Certainty:
        return Certainty(self.judge, self._publicity, lambda: self._kept_apart)

    def _stranger(self, leak: Leak) -> bool:
        return leak.entry is not None and leak.store != "vector" and self._exposures.everywhere(leak.entry.kind)

    def _is_shown(self, verdict: Verdict, action: str) -> bool:
        """Tell whether everybody may do to rows what is done to them: read the profiles of others."""
        return action == "read" and self._publicity.of(verdict.query.chain.model)

    @cached_property
    def everything(self) -> list[Leak]:
        """Every query that nothing ties to the caller, whichever rule reports it."""
        views = list(self._view_leaks())
        shown = {leak.place for leak in views}
        return [
            *(leak for leak in self._query_leaks() if leak.place not in shown or leak.action != "read"),
            *views,
            *self._adoptions(),
        ]

    @cached_property
    def _claimed(self) -> list[tuple[Leak, list[Claim]]]:
        finder = Claims(self.judge)
        return [
            (self._leak(verdict._replace(way=()))._replace(certainty=self._certainty.of_claim(verdict)), claims)
            for verdict in self.verdicts
            if (claims := finder.of(verdict))
        ]

    @cached_property
    def assignments(self) -> list[OwnerAssignment]:
        """The rows whose owner the client may choose."""
        return list(OwnerAssignments(self.judge, self._exposures).found())

    @cached_property
    def open_fields(self) -> list[OpenField]:
        """The forms and serializers with which the client may choose the owner of rows."""
        return list(OpenFields(self.judge).found())

    @cached_property
    def _siblings(self) -> dict[Model, Place]:
        """For each model, a served query that is proven by the statement or by a check."""
        found: dict[Model, Place] = {}
        for verdict in self.verdicts:
            query = verdict.query
            model = query.chain.model
            if (
                model is not None
                and verdict.proof in {Proof.PREDICATE, Proof.CHECKED}
                and self.reach.of(query.function) is Reach.SERVED
            ):
                found.setdefault(model, Place(query.module, query.event.position))
        return found

    @cached_property
    def _kept_apart(self) -> set[Model]:
        """Models whose rows are listed for their author alone: who made a row owns it."""
        listed: dict[Model, bool] = {}
        for verdict in self.verdicts:
            query = verdict.query
            model = query.chain.model
            if (
                model is None
                or model.is_published
                or query.verb != "read"
                or self._keyed(query._replace(given=tuple(self._besides_caller(query))))
                or self.reach.of(query.function) is not Reach.SERVED
            ):
                continue
            mine = any(
                atom.value >= 0 and self.judge.principals.is_principal(query.module, atom.value)
                for atom in self.judge.queries.atoms(query)
            )
            if mine or verdict.proof is None:
                listed[model] = listed.get(model, True) and mine
        return {model for model, mine in listed.items() if mine}

    def _besides_caller(self, query: Query) -> Iterator[Atom]:
        """Yield the comparisons of a query with anything but the caller."""
        for atom in self.judge.queries.atoms(query):
            if atom.value < 0 or not self.judge.principals.is_principal(query.module, atom.value):
                yield atom

    def _adoptions(self) -> Iterator[Leak]:
        """Yield the new rows of parents that nobody checked."""
        finder = Adoptions(self.judge)
        for module in self.judge.inference.modules:
            for function in module.functions:
                for verdict, column, model, event in finder.of(function):
                    if self._certainty.identified(verdict):
                        leak = self._leak(verdict)
                        yield leak._replace(
                            place=Place(module, event.position),
                            model=model.name,
                            owner=str(model.paths[0]),
                            kind=model.kind,
                            definition=_definition(model),
                            sibling=self._siblings.get(model),
                            action="create",
                            parent=column,
                            certainty=min(leak.certainty, 1),
                        )

    def _query_leaks(self) -> Iterator[Leak]:
        seen: set[object] = set()
        figures: dict[tuple[FunctionInfo, str], Leak] = {}
        for verdict in sorted(self.verdicts, key=lambda verdict: verdict.query.verb == "read"):
            query = verdict.query
            if verdict.proof is not None or (query.verb == "read" and self._tells_slots(query)):
                continue
            # Two runs of one statement are one thing to mend: what changes rows, if one does.
            first = query.chain.steps[0].call if query.chain.steps else query.leaf
            start = query.chain.start if isinstance(query.module.terms[query.chain.start], Call) else first
            key = (query.function, start)
            if key in seen:
                continue
            seen.add(key)
            leak = self._leak(verdict)
            check = self._misplaced.of(verdict)
            barred = check is not None and check.fault is Fault.BARRED
            leak = leak._replace(certainty=0) if barred else leak._replace(check=check)
            if not leak.figures or leak.check is not None:
                yield leak
            elif (earlier := figures.setdefault((query.function, leak.model), leak)) is not leak:
                also = (*earlier.also, leak.place)
                figures[query.function, leak.model] = earlier._replace(also=also)
        yield from figures.values()

    def _tells_slots(self, query: Query) -> bool:
        """Tell whether a query asks when something is taken, or only that is made of its rows."""
        model = query.chain.model
        return tells_what_is_taken(query) or (
            model is not None and self.judge.uses.shows_only(query, lambda name: is_slot(model, name))
        )

    def _leak(self, verdict: Verdict) -> Leak:
        query = verdict.query
        model = query.chain.model
        action = self.judge.writes.of(query, unchecked=verdict.proof is None)
        open_ = verdict.proof in {None, Proof.NOT_OWNED}
        changes = list(self.judge.changes.of(verdict)) if action == "read" and open_ else []
        if changes:
            action = changes[0].verb
            verdict = verdict._replace(way=changes[0].way)
        keyed = self._keyed(query) or self._keyed_by_caller(verdict)
        sibling = self._siblings.get(model) if model is not None else None
        entry = self.reach.root(verdict.way[0].caller if verdict.way else query.function)
        return Leak(
            place=statement_place(query),
            symbol=f"{query.function.qualname}:{query.chain.name}",
            model=query.chain.name,
            owner=str(model.paths[0]) if model is not None and model.paths else "",
            kind=model.kind if model is not None else None,
            action=action,
            keyed=keyed,
            certainty=self._certainty.of_query(verdict, action, keyed, sibling is not None),
            entry=entry,
            way=tuple(self._way(verdict, entry)),
            definition=_definition(model),
            sibling=sibling,
            store=model.store if model is not None else "table",
            parent=parent_key(self.judge, query),
            origin=self._telling.origin(query, self._edges(verdict), entry),
            predicate=self._telling.predicate(query, entry),
            changed=tuple(change.place for change in changes),
            figures=action == "read" and gives_figures(query),
        )

    def _edges(self, verdict: Verdict) -> list[Edge]:
        """Return the calls from the entry point to a query."""
        start = verdict.way[0].caller if verdict.way else verdict.query.function
        return [*self.reach.way(start), *verdict.way]

    def _keyed(self, query: Query) -> bool:
        """Rows are named by an id when the statement compares a key or a foreign key with something variable."""
        model = query.chain.model
        for atom in self.judge.queries.atoms(query):
            if atom.value >= 0 and (
                isinstance(query.module.terms[atom.value], Const)
                or self.judge.statement.joins(query.module, atom.value)
            ):
                continue
            last = atom.column[-1]
            if _is_key(last):
                return True
            column = model.columns.get(last) if model is not None else None
            if column is not None and column.target and (column.is_key or self._is_model(column)):
                return True
        return False

    def _is_model(self, column: Column) -> bool:
        """Tell whether a column leads to rows of a model, and is not declared as an enumeration, say."""
        return self.judge.ownership.named(column.target, column.module) is not None

    def _keyed_by_caller(self, verdict: Verdict) -> bool:
        """``find(id=key)`` names one of the rows of ``filter_by(**filters)``."""
        query = verdict.query
        return bool(verdict.way) and any(
            atom.column == WHATEVER
            and any(_is_key(name) for name in self.judge.passed.names(verdict.way[-1], query.function))
            for atom in self.judge.queries.atoms(query)
        )

    def _way(self, verdict: Verdict, entry: EntryPoint | None) -> Iterator[Stop]:
        query = verdict.query
        if entry is not None:
            label = f"{entry.kind} {entry.path or entry.function.name}".rstrip()
            yield Stop(Place(entry.function.module, entry.function.facts.position), f"entry point: {label}")
        for edge in self._edges(verdict):
            event = edge.caller.module.call_event(edge.call)
            position = event.position if event is not None else edge.caller.facts.position
            yield Stop(Place(edge.caller.module, position), f"calls {edge.callee.qualname}")
        yield Stop(Place(query.module, query.event.position), f"queries {query.chain.name}")

    def _view_leaks(self) -> Iterator[Leak]:
        for view in generic_views(self.judge):
            model = view.model
            sibling = self._siblings.get(model)
            yield Leak(
                place=view.place,
                symbol=f"{view.klass.facts.qualname}:{model.name}",
                model=model.name,
                owner=str(model.paths[0]) if model.paths else "id",
                kind=model.kind,
                action=view.action,
                keyed=view.keyed,
                certainty=self._certainty.of_view(view),
                entry=None,
                way=(Stop(view.place, f"generic view of every {model.name}"),),
                definition=_definition(model),
                sibling=sibling,
            )


def _is_key(name: str) -> bool:
    return bool(KEY.search(name)) or (name.endswith("Id") and name[:1].islower())


def _place_of(function: FunctionInfo) -> Place:
    return Place(function.module, function.facts.position)


def statement_place(query: Query) -> Place:
    """Return where the statement begins; one built on an earlier line is mended there, not where it runs."""
    position = query.event.position
    begun = beginning(query)
    if begun is not None and begun.position.line < position.line:
        position = begun.position
    return Place(query.module, position)


def _definition(model: Model | None) -> Place | None:
    """Return where the column stands that makes rows somebody's."""
    if model is None or not model.paths:
        return None
    column = model.columns.get(model.paths[0].columns[0])
    return Place(column.module, column.position) if column is not None else None

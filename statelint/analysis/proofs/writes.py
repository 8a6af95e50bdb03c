"""What a function does with the rows that a query loads: shows, changes or deletes them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.ownership import OwnerKind
from statelint.analysis.proofs.methods import DELETING
from statelint.analysis.proofs.naming import called_name, is_read_from, raw_names
from statelint.analysis.proofs.uses import is_tally
from statelint.analysis.proofs.words import COUNTER, KEYS, OPINIONS
from statelint.analysis.terms import walk
from statelint.extract.facts import Attr, Call, Const, Item, Mapping

if TYPE_CHECKING:
    from collections.abc import Callable

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.ownership import Model
    from statelint.analysis.proofs.judge import Judge
    from statelint.analysis.queries import Query
    from statelint.extract.facts import Event, Term, TermId

_MAX_DEPTH = 3
"""Calls from a function to one that changes the rows that it is handed."""
_FORM = re.compile(r"(Form|Serializer)$|^get_serializer$")
_ADDING = frozenset({"append", "add", "insert", "push"})
_RELATING = frozenset({"add", "remove", "set", "clear"})
"""Methods of relations to many that change which rows are related."""
_LEAVING = frozenset({"$pull", "$pullAll"})
_JOINING = frozenset({"$addToSet", "$push", "$pull"})
_SAVING = frozenset({"save", "asave"})
_SAVING_MANY = frozenset({"bulk_update", "abulk_update"})


class Writes:
    """Tells what happens to the rows of queries."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.queries = judge.queries
        self._known: dict[tuple[FunctionInfo, tuple[TermId, ...], Model | None, int, bool], str] = {}

    def of(self, query: Query, *, unchecked: bool = False) -> str:
        """Return ``read``, ``update`` or ``delete``; whoever counts that a row was shown changes nothing.

        What is done where the rows are the caller's does not count if only the ``unchecked`` is asked for.
        """
        if query.verb == "update" and self._counts(query):
            return "read"
        if query.verb != "read":
            return query.verb
        leaves = (query.leaf, *self._named_by(query))
        done = self.within(query.function, leaves, query.chain.model, unchecked=unchecked)
        return done if done == "delete" else self._by_key(query, leaves, unchecked=unchecked) or done

    def joins(self, query: Query) -> bool:
        """``rooms.update_one({"_id": room_id}, {"$pull": {"members": me}})``: the caller joins or leaves a document.

        Who may join it may be shown it.
        """
        module, model = query.module, query.chain.model
        if query.verb == "read":
            names = self._keys(query)
            return any(
                other.verb == "update"
                and other.chain.model is model
                and names & self._keys(other)
                and self.joins(other)
                and not any(module.text(part) in _LEAVING for part in walk(module, other.leaf))
                for other in self.judge.queries.of(query.function)
            )
        call = module.terms[query.leaf]
        change = module.terms[call.args[1]] if isinstance(call, Call) and len(call.args) > 1 else None
        if query.verb != "update" or model is None or not isinstance(change, Mapping) or change.more:
            return False
        entries = [
            (module.text(name), module.text(key) or "", value)
            for name, fields in zip(change.keys, change.values, strict=True)
            if isinstance(held := module.terms[fields], Mapping)
            for key, value in zip(held.keys, held.values, strict=True)
        ]
        return len(entries) == len(change.keys) > 0 and all(
            how in _JOINING
            and (column := model.columns.get(field.partition(".")[0])) is not None
            and column.many
            and any(
                self.judge.principals.is_principal(module, part)
                for part in self.queries.containment(module).parts(value)
            )
            for how, field, value in entries
        )

    def _by_key(self, query: Query, leaves: tuple[TermId, ...], *, unchecked: bool) -> str:
        """``note = find_one({"_id": note_id})``, ``update_one({"_id": note["_id"]}, …)``: what others do by its key."""
        found = ""
        module = query.module
        for other in self.queries.of(query.function):
            if (
                other.verb in {"update", "delete"}
                and other.chain.model is query.chain.model is not None
                and any(
                    atom.column[-1] in KEYS and atom.op == "==" and _is_key_of(module, atom.value, query.leaf)
                    for atom in self.queries.atoms(other)
                )
                and not (unchecked and self._is_checked(module, other.event, leaves))
                and not self._counts(other)
                and not self.joins(other)
            ):
                found = other.verb if found != "delete" else found
        return found

    def _keys(self, query: Query) -> set[str]:
        return {name for key in self.judge.keys(query) for name in raw_names(query.module, key)}

    def within(
        self,
        function: FunctionInfo,
        leaves: tuple[TermId, ...],
        model: Model | None,
        depth: int = 0,
        *,
        unchecked: bool = False,
    ) -> str:
        """Return what a function, and those that it hands them to, do with the rows that ``leaves`` stand for."""
        key = (function, leaves, model, depth, unchecked)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._within(function, leaves, model, depth, unchecked=unchecked)
        return found

    def _within(
        self, function: FunctionInfo, leaves: tuple[TermId, ...], model: Model | None, depth: int, *, unchecked: bool
    ) -> str:
        module = function.module
        checked: dict[int, bool] = {0: False}

        def is_checked(event: Event) -> bool:
            if event.condition not in checked:
                checked[event.condition] = self._is_checked(module, event, leaves)
            return checked[event.condition]

        def is_row(term: TermId) -> bool:
            return any(is_read_from(module, term, leaf) for leaf in leaves)

        published = model is not None and model.is_published
        # What many have a part in is counted down when one takes it, and up when it comes back.
        shared = model is not None and model.kind is OwnerKind.MEMBERSHIP
        verb = "read"
        counted = False
        for event in function.events:
            held = module.terms[event.term] if event.term >= 0 else None
            if unchecked and is_checked(event):
                continue
            if event.op == "write" and event.how != "del":
                if isinstance(held, Attr) and is_row(held.base) and self._keeps(module, model, held):
                    counts = (
                        COUNTER.search(held.name) is not None
                        or (published and OPINIONS.search(held.name) is not None)
                        or (shared and event.how in {"+=", "-="})
                        or (published and event.how in {"+=", "-="} and _is_one(module, event.value))
                        or is_tally(function, event, held)
                    )
                    counted = counted or counts
                    verb = verb if counts else "update"
            elif event.op == "call" and isinstance(held, Call) and event.term not in leaves:
                func = module.terms[held.func]
                name = called_name(module, held)
                on_row = isinstance(func, Attr) and is_row(func.base)
                if published and on_row and isinstance(func, Attr):
                    # Readers add their comments and likes to what is published, and take them back.
                    relation = module.last_name(func.base)
                    counted = counted or name in _ADDING or self.judge.ownership.is_audience(relation)
                if any(self.judge.uses.joins(module, event.term, leaf) for leaf in leaves):
                    counted = True
                elif on_row and name in _RELATING and not published and _is_related(module, model, func):
                    verb = "update"
                if name in DELETING and (on_row or any(map(is_row, held.args))):
                    return "delete"
                changed = self.judge.uses.methods.changes(module, held) if on_row else ""
                if changed == "delete":
                    return changed
                if not (counted and name in _SAVING):
                    verb = changed or verb
                saved = isinstance(func, Attr) and (on_row or self._fills(module, leaves[0], func.base))
                if (
                    (name in _SAVING and (saved or any(map(is_row, held.args))) and not counted)
                    or (name in _SAVING_MANY and any(map(is_row, held.args)))
                    or (name == "setattr" and bool(held.args) and is_row(held.args[0]))
                ):
                    verb = "update"
        if published and any(self._takes_part(module, call, is_row) for _, call in function.calls):
            return "read"
        if counted or depth >= _MAX_DEPTH:
            return verb
        handed = self._handed(function, leaves, is_row, model, depth, unchecked=unchecked)
        return handed if handed != "read" else verb

    def _is_checked(self, module: Module, event: Event, leaves: tuple[TermId, ...]) -> bool:
        """``if post.author == current_user: post.delete()``: tell whether the owner alone gets to an event."""
        conditions = (module.facts.conditions[step] for step in self.judge.exits.chain(module, event.condition))
        return any(
            self.judge.rows.is_check(module, held.test, leaf, held.positive) for held in conditions for leaf in leaves
        )

    def _takes_part(self, module: Module, call: Call, is_row: Callable[[TermId], bool]) -> bool:
        """``Bid(bidder=request.user, listing=listing)``: what is published changes by what its readers add to it."""
        given = [value for _, value in call.keywords]
        return any(map(is_row, given)) and any(self.judge.principals.is_principal(module, value) for value in given)

    def _handed(
        self,
        function: FunctionInfo,
        leaves: tuple[TermId, ...],
        is_row: Callable[[TermId], bool],
        model: Model | None,
        depth: int,
        *,
        unchecked: bool,
    ) -> str:
        """Return what those whom a function hands rows do with them: ``repository.update(note, body)``."""
        verb = "read"
        module = function.module
        for edge in self.judge.graph.callees.get(function, ()):
            call = module.terms[edge.call] if edge.call >= 0 and edge.kind == "call" else None
            if not isinstance(call, Call) or not any(map(is_row, call.arguments)):
                continue
            event = module.call_event(edge.call)
            if unchecked and event is not None and self._is_checked(module, event, leaves):
                continue
            for index in range(int(edge.bound), len(edge.callee.facts.parameters)):
                given = edge.callee.module.parameter_term(edge.callee, index)
                argument = self.judge.inference.argument(module, edge.call, edge.callee, index, edge.bound)
                if given < 0 or argument < 0 or not is_row(argument):
                    continue
                done = self.within(edge.callee, (given,), model, depth + 1, unchecked=unchecked)
                if done == "delete":
                    return done
                verb = done if done != "read" else verb
        return verb

    def _keeps(self, module: Module, model: Model | None, target: Attr) -> bool:
        """Tell whether the database keeps what is written; ``note.is_mine = True`` may be for the page alone."""
        klass = model.klass if model is not None else None
        if model is None or klass is None or isinstance(module.terms[target.base], Attr):
            return True
        return target.name in model.columns or any(
            place.attribute(target.name) is not None or place.method(target.name) is not None
            for place in self.judge.inference.mro(klass)[0]
        )

    def _fills(self, module: Module, leaf: TermId, term: TermId) -> bool:
        """``NoteForm(request.POST, instance=note)``: saving the form saves the row."""
        call = module.terms[term]
        return (
            isinstance(call, Call)
            and bool(self.judge.uses.forms(module, call) or _FORM.search(called_name(module, call)))
            and any(is_read_from(module, given, leaf) for given in call.arguments)
        )

    def _named_by(self, query: Query) -> list[TermId]:
        """Return the rows of other statements that nothing ties to anybody but the query's own rows.

        ``variant = get(Variant, id=variant_id, product=product)``: who may ask for any product may change its variants.
        """
        holds = self.queries.containment(query.module).holds
        return [
            other.leaf
            for other in self.queries.of(query.function)
            if other.leaf != query.leaf
            and holds(other.leaf, query.leaf)
            and self.judge.statement.predicate(
                other,
                [atom for atom in self.queries.atoms(other) if atom.value >= 0 and not holds(atom.value, query.leaf)],
            )
            is None
        ]

    def _counts(self, query: Query) -> bool:
        """``.update(views=F("views") + 1)``, ``.update({Ad.views: Ad.views + 1})``: it says that the row was seen."""
        names: list[str] = []
        for step in query.chain.steps:
            if step.method not in self.queries.words["updates"]:
                continue
            names += [name for name, _ in step.keywords]
            for argument in step.args:
                given = query.module.terms[argument]
                if isinstance(given, Mapping):
                    names += (query.module.text(key) or query.module.last_name(key) for key in given.keys)
        return bool(names) and all(map(COUNTER.search, names))


def _is_one(module: Module, term: TermId) -> bool:
    """Tell whether a term is the number by which readers count: ``post.pins += 1``."""
    held = module.terms[term] if term >= 0 else None
    return isinstance(held, Const) and held.value == 1


def _is_key_of(module: Module, term: TermId, row: TermId) -> bool:
    """Tell whether a term is the key of the row that ``row`` loads: ``note.id``, ``note["_id"]``."""
    held = module.terms[term] if term >= 0 else None
    if isinstance(held, Item):
        return held.base == row and module.text(held.key) in KEYS
    return isinstance(held, Attr) and held.base == row and held.name in KEYS


def _is_related(module: Module, model: Model | None, func: Term) -> bool:
    """``project.members.remove(user)``: tell whether a method is called on a relation that the model declares."""
    relation = module.terms[func.base] if isinstance(func, Attr) else None
    column = model.columns.get(relation.name) if model is not None and isinstance(relation, Attr) else None
    return column is not None and column.many

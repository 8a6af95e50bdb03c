"""The statement itself: does a predicate tie it to the caller, or to rows that are judged elsewhere?"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from statelint.analysis.model import Instance, Result
from statelint.analysis.ownership import snake
from statelint.analysis.proofs.databases import in_own_database
from statelint.analysis.proofs.housekeeping import is_housekeeping, is_left_behind
from statelint.analysis.proofs.managers import Managers
from statelint.analysis.proofs.naming import called_name, raw_names
from statelint.analysis.proofs.narrowed import Narrowed
from statelint.analysis.proofs.published import Published
from statelint.analysis.proofs.tokens import Tokens
from statelint.analysis.proofs.verdict import Proof
from statelint.analysis.proofs.words import (
    CREDENTIAL,
    KEYS,
    NAMES,
    NEGATIVE,
)
from statelint.analysis.reach import Reach
from statelint.extract.facts import (
    Attr,
    Binary,
    Call,
    Cell,
    Comprehension,
    Const,
    Element,
    Item,
    Mapping,
    Name,
    Param,
    Sequence,
    Star,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.ownership import Model
    from statelint.analysis.proofs.judge import Judge
    from statelint.analysis.queries import Atom, Query
    from statelint.extract.facts import TermId

MAX_DEPTH = 3
"""Functions between a statement and the one that makes its condition."""
_IDENTIFIES = re.compile(r"^(id|pk|_id|uuid|uid|guid|sub|login|name|nick_?name|handle)$|_(id|uuid)$", re.IGNORECASE)
"""Columns of users and tenants that say which one."""
_JOINING = frozenset({"join", "outerjoin", "join_from", "select_from", "has", "any", "left_outer_join"})
"""Steps that add another model to a statement."""
_ALIASES = frozenset({"aliased", "alias"})
"""Calls that give a model another name in a statement."""
_TO_WHOM = re.compile(r"(^|_)(recipient|receiver|payee|beneficiary|destination)(_|$)")
"""Names of what says who is given something."""
_SETTING = re.compile(r"(^|\.)[A-Z][A-Z0-9_]+$")
"""Constants, of modules and of settings."""


class Statement:
    """Proofs that lie in a query's own predicates."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.inference = judge.inference
        self.ownership = judge.ownership
        self.principals = judge.principals
        self.queries = judge.queries
        self.reach = judge.reach
        self._managers = Managers(judge, self.predicate)
        self._published = Published(judge)
        self._tokens = Tokens(judge.inference)
        self._narrowed = Narrowed(judge, self.predicate)

    def predicate(self, query: Query, atoms: list[Atom]) -> Proof | None:
        """Return what the statement's comparisons prove."""
        module = query.module
        if (
            self._managers.asks_with_caller(query)
            or self._compared_by_helper(query)
            or self._narrowed.by_helper(query)
            or in_own_database(self.queries, self.principals, query)
        ):
            return Proof.PREDICATE
        if is_left_behind(query, atoms) or (query.verb != "read" and is_housekeeping(self.queries, module, atoms)):
            return Proof.OFFLINE
        for atom in atoms:
            if atom.optional >= 0 and not (
                self.principals.mentions_identity(module, atom.optional)
                or self.principals.is_principal(module, atom.value)
                or self._bound_to_object(module, atom.value)
            ):
                continue
            if atom.op in NEGATIVE:
                continue
            if self.on_owner(query, atom):
                return Proof.PREDICATE
            if self._is_credential(query, atom):
                return Proof.OWN_ROW
            if self._is_other_party(query, atom):
                return Proof.RELATION
            if (
                self._tokens.asked(query, atom)
                or self._tokens.presented(query, self.principals)
                or self._configured(module, atom)
                or self.judge.session_keys.holds(module, atom.value)
            ):
                return Proof.OWN_ROW
            if atom.value >= 0:
                if (
                    self.principals.is_principal(module, atom.value)
                    or self._names_caller(module, atom.value)
                    or self._validated(module, atom.value)
                ):
                    return Proof.RELATION
                if self.judge.loaded.gives(query.function, atom.value, query.leaf) or self._made_for_row(
                    query.function, atom.value
                ):
                    return Proof.PARENT
                if self.of_loaded_row(module, atom.value, _relation(query, atom)):
                    return Proof.RELATION
        if self._managers.narrows(query):
            return Proof.RELATION
        return Proof.PUBLIC if self._published.asks(query, atoms) else None

    def _names_caller(self, module: Module, term: TermId) -> bool:
        """``members__elemMatch={"user": user.id}``: what is looked for names the caller."""
        return isinstance(module.terms[term], Mapping) and any(
            self.principals.is_principal(module, part) for part in self.queries.containment(module).parts(term)
        )

    def _is_credential(self, query: Query, atom: Atom) -> bool:
        """``token=…``: who has the value may see the row; a slug stands in every link, and lets nobody change it."""
        return (
            any(CREDENTIAL.search(part) for part in atom.column)
            and atom.column[-1] not in KEYS
            and not (atom.column[-1].endswith("slug") and self.judge.writes.of(query) != "read")
        )

    @staticmethod
    def _is_other_party(query: Query, atom: Atom) -> bool:
        """``Account.objects.get(number=recipient_number)``: whoever gives says to whom, by what the other told them."""
        return (
            atom.value >= 0
            and atom.column[-1] not in KEYS
            and not atom.column[-1].endswith("_id")
            and any(_TO_WHOM.search(name) for name in (*raw_names(query.module, atom.value), query.function.name))
        )

    @staticmethod
    def _configured(module: Module, atom: Atom) -> bool:
        """``Space.objects.get(id=settings.DEFAULT_SPACE)``: no request chooses the row."""
        return atom.column[-1] in KEYS | NAMES and _SETTING.search(module.dotted(atom.value)) is not None

    def _validated(self, module: Module, value: TermId) -> bool:
        """``MergeForm(user=request.user, …).cleaned_data["tags"]``: a form that knows the caller has looked at it."""
        for part in self.queries.containment(module).parts(value):
            call = module.terms[part]
            if not isinstance(call, Call) or not any(
                self.judge.rows.tells_caller(module, given) for given in call.arguments
            ):
                continue
            for form in self.judge.uses.forms(module, call):
                methods = (form.module.functions[index] for index in form.facts.methods.values())
                if any(map(self.judge.regard.weighs, methods)):
                    return True
        return False

    @staticmethod
    def _bound_to_object(module: Module, term: TermId) -> bool:
        """``self.group_id``: the object was made for an owner, if it has one."""
        held = module.terms[term] if term >= 0 else None
        base = module.terms[held.base] if isinstance(held, Attr) else None
        return isinstance(base, Param) and base.index == 0 and module.functions[base.function].owner is not None

    def _made_for_row(self, function: FunctionInfo, value: TermId) -> bool:
        """``self.website_id``: whoever makes the object gives it the id of a loaded row, or the caller's."""
        module = function.module
        held = module.terms[value]
        base = module.terms[held.base] if isinstance(held, Attr) else None
        constructor = function.owner and self.inference.method(function.owner, "__init__")
        if not (isinstance(held, Attr) and isinstance(base, Param) and base.index == 0 and constructor):
            return False
        home = constructor.module
        for event in constructor.events:
            target = home.terms[event.term] if event.op == "write" else None
            given = home.terms[event.value] if event.value >= 0 else None
            if isinstance(target, Attr) and target.name == held.name and isinstance(given, Param):
                made = [
                    (
                        edge.caller,
                        self.inference.argument(edge.caller.module, edge.call, constructor, given.index, True),
                    )
                    for edge in self.judge.graph.callers.get(constructor, ())
                    if edge.call >= 0 and self.reach.of(edge.caller) is not Reach.OFFLINE
                ]
                return bool(made) and all(
                    argument >= 0
                    and (
                        self.principals.is_principal(caller.module, argument)
                        or self.judge.loaded.gives(caller, argument)
                        or self.of_loaded_row(caller.module, argument, "")
                    )
                    for caller, argument in made
                )
        return False

    def _compared_by_helper(self, query: Query) -> bool:
        """``.where(_scope(household, user))``: whatever a function returns compares an owner's column."""
        return any(
            self._made_by_helper(query, (*step.args, *(value for name, value in step.keywords if not name)))
            for step in query.chain.steps
            if step.method in self.queries.words["filters"] and step.optional < 0
        )

    def _made_by_helper(self, query: Query, conditions: Iterable[TermId], depth: int = 0) -> bool:
        """Tell whether one of the conditions is made by a function that always compares an owner's column."""
        return depth < MAX_DEPTH and any(
            self._compares_owner(query, function, depth)
            for call in self._conjuncts(query.module, conditions)
            for function in self.inference.callees(query.module, call)
        )

    def _conjuncts(self, module: Module, terms: Iterable[TermId]) -> Iterator[Call]:
        """Yield the calls among the conditions that must all hold, also those in lists and outside of a closure."""
        for term in terms:
            held = module.terms[term]
            match held:
                case Call():
                    yield held
                    if called_name(module, held) == "and_":
                        yield from self._conjuncts(module, held.args)
                case Star(value=value):
                    yield from self._conjuncts(module, (value,))
                case Sequence(items=items):
                    yield from self._conjuncts(module, items)
                case Binary(op=op, left=left, right=right) if op != "|":
                    yield from self._conjuncts(module, (left, right))
                case Cell(function=function, name=name):
                    cells = module.functions[function].facts.cells.get(name, ())
                    yield from self._conjuncts(module, cells if len(cells) == 1 else ())

    def _compares_owner(self, query: Query, function: FunctionInfo, depth: int) -> bool:
        module = function.module
        returned = [event.term for event in function.events if event.op == "return"]
        there = query._replace(function=function)
        return bool(returned) and all(
            term >= 0
            and (
                any(
                    atom.op not in NEGATIVE and atom.optional < 0 and self.on_owner(there, atom)
                    for atom in self.queries.compared(module, term)
                )
                or self._made_by_helper(there, (term,), depth + 1)
            )
            for term in returned
        )

    def of_loaded_row(self, module: Module, value: TermId, stem: str) -> bool:
        """Tell whether a value is, or is read from, a row that somebody else loaded: the query asks for its relatives.

        Whoever loaded that row is judged for it. ``stem`` names the relation that the value is compared with.
        """
        at = value
        path: list[str] = []
        while True:
            held = module.terms[at]
            if isinstance(held, Attr):
                path.append(held.name)
                at = held.base
            elif isinstance(held, (Item, Element)):
                at = held.base
            elif isinstance(held, Call) and path:
                at = held.func
            elif isinstance(held, Comprehension):
                path.append("*")
                at = held.iterables[0] if held.iterables else held.element
            else:
                break
        held = module.terms[at]
        if not isinstance(held, Param):
            return False
        holder = module.functions[held.function]
        if held.index == 0 and holder.owner is not None and self.inference.method_kind(holder) == "instance":
            return any(klass in self.ownership.models for klass in self.inference.mro(holder.owner)[0]) or (
                bool(path) and self.judge.loaded.keeps(holder.owner, path[-1])
            )
        values = self.inference.parameter(holder, held.index)
        if not path and not stem:
            return False
        if any(isinstance(value, Instance) and value.klass in self.ownership.models for value in values):
            return True
        if holder in self.reach.entry_points:
            return False
        # Untyped: `widgets_of(dashboard)` asks for dashboard_id == dashboard.id.
        name = snake(holder.facts.parameters[held.index].name)
        return (
            (name in {stem, f"{stem}s"} or (bool(path) and name in self._model_names))
            and (not path or path[0] in KEYS)
            and not any(isinstance(value, (Instance, Result)) for value in values)
        )

    def on_owner(self, query: Query, atom: Atom) -> bool:
        """Tell whether the atom compares an owner column of the model, of a parent or of a joined model."""
        module = query.module
        fixed = module.terms[atom.value] if atom.value >= 0 else None
        if isinstance(fixed, Const) and fixed.value is not None and atom.op == "==":
            return False
        if self.joins(module, atom.value):
            return False
        model = atom.model or query.chain.model
        known = self._owner_columns(model)
        for part in atom.column:
            if part in known or part.removesuffix("_id") in known:
                return True
            if model is not None and part.removesuffix("_id") in model.parents:
                # Rows of a customer are whose the customer is.
                continue
            column = model.columns.get(part) if model is not None else None
            if self.ownership.column_kind(part) is not None and (
                column is None or (column.target == "" and not self.ownership.is_label(column))
            ):
                return True
        joined = atom.model
        return (
            joined is not None
            and joined is not query.chain.model
            and (joined.is_principal or joined.is_tenant)
            and _IDENTIFIES.search(atom.column[-1]) is not None
            and self._is_joined(query)
        )

    def _is_joined(self, query: Query) -> bool:
        """Tell whether a statement says how its models go together; ``select(Note).where(User.id == me)`` does not."""
        return any(step.method in _JOINING for step in query.chain.steps) or any(
            self.joins(query.module, atom.value) for atom in self.queries.atoms(query)
        )

    def joins(self, module: Module, value: TermId) -> bool:
        """``Note.user_id == User.id``: rows go together with their owners, whoever these are."""
        held = module.terms[value] if value >= 0 else None
        if not isinstance(held, Attr):
            return False
        base = module.terms[held.base]
        if isinstance(base, Call):
            return called_name(module, base) in _ALIASES
        return isinstance(base, (Name, Attr, Param)) and self.queries.entity(module, held.base) is not None

    @cached_property
    def _model_names(self) -> frozenset[str]:
        """What parameters are called that hold a row of an owned model."""
        return frozenset(snake(model.name) for model in self.ownership.models.values() if model.owned)

    @staticmethod
    def _owner_columns(model: Model | None) -> frozenset[str]:
        if model is None:
            return frozenset()
        names = set(model.own_columns)
        for path in model.paths:
            names.update(path.columns[-1:])
        return frozenset(names)


def _relation(query: Query, atom: Atom) -> str:
    """Return the relation that an atom compares: ``book`` of ``book_id``; of the key or a plain ``title``, nothing."""
    first = atom.column[0]
    if first in KEYS:
        return ""
    stem = re.sub(r"_(id|uuid|pk)$", "", first)
    column = query.chain.model.columns.get(first) if query.chain.model is not None else None
    return "" if column is not None and not column.target and stem == first else stem

"""The comparisons that a statement makes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.model import ClassValue, External
from statelint.analysis.ownership import MARKS_PUBLIC
from statelint.analysis.ownership.keys import primary_key
from statelint.analysis.queries.query import WHATEVER, Atom
from statelint.analysis.queries.truth import Truth
from statelint.analysis.terms import walk
from statelint.extract.facts import (
    NO_TERM,
    Attr,
    Binary,
    Call,
    Choice,
    Compare,
    Element,
    FunctionRef,
    Logic,
    Mapping,
    Name,
    Param,
    Sequence,
    Star,
    Unary,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.analysis.model import Module
    from statelint.analysis.ownership import Model
    from statelint.analysis.queries.entities import Entities
    from statelint.analysis.queries.query import Query, Step
    from statelint.extract.facts import Term, TermId


COMPARISONS = {
    "eq": "==", "neq": "!=", "in_": "in", "is_": "is", "contains": "in", "like": "like", "ilike": "like", "gt": ">",
    "gte": ">=", "lt": "<", "lte": "<=", "filter": "==", "overlaps": "in", "contained_by": "in",
}  # fmt: skip
"""Steps of PostgREST whose first argument is a column, and their last a value."""
_GIVEN = frozenset({"defaults", "create_defaults"})
"""Keywords of ``get_or_create`` that hold values, not predicates."""
_OF_JOINS = frozenset({"isouter", "full"})
"""Keywords of a statement's joins that are no columns."""
_IDENTITIES = frozenset({"pk", "ident"})
"""Keywords whose value is a whole key."""
_KEYED = frozenset({"get_by_id", "delete_by_id", "aget", "query"})
"""Methods of models, besides those that fetch by key, whose argument is a key unless it is a predicate."""


class Predicates:
    """Reads the predicates of a statement's steps."""

    def __init__(self, entities: Entities) -> None:
        self.entities = entities
        self.words = entities.inference.catalogue.queries
        self._truth = Truth(entities.inference, self._column)

    def atoms(self, query: Query) -> list[Atom]:
        """Return the comparisons that the statement makes."""
        if query.given is not None:
            return list(query.given)
        found: list[Atom] = []
        model = query.chain.model
        for step in query.chain.steps:
            column = self._named(query.module, step)
            if column:
                found.append(Atom((column,), step.args[-1], COMPARISONS[step.method], step.optional, model))
                continue
            if step.method not in self.words["filters"]:
                continue
            if step.method == "exclude":
                found += self._excluded(query, step)
                continue
            for name, value in step.keywords:
                if (name in _GIVEN and step.method.endswith("or_create")) or name in _OF_JOINS:
                    continue
                if name in _IDENTITIES:
                    found += self._by_key(query.module, model, value, step.optional)
                elif name:
                    found.append(Atom(_path(name), value, "==", step.optional, model))
                elif isinstance(query.module.terms[value], Param):
                    found.append(Atom(WHATEVER, value, "==", step.optional, model))
                if not name or isinstance(query.module.terms[value], (Binary, Compare, Logic)):
                    found += self.positional(query.module, value, step.optional)
            for argument in step.args:
                inner = list(self.positional(query.module, argument, step.optional))
                if not inner and step.method in self.words["by_key"] | _KEYED:
                    inner = list(self._by_key(query.module, model, argument, step.optional))
                found += inner
        return found

    def dropped(self, query: Query) -> Iterator[TermId]:
        """Yield the conditions that Python's ``and`` or ``or`` keeps from the database."""
        for step in query.chain.steps:
            if step.method in self.words["filters"]:
                for part in walk(query.module, *step.args):
                    held = query.module.terms[part]
                    if isinstance(held, Logic):
                        yield from set(held.values).difference(self._truth.kept(query.module, held))

    def _by_key(self, module: Module, model: Model | None, key: TermId, optional: TermId) -> Iterator[Atom]:
        """Yield what a key compares: ``session.get(Note, (me, note_id))`` names the owner's column by its place."""
        held = module.terms[key]
        values = held.items if isinstance(held, Sequence) else (key,)
        columns: tuple[str, ...] = ()
        if model is not None and model.klass is not None and len(values) > 1:
            columns = primary_key(self.entities.inference, model.klass)
        for place, value in enumerate(values):
            known = model is not None and len(columns) == len(values) and columns[place] in model.own_columns
            yield Atom((columns[place] if known else "pk",), value, "==", optional, model)

    @staticmethod
    def _named(module: Module, step: Step) -> str:
        """Return the column of a comparison that names it as text: ``.eq("user_id", me)``."""
        if step.method not in COMPARISONS or len(step.args) != (3 if step.method == "filter" else 2):
            return ""
        return module.text(step.args[0]) or ""

    def _excluded(self, query: Query, step: Step) -> Iterator[Atom]:
        """Yield what holds for the rows that are left; after ``exclude(~Q(owner=me))`` they are mine."""
        terms = query.module.terms
        named = query._replace(chain=query.chain._replace(steps=(step._replace(method="filter"),)))
        yield from (atom._replace(op="!=") for atom in self.atoms(named))
        for argument in step.args:
            held = terms[argument]
            if isinstance(held, Unary) and held.op == "~":
                yield from self.positional(query.module, held.value, step.optional)

    def positional(self, module: Module, term: TermId, optional: TermId, depth: int = 0) -> Iterator[Atom]:
        """Yield the comparisons that an argument of a filter stands for."""
        if term < 0 or depth > 12:
            return
        held = module.terms[term]
        match held:
            case Compare(op=op, left=left, right=right):
                for column, value in ((left, right), (right, left)):
                    path, model = self._column(module, column)
                    if path:
                        yield Atom(path, value, op, optional, model)
            case Logic():
                for value in self._truth.kept(module, held):
                    yield from self.positional(module, value, optional, depth + 1)
            case Binary(left=left, right=right):
                yield from self.positional(module, left, optional, depth + 1)
                yield from self.positional(module, right, optional, depth + 1)
            case Star(value=value):
                yield from self.positional(module, value, optional, depth + 1)
            case Sequence(items=items):
                for item in items:
                    yield from self.positional(module, item, optional, depth + 1)
            case Choice(test=test, then=then, other=other):
                yield from self.positional(module, then, test, depth + 1)
                yield from self.positional(module, other, test, depth + 1)
            case Mapping(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    text = module.text(key) if key >= 0 else None
                    if text is not None:
                        yield Atom(_path(text), value, "==", optional)
                    yield from self.positional(module, value, optional, depth + 1)
            case Call() if self._asks_existence(module, held):
                yield from self._of_existing(module, term, optional, depth)
            case Call(func=func, args=args, keywords=keywords):
                called = module.terms[func]
                if isinstance(called, Attr) and called.name in {
                    "in_",
                    "is_",
                    "contains",
                    "any",
                    "has",
                    "any_",
                    "like",
                    "ilike",
                    "notin_",
                    "isnot",
                    "op",
                }:
                    path, model = self._column(module, called.base)
                    if path:
                        yield Atom(path, args[0] if args else -1, called.name, optional, model)
                for name, value in keywords:
                    if name:
                        yield Atom(_path(name), value, "==", optional)
                for argument in args:
                    yield from self.positional(module, argument, optional, depth + 1)
            case Attr(name=name) if MARKS_PUBLIC.search(name):
                # where(Note.is_public)
                path, model = self._column(module, term)
                if path:
                    yield Atom(path, NO_TERM, "==", optional, model)
            case FunctionRef(function=function):
                # Pony: Note.get(lambda n: n.user == me)
                for event in module.functions[function].events:
                    if event.op == "return" and event.term >= 0:
                        yield from self.positional(module, event.term, optional, depth + 1)
            case _:
                return

    @staticmethod
    def _asks_existence(module: Module, call: Call) -> bool:
        """Tell whether a call is ``exists(…)`` with what was added to it, or ends a statement so."""
        at: Term = call
        while isinstance(at, Call):
            func = module.terms[at.func]
            if module.last_name(at.func) in {"exists", "Exists"}:
                return True
            at = module.terms[func.base] if isinstance(func, Attr) else func
        return False

    def _of_existing(self, module: Module, term: TermId, optional: TermId, depth: int) -> Iterator[Atom]:
        """Yield the comparisons of an ``EXISTS`` that is about the rows around it; another says nothing of them."""
        parts = list(walk(module, term))
        compared = [held for part in parts if isinstance(held := module.terms[part], Compare)]
        sides = [[self._column(module, side) for side in (held.left, held.right)] for held in compared]
        related = any(left[0] and right[0] and left[1] is not right[1] for left, right in sides)
        if not related and not refers_outside(module, parts):
            return
        for part in parts:
            held = module.terms[part]
            if isinstance(held, Compare):
                yield from self.positional(module, part, optional, depth + 1)
            elif isinstance(held, Call):
                for name, value in held.keywords:
                    if name:
                        yield Atom(_path(name), value, "==", optional)

    def _column(self, module: Module, term: TermId) -> tuple[tuple[str, ...], Model | None]:
        """Return the column path that ``Model.column`` (or ``table.c.column``) names, and the model if it is known."""
        parts: list[str] = []
        at = term
        while True:
            held = module.terms[at]
            if parts and self.entities.model(module, at) is not None:
                break
            if isinstance(held, Attr):
                parts.append(held.name)
                at = held.base
            elif isinstance(held, Call):
                # col(Model.owner_id), func.lower(Model.email), Model.owner_id.cast(…)
                func = module.terms[held.func]
                if held.args and not parts:
                    at = held.args[0]
                elif isinstance(func, Attr) and self.entities.entity(module, func.base) is not None:
                    at = func.base
                else:
                    break
            elif isinstance(held, Element):
                at = held.base
            else:
                break
        path = tuple(reversed([part for part in parts if part != "c"]))
        model = self.entities.model(module, at)
        if not path or model is not None:
            return path, model
        values = self.entities.inference.term(module, at)
        root = module.terms[at]
        if any(isinstance(value, (ClassValue, External)) for value in values) or "c" in parts[1:]:
            return path, None
        if isinstance(root, Name) and root.id[:1].isupper() and not values:
            return path, None
        if isinstance(root, Param) and module.functions[root.function].name == "<lambda>" and path:
            return path, None
        return (), None


def refers_outside(module: Module, parts: Iterable[TermId]) -> bool:
    """Tell whether a statement names the rows of the one around it: ``OuterRef("id")``, of Django."""
    calls = (held for part in parts if isinstance(held := module.terms[part], Call))
    return any(module.last_name(call.func) == "OuterRef" for call in calls)


def _path(name: str) -> tuple[str, ...]:
    """Return the columns of ``conversation__user__exact``, without the word for equality."""
    parts = [part for part in re.split(r"__|\.", name) if part]
    return tuple(parts[:-1] if len(parts) > 1 and parts[-1] in {"exact", "iexact"} else parts)

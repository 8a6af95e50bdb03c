"""Questions to MongoDB (PyMongo, Motor): collections, what their documents hold, and the filters asked with."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.constants import Constants
from statelint.analysis.model import ClassValue, External, FunctionValue, Instance, Package, Result
from statelint.analysis.ownership import snake
from statelint.analysis.proofs.words import OPINIONS
from statelint.analysis.queries import Atom, Chain, Query
from statelint.analysis.stores.calls_on import CallsOn
from statelint.analysis.stores.contents import fields_of, stored_fields
from statelint.extract.facts import (
    NO_TERM,
    Attr,
    Binary,
    Call,
    Cell,
    Choice,
    Item,
    Mapping,
    Name,
    Param,
    Sequence,
    Unknown,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.ownership import Ownership
    from statelint.extract.facts import Event, TermId

VERBS = {
    "find_one": "read", "find": "read", "aggregate": "read", "count_documents": "read", "distinct": "read",
    "update_one": "update", "update_many": "update", "replace_one": "update", "find_one_and_update": "update",
    "find_one_and_replace": "update", "delete_one": "delete", "delete_many": "delete", "find_one_and_delete": "delete",
    "insert_one": "insert", "insert_many": "insert",
}  # fmt: skip
_GIVEN = frozenset({"filter", "pipeline", "document", "documents", "update", "replacement"})
"""Keywords for what may be given by position, too."""
_KEYS = frozenset({("_id",), ("id",)})
MAX_DEPTH = 12

_DATABASE = re.compile(
    r"^_?(get_)?(mongo_?)?(db|database|client|mongo|mongodb)(_conn(ection)?|_client)?$", re.IGNORECASE
)
_COLLECTION = re.compile(r"^_?(?:get_)?(?P<name>\w+?)_(?:collection|coll|col)$", re.IGNORECASE)
_GETTER = re.compile(r"^_?(get|open|fetch)(_or_create)?_(collection|coll|col)$", re.IGNORECASE)
"""Functions that are told which collection to give."""
_DRIVERS = ("pymongo.", "motor.", "flask_pymongo.")


class Condition(NamedTuple):
    """``path op value`` in a filter; ``test`` is what it depends on, or ``NO_TERM``."""

    path: tuple[str, ...]
    value: TermId
    op: str
    test: TermId


class Document(NamedTuple):
    """One call on a collection: the fields it filters by or fills, and whether more may be there than is seen."""

    function: FunctionInfo
    event: Event
    collection: str
    verb: str
    filters: tuple[Condition, ...]
    fields: tuple[str, ...]
    is_open: bool
    changed: tuple[str, ...] = ()
    """The fields that an update changes, as far as they are known."""


class Documents(CallsOn[Document]):
    """Finds the calls on collections, function by function."""

    packages = frozenset({"pymongo", "motor", "flask_pymongo"})
    lists_members = True

    @cached_property
    def _constants(self) -> Constants:
        return Constants(self.inference)

    def _named(self, module: Module, term: TermId) -> str:
        """Return the text that a literal or a constant of the project says, or an empty string."""
        found = self._constants.value(module, term)
        return found if isinstance(found, str) else ""

    def _read(self, function: FunctionInfo, event: Event, call: Call, func: Attr) -> Iterator[Document]:
        module = function.module
        if func.name not in VERBS:
            return
        collection = self.collection(module, func.base)
        if not collection:
            return
        verb = VERBS[func.name]
        given = list(call.args) + [value for name, value in call.keywords if name in _GIVEN]
        if func.name == "distinct":
            given = given[1:]
        if verb == "insert":
            fields = tuple(stored_fields(self.inference, function, given[0])) if given else ()
            yield Document(function, event, collection, verb, (), fields, False)
            return
        filters: list[Condition] = []
        is_open = bool(given) and not self._conditions(module, given[0], NO_TERM, filters)
        fields = tuple(condition.path[0] for condition in filters)
        if verb == "update" and len(given) > 1:
            fields += tuple(self._set(module, given[1]))
        changed = tuple(_changed(module, given[1])) if verb == "update" and len(given) > 1 else ()
        yield Document(function, event, collection, verb, tuple(filters), fields, is_open, changed)

    # -- which collection

    def collection(self, module: Module, term: TermId, depth: int = 0) -> str:
        """Return the name of the collection that ``term`` is, or an empty string."""
        if term < 0 or depth > MAX_DEPTH:
            return ""
        held = module.terms[term]
        match held:
            case Item(base=base, key=key):
                return self._named(module, key) if self._database(module, base) else ""
            case Call(func=func, arguments=arguments):
                return self._called(module, func, arguments, depth)
            case Name(id=name):
                home, bindings = self.inference.definition(module, name)
                for binding in bindings:
                    found = self.collection(home, binding.value, depth + 1)
                    if found:
                        return found
                return _stem(name)
            case Attr(base=base, name=name):
                return self._attribute(module, base, name, depth)
            case Choice(then=then, other=other):
                return self.collection(module, then, depth + 1) or self.collection(module, other, depth + 1)
            case Cell(function=function, name=name):
                cells = module.functions[function].facts.cells.get(name, ())
                return next((found for cell in cells if (found := self.collection(module, cell, depth + 1))), "")
            case Param(function=function, index=index):
                return self._handed(module.functions[function], index, depth)
            case _:
                return ""

    def _handed(self, function: FunctionInfo, index: int, depth: int) -> str:
        """Return the collection that a dependency gives a parameter, or that every caller does."""
        parameter = function.facts.parameters[index]
        for value in self.inference.dependencies(function.module, parameter.annotation, parameter.default):
            if isinstance(value, FunctionValue) and (found := self._given_by(value.function, depth)):
                return found
        names = {
            self.collection(home, self.inference.argument(home, call, function, index, bound), depth + 1)
            for home, call, bound in (self.inference.callers or {}).get(function, ())
        }
        return names.pop() if len(names) == 1 else _stem(parameter.name)

    def _given_by(self, function: FunctionInfo, depth: int) -> str:
        terms = (event.term for event in function.events if event.op in {"return", "yield"})
        return next((found for term in terms if (found := self.collection(function.module, term, depth + 1))), "")

    def _called(self, module: Module, func: TermId, arguments: tuple[TermId, ...], depth: int) -> str:
        called = module.terms[func]
        name = called.name if isinstance(called, Attr) else called.id if isinstance(called, Name) else ""
        if _GETTER.match(name) and arguments and (text := self._named(module, arguments[0])):
            return text
        for value in self.inference.term(module, func):
            if isinstance(value, FunctionValue) and (found := self._given_by(value.function, depth)):
                return found
        return _stem(name)

    def _attribute(self, module: Module, base: TermId, name: str, depth: int) -> str:
        for value in self.inference.term(module, base):
            if isinstance(value, Package):
                home = self.inference.index.by_parts.get(value.parts)
                bindings = home.bindings.get(name, ()) if home is not None else ()
                for binding in bindings:
                    found = self.collection(home or module, binding.value, depth + 1)
                    if found:
                        return found
            elif isinstance(value, (Instance, ClassValue)):
                for klass in self.inference.mro(value.klass)[0]:
                    for function, event in self.inference.fields(klass).get(name, ()):
                        found = self.collection(function.module, event.value, depth + 1)
                        if found:
                            return found
                    own = klass.attribute(name)
                    found = self.collection(klass.module, own.value, depth + 1) if own is not None else ""
                    if found:
                        return found
        if self._database(module, base) and not _DATABASE.match(name):
            return name
        return _stem(name)

    def _database(self, module: Module, term: TermId, depth: int = 0) -> bool:
        """Tell whether a value is a database, by its type, its name or what it is taken from."""
        if term < 0 or depth > MAX_DEPTH:
            return False
        if any(
            isinstance(value, (External, Result)) and value.name.startswith(_DRIVERS)
            for value in self.inference.term(module, term)
        ):
            return True
        held = module.terms[term]
        match held:
            case Name(id=name):
                home, bindings = self.inference.definition(module, name)
                return _DATABASE.match(name) is not None or any(
                    isinstance(home.terms[binding.value], Item) and self._database(home, binding.value, depth + 1)
                    for binding in bindings
                    if binding.value >= 0
                )
            case Attr(name=name):
                return _DATABASE.match(name) is not None
            case Param(function=function, index=index):
                return _DATABASE.match(module.functions[function].facts.parameters[index].name) is not None
            case Call(func=func):
                return self._database(module, func, depth + 1)
            case Item(base=base):
                return self._database(module, base, depth + 1)
            case Cell(function=function, name=name):
                cells = module.functions[function].facts.cells.get(name, ())
                return any(self._database(module, cell, depth + 1) for cell in cells)
            case _:
                return False

    # -- what is asked

    def _conditions(
        self,
        module: Module,
        term: TermId,
        test: TermId,
        found: list[Condition],
        depth: int = 0,
    ) -> bool:
        """Collect the conditions of a filter or of a pipeline; False if something in it is not known."""
        if term < 0 or depth > MAX_DEPTH:
            return False
        held = module.terms[term]
        match held:
            case Mapping(keys=keys, values=values, more=more):
                return (
                    every(
                        self._entry(module, (key, value), test, found, depth)
                        for key, value in zip(keys, values, strict=True)
                    )
                    and not more
                )
            case Sequence(items=items):
                return every(self._conditions(module, item, test, found, depth + 1) for item in items)
            case Choice(test=why, then=then, other=other):
                reason = why if why >= 0 else then
                branches = [branch for branch in (then, other) if not isinstance(module.terms[branch], Unknown)]
                return every(self._conditions(module, branch, reason, found, depth + 1) for branch in branches)
            case Binary(op="|" | "+", left=left, right=right):
                return every(self._conditions(module, side, test, found, depth + 1) for side in (left, right))
            case Call(func=func, args=args, keywords=keywords):
                name = module.dotted(func).rpartition(".")[2]
                if name == "ObjectId":
                    found.append(Condition(("_id",), term, "==", test))
                    return True
                if name == "dict":
                    found += (Condition((key,), value, "==", test) for key, value in keywords if key)
                    return every(self._conditions(module, argument, test, found, depth + 1) for argument in args)
                return False
            case _:
                return False

    def _entry(
        self,
        module: Module,
        entry: tuple[TermId, TermId],
        test: TermId,
        found: list[Condition],
        depth: int,
    ) -> bool:
        key, value = entry
        text = module.text(key) if key >= 0 else None
        if key < 0 or text in {"$and", "$match"}:
            return self._conditions(module, value, test, found, depth + 1)
        if text in {"$or", "$nor"}:
            return self._alternatives(module, value, test, found if text == "$or" else [], depth)
        if text is None or text == "$expr":
            return False
        if text.startswith("$"):
            return True
        held = module.terms[value]
        op = "=="
        if isinstance(held, Choice):
            test = held.test if held.test >= 0 else held.then
            value = held.other if isinstance(module.terms[held.then], Unknown) else held.then
            held = module.terms[value]
        if isinstance(held, Mapping):
            inner = [
                (module.text(inner_key) or "", inner_value)
                for inner_key, inner_value in zip(held.keys, held.values, strict=True)
                if inner_key >= 0
            ]
            if inner and inner[0][0].startswith("$"):
                op = {"$ne": "!=", "$nin": "not in", "$in": "in"}.get(inner[0][0], "==")
                value = inner[0][1]
        found.append(Condition(tuple(text.split(".")), value, op, test))
        return True

    def _alternatives(self, module: Module, term: TermId, test: TermId, found: list[Condition], depth: int) -> bool:
        """Collect the conditions of ``$or``: those of the alternative that asks for a key alone, if there is one."""
        held = module.terms[term]
        if not isinstance(held, Sequence):
            return self._conditions(module, term, test, found, depth + 1)
        options: list[list[Condition]] = [[] for _ in held.items]
        known = every(
            self._conditions(module, item, test, option, depth + 1)
            for item, option in zip(held.items, options, strict=True)
        )
        keyed = [option for option in options if option and all(one.path in _KEYS for one in option)]
        for option in keyed[:1] or options:
            found += option
        return known

    def _set(self, module: Module, change: TermId) -> Iterator[str]:
        """Yield the fields that a change sets: ``{"$set": {"user_id": …}}``, or those of the document put in place."""
        held = module.terms[change]
        if not isinstance(held, Mapping):
            return
        for key, value in zip(held.keys, held.values, strict=True):
            text = module.text(key) if key >= 0 else None
            if text in {"$set", "$setOnInsert"}:
                yield from fields_of(self.inference, module, value)
            elif text is not None and not text.startswith("$"):
                yield text


def _changed(module: Module, change: TermId) -> Iterator[str]:
    """Yield the fields that operators change: ``{"$push": {"comments": comment}}``."""
    held = module.terms[change]
    inner = [module.terms[value] for value in held.values] if isinstance(held, Mapping) else []
    yield from (module.text(key) or "" for each in inner if isinstance(each, Mapping) for key in each.keys if key >= 0)


def _is_opinion(document: Document) -> bool:
    """Tell whether an update leaves something of its user's with a document: a comment, a like."""
    return bool(document.changed) and all(OPINIONS.search(snake(name)) for name in document.changed)


class DocumentQueryFinder:
    """Finds the queries that a project asks of its collections."""

    def __init__(self, documents: CallsOn[Document], ownership: Ownership) -> None:
        self.documents = documents
        self.ownership = ownership

    def of(self, function: FunctionInfo) -> Iterator[Query]:
        """Yield the queries that a function asks about collections in sight."""
        for document in self.documents.of(function):
            model = self.ownership.named(document.collection, function.module)
            if model is None or document.verb == "insert" or document.is_open or _is_opinion(document):
                continue
            atoms = tuple(Atom(one.path, one.value, one.op, one.test, model) for one in document.filters)
            leaf = document.event.term
            yield Query(function, Chain(model, model.name, leaf, document.verb, ()), leaf, document.event, atoms)


def every(answers: Iterable[bool]) -> bool:
    """Tell whether all answers are yes, having heard them all."""
    return False not in list(answers)


def _stem(name: str) -> str:
    """Return ``messages`` for ``messages_collection``."""
    found = None if _GETTER.match(name) else _COLLECTION.match(name)
    return found["name"] if found is not None else ""

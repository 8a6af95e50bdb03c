"""References of Firestore: the collections and documents that code names step by step, or by a path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.constants import Constants
from statelint.analysis.model import ClassValue, FunctionValue, Instance
from statelint.analysis.ownership import snake
from statelint.analysis.stores.documents import every
from statelint.extract.facts import (
    NO_TERM,
    Attr,
    Call,
    Cell,
    Choice,
    Const,
    Element,
    Enter,
    Format,
    Item,
    Name,
    Param,
    Sequence,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.inference import Inference
    from statelint.analysis.model import Module
    from statelint.extract.facts import TermId

OPERATORS = {"array_contains": "==", "array-contains": "==", "array_contains_any": "in", "not-in": "not in"}
_SHAPING = frozenset(
    {
        "order_by", "limit", "limit_to_last", "offset", "select", "start_at", "start_after", "end_at", "end_before",
        "count", "sum", "avg",
    }
)  # fmt: skip
_NAMING = frozenset({"collection", "collection_group", "document"})
_DOCUMENT = re.compile(r"(^|_)(ref(erence)?|doc(ument)?)$|[a-z]Ref$")
"""Names of what holds a reference to a document, wherever it comes from."""
_PLURALS = (("ies", "y"), ("sses", "ss"), ("s", ""))
MAX_DEPTH = 24


class Asked(NamedTuple):
    """``path op value`` in a query on a collection; ``test`` is what it depends on, or ``NO_TERM``."""

    path: tuple[str, ...]
    value: TermId
    op: str = "=="
    test: TermId = NO_TERM


class Reference(NamedTuple):
    """A collection, a query on one, or one of its documents."""

    collection: str
    asked: tuple[Asked, ...] = ()
    """The keys on the way here, as columns (``users/{uid}/notes`` asks for ``user_id``), and what is filtered by."""
    is_document: bool = False
    is_new: bool = False
    """A document that the library makes a key for: ``notes.document()``."""
    is_open: bool = False
    """Whether it is known that more is asked than is seen."""


_CLIENT = Reference("")


class References:
    """Reads references, across the variables, attributes and functions of a project that hold or make them."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self._constants = Constants(inference)

    def at(self, module: Module, term: TermId) -> Reference | None:
        """Return the reference that a term is, if it is one; its values are terms of the same module."""
        found = self._at(module, term, 0)
        return found if found is not None and found.collection else None

    def _at(self, module: Module, term: TermId, depth: int) -> Reference | None:
        if term < 0 or depth > MAX_DEPTH:
            return None
        held = module.terms[term]
        match held:
            case Call():
                return self._called(module, term, held, depth + 1)
            case Choice(test=test, then=then, other=other):
                return self._either(self._at(module, then, depth + 1), self._at(module, other, depth + 1), test)
            case Enter(base=base):
                return self._at(module, base, depth + 1)
            case Attr(base=base, name="reference"):
                # What was read knows where it was read.
                read = module.terms[base]
                func = module.terms[read.func] if isinstance(read, Call) else None
                return self._at(module, func.base, depth + 1) if isinstance(func, Attr) and func.name == "get" else None
            case Name() | Attr() | Cell():
                for home, value in self._values(module, term):
                    found = self._at(home, value, depth + 1)
                    if found is not None:
                        # Another module's values are no terms of this one.
                        return found if home is module or not found.asked else found._replace(asked=(), is_open=True)
                return None
            case _:
                return None

    def _values(self, module: Module, term: TermId) -> Iterator[tuple[Module, TermId]]:
        """Yield what is bound to a name of the module, to an attribute of an object or to a variable around."""
        held = module.terms[term]
        match held:
            case Name(id=name):
                home, bindings = self.inference.definition(module, name)
                yield from ((home, binding.value) for binding in bindings if binding.value >= 0)
            case Cell(function=function, name=name):
                yield from ((module, cell) for cell in module.functions[function].facts.cells.get(name, ()))
            case Attr(base=base, name=name):
                for value in self.inference.term(module, base):
                    for klass in (
                        self.inference.mro(value.klass)[0] if isinstance(value, (Instance, ClassValue)) else ()
                    ):
                        for setter, event in self.inference.fields(klass).get(name, ()):
                            yield setter.module, event.value
            case _:
                return

    @staticmethod
    def _either(first: Reference | None, second: Reference | None, test: TermId) -> Reference | None:
        """A query that a branch has filtered further asks for that under the branch's test."""
        if first is None or second is None or first == second:
            return first or second
        if first.collection != second.collection:
            return None
        always = tuple(one for one in first.asked if one in second.asked)
        under = test if test >= 0 else NO_TERM
        sometimes = tuple(one._replace(test=under) for one in (*first.asked, *second.asked) if one not in always)
        return first._replace(asked=always + sometimes, is_open=first.is_open or second.is_open)

    def _called(self, module: Module, term: TermId, call: Call, depth: int) -> Reference | None:
        func = module.terms[call.func]
        if isinstance(func, Attr):
            if func.name in _NAMING:
                return self._named(module, func, call, depth)
            if func.name == "where" or func.name in _SHAPING:
                base = self._at(module, func.base, depth)
                return self._filtered(module, base, call) if base is not None and func.name == "where" else base
        return self._made(module, term, call, depth)

    def _named(self, module: Module, func: Attr, call: Call, depth: int) -> Reference | None:
        """``client.collection("users")``, ``client.collection("users", uid, "notes")``, ``client.document(path)``."""
        base = self._at(module, func.base, depth) or self._root(module, func.base)
        if func.name == "collection_group":
            base = _CLIENT
        if func.name == "document" and not call.arguments:
            return base._replace(is_document=True, is_new=True) if base.collection else None
        for part in self._parts(module, call.arguments):
            if base.collection and not base.is_document:
                if isinstance(part, str):
                    base = base._replace(is_document=True, is_open=True)
                else:
                    base = base._replace(asked=(*base.asked, Asked(("id",), part)), is_document=True)
                continue
            name = self._constants.value(module, part) if not isinstance(part, str) else part
            if not isinstance(name, str):
                return None
            base = below(base, name)
        return base if base.collection else None

    def _root(self, module: Module, term: TermId) -> Reference:
        """Return the client, or the unknown document that something else is a reference to."""
        held = module.terms[term]
        while isinstance(held, Choice):
            held = module.terms[held.then]
        name = held.name if isinstance(held, Attr) else ""
        if isinstance(held, Param):
            name = module.functions[held.function].facts.parameters[held.index].name
        unknown = isinstance(held, (Element, Item)) or _DOCUMENT.search(name) is not None
        return Reference("", is_document=True, is_open=True) if unknown else _CLIENT

    def _parts(self, module: Module, arguments: tuple[TermId, ...]) -> Iterator[TermId | str]:
        """Yield the parts of a path: names as text, and everything else as the term that it is."""
        for argument in arguments:
            held = module.terms[argument]
            text = self._constants.value(module, argument)
            if isinstance(text, str) and "/" in text:
                yield from filter(None, text.split("/"))
            elif isinstance(held, Format) and any("/" in (module.text(part) or "") for part in held.parts):
                for part in held.parts:
                    known = module.terms[part]
                    yield from filter(None, str(known.value).split("/")) if isinstance(known, Const) else (part,)
            else:
                yield argument

    def _filtered(self, module: Module, base: Reference, call: Call) -> Reference:
        """``.where("user_id", "==", me)`` and ``.where(filter=FieldFilter("user_id", "==", me))``."""
        given = dict(call.keywords)
        found: list[Asked] = []
        if len(call.args) >= 3 or "field_path" in given:
            known = self._compared(module, call, found)
        else:
            filters = (*call.args, *(value for name, value in call.keywords if name == "filter"))
            known = bool(filters) and every(self._filter(module, each, found) for each in filters)
        return base._replace(asked=(*base.asked, *found), is_open=base.is_open or not known)

    def _filter(self, module: Module, term: TermId, found: list[Asked], depth: int = 0) -> bool:
        """Collect what a filter object, or each of an ``And`` or an ``Or``, asks for; False if that is not known."""
        held = module.terms[term]
        match held:
            case Sequence(items=items) if depth < MAX_DEPTH:
                return every(self._filter(module, item, found, depth + 1) for item in items)
            case Call(func=func) if module.dotted(func).rpartition(".")[2] in {"And", "Or"} and depth < MAX_DEPTH:
                return every(self._filter(module, each, found, depth + 1) for each in held.arguments)
            case Call():
                return self._compared(module, held, found)
            case _:
                return False

    def _compared(self, module: Module, call: Call, found: list[Asked]) -> bool:
        given = dict(call.keywords)
        names = ("field_path", "op_string", "value")
        column, op, value = (
            call.args[place] if place < len(call.args) else given.get(name, NO_TERM) for place, name in enumerate(names)
        )
        path = self._constants.value(module, column)
        if not isinstance(path, str) or value < 0:
            return False
        sign = module.text(op) or "=="
        found.append(Asked(tuple(path.split(".")), value, OPERATORS.get(sign, sign)))
        return True

    def _made(self, module: Module, term: TermId, call: Call, depth: int) -> Reference | None:
        """What a function of the project makes: ``notes_of(uid)``, whose parameters are the arguments of this call."""
        for value in self.inference.term(module, call.func):
            if not isinstance(value, FunctionValue):
                continue
            function = value.function
            for event in function.events:
                made = self._at(function.module, event.term, depth + 1) if event.op == "return" else None
                if made is None or not made.collection:
                    continue
                asked = []
                for one in made.asked:
                    held = function.module.terms[one.value]
                    if isinstance(held, Param) and function.module.functions[held.function] is function:
                        bound = value.receiver is not None
                        given = self.inference.argument(module, term, function, held.index, bound)
                    else:
                        given = one.value if function.module is module else NO_TERM
                    asked.append(one._replace(value=given))
                known = tuple(one for one in asked if one.value >= 0)
                return made._replace(asked=known, is_open=made.is_open or len(known) < len(asked))
        return None


def below(parent: Reference, name: str) -> Reference:
    """Return the collection ``name`` below a document: what it holds has the keys on the way as foreign keys."""
    if not parent.collection:
        return Reference(name, is_open=parent.is_open)
    key = f"{singular(parent.collection)}_id"
    asked = tuple(one._replace(path=(key,)) if one.path == ("id",) else one for one in parent.asked)
    return Reference(name, asked, is_open=parent.is_open or parent.is_new)


def singular(collection: str) -> str:
    """Return ``user`` for ``Users``."""
    name = snake(collection)
    for plural, ending in _PLURALS:
        if name.endswith(plural) and not name.endswith("ss"):
            return name.removesuffix(plural) + ending
    return name

"""Lost updates: rows that are read, changed in Python and written back while others do the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.model import Instance, Place
from statelint.analysis.ownership import snake
from statelint.analysis.practices.base import Flaw
from statelint.analysis.practices.steps import Steps
from statelint.analysis.terms import walk
from statelint.extract.facts import Attr, Binary, Call, Choice, Const, Format, Logic, Mapping, Sequence, Star

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.ownership import Model
    from statelint.extract.facts import Event, TermId

_LOCKS = frozenset({"with_for_update", "select_for_update", "with_lockmode", "find_one_and_update", "skip_locked"})
_VERSION = re.compile(r"^_?(version(_id|_number)?|lock_version|row_version|revision|etag)$")
_GROWS = frozenset({"append", "extend", "insert", "remove", "pop", "update", "setdefault", "clear"})
_LISTS = re.compile(r"(^|\.)(JSON|JSONB|ARRAY|PickleType|JSONField|MutableList|MutableDict|ArrayField|Json|JSONType)$")
_COPIES = frozenset({"list", "dict", "set", "tuple", "copy", "deepcopy", "int", "float", "Decimal", "str"})
MAX_DEPTH = 4
_PRECIOUS = re.compile(
    r"balance|credit|stock|quantit|amount|fund|inventory|seat|available|remaining|quota|wallet|budget|points|total_paid"
)
"""Columns whose every change counts."""


class UpdateFlaws(Steps):
    """Answers for updates."""

    def lost(self) -> Iterator[Flaw]:
        """Yield the changes that another request's change may overwrite.

        ``what`` is ``content`` for what users said or own, ``counter`` for numbers that nobody misses.
        """
        for function, certainty in self.functions():
            if certainty < 1:
                continue
            seen: set[tuple[str, str]] = set()
            for event, base, column in self._changes(function):
                found = self._row(function, base)
                if found is None or (found[0].name, column) in seen:
                    continue
                model, read = found
                if self._guarded(model) or not self._stored(model, column):
                    continue
                seen.add((model.name, column))
                how = (
                    "content"
                    if event.op == "call" or self._collected(function, event) or _PRECIOUS.search(column)
                    else "counter"
                )
                related = ((read, "read here, without a lock"),)
                symbol = f"{function.qualname}:{model.name}.{column}"
                at = Place(function.module, event.position)
                yield Flaw(at, symbol, how, f"{model.name}.{column}", min(certainty, 1), self.way(function), related)

    def _changes(self, function: FunctionInfo) -> Iterator[tuple[Event, TermId, str]]:
        """Yield the changes of an attribute that depend on its old value."""
        module = function.module
        for event in function.events:
            if event.op == "write":
                target = module.terms[event.term]
                if isinstance(target, Attr) and (
                    event.how in {"+=", "-=", "*=", "|="} or self._uses(module, event.value, target)
                ):
                    yield event, target.base, target.name
            elif event.op == "call" and isinstance(call := module.terms[event.term], Call):
                func = module.terms[call.func]
                held = module.terms[func.base] if isinstance(func, Attr) and func.name in _GROWS else None
                if isinstance(held, Attr) and self._is_list(module, held):
                    yield event, held.base, held.name

    def _uses(self, module: Module, value: TermId, target: Attr, depth: int = 0) -> bool:
        """Tell whether a new value adds to the old one, takes from it or copies it with something changed."""
        if value < 0 or depth > MAX_DEPTH:
            return False
        match module.terms[value]:
            case Binary(left=left, right=right):
                return any(
                    _is(module, side, target) or self._uses(module, side, target, depth + 1) for side in (left, right)
                )
            case Sequence(items=items):
                return any(_is(module, item, target) for item in items)
            case Mapping(keys=keys, values=values):
                return any(key < 0 and _is(module, inner, target) for key, inner in zip(keys, values, strict=True))
            case Choice(then=then, other=other):
                return self._uses(module, then, target, depth + 1) or self._uses(module, other, target, depth + 1)
            case _:
                return False

    def _is_list(self, module: Module, held: Attr) -> bool:
        """Tell whether an attribute is a column that holds a whole list or document."""
        for value in self.inference.term(module, held.base):
            if isinstance(value, Instance):
                for owner in self.inference.mro(value.klass)[0]:
                    binding = owner.attribute(held.name)
                    if binding is not None:
                        terms = [
                            owner.module.terms[part] for part in walk(owner.module, binding.value, binding.annotation)
                        ]
                        names = [
                            owner.module.dotted(part) for part in walk(owner.module, binding.value, binding.annotation)
                        ]
                        return any(_LISTS.search(name) for name in names if name) and bool(terms)
        return False

    def _collected(self, function: FunctionInfo, event: Event) -> bool:
        """Tell whether the new value is a list or a text with something added."""
        module = function.module
        if event.value < 0:
            return False
        target = module.terms[event.term]
        if isinstance(target, Attr) and self._is_list(module, target):
            return True
        return self._is_text(module, event.value)

    def _is_text(self, module: Module, term: TermId, depth: int = 0) -> bool:
        """Tell whether a value is a list, a mapping or a text, by what it is put together from."""
        if depth > MAX_DEPTH:
            return False
        match module.terms[term]:
            case Sequence() | Mapping() | Format():
                return True
            case Const(value=value):
                return isinstance(value, str)
            case Binary(op="+" | "|", left=left, right=right):
                return self._is_text(module, left, depth + 1) or self._is_text(module, right, depth + 1)
            case Logic(values=values):
                return any(self._is_text(module, value, depth + 1) for value in values)
            case Choice(then=then, other=other):
                return self._is_text(module, then, depth + 1) or self._is_text(module, other, depth + 1)
            case _:
                return False

    def _row(self, function: FunctionInfo, base: TermId) -> tuple[Model, Place] | None:
        """Return the model of a row that the function has read without a lock, and where."""
        module = function.module
        inside = set(walk(module, base))
        for query in self.project.queries.of(function):
            if query.leaf in inside and query.chain.model is not None and query.verb == "read":
                if any(step.method in _LOCKS for step in query.chain.steps) or self._locks(module, query.leaf):
                    return None
                return query.chain.model, Place(module, query.event.position)
        return None

    @staticmethod
    def _locks(module: Module, leaf: TermId) -> bool:
        for part in walk(module, leaf):
            held = module.terms[part]
            if isinstance(held, Call) and (
                module.dotted(held.func).rpartition(".")[2] in _LOCKS
                or any(name in _LOCKS for name, _ in held.keywords)
            ):
                return True
        return False

    def _guarded(self, model: Model) -> bool:
        """Tell whether the model counts its versions, so that the second writer fails."""
        if any(_VERSION.search(snake(column)) for column in model.columns):
            return True
        for owner in self.inference.mro(model.klass)[0] if model.klass is not None else ():
            settings = owner.attribute("__mapper_args__")
            terms = walk(owner.module, settings.value) if settings is not None else ()
            if any(owner.module.text(term) == "version_id_col" for term in terms):
                return True
        return False

    @staticmethod
    def _stored(model: Model, column: str) -> bool:
        held = model.columns.get(column)
        return held is not None and not held.target


def _is(module: Module, term: TermId, target: Attr, depth: int = 0) -> bool:
    """Tell whether a term is the old value: itself, with a default, or copied."""
    held = module.terms[term]
    if held == target:
        return True
    if depth > MAX_DEPTH:
        return False
    match held:
        case Star(value=value):
            return _is(module, value, target, depth + 1)
        case Logic(op="or", values=values):
            return _is(module, values[0], target, depth + 1)
        case Call(func=func, args=args) if module.dotted(func).rpartition(".")[2] in _COPIES and args:
            return _is(module, args[0], target, depth + 1)
        case Choice(then=then, other=other):
            return _is(module, then, target, depth + 1) or _is(module, other, target, depth + 1)
        case _:
            return False

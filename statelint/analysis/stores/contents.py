"""What is in the rows and documents that code stores as mappings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.model import Instance
from statelint.extract.facts import Attr, Call, Item, Mapping, Name, Param, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.inference import Inference
    from statelint.analysis.model import FunctionInfo, Module
    from statelint.extract.facts import TermId

MAX_DEPTH = 12
_DUMPS = frozenset({"dict", "model_dump", "to_dict", "asdict", "to_mongo"})


def stored_fields(inference: Inference, function: FunctionInfo, term: TermId) -> Iterator[str]:
    """Yield the fields of what a function stores, with those that it puts there: ``body["user_id"] = user.id``."""
    yield from fields_of(inference, function.module, term)
    yield from _put_in(function, term)


def fields_of(inference: Inference, module: Module, term: TermId, depth: int = 0) -> Iterator[str]:
    """Yield the fields of a mapping, of the first of many, or of the object that ``model_dump()`` turns into one."""
    held = module.terms[term]
    if depth > MAX_DEPTH:
        return
    match held:
        case Mapping(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                text = module.text(key) if key >= 0 else None
                if text is not None:
                    yield text
                elif key < 0:
                    yield from fields_of(inference, module, value, depth + 1)
        case Sequence(items=items):
            for item in items:
                yield from fields_of(inference, module, item, depth + 1)
        case Call(func=func, keywords=keywords):
            called = module.terms[func]
            if isinstance(called, Attr) and called.name in _DUMPS:
                for made in inference.term(module, called.base):
                    if isinstance(made, Instance):
                        for klass in inference.mro(made.klass)[0]:
                            yield from (binding.name for binding in klass.facts.attributes)
            yield from (name for name, _ in keywords if name and isinstance(called, Name) and called.id == "dict")
        case Param(function=function, index=index):
            yield from _handed(inference, module.functions[function], index, depth)
        case _:
            return


def _handed(inference: Inference, function: FunctionInfo, index: int, depth: int) -> Iterator[str]:
    """Yield the fields of what callers hand to a function that stores it."""
    for home, call, bound in (inference.callers or {}).get(function, ()):
        given = inference.argument(home, call, function, index, bound)
        if given >= 0:
            yield from fields_of(inference, home, given, depth + 1)


def _put_in(function: FunctionInfo, stored: TermId) -> Iterator[str]:
    terms = function.module.terms
    held = terms[stored]
    holders = {stored, *(held.arguments if isinstance(held, Call) else ())}
    for event in function.events:
        target = terms[event.term] if event.op == "write" and event.how == "=" else None
        if isinstance(target, Item) and target.base in holders:
            text = function.module.text(target.key)
            if text is not None:
                yield text

"""The primary keys of stored models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.terms import walk
from statelint.extract.facts import Call, Const

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.inference import Inference
    from statelint.analysis.model import ClassInfo, Module
    from statelint.extract.facts import Binding


def declaring_calls(inference: Inference, module: Module, binding: Binding) -> Iterator[tuple[Module, Call]]:
    """Yield the calls that declare a column: its value, what is in it, and what its annotation holds."""
    for term in walk(module, binding.value):
        if isinstance(held := module.terms[term], Call):
            yield module, held
    for annotation in walk(module, binding.annotation):
        for home, term in inference.annotated_extras(module, annotation):
            for part in walk(home, term):
                if isinstance(held := home.terms[part], Call):
                    yield home, held


def primary_key(inference: Inference, klass: ClassInfo) -> tuple[str, ...]:
    """Return the columns of a model's primary key, in the order in which ``session.get`` takes their values.

    Inherited columns come first, as in SQLAlchemy's tables.
    """
    found: list[str] = []
    for owner in reversed(inference.mro(klass)[0]):
        for binding in owner.facts.attributes:
            for module, call in declaring_calls(inference, owner.module, binding):
                if module.last_name(call.func).endswith("CompositePrimaryKey"):
                    return tuple(module.text(argument) or "pk" for argument in call.args)
                if any(name == "primary_key" and _is_true(module, value) for name, value in call.keywords):
                    found.append(binding.name)
                    break
    return tuple(dict.fromkeys(found))


def _is_true(module: Module, term: int) -> bool:
    held = module.terms[term]
    return isinstance(held, Const) and held.value is True

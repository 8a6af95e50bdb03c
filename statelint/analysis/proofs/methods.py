"""Methods with which rows change or delete themselves: ``item.delete_from_db()``."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from statelint.analysis.proofs.naming import called_name
from statelint.analysis.proofs.words import COUNTER
from statelint.extract.facts import Attr, Call, Param

if TYPE_CHECKING:
    from statelint.analysis.inference import Inference
    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.ownership import Ownership
    from statelint.extract.facts import TermId

DELETING = frozenset({"delete", "adelete", "delete_instance"})


class RowMethods:
    """Tells what methods of models do to the row that they are called on."""

    def __init__(self, inference: Inference, ownership: Ownership) -> None:
        self.inference = inference
        self.ownership = ownership

    def changes(self, module: Module, call: Call) -> str:
        """Return ``delete``, ``update`` or an empty string for a call on a row, by the method that it runs."""
        name = called_name(module, call)
        known = self._by_name.get(name)
        if known is None:
            return ""
        called = [function for function in self.inference.callees(module, call) if function.name == name]
        found = {self._known[function] for function in called or known if function in self._known}
        return next((verb for verb in ("delete", "update") if verb in found), "")

    @cached_property
    def _known(self) -> dict[FunctionInfo, str]:
        """What each method of a model does, where it does something."""
        classes = {
            owner
            for model in self.ownership.models.values()
            if model.klass is not None
            for owner in self.inference.mro(model.klass)[0]
        }
        functions = (owner.module.functions[index] for owner in classes for index in owner.facts.methods.values())
        return {function: verb for function in functions if (verb := _does(function))}

    @cached_property
    def _by_name(self) -> dict[str, list[FunctionInfo]]:
        found: dict[str, list[FunctionInfo]] = {}
        for function in self._known:
            found.setdefault(function.name, []).append(function)
        return found


def _does(function: FunctionInfo) -> str:
    module = function.module
    verb = ""
    for event in function.events if not function.name.startswith("__") else ():
        held = module.terms[event.term] if event.term >= 0 else None
        if event.op == "write" and isinstance(held, Attr) and _is_self(function, held.base):
            verb = verb if COUNTER.search(held.name) else "update"
        elif event.op == "call" and isinstance(held, Call) and called_name(module, held) in DELETING:
            func = module.terms[held.func]
            if any(_is_self(function, argument) for argument in held.args) or (
                isinstance(func, Attr) and _is_self(function, func.base)
            ):
                return "delete"
    return verb


def _is_self(function: FunctionInfo, term: TermId) -> bool:
    held = function.module.terms[term]
    return isinstance(held, Param) and held.function == function.index and held.index == 0

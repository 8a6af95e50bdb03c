"""Which model an expression of a statement names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.model import ClassValue, External, Result
from statelint.extract.facts import Attr, Call, Choice, Comprehension, Name, Param, Star

if TYPE_CHECKING:
    from statelint.analysis.inference import Inference
    from statelint.analysis.model import Module
    from statelint.analysis.ownership import Model, Ownership
    from statelint.extract.facts import Term, TermId


class Entities:
    """Reads the models that terms stand for."""

    def __init__(self, inference: Inference, ownership: Ownership) -> None:
        self.inference = inference
        self.ownership = ownership
        self._managers = inference.catalogue.queries["managers"]

    def foreign_name(self, module: Module, term: TermId) -> str:
        """Return the name of a class that is defined nowhere in the project."""
        held = module.terms[term]
        name = held.id if isinstance(held, Name) else ""
        if not name[:1].isupper():
            return ""
        values = self.inference.term(module, term)
        return name if all(isinstance(value, External) for value in values) else ""

    def manager(self, module: Module, held: Attr) -> Model | None:
        """Return the model whose manager ``held`` is: ``Model.objects``."""
        if held.name not in self._managers and not held.name.endswith(("_objects", "objects_")):
            base = self.model(module, held.base)
            if base is None:
                return None
            binding = base.klass.attribute(held.name) if base.klass is not None else None
            if binding is None or binding.value < 0:
                return None
            made = base.module.terms[binding.value]
            return base if isinstance(made, Call) and self._is_manager(base.module, made.func) else None
        return self.model(module, held.base)

    def _is_manager(self, module: Module, term: TermId) -> bool:
        bases = (
            base
            for value in self.inference.term(module, term)
            if isinstance(value, ClassValue)
            for base in self.inference.external_bases(value.klass)
        )
        return any("anager" in name for name in (module.dotted(term), *bases))

    def model(self, module: Module, term: TermId) -> Model | None:
        """Return the model class that ``term`` names."""
        held = module.terms[term]
        if not isinstance(held, (Name, Attr, Choice, Call)) and not _is_own_class(module, held):
            return None
        if isinstance(held, Choice):
            return self.model(module, held.then) or self.model(module, held.other)
        found = {
            model
            for value in self.inference.term(module, term)
            if isinstance(value, ClassValue) and (model := self.ownership.model_of(value.klass)) is not None
        }
        if not found:
            return self.ownership.table_at(module, term) or self._users(module, term)
        # A slot that holds now this model, now that one is a generic repository's.
        return found.pop() if len(found) == 1 else None

    def _users(self, module: Module, term: TermId) -> Model | None:
        """Return the users of a framework that a term names: ``get_user_model()``, Django's own ``User``."""
        named = self.inference.catalogue.principal_models
        for value in self.inference.term(module, term):
            if isinstance(value, (External, Result)) and not named.isdisjoint((value.name, f"{value.name}()")):
                return self.ownership.users_of_framework(module)
        return None

    def entity(self, module: Module, term: TermId, depth: int = 0) -> Model | None:
        """Return the model that a column, an aggregate or the model itself stands for."""
        held = module.terms[term]
        model = self.model(module, term)
        if model is not None or depth > 3:
            return model
        if isinstance(held, Attr):
            return self.entity(module, held.base, depth + 1)
        if isinstance(held, Star):
            return self.entity(module, held.value, depth + 1)
        if isinstance(held, Comprehension):
            # Pony: select(n for n in Note if …)
            return self.model(module, held.iterables[0]) if held.iterables else None
        if isinstance(held, Call):
            inside = [*held.args]
            func = module.terms[held.func]
            if isinstance(func, Attr):
                inside.append(func.base)
            for part in inside:
                found = self.entity(module, part, depth + 1)
                if found is not None:
                    return found
        return None


def _is_own_class(module: Module, held: Term) -> bool:
    """``cls`` of a model's class method."""
    return isinstance(held, Param) and held.index == 0 and module.functions[held.function].owner is not None

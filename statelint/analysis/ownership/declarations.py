"""Classes that declare a stored model: their tables and columns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.ownership.references import MEMBERS, References, outlives
from statelint.analysis.ownership.schema import Column, Model, snake
from statelint.extract.facts import Call, Const

if TYPE_CHECKING:
    from statelint.analysis.inference import Inference
    from statelint.analysis.model import ClassInfo, Module
    from statelint.extract.facts import Binding, TermId

_COLUMN_CALLS = re.compile(
    r"(^|\.)(Column|mapped_column|column_property|Field|\w+Field|\w+Attribute|Required|Optional|PrimaryKey|Set|ForeignKey|ManyToMany"
    r"|OneToOne\w*|relationship|Relationship|backref|dynamic_loader|Varchar|Text|Integer|Serial|UUID|Boolean|Timestamp\w*|JSONB?|Reference|Relation)$"
)
_USERS = "users"
"""What a list of members refers to that says nothing of it."""
_TABLE_ATTRIBUTES = frozenset({"__tablename__", "__table__"})


class Declarations:
    """Reads the models that classes declare."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self._references = References(inference)

    def model(self, klass: ClassInfo) -> Model | None:
        """Return the model that a class declares, if it does."""
        if not self._is_model(klass):
            return None
        return Model(klass, self._table(klass), self._columns(klass), name=klass.name, module=klass.module)

    def _is_model(self, klass: ClassInfo) -> bool:
        """A class is a model when its bases say so, or when it names a table or declares columns on an unknown base."""
        classes, outside = self.inference.mro(klass)
        if any(name == "table" and _truth(klass.module, value) for name, value in klass.facts.keywords):
            return True
        names = {binding.name for binding in klass.facts.attributes}
        if "__abstract__" in names or self._is_abstract(klass):
            return False
        if names & _TABLE_ATTRIBUTES:
            return True
        catalogue = self.inference.catalogue
        if any(catalogue.role(base, "model") for base in outside):
            return any(each.facts.attributes for each in classes) and not any(
                base.endswith("SQLModel") for base in outside
            )
        if any(catalogue.role(base, "schema") for base in outside):
            return False
        if any(base.endswith("SQLModel") for base in outside):
            return False
        if (
            any(base.endswith(("Model", "Document", "Entity", "Base")) for base in outside)
            or (klass.facts.bases and not outside and len(classes) == 1)
            or any(_is_declarative_base(base) for base in classes[1:])
        ):
            return sum(self._is_column(klass.module, binding) for binding in klass.facts.attributes) >= 2
        return False

    def _is_abstract(self, klass: ClassInfo) -> bool:
        meta = klass.facts.inner.get("Meta")
        if meta is None:
            return False
        binding = klass.module.classes[meta].attribute("abstract")
        return binding is not None and _truth(klass.module, binding.value)

    @staticmethod
    def _is_column(module: Module, binding: Binding) -> bool:
        held = module.terms[binding.value] if binding.value >= 0 else None
        return isinstance(held, Call) and _COLUMN_CALLS.search(module.last_name(held.func)) is not None

    def _table(self, klass: ClassInfo) -> str:
        for name in ("__tablename__",):
            binding = klass.attribute(name)
            text = klass.module.text(binding.value) if binding is not None else None
            if text:
                return text
        meta = klass.facts.inner.get("Meta") or klass.facts.inner.get("Settings")
        if meta is not None:
            for name in ("db_table", "table", "table_name", "name", "collection"):
                binding = klass.module.classes[meta].attribute(name)
                text = klass.module.text(binding.value) if binding is not None else None
                if text:
                    return text
        return snake(klass.name)

    def _columns(self, klass: ClassInfo) -> dict[str, Column]:
        columns: dict[str, Column] = {}
        for owner in reversed(self.inference.mro(klass)[0]):
            for binding in owner.facts.attributes:
                column = self._column(owner.module, binding)
                if column is not None:
                    columns[binding.name] = column
            for name, index in owner.facts.methods.items():
                function = owner.module.functions[index]
                if any("declared_attr" in owner.module.dotted(d) for d in function.facts.decorators):
                    for event in function.events:
                        if event.op == "return" and event.term >= 0:
                            target, is_key, many = self._references.of(owner.module, event.term)
                            columns[name] = Column(name, target, is_key, many, function.facts.position, owner.module)
        return columns

    def _column(self, module: Module, binding: Binding) -> Column | None:
        if binding.name.startswith("__") or (binding.value < 0 and binding.annotation < 0):
            return None
        target, is_key, many = ("", False, False)
        if binding.value >= 0:
            target, is_key, many = self._references.of(module, binding.value)
        if not target and binding.value >= 0 and MEMBERS.match(binding.name):
            many = self._references.is_list(module, binding.value)
            target = _USERS if many else ""
        if not target and binding.annotation >= 0:
            target, many = self._references.annotated(module, binding.annotation)
        listed = not target and binding.value >= 0 and _is_listed(module, binding.value)
        kept = is_key and binding.value >= 0 and outlives(module, binding.value)
        return Column(binding.name, target, is_key, many, binding.position, module, kept=kept, listed=listed)


def _is_listed(module: Module, term: TermId) -> bool:
    """Tell whether a column holds one of some values that the code lists, and no key."""
    held = module.terms[term]
    if not isinstance(held, Call):
        return False
    return any(name == "choices" for name, _ in held.keywords) or any(
        isinstance(kind := module.terms[argument], Call) and module.last_name(kind.func).rpartition(".")[2] == "Enum"
        for argument in held.args
    )


def _truth(module: Module, term: TermId) -> bool:
    held = module.terms[term] if term >= 0 else None
    return isinstance(held, Const) and held.value is True


def _is_declarative_base(klass: ClassInfo) -> bool:
    """``@as_declarative() class Base``: what inherits from it is mapped."""
    module = klass.module
    for decorator in klass.facts.decorators:
        held = module.terms[decorator]
        if module.last_name(held.func if isinstance(held, Call) else decorator).startswith("as_declarative"):
            return True
    return False

"""SQLAlchemy's ``Table`` objects, and the classes that are mapped to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.model import ClassValue, Package
from statelint.analysis.ownership.schema import Column, Model
from statelint.extract.facts import Attr, Call, Name, Position

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.inference import Inference
    from statelint.analysis.model import ClassInfo, Module
    from statelint.extract.facts import TermId

_START = Position(1, 1, 1, 1)
_MAPPERS = frozenset({"map_imperatively", "mapper"})
_MAKERS = _MAPPERS | {"Table"}


class TableObjects:
    """Finds the tables of a project that are declared as ``Table("name", metadata, Column(…), …)``."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.models: dict[tuple[Module, TermId], Model] = {}
        """By the call that makes the table."""
        self.mapped: dict[ClassInfo, Model] = {}
        """By the class that is mapped to it, imperatively or by ``__table__``."""
        mappings: list[tuple[Module, Call]] = []
        for module in inference.modules:
            if module.mentioned.isdisjoint(_MAKERS):
                continue
            for term, held in enumerate(module.terms):
                if not isinstance(held, Call) or not held.args:
                    continue
                name = module.last_name(held.func)
                if name == "Table":
                    model = self._declared(module, held)
                    if model is not None:
                        self.models[module, term] = model
                elif name in _MAPPERS and len(held.args) > 1:
                    mappings.append((module, held))
        if self.models:
            for module, call in mappings:
                self._map(module, call)
            self._map_classes()

    def at(self, module: Module, term: TermId) -> Model | None:
        """Return the table that ``term`` names, if it names one."""
        return next(self._at(module, term), None) if self.models else None

    def _at(self, module: Module, term: TermId) -> Iterator[Model]:
        held = module.terms[term]
        if isinstance(held, Call):
            places = [(module, term)]
        elif isinstance(held, Name):
            home, bindings = self.inference.definition(module, held.id)
            places = [(home, binding.value) for binding in bindings]
        elif isinstance(held, Attr):
            places = []
            for value in self.inference.term(module, held.base):
                package = self.inference.index.by_parts.get(value.parts) if isinstance(value, Package) else None
                if package is not None:
                    home, bindings = self.inference.definition(package, held.name)
                    places += [(home, binding.value) for binding in bindings]
                elif isinstance(value, ClassValue) and held.name == "__table__" and value.klass in self.mapped:
                    yield self.mapped[value.klass]
        else:
            return
        yield from (self.models[place] for place in places if place in self.models)

    def _declared(self, module: Module, call: Call) -> Model | None:
        name = module.text(call.args[0])
        columns = [column for argument in call.args[1:] for column in declared(module, argument)]
        if not name or not columns:
            return None
        return Model(None, name, {column.name: column for column in columns}, name=name, module=module)

    def _map(self, module: Module, call: Call) -> None:
        table = self.at(module, call.args[1])
        if table is not None:
            for value in self.inference.term(module, call.args[0]):
                if isinstance(value, ClassValue):
                    self._stand_for(value.klass, table)

    def _map_classes(self) -> None:
        for module in self.inference.modules:
            for klass in module.classes:
                binding = klass.attribute("__table__")
                table = self.at(module, binding.value) if binding is not None and binding.value >= 0 else None
                if table is not None:
                    self._stand_for(klass, table)

    def _stand_for(self, klass: ClassInfo, table: Model) -> None:
        """The class and its table are one model, which is called as the class is."""
        table.klass, table.name = klass, klass.name
        self.mapped[klass] = table


def declared(module: Module, term: TermId) -> Iterator[Column]:
    """Yield the column that ``Column("user_id", …, ForeignKey("users.id"))`` declares."""
    held = module.terms[term]
    if not isinstance(held, Call) or not held.args:
        return
    func = module.terms[held.func]
    called = func.name if isinstance(func, Attr) else getattr(func, "id", "")
    if called == "Column":
        name = module.text(held.args[0])
        target = ""
        for argument in held.args[1:]:
            inner = module.terms[argument]
            if isinstance(inner, Call) and inner.args and module.dotted(inner.func).endswith("ForeignKey"):
                target = _table_of(module, inner.args[0])
        if name:
            yield Column(name, target, bool(target), False, _START, module)


def _table_of(module: Module, term: TermId) -> str:
    """Return the table in ``"schema.users.id"``, or the name in ``users.c.id``."""
    text = module.text(term)
    parts = text.split(".") if text else [part for part in module.dotted(term).split(".") if part != "c"]
    return parts[-2:][0] if len(parts) > 1 else ""

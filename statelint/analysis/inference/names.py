"""What the names of a module stand for, here and through imports."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from statelint.analysis.inference.base import Questions, unique
from statelint.analysis.model import ClassValue, External, FunctionInfo, FunctionValue, Package

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.inference.base import Values
    from statelint.analysis.model import Module, Value
    from statelint.extract.facts import Binding, Import

BUILTINS = frozenset(dir(builtins))


class Names(Questions):
    """Resolves names across modules."""

    def name(self, module: Module, name: str) -> Values:
        """Return what the global ``name`` of ``module`` stands for."""
        return self._once((module, name), self._names, (module, name), lambda: self._name(module, name))

    def _name(self, module: Module, name: str) -> Iterator[Value]:
        found = False
        for definition in module.definitions.get(name, ()):
            found = True
            yield FunctionValue(definition) if isinstance(definition, FunctionInfo) else ClassValue(definition)
        for binding in module.bindings.get(name, ()):
            found = True
            yield from self.binding(module, binding)
        for item in module.imports.get(name, ()):
            found = True
            yield from self.imported(module, item)
        if found:
            return
        for item in module.local_imports.get(name, ()):
            found = True
            yield from self.imported(module, item)
        if found:
            return
        for star in module.stars:
            parts = self.index.find(module, star.module, star.level)
            if parts is not None and self._exports(parts, name):
                values = self.module_member(parts, name)
                found = found or bool(values)
                yield from values
        if found:
            return
        if name in BUILTINS:
            yield from self.external(name)
            return
        outside = [star for star in module.stars if self.index.find(module, star.module, star.level) is None]
        if len(outside) == 1:
            yield External(self.catalogue.canonical(f"{outside[0].module}.{name}"))

    def _exports(self, parts: tuple[str, ...], name: str) -> bool:
        """Tell whether a star import of a project module brings ``name``."""
        module = self.index.by_parts.get(parts)
        if module is None or module.facts.exports is None:
            return not name.startswith("_")
        return name in module.facts.exports

    def binding(self, module: Module, binding: Binding) -> Values:
        """Return what an assignment at module or class level binds."""
        values: Values = ()
        if binding.value >= 0:
            values = self.term(module, binding.value)
        if binding.annotation >= 0:
            values = unique((*values, *self.annotation(module, binding.annotation)))
        return values

    def imported(self, module: Module, item: Import) -> Values:
        """Return what an import binds."""
        parts = self.index.find(module, item.module, item.level)
        if parts is None or self._lacks(parts, item):
            if item.level:
                prefix = ".".join(module.folder[: len(module.folder) - item.level + 1])
                name = ".".join(part for part in (prefix, item.module) if part)
            else:
                name = item.module
            full = f"{name}.{item.symbol}" if item.symbol else name
            known = self.catalogue.canonical(full)
            given = self.catalogue.attributes.get(known)
            return self.external(known) if given is None else self.result(given)
        if not item.symbol:
            return (Package(parts),)
        if parts == module.parts and not self.index.exists((*parts, item.symbol)):
            return ()
        return self.module_member(parts, item.symbol)

    def _lacks(self, parts: tuple[str, ...], item: Import) -> bool:
        """Tell whether a module of the project cannot be meant: ``from fastapi import Depends`` below ``fastapi/``."""
        if item.level or not item.symbol or self.index.exists((*parts, item.symbol)):
            return False
        module = self.index.by_parts.get(parts)
        return module is None or not (
            module.stars
            or any(
                item.symbol in names
                for names in (module.definitions, module.bindings, module.imports, module.local_imports)
            )
        )

    def module_member(self, parts: tuple[str, ...], name: str) -> Values:
        """Return the member ``name`` of a project module or package."""
        module = self.index.by_parts.get(parts)
        if module is not None:
            values = self.name(module, name)
            if values and values != (External(name),):
                return values
        inner = (*parts, name)
        return (Package(inner),) if self.index.exists(inner) else ()

    def definition(self, module: Module, name: str, depth: int = 0) -> tuple[Module, list[Binding]]:
        """Return the module-level assignments behind ``name``, following imports, and the module they stand in."""
        if name in module.bindings or depth > 8:
            return module, module.bindings.get(name, [])
        for item in (*module.imports.get(name, ()), *module.local_imports.get(name, ())):
            if item.symbol:
                parts = self.index.find(module, item.module, item.level)
                target = self.index.by_parts.get(parts) if parts is not None else None
                if target is not None and target is not module:
                    home, bindings = self.definition(target, item.symbol, depth + 1)
                    if bindings:
                        return home, bindings
        for star in module.stars:
            parts = self.index.find(module, star.module, star.level)
            target = self.index.by_parts.get(parts) if parts is not None else None
            if target is not None and target is not module:
                home, bindings = self.definition(target, name, depth + 1)
                if bindings:
                    return home, bindings
        return module, []

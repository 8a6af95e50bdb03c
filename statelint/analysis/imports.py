"""Which module of the project an import names."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.analysis.model import Module

SOURCE_FOLDERS = ("src", "lib", "app")
"""Folders that projects put on the import path without their being packages."""


class ModuleIndex:
    """The project's modules by dotted path.

    A repository often has several import roots (``backend/``, ``services/*/src``). An absolute import is looked up
    below each folder that holds the importing file, nearest first, as it is found when that folder is on ``sys.path``;
    folders that are packages themselves come last, because a package's own folder is normally no import root. A folder
    is a package when it has an ``__init__`` or is imported as one.
    """

    def __init__(self, modules: Iterable[Module]) -> None:
        self.by_parts: dict[tuple[str, ...], Module] = {}
        self.folders: set[tuple[str, ...]] = set()
        self._packages: set[tuple[str, ...]] = set()
        self._suffixes: dict[str, list[tuple[str, ...]]] = {}
        for module in modules:
            known = self.by_parts.get(module.parts)
            if known is not None and not known.path.endswith(".pyi"):
                continue
            self.by_parts[module.parts] = module
            if module.is_package:
                self._packages.add(module.parts)
            for length in range(len(module.folder) + 1):
                self.folders.add(module.folder[:length])
        for parts in (*self.by_parts, *(self.folders - set(self.by_parts))):
            if parts:
                self._suffixes.setdefault(parts[-1], []).append(parts)
        self._memo: dict[tuple[tuple[str, ...], str], tuple[str, ...] | None] = {}
        self._packages.update(*map(self._imported_folders, self.by_parts.values()))

    def _imported_folders(self, module: Module) -> Iterator[tuple[str, ...]]:
        """Yield the folders that a module beside them imports from: ``from routes import notes``."""
        for first in {item.module.partition(".")[0] for item in module.facts.imports if not item.level}:
            parts = (*module.folder, first)
            if first not in SOURCE_FOLDERS and parts in self.folders and parts not in self.by_parts:
                yield parts

    def ending(self, parts: tuple[str, ...]) -> list[Module]:
        """Return the modules whose dotted path ends with ``parts``."""
        same = (found for found in self._suffixes.get(parts[-1], ()) if found[-len(parts) :] == parts)
        return [self.by_parts[found] for found in same if found in self.by_parts]

    def exists(self, parts: tuple[str, ...]) -> bool:
        """Tell whether ``parts`` is a module, package or namespace package of the project."""
        return parts in self.by_parts or parts in self.folders

    def find(self, importer: Module, name: str, level: int) -> tuple[str, ...] | None:
        """Return the parts of the project module that ``name`` names in ``importer``, or None if it is external."""
        if level:
            folder = importer.folder
            if level - 1 > len(folder):
                return None
            parts = folder[: len(folder) - (level - 1)] + (tuple(name.split(".")) if name else ())
            return parts if self.exists(parts) else None
        key = (importer.folder, name)
        if key not in self._memo:
            self._memo[key] = self._absolute(importer.folder, tuple(name.split(".")))
        found = self._memo[key]
        # A module does not mean itself: ``import redis`` in a file of that name is the library.
        # A package does, unless it is part of another package, whose folder is no import root.
        if found == importer.parts:
            root = importer.parts[: -1 - name.count(".")]
            return found if importer.is_package and root not in self._packages else None
        return found

    def _absolute(self, folder: tuple[str, ...], wanted: tuple[str, ...]) -> tuple[str, ...] | None:
        standard = wanted[0] in sys.stdlib_module_names
        late: tuple[str, ...] | None = None
        for length in range(len(folder), -1, -1):
            root = folder[:length]
            for extra in ((), *((name,) for name in SOURCE_FOLDERS)):
                base = (*root, *extra)
                parts = base + wanted
                if not self.exists(parts) or (parts not in self.by_parts and not self._holds_code(parts)):
                    continue
                if base in self._packages:
                    late = late or parts
                    continue
                return parts
        if late is not None and not standard:
            return late
        if standard:
            return None
        same = [parts for parts in self._suffixes.get(wanted[-1], ()) if parts[-len(wanted) :] == wanted]
        if len(wanted) > 1 and len(same) == 1:
            return same[0]
        return None

    def _holds_code(self, parts: tuple[str, ...]) -> bool:
        """A folder without ``__init__`` counts as a namespace package when modules lie in it."""
        return parts in self.folders

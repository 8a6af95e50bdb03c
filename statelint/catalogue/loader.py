"""Reads the catalogue's files and makes them searchable by qualified name."""

from __future__ import annotations

import hashlib
import tomllib
from functools import cached_property, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from statelint.catalogue.schema import ClassRole, EntryPoints, Library, Types

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


class CatalogueError(ValueError):
    """A catalogue file or the project's own catalogue section is not of the expected form."""


class Stub(NamedTuple):
    """One library file as read."""

    source: str
    library: Library


def expand(pattern: str) -> Iterator[str]:
    """Yield the names that a pattern with ``{a,b}`` alternatives stands for."""
    start = pattern.find("{")
    if start < 0:
        yield pattern
        return
    end = pattern.index("}", start)
    for choice in pattern[start + 1 : end].split(","):
        yield from expand(f"{pattern[:start]}{choice.strip()}{pattern[end + 1 :]}")


def _names(patterns: Iterable[str]) -> Iterator[str]:
    for pattern in patterns:
        yield from expand(pattern)


class Catalogue:
    """All framework facts, indexed. Names that start with ``*.`` are kept apart, by their last part."""

    def __init__(self, libraries: Iterable[Library], digest: str = "") -> None:
        self.libraries = tuple(libraries)
        self.digest = digest
        """Changes whenever the facts change."""
        self.aliases: dict[str, str] = {}
        self.returns: dict[str, str] = {}
        self.attributes: dict[str, str] = {}
        self.mutators: dict[str, frozenset[str]] = {}
        self.roles: dict[str, frozenset[str]] = {}
        self.decorators: dict[str, EntryPoints] = {}
        self.loose_decorators: dict[str, EntryPoints] = {}
        self.calls: dict[str, EntryPoints] = {}
        self.loose_calls: dict[str, EntryPoints] = {}
        self.classes: dict[str, ClassRole] = {}
        self.memoisers: dict[str, bool] = {}
        """Qualified decorator → whether it bounds what it keeps."""
        roles: dict[str, set[str]] = {}
        for library in self.libraries:
            self._add(library, roles)
        self.roles = {name: frozenset(held) for name, held in roles.items()}

    def _add(self, library: Library, roles: dict[str, set[str]]) -> None:
        for pattern, target in library.aliases.items():
            self.aliases.update((name, target) for name in expand(pattern))
        for table, entries in ((self.returns, library.returns), (self.attributes, library.attributes)):
            for pattern, target in entries.items():
                table.update((name, target) for name in expand(pattern))
        for pattern, methods in library.mutators.items():
            for name in expand(pattern):
                self.mutators[name] = self.mutators.get(name, frozenset()) | frozenset(methods)
        for role in Types.__struct_fields__:
            for name in _names(getattr(library.types, role)):
                roles.setdefault(name, set()).add(role)
        for entry in library.entry_points:
            for name in _names(entry.decorators):
                table_ = self.loose_decorators if name.startswith("*.") else self.decorators
                table_[name.removeprefix("*.")] = entry
            for name in _names(entry.calls):
                table_ = self.loose_calls if name.startswith("*.") else self.calls
                table_[name.removeprefix("*.")] = entry
        for role_ in library.classes:
            self.classes.update((name, role_) for name in _names(role_.bases))
        self.memoisers.update((name, False) for name in _names(library.memoisers.unbounded))
        self.memoisers.update((name, True) for name in _names(library.memoisers.bounded))

    def _union(self, *path: str) -> frozenset[str]:
        names: set[str] = set()
        for library in self.libraries:
            held: object = library
            for part in path:
                held = getattr(held, part)
            names.update(_names(held))  # type: ignore[arg-type]
        return frozenset(names)

    @cached_property
    def aborts(self) -> frozenset[str]:
        """Calls that never return."""
        return self._union("aborts")

    @cached_property
    def principals(self) -> frozenset[str]:
        """Attributes and calls that are the authenticated principal."""
        return self._union("identity", "principals")

    @cached_property
    def decoders(self) -> frozenset[str]:
        """Calls that verify a credential."""
        return self._union("identity", "decoders")

    @cached_property
    def login(self) -> frozenset[str]:
        """What admits authenticated callers only."""
        return self._union("identity", "login")

    @cached_property
    def admin(self) -> frozenset[str]:
        """What admits administrators only."""
        return self._union("identity", "admin")

    @cached_property
    def dependency_markers(self) -> frozenset[str]:
        """``Depends`` and its like."""
        return self._union("dependency_markers")

    @cached_property
    def passthrough(self) -> frozenset[str]:
        """Calls that return their first argument."""
        return self._union("passthrough")

    @cached_property
    def argument_mutators(self) -> frozenset[str]:
        """Functions that change their first argument."""
        return self._union("argument_mutators")

    @cached_property
    def spawners(self) -> frozenset[str]:
        """Calls that run a function outside the request."""
        return self._union("spawners")

    @cached_property
    def aborting_names(self) -> frozenset[str]:
        """``aborts`` as code usually writes them: the qualified name and its last parts."""
        names = set(self.aborts)
        for name in self.aborts:
            parts = name.split(".")
            names.update(".".join(parts[index:]) for index in range(1, len(parts)))
        return frozenset(names)

    def canonical(self, name: str) -> str:
        """Return the name under which the catalogue knows ``name``."""
        aliases = self.aliases
        if name in aliases:
            return aliases[name]
        head = name
        while True:
            head, dot, _ = head.rpartition(".")
            if not dot:
                return name
            target = aliases.get(head)
            if target is not None:
                return target + name[len(head) :]

    def role(self, name: str, role: str) -> bool:
        """Tell whether what ``name`` gives has ``role``."""
        return role in self.roles.get(name, ())


def _decode(source: str, data: object) -> Library:
    try:
        return msgspec.convert(data, Library)
    except msgspec.ValidationError as error:
        raise CatalogueError(f"{source}: {error}") from error


@lru_cache(maxsize=1)
def bundled() -> tuple[Stub, ...]:
    """Return the catalogue files that come with statelint."""
    folder = resources.files("statelint.catalogue") / "data"
    stubs = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".toml"):
            text = entry.read_text(encoding="utf-8")
            stubs.append(Stub(entry.name, _decode(entry.name, tomllib.loads(text))))
    return tuple(stubs)


def load(extra: Mapping[str, object] | None = None) -> Catalogue:
    """Return the bundled catalogue together with a project's own facts.

    Raises CatalogueError when ``extra`` is not of the form of a catalogue file.
    """
    libraries = [stub.library for stub in bundled()]
    if extra:
        libraries.append(_decode("[tool.statelint.catalogue]", {"library": "project", **extra}))
    digest = hashlib.blake2b(msgspec.json.encode(libraries), digest_size=16).hexdigest()
    return Catalogue(libraries, digest)

"""The facts of all catalogue files, searchable by qualified name."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from statelint.catalogue.patterns import expand, file, fill, names_in
from statelint.catalogue.schema import ClassRole, EntryPoints, Library, ModelStyle, Ownership, QueryWords, Types

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.catalogue.schema import (
        Answer,
        CacheWrite,
        EntryKind,
        FileCalls,
        Launcher,
        Outbound,
        Repository,
        Retry,
        TokenDecoder,
        TokenEncoder,
        Transport,
    )

MAX_ALIASES = 4
"""Aliases may lead to aliases, at most so often."""


def _owners(name: str) -> tuple[str, str]:
    """Return the class that ``name`` is (or whose instances it calls) and the one it is a member of."""
    return name.removesuffix("()"), name.rpartition(".")[0]


class Catalogue:
    """All framework facts, indexed. Names that start with ``*.`` are kept apart, by their last part."""

    def __init__(self, libraries: Iterable[Library]) -> None:
        self.libraries = tuple(libraries)
        self.aliases: dict[str, str] = {}
        self._canonical: dict[str, str] = {}
        self.inherits: dict[str, str] = {}
        self.returns: dict[str, str] = {}
        self.attributes: dict[str, str] = {}
        self.mutators: dict[str, frozenset[str]] = {}
        self.roles: dict[str, frozenset[str]] = {}
        self.decorators: dict[str, EntryPoints] = {}
        self.loose_decorators: dict[str, EntryPoints] = {}
        self.calls: dict[str, EntryPoints] = {}
        self.loose_calls: dict[str, EntryPoints] = {}
        self.variables: dict[str, EntryPoints] = {}
        self.callbacks: dict[str, dict[str, EntryKind]] = {}
        self.classes: dict[str, ClassRole] = {}
        self.loose_classes: dict[str, ClassRole] = {}
        """By the ending of the base's name."""
        self.invokers: dict[str, int] = {}
        self.loose_invokers: dict[str, int] = {}
        self.models: dict[str, ModelStyle] = {}
        """Base class of models → its style."""
        self.local_settings: dict[str, tuple[str, ...]] = {}
        """Setting → values that choose this process's memory."""
        self.local_arguments: dict[str, dict[str, tuple[str, ...]]] = {}
        self.local_defaults: dict[str, tuple[str, ...]] = {}
        """Callable → keyword → values that choose it."""
        self.singletons: dict[str, str] = {}
        """What makes a class one a process → keyword that must be true for it."""
        self.memoisers: dict[str, bool] = {}
        """Qualified decorator → whether it bounds what it keeps."""
        self.decoders_of_tokens: dict[str, TokenDecoder] = {}
        self.encoders_of_tokens: dict[str, TokenEncoder] = {}
        self.answers: dict[str, Answer] = {}
        self.outbound: dict[str, Outbound] = {}
        self.retries: dict[str, Retry] = {}
        self.files: dict[str, FileCalls] = {}
        self.loose_files: dict[str, FileCalls] = {}
        self.launchers: dict[str, Launcher] = {}
        self.transports: dict[str, Transport] = {}
        self.cache_writes: dict[str, CacheWrite] = {}
        roles: dict[str, set[str]] = {}
        for library in self.libraries:
            self._add(library, roles)
        self.roles = {name: frozenset(held) for name, held in roles.items()}
        self._heirs = self._lines()
        self._inherit()

    def _add(self, library: Library, roles: dict[str, set[str]]) -> None:
        fill(self.aliases, library.aliases)
        fill(self.inherits, library.inherits)
        fill(self.returns, library.returns)
        fill(self.attributes, library.attributes)
        for pattern, methods in library.mutators.items():
            for name in expand(pattern):
                self.mutators[name] = self.mutators.get(name, frozenset()) | frozenset(methods)
        for pattern, keywords in library.callbacks.items():
            for name in expand(pattern):
                self.callbacks[name] = {**self.callbacks.get(name, {}), **keywords}
        for role in Types.__struct_fields__:
            for name in names_in(getattr(library.types, role)):
                roles.setdefault(name, set()).add(role)
        for entry in library.entry_points:
            file(entry.decorators, entry, self.decorators, self.loose_decorators)
            file(entry.calls, entry, self.calls, self.loose_calls)
            fill(self.variables, dict.fromkeys(entry.variables, entry))
        for pattern, position in library.invokers.items():
            file((pattern,), position, self.invokers, self.loose_invokers)
        for class_role in library.classes:
            file(class_role.bases, class_role, self.classes, self.loose_classes, "*")
        for style in library.models:
            fill(self.models, dict.fromkeys(style.bases, style))
            if not style.table_keyword:
                for name in names_in(style.bases):
                    roles.setdefault(name, set()).add("model")
        self.local_settings.update(library.local_settings)
        fill(self.local_arguments, library.local_arguments)
        fill(self.local_defaults, library.local_defaults)
        fill(self.singletons, library.singletons)
        fill(self.memoisers, dict.fromkeys(library.memoisers.unbounded, False))
        fill(self.memoisers, dict.fromkeys(library.memoisers.bounded, True))
        for decoder in library.tokens.decoders:
            fill(self.decoders_of_tokens, dict.fromkeys(decoder.calls, decoder))
        for encoder in library.tokens.encoders:
            fill(self.encoders_of_tokens, dict.fromkeys(encoder.calls, encoder))
        for answer in library.answers:
            fill(self.answers, dict.fromkeys(answer.calls, answer))
        for call in library.resilience.outbound:
            fill(self.outbound, dict.fromkeys(call.calls, call))
        for retry in library.resilience.retries:
            fill(self.retries, dict.fromkeys(retry.calls, retry))
        for calls in library.files:
            file(calls.calls, calls, self.files, self.loose_files)
        for launcher in library.launchers:
            fill(self.launchers, dict.fromkeys(launcher.calls, launcher))
        for transport in library.transports:
            fill(self.transports, dict.fromkeys(transport.calls, transport))
        for write in library.freshness.writes:
            fill(self.cache_writes, dict.fromkeys(write.calls, write))

    def _lines(self) -> dict[str, list[str]]:
        """Return the heirs of every class that has some, nearest first."""
        heirs: dict[str, list[str]] = {}
        for heir in self.inherits:
            base, seen = heir, {heir}
            while (base := self.inherits.get(base, "")) and base not in seen:
                heirs.setdefault(base, []).append(heir)
                seen.add(base)
        return heirs

    def _derived(self, name: str) -> Iterator[str]:
        """Yield ``name`` as heirs have it: of the class itself, of what calling it gives, of its members."""
        for base in _owners(name):
            for heir in self._heirs.get(base, ()):
                yield heir + name[len(base) :]

    def _inherit(self) -> None:
        tables: tuple[dict[str, Any], ...] = (
            self.returns,
            self.attributes,
            self.mutators,
            self.roles,
            self.decorators,
            self.calls,
            self.callbacks,
            self.classes,
            self.invokers,
            self.models,
            self.memoisers,
            self.answers,
            self.outbound,
            self.transports,
            self.cache_writes,
        )
        for table in tables:
            # A base's own facts come before those it has from its base, so the nearest one wins.
            passed_on = [name for name in table if not self._heirs.keys().isdisjoint(_owners(name))]
            for name in sorted(passed_on, key=self._depth, reverse=True):
                for heir in self._derived(name):
                    table.setdefault(heir, table[name])

    def _depth(self, name: str) -> int:
        """Return how many bases the class of ``name`` has."""
        depth = 0
        for base in _owners(name):
            seen = {base}
            while (base := self.inherits.get(base, "")) and base not in seen:
                seen.add(base)
                depth += 1
        return depth

    @cached_property
    def digest(self) -> str:
        """Changes whenever the facts change."""
        return hashlib.blake2b(msgspec.json.encode(self.libraries), digest_size=16).hexdigest()

    def own_name(self, parts: tuple[str, ...], name: str) -> str:
        """Return the qualified name of a known class that is defined in the module ``parts``, or an empty string.

        It matters where the code under analysis is a framework of the catalogue itself.
        """
        known = [other for other in self._known_classes.get(name, ()) if other.partition(".")[0] in parts]
        return max(known, key=lambda other: len(set(parts).intersection(other.split("."))), default="")

    @cached_property
    def _known_classes(self) -> dict[str, list[str]]:
        """Qualified names of classes by their last part."""
        names = {owner for table in (self.roles, self.classes, self.callbacks) for owner in table}
        names.update(name.rpartition(".")[0] for table in (self.decorators, self.calls) for name in table)
        known: dict[str, list[str]] = {}
        for qualified in sorted(names):
            last = qualified.rpartition(".")[2]
            if last[:1].isupper():
                known.setdefault(last, []).append(qualified)
        return known

    def class_role(self, base: str) -> ClassRole | None:
        """Return what frameworks do with subclasses of ``base``."""
        found = self.classes.get(base)
        if found is None:
            found = next((role for ending, role in self.loose_classes.items() if base.endswith(ending)), None)
        return found

    def _union(self, *path: str) -> frozenset[str]:
        names: set[str] = set()
        for library in self.libraries:
            held: object = library
            for part in path:
                held = getattr(held, part)
            names.update(names_in(held))  # type: ignore[arg-type]
        names.update([heir for name in names for heir in self._derived(name)])
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
    def stores(self) -> frozenset[str]:
        """Bags that only the server can write."""
        return self._union("identity", "stores")

    @cached_property
    def principal_models(self) -> frozenset[str]:
        """Base classes and other names of the model of users."""
        return self._union("identity", "models")

    @cached_property
    def login(self) -> frozenset[str]:
        """What admits authenticated callers only."""
        return self._union("identity", "login")

    @cached_property
    def admin(self) -> frozenset[str]:
        """What admits administrators only."""
        return self._union("identity", "admin")

    @cached_property
    def queries(self) -> dict[str, frozenset[str]]:
        """The word lists of all ``[queries]`` tables."""
        return {name: self._union("queries", name) for name in QueryWords.__struct_fields__}

    @cached_property
    def repositories(self) -> dict[str, Repository]:
        """Classes whose objects ask for the rows of one model."""
        return {
            name: kind for library in self.libraries for kind in library.repositories for name in names_in(kind.classes)
        }

    @cached_property
    def dependency_markers(self) -> frozenset[str]:
        """``Depends`` and its like."""
        return self._union("dependency_markers")

    @cached_property
    def resolvers(self) -> frozenset[str]:
        """Calls that give an instance of their first argument."""
        return self._union("resolvers")

    @cached_property
    def fields(self) -> frozenset[str]:
        """Calls that describe a field of a class."""
        return self._union("fields")

    @cached_property
    def wrappers(self) -> frozenset[str]:
        """Generic annotations that stand for their argument."""
        return self._union("wrappers")

    @cached_property
    def screens(self) -> frozenset[str]:
        """Calls that draw on a page when the module is run."""
        return self._union("screens")

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
    def schedulers(self) -> frozenset[str]:
        """Classes whose instances run jobs by the clock."""
        return self._union("schedulers")

    def listed(self, table: str, field: str) -> frozenset[str]:
        """Return the names that ``field`` of a library's ``table`` (``failures``, ``broad``) lists in any file."""
        return self._lists[table, field]

    @cached_property
    def _lists(self) -> dict[tuple[str, str], frozenset[str]]:
        """All lists of names, by table and field."""
        return {
            (table, field.name): self._union(table, field.name)
            for table in Library.__struct_fields__
            if isinstance(held := getattr(Library(""), table), msgspec.Struct)
            for field in msgspec.structs.fields(held)
            if field.type == tuple[str, ...]
        }

    @cached_property
    def local_sessions(self) -> dict[str, tuple[str, ...]]:
        """Settings, with their values, that keep login sessions on one machine."""
        return {name: values for library in self.libraries for name, values in library.tokens.local_sessions.items()}

    @cached_property
    def cache_defaults(self) -> dict[str, str]:
        """Calls that set a cache up, with their keyword that gives all entries a lifetime."""
        return {name: keyword for library in self.libraries for name, keyword in library.freshness.defaults.items()}

    @cached_property
    def max_token_days(self) -> float:
        """Access tokens that live longer are long-lived."""
        return next((lib.tokens.max_days for lib in reversed(self.libraries) if lib.tokens.max_days), 0)

    @cached_property
    def cached_properties(self) -> frozenset[str]:
        """Decorators of methods that keep the result on the instance."""
        return self._union("memoisers", "properties")

    @cached_property
    def ownership(self) -> dict[str, frozenset[str]]:
        """The name lists of all ``[ownership]`` tables."""
        return {name: self._union("ownership", name) for name in Ownership.__struct_fields__}

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
        found = self._canonical.get(name)
        if found is None:
            found = name
            for _ in range(MAX_ALIASES):
                target = self._alias(found)
                if target == found:
                    break
                found = target
            self._canonical[name] = found
        return found

    def _alias(self, name: str) -> str:
        """Replace the longest prefix of ``name`` that is an alias."""
        head = name
        while head:
            target = self.aliases.get(head)
            if target is not None:
                return target + name[len(head) :]
            head = head.rpartition(".")[0]
        return name

    def role(self, name: str, role: str) -> bool:
        """Tell whether what ``name`` gives has ``role``."""
        return role in self.roles.get(name, ())

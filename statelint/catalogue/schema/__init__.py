"""The form of a catalogue file, and of ``[tool.statelint.catalogue]`` in a project's configuration.

Names are qualified as code that uses the library imports them (``fastapi.APIRouter``). Braces list alternatives:
``fastapi.{FastAPI,APIRouter}.{get,post}`` stands for four names. A name that starts with ``*.`` matches by its last
part on a receiver that could not be resolved. ``X()`` names what calling ``X`` gives (of an instance: what calling the
instance gives), ``X[key]`` what is kept in ``X`` under a constant key, whether read by subscript or with ``get``.

Names of methods may end in ``*``: ``validate_*`` stands for every method that starts so, ``*`` for every public one.
"""

from __future__ import annotations

from typing import Literal

from msgspec import field

from statelint.catalogue.schema.answering import Answer, Failures, Launcher, Outbound, Resilience, Retry, Transport
from statelint.catalogue.schema.base import Struct
from statelint.catalogue.schema.calling import ClassRole, EntryKind, EntryPoints, Lifetime, Memoisers, Types
from statelint.catalogue.schema.identity import Identity, TokenDecoder, TokenEncoder, Tokens
from statelint.catalogue.schema.stored import (
    CacheWrite,
    Caching,
    FileCalls,
    Freshness,
    ModelStyle,
    Ownership,
    Pooling,
    QueryWords,
    Repository,
)


class Library(Struct, frozen=True):
    """One library."""

    library: str
    imports: tuple[str, ...] = ()
    """Packages whose import shows that a project uses the library."""
    role: Literal["web", "mcp", "worker", "orm", "llm", "other"] = "other"
    aliases: dict[str, str] = field(default_factory=dict)
    """Other qualified name or prefix → the one used in this file."""
    inherits: dict[str, str] = field(default_factory=dict)
    """Class → its base class among those of the catalogue: what is said of the base and its members holds for it too,
    unless something else is said of it."""
    entry_points: tuple[EntryPoints, ...] = ()
    callbacks: dict[str, dict[str, EntryKind]] = field(default_factory=dict)
    """Callable → its keywords that take a function (or a list or dict of functions) → what calls that function."""
    classes: tuple[ClassRole, ...] = ()
    types: Types = Types()
    returns: dict[str, str] = field(default_factory=dict)
    """Qualified callable → qualified type of what it returns."""
    attributes: dict[str, str] = field(default_factory=dict)
    """Qualified attribute → qualified type of its value."""
    memoisers: Memoisers = Memoisers()
    caching: Caching = Caching()
    identity: Identity = Identity()
    dependency_markers: tuple[str, ...] = ()
    """Calls whose first argument is called for each request and yields the parameter's value (``Depends``)."""
    local_settings: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Setting → its values that choose a backend in this process's memory."""
    local_arguments: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    """Callable → keyword (empty: the first argument) → its values that choose such a backend."""
    local_defaults: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Callable that keeps things in this process's memory by default → keywords and settings, any of which says where
    else (also given to its ``init_app``)."""
    singletons: dict[str, str] = field(default_factory=dict)
    """Decorators, calls and scopes (as arguments of calls) that make a class, or what a function returns, one a process
    → keyword that must be true for it, if any (``use_cache``); after ``-``, one that says otherwise unless it is false
    or ``singleton``."""
    resolvers: tuple[str, ...] = ()
    """Calls that give an instance of the class that is their first argument (``container.resolve(Service)``)."""
    passthrough: tuple[str, ...] = ()
    """Calls that return their first argument, or what it wraps."""
    screens: tuple[str, ...] = ()
    """Calls that draw on a page: a module that makes one when it is run is run again for each user and each change."""
    fields: tuple[str, ...] = ()
    """Calls that describe a field of a class, or a parameter that a framework fills, which holds what their
    ``default_factory``, ``factory`` or ``default`` gives."""
    wrappers: tuple[str, ...] = ()
    """Generic annotations that stand for their argument (``Injected[Service]``)."""
    mutators: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Type → methods that change the object. Types whose role is ``private`` or ``request`` need none."""
    argument_mutators: tuple[str, ...] = ()
    """Functions that change their first argument."""
    aborts: tuple[str, ...] = ()
    """Calls that never return."""
    spawners: tuple[str, ...] = ()
    """Calls that run a function outside the request; the function is any argument."""
    schedulers: tuple[str, ...] = ()
    """Classes whose instances, once started, run jobs by the clock in this process."""
    invokers: dict[str, int] = field(default_factory=dict)
    """Callable → position of the argument that it calls at once, with the arguments after it (``asyncio.to_thread``);
    the call gives what that function gives."""
    models: tuple[ModelStyle, ...] = ()
    ownership: Ownership = Ownership()
    queries: QueryWords = QueryWords()
    repositories: tuple[Repository, ...] = ()
    tokens: Tokens = Tokens()
    answers: tuple[Answer, ...] = ()
    failures: Failures = Failures()
    resilience: Resilience = Resilience()
    files: tuple[FileCalls, ...] = ()
    launchers: tuple[Launcher, ...] = ()
    transports: tuple[Transport, ...] = ()
    freshness: Freshness = Freshness()
    pooling: Pooling = Pooling()


__all__ = [
    "Answer",
    "CacheWrite",
    "Caching",
    "ClassRole",
    "EntryKind",
    "EntryPoints",
    "Failures",
    "FileCalls",
    "Freshness",
    "Identity",
    "Launcher",
    "Library",
    "Lifetime",
    "Memoisers",
    "ModelStyle",
    "Outbound",
    "Ownership",
    "Pooling",
    "QueryWords",
    "Repository",
    "Resilience",
    "Retry",
    "TokenDecoder",
    "TokenEncoder",
    "Tokens",
    "Transport",
    "Types",
]

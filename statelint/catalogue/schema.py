"""The form of a catalogue file, and of ``[tool.statelint.catalogue]`` in a project's configuration.

Names are qualified as code that uses the library imports them (``fastapi.APIRouter``). Braces list alternatives:
``fastapi.{FastAPI,APIRouter}.{get,post}`` stands for four names. A name that starts with ``*.`` matches by its last
part on a receiver that could not be resolved. ``X()`` names what calling ``X`` gives.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import field


class Struct(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """Base of the catalogue's types: unknown keys are errors."""


EntryKind = Literal[
    "route", "websocket", "middleware", "dependency", "handler", "tool", "task", "signal", "resolver", "startup", "cli"
]
"""What calls a function. All but ``startup`` and ``cli`` serve requests."""


class EntryPoints(Struct):
    """Ways to register a function."""

    kind: EntryKind
    decorators: tuple[str, ...] = ()
    """Decorators, called or not."""
    calls: tuple[str, ...] = ()
    """Calls that take the function, or a class of the ``classes`` table, as an argument."""
    argument: int = 0
    """Its position among the positional arguments of ``calls``."""
    keyword: str = ""
    """Its keyword, if it may be passed so."""
    path: bool = False
    """For ``*.`` names: only when the first argument is a string that looks like a route or event name."""


class ClassRole(Struct):
    """What frameworks do with subclasses of ``bases``."""

    bases: tuple[str, ...]
    instance: Literal["request", "connection", "process"] = "request"
    """How long an instance lives."""
    kind: EntryKind = "route"
    served: tuple[str, ...] = ()
    """Methods that the framework calls while serving; ``*`` for every public one."""
    startup: tuple[str, ...] = ()
    """Methods called once, before serving."""


class Types(Struct):
    """Roles of classes and callables; the role belongs to what calling them gives."""

    container: tuple[str, ...] = ()
    """Mutable containers of this process."""
    cache: tuple[str, ...] = ()
    """Containers that bound or expire what they hold."""
    insert_on_read: tuple[str, ...] = ()
    """Containers in which reading a missing key inserts it."""
    app: tuple[str, ...] = ()
    """Applications: one a process; attributes set on them are shared."""
    router: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    """Attribute bags of a process (``app.state``)."""
    private: tuple[str, ...] = ()
    """Attribute bags of one request, connection or context (``request.state``, ``g``, a context variable)."""
    request: tuple[str, ...] = ()
    """Request objects: what is read from them is the client's."""
    client: tuple[str, ...] = ()
    """Long-lived objects that hold connections or settings but no user's data."""
    engine: tuple[str, ...] = ()
    pool: tuple[str, ...] = ()
    session_factory: tuple[str, ...] = ()
    session: tuple[str, ...] = ()
    """Database sessions, connections and cursors: meant for one request."""
    lock: tuple[str, ...] = ()
    memory: tuple[str, ...] = ()
    """Conversation memory, checkpointers and stores that live in this process."""
    backend: tuple[str, ...] = ()
    """Process-local backends of caches, limiters, token stores."""
    settings: tuple[str, ...] = ()
    """Settings objects."""
    constant: tuple[str, ...] = ()
    """Immutable values and declarations."""
    model: tuple[str, ...] = ()
    """Base classes of stored rows or documents."""
    schema: tuple[str, ...] = ()
    """Base classes of data that is parsed per request (pydantic models, serializers, forms)."""


class Memoisers(Struct):
    """Decorators that keep results in this process."""

    unbounded: tuple[str, ...] = ()
    bounded: tuple[str, ...] = ()


class Identity(Struct):
    """Where a verified identity comes from, and what demands one."""

    principals: tuple[str, ...] = ()
    """Attributes and calls whose value is the authenticated principal or its id (``flask_login.current_user``)."""
    decoders: tuple[str, ...] = ()
    """Calls that verify a credential and return claims."""
    login: tuple[str, ...] = ()
    """Decorators, base classes and dependencies that admit authenticated callers only."""
    admin: tuple[str, ...] = ()
    """Decorators, base classes and dependencies that admit administrators only."""


class ModelStyle(Struct):
    """How an ORM or driver declares models and asks questions."""

    name: str
    bases: tuple[str, ...] = ()
    """Base classes of models."""
    table_keyword: str = ""
    """Class keyword that makes a subclass a table (SQLModel's ``table``)."""
    columns: tuple[str, ...] = ()
    """Calls that declare a column."""
    foreign_keys: tuple[str, ...] = ()
    """Calls that declare a foreign key."""
    relations: tuple[str, ...] = ()
    """Calls that declare a relation to another model."""
    many: tuple[str, ...] = ()
    """Calls that declare a many-to-many relation."""


class Library(Struct):
    """One library."""

    library: str
    imports: tuple[str, ...] = ()
    """Packages whose import shows that a project uses the library."""
    role: Literal["web", "mcp", "worker", "orm", "llm", "other"] = "other"
    aliases: dict[str, str] = field(default_factory=dict)
    """Other qualified name or prefix → the one used in this file."""
    entry_points: tuple[EntryPoints, ...] = ()
    classes: tuple[ClassRole, ...] = ()
    types: Types = Types()
    returns: dict[str, str] = field(default_factory=dict)
    """Qualified callable → qualified type of what it returns."""
    attributes: dict[str, str] = field(default_factory=dict)
    """Qualified attribute → qualified type of its value."""
    memoisers: Memoisers = Memoisers()
    identity: Identity = Identity()
    dependency_markers: tuple[str, ...] = ()
    """Calls whose first argument is called for each request and yields the parameter's value (``Depends``)."""
    passthrough: tuple[str, ...] = ()
    """Calls that return their first argument, or what it wraps."""
    mutators: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Type → methods that change the object."""
    argument_mutators: tuple[str, ...] = ()
    """Functions that change their first argument."""
    aborts: tuple[str, ...] = ()
    """Calls that never return."""
    spawners: tuple[str, ...] = ()
    """Calls that run a function outside the request; the function is any argument."""
    models: tuple[ModelStyle, ...] = ()

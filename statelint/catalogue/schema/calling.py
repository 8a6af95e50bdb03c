"""What calls functions, and what objects are."""

from __future__ import annotations

from typing import Literal

from statelint.catalogue.schema.base import Struct

EntryKind = Literal[
    "route",
    "websocket",
    "middleware",
    "dependency",
    "handler",
    "tool",
    "step",
    "task",
    "signal",
    "resolver",
    "startup",
    "cli",
]
"""What calls a function. All but ``startup`` and ``cli`` serve requests."""

Lifetime = Literal["request", "connection", "process"]
"""How long an instance lives."""


class EntryPoints(Struct, frozen=True):
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
    variables: tuple[str, ...] = ()
    """Variables of a module or class (``MIDDLEWARE``, ``WorkerSettings.functions``) that list functions or classes,
    themselves or as dotted names."""
    parameters: tuple[str, ...] = ()
    """Types of the leading parameters that the framework passes; the others hold the client's values."""
    instance: Lifetime = "process"
    """How long an instance lives when what is registered is a class, or an instance, that ``classes`` does not know."""
    served: tuple[str, ...] = ()
    """The methods of such a class that are called while serving."""


class ClassRole(Struct, frozen=True):
    """What frameworks do with subclasses of ``bases``."""

    bases: tuple[str, ...]
    """A name such as ``*Servicer`` matches by its ending."""
    instance: Lifetime = "request"
    """How long an instance lives."""
    kind: EntryKind = "route"
    served: tuple[str, ...] = ()
    """Methods that the framework calls while serving."""
    startup: tuple[str, ...] = ()
    """Methods called once, before serving."""
    parameters: tuple[str, ...] = ()
    """Types of the leading parameters, after ``self``, of the methods in ``served``."""


class Types(Struct, frozen=True):
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
    derived: tuple[str, ...] = ()
    """What depends on its arguments alone and never changes: kept, it saves work and is no state."""
    model: tuple[str, ...] = ()
    """Base classes of stored rows or documents; those of ``models`` need not be repeated."""
    schema: tuple[str, ...] = ()
    """Base classes of data that is parsed per request (pydantic models, serializers, forms)."""


class Memoisers(Struct, frozen=True):
    """Decorators that keep results in this process."""

    unbounded: tuple[str, ...] = ()
    bounded: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()
    """Decorators of methods that keep the result on the instance."""

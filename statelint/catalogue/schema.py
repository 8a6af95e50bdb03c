"""The form of a catalogue file, and of ``[tool.statelint.catalogue]`` in a project's configuration.

Names are qualified as code that uses the library imports them (``fastapi.APIRouter``). Braces list alternatives:
``fastapi.{FastAPI,APIRouter}.{get,post}`` stands for four names. A name that starts with ``*.`` matches by its last
part on a receiver that could not be resolved. ``X()`` names what calling ``X`` gives (of an instance: what calling the
instance gives), ``X[key]`` what is kept in ``X`` under a constant key, whether read by subscript or with ``get``.

Names of methods may end in ``*``: ``validate_*`` stands for every method that starts so, ``*`` for every public one.
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


class Identity(Struct, frozen=True):
    """Where a verified identity comes from, and what demands one."""

    principals: tuple[str, ...] = ()
    """Attributes and calls whose value is the authenticated principal or its id (``flask_login.current_user``)."""
    decoders: tuple[str, ...] = ()
    """Calls that verify a credential and return claims."""
    stores: tuple[str, ...] = ()
    """Bags that only the server can write, one a user (signed or server-side sessions)."""
    models: tuple[str, ...] = ()
    """Base classes and other names of the model of users."""
    login: tuple[str, ...] = ()
    """Decorators, base classes and dependencies that admit authenticated callers only."""
    admin: tuple[str, ...] = ()
    """Decorators, base classes and dependencies that admit administrators only."""


class ModelStyle(Struct, frozen=True):
    """How an ORM or driver declares models."""

    name: str
    bases: tuple[str, ...] = ()
    """Base classes of models."""
    table_keyword: str = ""
    """Class keyword that makes a subclass a table (SQLModel's ``table``)."""


class Ownership(Struct, frozen=True):
    """Names that tell whom rows belong to, in snake case; an ``_id`` ending of columns is implied."""

    owner_columns: tuple[str, ...] = ()
    """Columns that hold the user a row belongs to."""
    tenant_columns: tuple[str, ...] = ()
    """Columns that hold the tenant a row belongs to."""
    attribution_columns: tuple[str, ...] = ()
    """Columns that say who made a row that others may normally read."""
    label_columns: tuple[str, ...] = ()
    """Those of the above that are as often plain text (a merchant's name): they count with an id ending or as keys."""
    principal_models: tuple[str, ...] = ()
    """Models that stand for users."""
    tenant_models: tuple[str, ...] = ()
    """Models that stand for tenants."""
    business_models: tuple[str, ...] = ()
    """Those of the principal models that are as often whom users deal with: they count where nobody else logs in."""
    published_models: tuple[str, ...] = ()
    """Last words of models whose rows users write for others to read: their owner is their author."""
    private_models: tuple[str, ...] = ()
    """Models that belong to users by their very name, where no definition is in sight."""


class QueryWords(Struct, frozen=True):
    """Names of the methods and functions by which ORMs build and run statements."""

    reads: tuple[str, ...] = ()
    """Calls that start a reading statement on a model given to them; ``update`` and ``delete`` start writing ones."""
    by_key: tuple[str, ...] = ()
    """Calls that fetch rows of the model they are given."""
    of_model: tuple[str, ...] = ()
    """Methods of engines that ask at once for the model given first, with the predicates after it."""
    managers: tuple[str, ...] = ()
    """Class attributes of models from which statements start."""
    record_verbs: tuple[str, ...] = ()
    """Class methods of active-record models that read or change rows."""
    filters: tuple[str, ...] = ()
    """Methods whose arguments may hold predicates."""
    terminals: tuple[str, ...] = ()
    """Calls that end a statement: what is called on their result concerns the row."""
    updates: tuple[str, ...] = ()
    """Steps that change the rows of a statement."""
    deletes: tuple[str, ...] = ()
    """Steps that delete the rows of a statement."""
    inserts: tuple[str, ...] = ()
    """Steps that make new rows, or none, or save rows that are at hand."""


class Repository(Struct, frozen=True):
    """Classes whose objects ask for the rows of one model."""

    classes: tuple[str, ...]
    model: tuple[str, ...] = ()
    """Class attributes that hold the model, or another repository of it; also the class's type argument and the first
    argument of its constructor say so."""
    reads: tuple[str, ...] = ()
    updates: tuple[str, ...] = ()
    deletes: tuple[str, ...] = ()
    by_key: tuple[str, ...] = ()
    """Those of the methods whose first argument after ``leading`` is a key."""
    leading: int = 0
    """Positional arguments before those that say which rows."""
    key: str = ""
    """Keyword that holds the key of the row to change."""


class Caching(Struct, frozen=True):
    """Caches that all users of a service share, and what their keys hold."""

    addresses: tuple[str, ...] = ()
    """Decorators that keep responses under the address asked for."""
    arguments: tuple[str, ...] = ()
    """Decorators that keep results under a function's arguments, without the request."""
    keys: tuple[str, ...] = ()
    """Keywords of these by which a function gives a key of its own."""
    varies: tuple[str, ...] = ()
    """Decorators by which kept responses differ from caller to caller, or are not kept."""
    puts: tuple[str, ...] = ()
    """Calls that keep a value, given after its key."""


class TokenDecoder(Struct, frozen=True):
    """How a library reads signed tokens."""

    calls: tuple[str, ...]
    token: int = 0
    """Position of the token among the arguments."""
    verifies: bool = True
    """Whether the signature is checked unless a switch says otherwise."""
    options: str = ""
    """Keyword of a dict that holds switches."""
    signature: tuple[str, ...] = ()
    """Switches, in ``options`` or as keywords, that are false where the signature is not checked."""
    expiry: tuple[str, ...] = ()
    """Switches that are false where expired tokens are accepted."""
    algorithms: str = ""
    """Keyword that lists the algorithms accepted."""
    algorithms_at: int = 2
    """Position of ``algorithms``."""
    validate: str = ""
    """Method of the result without which no claim, and so no expiry, is checked."""
    max_age: str = ""
    """Keyword without which tokens never expire."""


class TokenEncoder(Struct, frozen=True):
    """How a library makes signed tokens."""

    calls: tuple[str, ...]
    claims: int = 0
    """Position of the claims; -1 where ``lifetime`` alone decides on the expiry."""
    claims_keyword: str = ""
    lifetime: str = ""
    """Keyword that holds the lifetime, as a ``timedelta`` or in seconds; false or None: for ever."""
    refresh: bool = False
    """Whether the tokens are refresh tokens."""


class Tokens(Struct, frozen=True):
    """Tokens and secrets."""

    decoders: tuple[TokenDecoder, ...] = ()
    encoders: tuple[TokenEncoder, ...] = ()
    lifetimes: tuple[str, ...] = ()
    """Settings that hold the lifetime of access tokens; false or None: for ever."""
    secrets: tuple[str, ...] = ()
    """Calls that make a random secret."""
    local_sessions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Setting → its values that keep login sessions on this machine."""
    max_days: float = 0
    """Access tokens that live longer are reported; the last file that sets it wins."""


class Answer(Struct, frozen=True):
    """Ways to answer a request: responses and the exceptions that become one."""

    calls: tuple[str, ...]
    body: int = 0
    """Position of the body, or of the detail; -1: given by keyword only."""
    body_keywords: tuple[str, ...] = ()
    status: int = -1
    """Position of the status."""
    status_keywords: tuple[str, ...] = ()
    code: int = 200
    """The status where none is given."""
    json: bool = True
    """Whether a program reads the body."""
    shape: str = ""
    """The key under which the framework sends a plain detail."""


class Failures(Struct, frozen=True):
    """Exceptions, and what becomes of them."""

    broad: tuple[str, ...] = ()
    """Exceptions that may be of any kind."""
    internal: tuple[str, ...] = ()
    """Exceptions whose text shows insides: statements, paths, hosts."""
    tracebacks: tuple[str, ...] = ()
    """Calls that give a traceback as text."""
    logs: tuple[str, ...] = ()
    """Calls that log an error."""
    context: tuple[str, ...] = ()
    """Calls and classes whose use adds the request or the user to every log record."""


class Outbound(Struct, frozen=True):
    """Calls that wait for another machine."""

    calls: tuple[str, ...]
    timeouts: tuple[str, ...] = ()
    """Keywords, of the call or of the call that makes its receiver, that set a limit."""
    position: int = -1
    """Position of the timeout."""
    bounded: bool = False
    """Whether there is a limit by default, so that only an explicit ``None`` takes it away."""
    unsafe: bool = False
    """Whether doing it twice is not the same as doing it once."""


class Retry(Struct, frozen=True):
    """Decorators that call a function again when it fails."""

    calls: tuple[str, ...]
    limits: tuple[str, ...] = ()
    """Keywords that end the retries."""
    position: int = -1
    """Position of a limit."""
    endless: bool = True
    """Whether retries go on for ever where no limit is given."""


class Resilience(Struct, frozen=True):
    """Calls to other machines: their limits, and what repeats them."""

    outbound: tuple[Outbound, ...] = ()
    retries: tuple[Retry, ...] = ()
    guards: tuple[str, ...] = ()
    """Calls and context managers that limit how long what they hold may take."""
    effects: tuple[str, ...] = ()
    """Calls, besides those of ``outbound``, that must not be done twice."""
    waits: tuple[str, ...] = ()
    """Calls, besides those of ``outbound``, that take long: models, mail, other machines."""


class CacheWrite(Struct, frozen=True):
    """Calls, and decorators, that put something into a cache."""

    calls: tuple[str, ...]
    expiry: tuple[str, ...] = ()
    """Keywords that end the entry's life."""
    position: int = -1
    """Position of the lifetime."""
    endless: bool = True
    """Whether entries live for ever where no lifetime is given."""
    store: bool = False
    """Whether the store is also used for what is meant to stay, so that only names tell a cache."""

    @property
    def keyword(self) -> str:
        """The keyword that takes a lifetime in seconds, if there is one."""
        return self.expiry[0] if self.expiry else ""


class Freshness(Struct, frozen=True):
    """How long caches keep what they are given."""

    writes: tuple[CacheWrite, ...] = ()
    defaults: dict[str, str] = field(default_factory=dict)
    """Call that sets a cache up → its keyword that gives all entries a lifetime."""
    drops: tuple[str, ...] = ()
    """Names of the functions and methods that take entries out of a cache."""


class Pooling(Struct, frozen=True):
    """How connections to databases are made."""

    pools: tuple[str, ...] = ()
    """Calls that make a pool of connections, or a client that holds one."""
    connections: tuple[str, ...] = ()
    """Calls that open one connection over the network."""
    engines: tuple[str, ...] = ()
    """Calls that make a pool and can be told to make none."""
    none: tuple[str, ...] = ()
    """What engines are given for no pool."""


class Launcher(Struct, frozen=True):
    """Calls that start a server for an application."""

    calls: tuple[str, ...]
    workers: tuple[str, ...] = ()
    """Keywords that say how many processes serve."""
    app: int = 0
    """Position of the application, which may be named by a string (``app.main:app``)."""
    platform: bool = False
    """Whether the application is handed to a platform that starts as many processes as there are requests."""


class Transport(Struct, frozen=True):
    """Calls that serve the Model Context Protocol over HTTP, in sessions unless told otherwise."""

    calls: tuple[str, ...]
    chosen_by: str = ""
    """Keyword (or first argument) that names the transport; without it, stdio."""
    stateless: tuple[str, ...] = ()
    """Keywords, of the call or of the call that makes the server, that do without sessions."""
    stores: tuple[str, ...] = ()
    """Keywords, of the same calls, that keep sessions or events outside."""


class FileCalls(Struct, frozen=True):
    """Calls that do something with a file of this machine."""

    calls: tuple[str, ...]
    how: Literal["write", "read", "serve", "mount", "remove"]
    """``serve``: the file is sent to clients as it is; ``mount``: from then on, all of a folder is."""
    path: int = 0
    """Position of the path; -1: the object whose method is called."""
    keywords: tuple[str, ...] = ()
    """Keywords under which the path may be given."""
    default: str = ""
    """The path where none is given."""


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

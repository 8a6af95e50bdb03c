"""What is stored, and how it is asked for."""

from __future__ import annotations

from typing import Literal

from msgspec import field

from statelint.catalogue.schema.base import Struct


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
    audience_columns: tuple[str, ...] = ()
    """Relations to users who look at rows, like or look after them, and own them no more than others do."""
    principal_models: tuple[str, ...] = ()
    """Models that stand for users."""
    tenant_models: tuple[str, ...] = ()
    """Models that stand for tenants."""
    business_models: tuple[str, ...] = ()
    """Those of the principal models that are as often whom users deal with: they count where nobody else logs in."""
    published_models: tuple[str, ...] = ()
    """Last words of models whose rows users write for others to read: their owner is their author."""
    directory_models: tuple[str, ...] = ()
    """Models of users whom others choose and deal with, also as ``…_profile``: whoever comes may read them."""
    offering_columns: tuple[str, ...] = ()
    """Columns that name who offers something to others, and shows it to them: a course's instructor."""
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

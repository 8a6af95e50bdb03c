"""Declarations: functions, classes, names and imports of a file."""

from __future__ import annotations

from statelint.extract.facts.base import Position, Struct, TermId
from statelint.extract.facts.events import Event, Handler
from statelint.extract.facts.words import How, ParameterKind


class Parameter(Struct, frozen=True):
    """A parameter; ``kind`` is ``positional``, ``keyword`` (only), ``*`` or ``**``."""

    name: str
    kind: ParameterKind
    annotation: TermId
    default: TermId
    position: Position


class Function(Struct, frozen=True):
    """A function, a lambda (named ``<lambda>``) or, at index 0, the module's own code (named ``<module>``)."""

    name: str
    qualname: str
    """Dotted path inside the module, without ``<locals>``: ``Service.get``, ``create_app.handler``."""
    index: int
    parent: int
    """Index of the enclosing function (0 at module level; -1 for the module itself)."""
    owner: int
    """Index of the class whose body holds the function, or -1."""
    parameters: tuple[Parameter, ...]
    decorators: tuple[TermId, ...]
    returns: TermId
    """Return annotation."""
    is_async: bool
    is_generator: bool
    position: Position
    """The ``def`` line to the end of the name; the whole lambda."""
    first_line: int
    """The first decorator's line, or that of ``def``."""
    last_line: int
    condition: int
    """The condition under which the definition runs."""
    events: tuple[Event, ...]
    cells: dict[str, tuple[TermId, ...]]
    """Local variables that nested functions use, with every value assigned to them."""
    handlers: tuple[Handler, ...] = ()
    """The ``except`` clauses that drop errors."""


class Binding(Struct, frozen=True):
    """A name bound to a value by assignment: a module's global or a class attribute."""

    name: str
    value: TermId
    annotation: TermId
    condition: int
    position: Position
    """The target's."""
    how: How = "="
    """``=``, ``:`` for a bare annotation, ``for``, ``with``, or an augmented operator."""


class Class(Struct, frozen=True):
    """A class definition."""

    name: str
    qualname: str
    index: int
    function: int
    """Index of the function whose body holds the class statement (0 at module level)."""
    outer: int
    """Index of the enclosing class, or -1."""
    bases: tuple[TermId, ...]
    keywords: tuple[tuple[str, TermId], ...]
    decorators: tuple[TermId, ...]
    attributes: tuple[Binding, ...]
    methods: dict[str, int]
    """Method name to function index; the last definition wins."""
    inner: dict[str, int]
    """Nested class name to class index."""
    position: Position
    """From ``class`` to the end of the name."""
    first_line: int
    last_line: int
    condition: int


class Import(Struct, frozen=True):
    """``name`` is bound to ``module`` (``symbol`` empty) or to ``symbol`` of ``module``.

    ``level`` counts the leading dots of a relative import. ``import a.b`` binds ``a`` to module ``a``; ``star`` imports
    have the name ``*``. ``function`` is where the statement stands (0: module level).
    """

    name: str
    module: str
    symbol: str
    level: int
    function: int
    condition: int
    position: Position

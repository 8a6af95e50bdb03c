"""The facts of one file: what it declares and what it does, without knowledge of any other file.

Values are *terms*, kept once per file in ``ModuleFacts.terms`` and referred to by index. What happens is a list of
*events* per function, each under a *condition* (an index into ``ModuleFacts.conditions``, a tree that points to its
parents). Terms are symbolic: a local name is replaced by what was assigned to it, so an analysis never re-walks trees.

Positions are 1-based lines and 1-based columns in code points; end columns are exclusive.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

TermId: TypeAlias = int
"""Index into ``ModuleFacts.terms``."""

NO_TERM: TermId = -1
"""Stands where a term is absent (no default, no annotation, a bare ``return``)."""


class Struct(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Base of all facts: immutable and encoded as an array."""


class Position(Struct, frozen=True):
    """A stretch of source text."""

    line: int
    column: int
    end_line: int
    end_column: int


# --- terms: what a value is --------------------------------------------------------------------------------------


class Const(Struct, frozen=True, tag="k"):
    """A literal. Bytes and complex numbers are given as their ``repr``, with ``kind`` naming the type."""

    value: str | int | float | bool | None
    kind: str


class Name(Struct, frozen=True, tag="n"):
    """A name of the module's global scope, or a builtin when the module does not define it."""

    id: str


class Param(Struct, frozen=True, tag="p"):
    """The parameter at ``index`` of function ``function``, as it was passed in."""

    function: int
    index: int


class Cell(Struct, frozen=True, tag="c"):
    """A local variable of function ``function`` seen from a nested function; its values are in ``Function.cells``."""

    function: int
    name: str


class Attr(Struct, frozen=True, tag="a"):
    """``base.name``."""

    base: TermId
    name: str


class Item(Struct, frozen=True, tag="i"):
    """``base[key]``; also the k-th value of an unpacking."""

    base: TermId
    key: TermId


class Call(Struct, frozen=True, tag="C"):
    """One call in the source; two calls that read alike are two terms. ``serial`` numbers the calls of a file."""

    func: TermId
    args: tuple[TermId, ...]
    keywords: tuple[tuple[str, TermId], ...]
    """Keyword arguments; the name of a ``**mapping`` is empty."""
    serial: int


class Element(Struct, frozen=True, tag="e"):
    """Some element that iterating over ``base`` yields."""

    base: TermId


class Enter(Struct, frozen=True, tag="w"):
    """What ``with base as x`` binds."""

    base: TermId


class Caught(Struct, frozen=True, tag="x"):
    """The exception that ``except type as x`` binds."""

    exception: TermId


class Choice(Struct, frozen=True, tag="?"):
    """``then`` if ``test`` holds, else ``other``; ``test`` is ``NO_TERM`` where control flow alone decides."""

    test: TermId
    then: TermId
    other: TermId


class Binary(Struct, frozen=True, tag="b"):
    """``left op right`` for arithmetic and bit operators, ``op`` as written (``+``, ``|``, ``%`` …)."""

    op: str
    left: TermId
    right: TermId


class Compare(Struct, frozen=True, tag="="):
    """``left op right``, ``op`` as written (``==``, ``not in`` …). A chained one is a ``Logic("and")`` of these."""

    op: str
    left: TermId
    right: TermId


class Logic(Struct, frozen=True, tag="L"):
    """``and`` or ``or`` over ``values``."""

    op: str
    values: tuple[TermId, ...]


class Not(Struct, frozen=True, tag="!"):
    """``not value``."""

    value: TermId


class Unary(Struct, frozen=True, tag="~"):
    """``~value``, ``-value`` or ``+value``."""

    op: str
    value: TermId


class Mapping(Struct, frozen=True, tag="d"):
    """A dict display; the key of a ``**mapping`` entry is ``NO_TERM``. ``more`` counts entries left out for size."""

    keys: tuple[TermId, ...]
    values: tuple[TermId, ...]
    more: int
    serial: int


class Sequence(Struct, frozen=True, tag="l"):
    """A list, set or tuple display (``kind``). ``more`` counts items left out for size."""

    kind: str
    items: tuple[TermId, ...]
    more: int
    serial: int


class Format(Struct, frozen=True, tag="f"):
    """An f-string: constant and formatted parts in order."""

    parts: tuple[TermId, ...]


class Comprehension(Struct, frozen=True, tag="g"):
    """A comprehension of ``kind`` (list, set, dict, generator); ``element`` of a dict's is the value part."""

    kind: str
    element: TermId
    key: TermId
    iterables: tuple[TermId, ...]
    tests: tuple[TermId, ...]
    serial: int


class FunctionRef(Struct, frozen=True, tag="F"):
    """A nested function or lambda of this file, by index."""

    function: int


class ClassRef(Struct, frozen=True, tag="K"):
    """A class defined inside a function of this file, by index."""

    index: int


class Star(Struct, frozen=True, tag="*"):
    """``*value`` among arguments or items."""

    value: TermId


class Unknown(Struct, frozen=True, tag="u"):
    """A value that is not followed; ``why`` is a short word for debugging."""

    why: str


Term: TypeAlias = (
    Const
    | Name
    | Param
    | Cell
    | Attr
    | Item
    | Call
    | Element
    | Enter
    | Caught
    | Choice
    | Binary
    | Compare
    | Logic
    | Not
    | Unary
    | Mapping
    | Sequence
    | Format
    | Comprehension
    | FunctionRef
    | ClassRef
    | Star
    | Unknown
)


# --- conditions: under which circumstances something happens -------------------------------------------------------


class Condition(Struct, frozen=True):
    """One step of a path condition; condition 0 is "always".

    ``kind`` is one of

    - ``if``: inside a branch on ``test`` (``positive`` tells which branch);
    - ``guard``: after an ``if`` whose other branch left the block (return, raise, continue, an aborting call);
    - ``call-guard``: after an ``if`` whose other branch ended in the call ``via``, which leaves if its callee never
      returns;
    - ``loop``: inside a loop over ``test`` (``NO_TERM`` for ``while``, whose test is an ``if`` below it);
    - ``try``: inside a ``try`` body some handler of which goes on after the statement;
    - ``except``: inside a handler; ``test`` is the type caught;
    - ``with``: inside ``with test``;
    - ``assert``: after ``assert test``.
    """

    parent: int
    kind: str
    test: TermId
    positive: bool
    via: TermId = NO_TERM


# --- events: what a function does, in source order --------------------------------------------------------------------


class Event(Struct, frozen=True):
    """Something a function does.

    ``op`` is one of

    - ``call``: ``term`` is the ``Call``;
    - ``write``: ``term`` (an ``Attr``, ``Item`` or ``Name``/``Cell`` rebinding) is assigned ``value``; ``how`` is
      ``=``, an augmented operator such as ``+=``, ``del``, ``for``, ``with`` or ``import``;
    - ``return``, ``yield``, ``raise``: ``term`` is the value, or ``NO_TERM``;
    - ``global``: ``term`` names a global that the function declares with ``global``.
    """

    op: str
    term: TermId
    value: TermId
    condition: int
    position: Position
    how: str = ""


# --- declarations ------------------------------------------------------------------------------------------------


class Parameter(Struct, frozen=True):
    """A parameter; ``kind`` is ``positional``, ``keyword`` (only), ``*`` or ``**``."""

    name: str
    kind: str
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


class Binding(Struct, frozen=True):
    """A name bound to a value by assignment: a module's global or a class attribute."""

    name: str
    value: TermId
    annotation: TermId
    condition: int
    position: Position
    """The target's."""
    how: str = "="
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


class Suppression(Struct, frozen=True):
    """A comment that silences findings; ``problem`` says what is wrong with a malformed one."""

    position: Position
    codes: tuple[str, ...]
    reason: str
    whole_file: bool
    own_line: bool
    """The comment stands alone on its line and so speaks for the next one."""
    noqa: bool
    problem: str = ""


class Observation(Struct, frozen=True):
    """What a rule's own LibCST visitor reported about this file: free-form ``data`` under the rule's code."""

    rule: str
    data: str
    position: Position


class Failure(Struct, frozen=True):
    """Why a file has no or only partial facts. ``kind`` is ``syntax`` (SL003) or ``unreadable`` (SL004)."""

    kind: str
    message: str
    line: int
    column: int


class ModuleFacts(msgspec.Struct, array_like=True):
    """Everything extracted from one file."""

    path: str
    """Relative to the project root, posix separators."""
    lines: int
    functions: list[Function]
    """``functions[0]`` is the module's own code."""
    classes: list[Class]
    imports: list[Import]
    bindings: list[Binding]
    terms: list[Term]
    conditions: list[Condition]
    exports: list[str] | None
    """``__all__`` where it is a plain list of strings."""
    suppressions: list[Suppression]
    observations: list[Observation]
    failure: Failure | None
    screened: bool
    """The screen found nothing here that a rule could use: declarations only, no events."""
    statements: dict[int, int]
    """First line of each multi-line simple statement or header, keyed by each further line of it."""

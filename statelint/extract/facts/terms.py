"""Terms: what a value is."""

from __future__ import annotations

from typing import TypeAlias

from statelint.extract.facts.base import Struct, TermId
from statelint.extract.facts.words import (
    BinaryOp,
    CompareOp,
    ComprehensionKind,
    ConstKind,
    LogicOp,
    SequenceKind,
    UnaryOp,
)


class Const(Struct, frozen=True, tag="k"):
    """A literal. Bytes and complex numbers are given as their ``repr``, with ``kind`` naming the type."""

    value: str | int | float | bool | None
    kind: ConstKind


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

    @property
    def arguments(self) -> tuple[TermId, ...]:
        """All that is passed, by position and then by keyword."""
        return (*self.args, *(value for _, value in self.keywords))


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

    op: BinaryOp
    left: TermId
    right: TermId


class Compare(Struct, frozen=True, tag="="):
    """``left op right``, ``op`` as written (``==``, ``not in`` …). A chained one is a ``Logic("and")`` of these."""

    op: CompareOp
    left: TermId
    right: TermId


class Logic(Struct, frozen=True, tag="L"):
    """``and`` or ``or`` over ``values``."""

    op: LogicOp
    values: tuple[TermId, ...]


class Not(Struct, frozen=True, tag="!"):
    """``not value``."""

    value: TermId


class Unary(Struct, frozen=True, tag="~"):
    """``~value``, ``-value`` or ``+value``."""

    op: UnaryOp
    value: TermId


class Mapping(Struct, frozen=True, tag="d"):
    """A dict display; the key of a ``**mapping`` entry is ``NO_TERM``. ``more`` counts entries left out for size."""

    keys: tuple[TermId, ...]
    values: tuple[TermId, ...]
    more: int
    serial: int


class Sequence(Struct, frozen=True, tag="l"):
    """A list, set or tuple display, or a slice (``kind``). ``more`` counts items left out for size."""

    kind: SequenceKind
    items: tuple[TermId, ...]
    more: int
    serial: int


class Format(Struct, frozen=True, tag="f"):
    """An f-string: constant and formatted parts in order."""

    parts: tuple[TermId, ...]


class Comprehension(Struct, frozen=True, tag="g"):
    """A comprehension of ``kind`` (list, set, dict, generator); ``element`` of a dict's is the value part."""

    kind: ComprehensionKind
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

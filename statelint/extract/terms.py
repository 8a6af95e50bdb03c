"""The table of a file's terms: equal terms are stored once, calls and displays once per place."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from statelint.extract.facts import (
    Attr,
    Binary,
    Call,
    Caught,
    Cell,
    Choice,
    ClassRef,
    Compare,
    Comprehension,
    Const,
    Element,
    Enter,
    Format,
    FunctionRef,
    Item,
    Logic,
    Mapping,
    Name,
    Not,
    Param,
    Sequence,
    Star,
    Unary,
    Unknown,
)

if TYPE_CHECKING:
    from statelint.extract.facts import Term, TermId
    from statelint.extract.facts.words import (
        BinaryOp,
        CompareOp,
        ComprehensionKind,
        ConstKind,
        LogicOp,
        SequenceKind,
        UnaryOp,
    )

MAX_DEPTH = 60
"""Deeper terms become unknown: chains of this length carry no meaning that a rule could use."""
MAX_TEXT = 20_000
"""Longer string constants are cut; the longest SQL statements in practice stay well below."""
MAX_ITEMS = 120
"""Items kept of a list or dict display."""


class TermTable:
    """Makes terms and hands out their indices; depth is bounded by ``MAX_DEPTH``."""

    __slots__ = ("_depth", "_index", "_serial", "terms")

    def __init__(self) -> None:
        self.terms: list[Term] = []
        self._depth: list[int] = []
        self._index: dict[tuple[object, ...], TermId] = {}
        self._serial = 0

    def __getitem__(self, term: TermId) -> Term:
        return self.terms[term]

    def _add(self, term: Term, depth: int) -> TermId:
        self.terms.append(term)
        self._depth.append(depth)
        return len(self.terms) - 1

    def _leaf(self, key: tuple[object, ...], term: type[Term]) -> TermId:
        found = self._index.get(key)
        if found is None:
            found = self._index[key] = self._add(term(*key[1:]), 0)  # type: ignore[arg-type]
        return found

    def _node(self, key: tuple[object, ...], term: type[Term], *children: TermId) -> TermId:
        found = self._index.get(key)
        if found is None:
            depth = 1 + self.depth(*children)
            found = self.unknown("deep") if depth > MAX_DEPTH else self._add(term(*key[1:]), depth)  # type: ignore[arg-type]
            self._index[key] = found
        return found

    def depth(self, *children: TermId) -> int:
        """Return the greatest depth among ``children``."""
        deepest = 0
        for child in children:
            if child >= 0 and self._depth[child] > deepest:
                deepest = self._depth[child]
        return deepest

    def next_serial(self) -> int:
        """Return a number not used before in this file."""
        self._serial += 1
        return self._serial

    def const(self, value: object) -> TermId:
        """Return the constant ``value``."""
        kind = cast("ConstKind", type(value).__name__)
        if isinstance(value, str):
            if len(value) > MAX_TEXT:
                value = value[:MAX_TEXT]
            if not value.isascii():
                # Lone surrogates, legal in literals, cannot be encoded.
                value = value.encode("utf-8", "replace").decode("utf-8")
        elif isinstance(value, int) and not isinstance(value, bool):
            if not -(2**63) <= value < 2**63:
                value = kind = "bigint"
        elif value is not None and not isinstance(value, (bool, float)):
            value = "..." if value is ... else repr(value)[:MAX_TEXT]
        return self._leaf(("k", value, kind), Const)

    def name(self, identifier: str) -> TermId:
        """Return the global or builtin ``identifier``."""
        return self._leaf(("n", identifier), Name)

    def param(self, function: int, index: int) -> TermId:
        """Return a parameter."""
        return self._leaf(("p", function, index), Param)

    def cell(self, function: int, name: str) -> TermId:
        """Return a captured local."""
        return self._leaf(("c", function, name), Cell)

    def function(self, index: int) -> TermId:
        """Return a nested function."""
        return self._leaf(("F", index), FunctionRef)

    def class_(self, index: int) -> TermId:
        """Return a class defined in a function."""
        return self._leaf(("K", index), ClassRef)

    def unknown(self, why: str) -> TermId:
        """Return an unknown value."""
        return self._leaf(("u", why), Unknown)

    def attr(self, base: TermId, name: str) -> TermId:
        """Return ``base.name``."""
        return self._node(("a", base, name), Attr, base)

    def item(self, base: TermId, key: TermId) -> TermId:
        """Return ``base[key]``."""
        return self._node(("i", base, key), Item, base, key)

    def element(self, base: TermId) -> TermId:
        """Return an element of ``base``."""
        return self._node(("e", base), Element, base)

    def enter(self, base: TermId) -> TermId:
        """Return what ``with base`` binds."""
        return self._node(("w", base), Enter, base)

    def caught(self, exception: TermId) -> TermId:
        """Return a caught exception."""
        return self._node(("x", exception), Caught, exception)

    def star(self, value: TermId) -> TermId:
        """Return ``*value``."""
        return self._node(("*", value), Star, value)

    def choice(self, test: TermId, then: TermId, other: TermId) -> TermId:
        """Return ``then if test else other``; equal branches need no choice."""
        if then == other:
            return then
        return self._node(("?", test, then, other), Choice, test, then, other)

    def binary(self, op: BinaryOp, left: TermId, right: TermId) -> TermId:
        """Return ``left op right``."""
        return self._node(("b", op, left, right), Binary, left, right)

    def compare(self, op: CompareOp, left: TermId, right: TermId) -> TermId:
        """Return the comparison ``left op right``."""
        return self._node(("=", op, left, right), Compare, left, right)

    def logic(self, op: LogicOp, values: tuple[TermId, ...]) -> TermId:
        """Return ``and`` or ``or`` over ``values``."""
        return self._node(("L", op, values), Logic, *values)

    def negate(self, value: TermId) -> TermId:
        """Return ``not value``."""
        return self._node(("!", value), Not, value)

    def unary(self, op: UnaryOp, value: TermId) -> TermId:
        """Return ``op value``."""
        return self._node(("~", op, value), Unary, value)

    def format(self, parts: tuple[TermId, ...]) -> TermId:
        """Return an f-string."""
        return self._node(("f", parts), Format, *parts)

    def call(self, func: TermId, args: tuple[TermId, ...], keywords: tuple[tuple[str, TermId], ...]) -> TermId:
        """Return a new call; too deep a callee or argument becomes unknown, the call itself stays."""
        limit = MAX_DEPTH - 1
        if self.depth(func, *args, *(value for _, value in keywords)) > limit:
            deep = self.unknown("deep")
            func = func if self.depth(func) <= limit else deep
            args = tuple(arg if self.depth(arg) <= limit else deep for arg in args)
            keywords = tuple((name, value if self.depth(value) <= limit else deep) for name, value in keywords)
        depth = 1 + self.depth(func, *args, *(value for _, value in keywords))
        return self._add(Call(func, args, keywords, self.next_serial()), depth)

    def sequence(self, kind: SequenceKind, items: tuple[TermId, ...], more: int = 0, serial: int = 0) -> TermId:
        """Return a display; ``serial`` keeps the identity of one that is being extended."""
        if len(items) > MAX_ITEMS:
            more += len(items) - MAX_ITEMS
            items = items[:MAX_ITEMS]
        depth = 1 + self.depth(*items)
        if depth > MAX_DEPTH:
            return self.unknown("deep")
        return self._add(Sequence(kind, items, more, serial or self.next_serial()), depth)

    def mapping(self, keys: tuple[TermId, ...], values: tuple[TermId, ...], more: int = 0, serial: int = 0) -> TermId:
        """Return a dict display; ``serial`` keeps the identity of one that is being extended."""
        if len(keys) > MAX_ITEMS:
            more += len(keys) - MAX_ITEMS
            keys, values = keys[:MAX_ITEMS], values[:MAX_ITEMS]
        depth = 1 + self.depth(*keys, *values)
        if depth > MAX_DEPTH:
            return self.unknown("deep")
        return self._add(Mapping(keys, values, more, serial or self.next_serial()), depth)

    def comprehension(
        self,
        kind: ComprehensionKind,
        element: TermId,
        key: TermId,
        iterables: tuple[TermId, ...],
        tests: tuple[TermId, ...],
    ) -> TermId:
        """Return a comprehension."""
        depth = 1 + self.depth(element, key, *iterables, *tests)
        if depth > MAX_DEPTH:
            return self.unknown("deep")
        return self._add(Comprehension(kind, element, key, iterables, tests, self.next_serial()), depth)

    def join(self, test: TermId, then: TermId, other: TermId) -> TermId:
        """Return the value after two branches.

        Two growths of one list or dict display merge into one display whose differing items are choices against
        "absent", so that a statement's clauses collected under conditions stay readable as one list.
        """
        if then == other:
            return then
        left, right = self.terms[then], self.terms[other]
        if isinstance(left, Sequence) and isinstance(right, Sequence) and left.serial == right.serial:
            common = _prefix(left.items, right.items)
            items = (*left.items[:common], *self._optional(test, left.items[common:], right.items[common:]))
            return self.sequence(left.kind, items, max(left.more, right.more), left.serial)
        if isinstance(left, Mapping) and isinstance(right, Mapping) and left.serial == right.serial:
            pairs_left = tuple(zip(left.keys, left.values, strict=True))
            pairs_right = tuple(zip(right.keys, right.values, strict=True))
            common = _prefix(pairs_left, pairs_right)
            extra_left, extra_right = pairs_left[common:], pairs_right[common:]
            absent = self.unknown("absent")
            keys = (*left.keys[:common], *(k for k, _ in extra_left), *(k for k, _ in extra_right))
            values = (
                *left.values[:common],
                *(self.choice(test, v, absent) for _, v in extra_left),
                *(self.choice(test, absent, v) for _, v in extra_right),
            )
            return self.mapping(keys, values, max(left.more, right.more), left.serial)
        return self.choice(test, then, other)

    def _optional(self, test: TermId, left: tuple[TermId, ...], right: tuple[TermId, ...]) -> tuple[TermId, ...]:
        absent = self.unknown("absent")
        return (
            *(self.choice(test, item, absent) for item in left),
            *(self.choice(test, absent, item) for item in right),
        )


def _prefix(left: tuple[object, ...], right: tuple[object, ...]) -> int:
    length = 0
    for a, b in zip(left, right, strict=False):
        if a != b:
            break
        length += 1
    return length

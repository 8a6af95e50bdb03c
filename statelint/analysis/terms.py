"""Walking over terms: what a term is made of, and whether one holds another."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from statelint.extract.facts import (
    Attr,
    Binary,
    Call,
    Caught,
    Choice,
    Compare,
    Comprehension,
    Element,
    Enter,
    Format,
    Item,
    Logic,
    Mapping,
    Not,
    Sequence,
    Star,
    Unary,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from statelint.analysis.model import Module
    from statelint.extract.facts import Term, TermId

LIMIT = 4000
"""Terms visited per question; beyond it the rest is left out."""


_PARTS: dict[type[Term], Callable[[Any], tuple[TermId, ...]]] = {
    Attr: lambda held: (held.base,),
    Binary: lambda held: (held.left, held.right),
    Call: lambda held: (held.func, *held.args, *[value for _, value in held.keywords]),
    Caught: lambda held: (held.exception,),
    Choice: lambda held: (held.test, held.then, held.other),
    Compare: lambda held: (held.left, held.right),
    Comprehension: lambda held: (held.element, held.key, *held.iterables, *held.tests),
    Element: lambda held: (held.base,),
    Enter: lambda held: (held.base,),
    Format: lambda held: held.parts,
    Item: lambda held: (held.base, held.key),
    Logic: lambda held: held.values,
    Mapping: lambda held: (*held.keys, *held.values),
    Not: lambda held: (held.value,),
    Sequence: lambda held: held.items,
    Star: lambda held: (held.value,),
    Unary: lambda held: (held.value,),
}
"""What terms are made of, by their type: this is asked too often for a ``match`` of all."""


def children(held: Term) -> tuple[TermId, ...]:
    """Return the terms that a term is made of; absent parts are negative."""
    parts = _PARTS.get(type(held))
    return parts(held) if parts is not None else ()


def made_of(held: Term) -> tuple[TermId, ...]:
    """Return the terms from which the value of a term is made: what is only tested is none of them."""
    match held:
        case Choice(then=then, other=other):
            return (then, other)
        case Comprehension(element=element, key=key, iterables=iterables):
            parts = (element, key, *iterables)
        case Caught():
            return ()
        case _:
            parts = children(held)
    return tuple(part for part in parts if part >= 0)


def walk(module: Module, *roots: TermId) -> Iterator[TermId]:
    """Yield ``roots`` and every term in them once, outermost first."""
    seen: set[TermId] = set()
    terms = module.terms
    stack = [root for root in reversed(roots) if root >= 0]
    while stack and len(seen) < LIMIT:
        term = stack.pop()
        if term in seen:
            continue
        seen.add(term)
        yield term
        held = terms[term]
        parts = _PARTS.get(type(held))
        if parts is not None:  # half of all terms have none
            stack += [child for child in parts(held)[::-1] if child >= 0]


class Containment:
    """Answers whether a term holds another one, with memory."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._parts: dict[TermId, frozenset[TermId]] = {}

    @cached_property
    def comprehensions(self) -> tuple[tuple[TermId, Comprehension], ...]:
        """The module's comprehensions that leave something out."""
        terms = enumerate(self._module.terms)
        return tuple((term, held) for term, held in terms if isinstance(held, Comprehension) and held.tests)

    def parts(self, term: TermId) -> frozenset[TermId]:
        """Return ``term`` and all terms in it."""
        found = self._parts.get(term)
        if found is None:
            found = self._parts[term] = frozenset(walk(self._module, term)) if term >= 0 else frozenset()
        return found

    def holds(self, term: TermId, part: TermId) -> bool:
        """Tell whether ``part`` is in ``term``."""
        # Terms are numbered children first, so a part never has the greater number.
        return part == term or (part < term and part in self.parts(term))

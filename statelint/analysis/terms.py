"""Walking over terms: what a term is made of, and whether one holds another."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    from collections.abc import Iterator

    from statelint.analysis.model import Module
    from statelint.extract.facts import Term, TermId

LIMIT = 4000
"""Terms visited per question; beyond it the rest is left out."""


def children(held: Term) -> tuple[TermId, ...]:
    """Return the terms that a term is made of; absent parts are negative."""
    match held:
        case Call(func=func, args=args, keywords=keywords):
            return (func, *args, *(value for _, value in keywords))
        case Attr(base=base) | Element(base=base) | Enter(base=base):
            return (base,)
        case Item(base=base, key=key):
            return (base, key)
        case Choice(test=test, then=then, other=other):
            return (test, then, other)
        case Binary(left=left, right=right) | Compare(left=left, right=right):
            return (left, right)
        case Logic(values=values):
            return values
        case Not(value=value) | Unary(value=value) | Star(value=value):
            return (value,)
        case Mapping(keys=keys, values=values):
            return (*keys, *values)
        case Sequence(items=items):
            return items
        case Format(parts=parts):
            return parts
        case Comprehension(element=element, key=key, iterables=iterables, tests=tests):
            return (element, key, *iterables, *tests)
        case Caught(exception=exception):
            return (exception,)
        case _:
            return ()


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
    stack = [root for root in reversed(roots) if root >= 0]
    while stack and len(seen) < LIMIT:
        term = stack.pop()
        if term in seen:
            continue
        seen.add(term)
        yield term
        stack += [child for child in reversed(children(module.terms[term])) if child >= 0]


class Containment:
    """Answers whether a term holds another one, with memory."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._parts: dict[TermId, frozenset[TermId]] = {}

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

"""A file's shape: its facts without how far apart things stand, which is all that findings elsewhere depend on.

Comments, docstrings, blank lines, the order of imports and tests are no part of it.
"""

from __future__ import annotations

from hashlib import blake2b
from operator import attrgetter
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from statelint.extract.facts import Event, Position, Struct
from statelint.run.identity import BOUND, KEY_BYTES

if TYPE_CHECKING:
    from statelint.extract.facts import Import, ModuleFacts

_HEAD = Position(0, 0, 0, 0)
_LINES = frozenset({"first_line", "last_line"})

_encode = msgspec.msgpack.Encoder().encode


def shape(facts: ModuleFacts) -> bytes:
    """Return a digest of what of ``facts`` can matter to findings in other files.

    Places count by their order alone: which comes first, which lies within which, and which share a line.
    """
    if facts.suppressions or facts.failure is not None:
        return BOUND
    marks: list[Position] = []
    parts = (facts.functions, facts.classes, _imports(facts), facts.bindings, facts.observations)
    flat = _flat(parts, marks)
    rest = (facts.terms, facts.conditions, facts.exports, facts.screened)
    return blake2b(_encode((flat, _ranks(marks), rest)), digest_size=KEY_BYTES).digest()


def _imports(facts: ModuleFacts) -> list[Import]:
    """Return a file's imports by name, as sorting them leaves them; those at the head of the file are in no place."""
    return [
        item if item.function or item.condition else replace(item, position=_HEAD)
        for item in sorted(facts.imports, key=attrgetter("name"))
    ]


def _flat(value: object, marks: list[Position]) -> object:
    """Return ``value`` without its positions, which are moved to ``marks``."""
    if isinstance(value, Position):
        marks.append(value)
        return None
    if isinstance(value, Event):  # most of all that there is
        marks.append(value.position)
        return value.op, value.term, value.value, value.condition, value.how
    if isinstance(value, Struct):
        found: list[object] = []
        for name in value.__struct_fields__:
            held = getattr(value, name)
            found.append(_flat(Position(held, 0, held, 0) if name in _LINES else held, marks))
        return found
    if isinstance(value, (list, tuple)):
        return [_flat(item, marks) for item in value]
    return value


def _ranks(marks: list[Position]) -> list[int]:
    """Return the places by number: lines among all lines that occur, columns among those of their line."""
    columns: dict[int, set[int]] = {}
    for mark in marks:
        columns.setdefault(mark.line, set()).add(mark.column)
        columns.setdefault(mark.end_line, set()).add(mark.end_column)
    numbers: dict[tuple[int, int], tuple[int, int]] = {}
    for rank, line in enumerate(sorted(columns)):
        for number, column in enumerate(sorted(columns[line])):
            numbers[line, column] = rank, number
    return [
        number
        for mark in marks
        for place in ((mark.line, mark.column), (mark.end_line, mark.end_column))
        for number in numbers[place]
    ]


__all__ = ["shape"]

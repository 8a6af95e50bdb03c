"""A file's shape: its facts without how far apart things stand, which is all that findings elsewhere depend on.

Comments, docstrings, blank lines, the order of imports and tests are no part of it.
"""

from __future__ import annotations

from hashlib import blake2b
from operator import attrgetter
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from statelint.extract.facts import Binding, Class, Event, Function, Handler, Import, Observation, Parameter, Position
from statelint.run.identity import BOUND, KEY_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from statelint.extract.facts import ModuleFacts, Struct

_HEAD = Position(0, 0, 0, 0)
_LINES = ("first_line", "last_line")
_LINE = 1 << 32
"""More than there are columns in a line."""

_encode = msgspec.msgpack.Encoder().encode


_position: Callable[[object], Position] = attrgetter("position")


class _Kind:
    """How to take the places out of one kind of facts; ``parts`` are the fields that hold facts with places."""

    def __init__(self, kind: type[Struct], *parts: str) -> None:
        fields = kind.__struct_fields__
        self.parts: list[Callable[[object], Sequence[Struct]]] = [attrgetter(part) for part in parts]
        self.lines: list[Callable[[object], int]] = [attrgetter(field) for field in fields if field in _LINES]
        self.rest: Callable[[object], object] = attrgetter(
            *(field for field in fields if field not in {"position", *_LINES, *parts})
        )


_KINDS: dict[type[Struct], _Kind] = {
    Function: _Kind(Function, "parameters", "events", "handlers"),
    Class: _Kind(Class, "attributes"),
    **{kind: _Kind(kind) for kind in (Parameter, Event, Handler, Binding, Import, Observation)},
}


def shape(facts: ModuleFacts) -> bytes:
    """Return a digest of what of ``facts`` can matter to findings in other files.

    Places count by their order alone: which comes first, which lies within which, and which share a line.
    """
    if facts.suppressions or facts.failure is not None:
        return BOUND
    places: list[int] = []
    parts = (facts.functions, facts.classes, _imports(facts), facts.bindings, facts.observations)
    flat = [_flat(part, places) for part in parts]
    rest = (facts.terms, facts.conditions, facts.exports, facts.screened)
    return blake2b(_encode((flat, _ranks(places), rest)), digest_size=KEY_BYTES).digest()


def _imports(facts: ModuleFacts) -> list[Import]:
    """Return a file's imports by name, as sorting them leaves them; those at the head of the file are in no place."""
    return [
        item if item.function or item.condition else replace(item, position=_HEAD)
        for item in sorted(facts.imports, key=attrgetter("name"))
    ]


def _flat(facts: Sequence[Struct], places: list[int]) -> list[object]:
    """Return ``facts`` of one kind without where they stand, which is appended to ``places``."""
    if not facts:
        return []
    kind = _KINDS[type(facts[0])]
    for position in map(_position, facts):
        places.append(position.line * _LINE + position.column)
        places.append(position.end_line * _LINE + position.end_column)
    for line in kind.lines:
        places += [number * _LINE for number in map(line, facts)]
    return [list(map(kind.rest, facts)), *([_flat(part(held), places) for held in facts] for part in kind.parts)]


def _ranks(places: list[int]) -> tuple[list[int], list[int]]:
    """Return the places by number among all that occur, and the first number of each line."""
    distinct = sorted(set(places))
    numbers = {place: number for number, place in enumerate(distinct)}
    lines: dict[int, int] = {}
    for number, place in enumerate(distinct):
        lines.setdefault(place // _LINE, number)
    return [numbers[place] for place in places], list(lines.values())


__all__ = ["shape"]

"""Everything extracted from one file."""

from __future__ import annotations

import msgspec

from statelint.extract.facts.base import Position, Struct
from statelint.extract.facts.declarations import Binding, Class, Function, Import
from statelint.extract.facts.events import Condition
from statelint.extract.facts.terms import Term


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
    """Only the comments were read: a test, or a file that could not be read at all."""
    statements: list[tuple[int, int]]
    """First and last line of each simple statement or header of several lines, in order."""

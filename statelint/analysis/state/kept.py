"""A long-lived object that requests change, and what its changes say of it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.state.keys import Origin, bars_tokens, subject_of

if TYPE_CHECKING:
    from statelint.analysis.model import ClassInfo, FunctionInfo, Place
    from statelint.analysis.state.roots import Root
    from statelint.analysis.state.writes import Write

PERSONAL = frozenset({"user", "session", "conversation", "token"})
"""Subjects that speak of a caller."""


class Change(NamedTuple):
    """A harmful change: the write, what it is about and how sure it is that requests cause it."""

    write: Write
    subject: str
    """``user``, ``session`` and so on, or an empty string."""
    from_request: Origin
    """Whether key or value come from the request."""
    confidence: str


class Kept:
    """A long-lived object that requests change. What it is about is asked once all its changes are known."""

    def __init__(self, kind: str, name: str, place: Place, root: Root, klass: ClassInfo | None) -> None:
        self.kind = kind
        """``global``, ``class``, ``closure``, ``default``, ``function``, ``app``, ``library``, ``memo``,
        ``instance``."""
        self.name = name
        self.place = place
        self.root = root
        self.klass = klass
        self.changes: list[Change] = []
        self.inside: list[Change] = []
        """Changes that objects held in this one make to themselves."""
        self.work = ""
        """``watched`` if it keeps nothing but spawned work, for later requests to find."""

    @property
    def key(self) -> str:
        """A name for the object that is unique in the project."""
        return f"{self.place.module.path}::{self.name}"

    def by_function(self) -> list[tuple[FunctionInfo, list[Change]]]:
        """Return the changes grouped by the function that makes them, in source order."""
        groups: dict[FunctionInfo, list[Change]] = {}
        for change in self.changes:
            groups.setdefault(change.write.function, []).append(change)
        for changes in groups.values():
            changes.sort(key=lambda change: change.write.event.position.line)
        return sorted(groups.items(), key=lambda item: (item[0].module.path, item[0].facts.first_line))

    @cached_property
    def subject(self) -> str:
        """What the object is about, by its changes' keys, its name and its class."""
        for change in self.changes:
            if change.subject:
                return change.subject
        names = [self.name, *([self.klass.name] if self.klass is not None else [])]
        return subject_of(names)

    @cached_property
    def registers_sockets(self) -> bool:
        """Whether all that the object keeps are the connections of this process."""
        held = [change.subject for change in self.changes if change.subject and not change.write.keeps_nothing]
        return "socket" in held and set(held) == {"socket"}

    @cached_property
    def bars_tokens(self) -> bool:
        """Whether all that the object keeps are the tokens and sessions that are no longer to be taken."""
        own = [self.name, *([self.klass.name] if self.klass is not None else [])]
        held = [change for change in self.changes if not change.write.keeps_nothing]
        return bool(held) and all(bars_tokens([*own, *change.write.location.path], change.subject) for change in held)

    @cached_property
    def carries_caller(self) -> bool:
        """Whether requests put what is theirs into single attributes of a shared object: others find it there.

        Settings that a request changes are meant for all.
        """
        settings = self.kind == "app" and self.klass is not None
        return (
            bool(self.changes)
            and not settings
            and all(
                change.write.sets_attribute and (change.from_request is Origin.REQUEST or change.subject in PERSONAL)
                for change in self.changes
                if not change.write.resets
            )
        )

    @property
    def faint(self) -> bool:
        """Whether nothing but the look of the code says that requests change the object."""
        return all(change.confidence == "low" for change in self.changes)

    @cached_property
    def from_request(self) -> bool:
        """Whether what a request brought stays in the object, not keyed by anything."""
        return any(
            change.from_request is Origin.REQUEST and change.write.key < 0 and not change.write.keeps_nothing
            for change in self.changes
        )

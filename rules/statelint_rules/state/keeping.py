"""What the rules about kept state share: how a finding is worded, placed and traced."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING

from statelint.api import Confidence, Place, Rule, Severity, location
from statelint_rules.deployed import deployed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.api import Change, Finding, FunctionInfo, Kept, Location, Project, Write

MAX_RELATED = 30
LIVING = frozenset({"instance", "library"})
"""Kinds of objects that are more than containers."""
SHARED = LIVING | {"app"}
"""Kinds of objects on which single attributes are set (SL206)."""
WHOSE = {
    "user": "per user",
    "session": "per session",
    "conversation": "per conversation",
    "token": "per token",
    "socket": "per connection",
    "job": "per job",
}


def at(write: Write, message: str = "") -> Location:
    """Return where a write stands."""
    return location(Place(write.module, write.event.position), message)


def verb(write: Write) -> str:
    """Say in one word what a write does."""
    if write.how == "del" or write.how in {"pop", "popitem", "remove", "discard", "clear", "popleft"}:
        return "removes from"
    return "rebinds" if write.rebinds else "changes"


def way(project: Project, function: FunctionInfo) -> Iterator[Location]:
    """Yield the way from an entry point over the calls to ``function``."""
    entry = project.reach.root(function)
    if entry is not None:
        label = f"{entry.kind} {entry.path}".strip()
        yield location(entry.place, f"{entry.function.qualname} serves requests ({label})")
        for edge in project.reach.way(function):
            yield location(Place(edge.callee.module, edge.callee.facts.position), f"calls {edge.callee.qualname}")


def trace(project: Project, change: Change) -> Iterator[Location]:
    """Yield the way from an entry point over the calls to the write."""
    write = change.write
    last = write.location.origin or write.function
    yield from way(project, last)
    if last is not write.function:
        place = Place(write.module, write.function.facts.position)
        yield location(place, f"{last.qualname} hands it to {write.function.qualname}")
    yield at(write, f"{verb(write)} it")


def weakest(changes: Iterable[Change]) -> Confidence:
    """Return the confidence of the surest change."""
    return max((Confidence(change.confidence) for change in changes), key=lambda held: held.rank)


class KeptRule(Rule):
    """A rule about objects of some ``kinds``: one finding per object and function that changes it."""

    kinds: tuple[str, ...] = ()
    remedy = ""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield the findings, object by object."""
        for kept in project.state.of_kind(*self.kinds):
            if self.concerns(kept):
                for finding in self.judge(project, kept):
                    yield deployed(project, finding)

    def concerns(self, kept: Kept) -> bool:
        """Tell whether the object is this rule's matter.

        Connections, running work, barred tokens and callers' options are others'.
        """
        if kept.registers_sockets or kept.bars_tokens or (kept.kind in SHARED and kept.carries_caller):
            return False
        return kept.kind in LIVING or kept.work != "watched"

    def judge(self, project: Project, kept: Kept) -> Iterator[Finding]:
        """Yield one finding per function that changes ``kept``."""
        groups = kept.by_function()
        for function, changes in groups:
            first = changes[0]
            others = (change for other, group in groups if other is not function for change in group)
            elsewhere = islice(chain(others, kept.inside), MAX_RELATED)  # not all: many functions may write one object
            related = [location(kept.place, f"defined here: {kept.name}")]
            related += [at(change.write, f"{verb(change.write)} it, too") for change in changes[1:]]
            related += [
                at(change.write, f"{change.write.function.qualname} {verb(change.write)} it") for change in elsewhere
            ]
            yield self.finding(
                self.message(kept, changes),
                at(first.write, f"{verb(first.write)} `{kept.name}`"),
                symbol=f"{kept.name}@{function.qualname}",
                severity=self.severity_of(kept, changes),
                confidence=weakest(changes),
                help=self.remedy,
                group=kept.key,
                related=related[:MAX_RELATED],
                trace=trace(project, first),
            )

    def whole(self, project: Project, kept: Kept, message: str, label: str) -> Finding:
        """Make one finding for an object and all its changes, at the object's definition or creation."""
        changes = kept.changes
        first = max(changes, key=lambda change: change.confidence == "high")
        return self.finding(
            message,
            location(kept.place, label),
            symbol=kept.name,
            severity=self.severity_of(kept, changes),
            confidence=weakest(changes),
            help=self.remedy,
            group=kept.key,
            related=[
                at(change.write, f"{change.write.function.qualname} {verb(change.write)} it") for change in changes
            ][:MAX_RELATED],
            trace=trace(project, first),
        )

    def message(self, kept: Kept, changes: list[Change]) -> str:
        """Say what is wrong."""
        write = changes[0].write
        subject = next((change.subject for change in changes if change.subject), kept.subject)
        what = f"data {WHOSE[subject]}" if subject in WHOSE else "state"
        return f"`{kept.name}` keeps {what} in this process: `{write.function.qualname}` {verb(write)} it while serving"

    def severity_of(self, kept: Kept, changes: list[Change]) -> Severity:
        """Users' data is lost or leaks with a second worker; anything else goes out of step."""
        subject = next((change.subject for change in changes if change.subject), kept.subject)
        return Severity.ERROR if subject in WHOSE or kept.from_request else Severity.WARNING

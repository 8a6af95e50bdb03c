"""Work that goes on outside the request that started it, and who keeps a hold of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.model import External, Result
from statelint.analysis.state.roots import Global
from statelint.extract.facts import Attr, Call, Const, Element, Enter, Item

if TYPE_CHECKING:
    from statelint.analysis.model import Module
    from statelint.analysis.state.kept import Kept
    from statelint.analysis.state.locations import Locator
    from statelint.analysis.state.roots import Root
    from statelint.extract.facts import TermId

REMOVES = frozenset({"del", "pop", "popitem", "remove", "discard", "clear"})
ENDS = frozenset({"close", "aclose", "cancel", "stop", "shutdown", "done", "closed"})
"""What is done to all that goes on when the process ends."""


class Work:
    """Tells which values stand for spawned work: tasks, futures, threads, processes."""

    def __init__(self, locator: Locator) -> None:
        self.locator = locator
        self.inference = locator.inference
        self.spawners = locator.catalogue.spawners

    def spawns(self, module: Module, term: TermId) -> bool:
        """Tell whether ``term`` is a call that starts work, or makes what starts it."""
        held = module.terms[term] if term >= 0 else None
        if not isinstance(held, Call):
            return False
        values = self.inference.term(module, held.func)
        if any(isinstance(value, (External, Result)) and value.name in self.spawners for value in values):
            return True
        func = module.terms[held.func]
        known = any(not isinstance(value, External) for value in values)
        return isinstance(func, Attr) and not known and f"*.{func.name}" in self.spawners

    def fate(self, kept: Kept) -> str:
        """Say what becomes of work in an object that keeps nothing else.

        ``watched``: it is kept under keys, for later requests to find; ``held``: it is merely kept from being collected
        as garbage, or noted while it goes on; an empty string where the object keeps other things.
        """
        if self._goes_on(kept):
            return "held"
        keyed = False
        started = False
        for change in kept.changes:
            write = change.write
            if write.how in REMOVES or self._unset(write.module, write.value):
                continue
            if not self.spawns(write.module, write.value):
                return ""
            started = True
            keyed = keyed or write.key >= 0 or write.how not in {"add", "append"} or not isinstance(kept.root, Global)
        return ("watched" if keyed else "held") if started else ""

    def _goes_on(self, kept: Kept) -> bool:
        """Tell whether an object holds what calls made, each for as long as it runs, only to end it in time."""
        changes = [change.write for change in kept.changes]
        adds = [write for write in changes if write.how in {"add", "append"}]
        drops = {(write.function, write.value) for write in changes if write.how in {"discard", "remove"}}
        return (
            bool(adds)
            and not kept.inside
            and all(write.how in REMOVES for write in changes if write not in adds)
            and all(self._made(write.module, write.value) and (write.function, write.value) in drops for write in adds)
            and not any(self._addressed(write.module, write.location.root) for write in adds)
        )

    @staticmethod
    def _made(module: Module, value: TermId) -> bool:
        """Tell whether a value comes from a call that its own function made."""
        held = module.terms[value] if value >= 0 else None
        while isinstance(held, (Item, Element, Enter)):
            held = module.terms[held.base]
        return isinstance(held, Call)

    def _addressed(self, module: Module, root: Root) -> bool:
        """Tell whether anything but ending it is done to what ``root`` holds: others send to it, or ask it."""
        for held in module.terms:
            if not isinstance(held, Call):
                continue
            func = module.terms[held.func]
            given = [func.base] if isinstance(func, Attr) and func.name not in ENDS else []
            for term in (*given, *held.args):
                if isinstance(module.terms[term], Element) and any(
                    found.root == root for found in self.locator.locate(module, term)
                ):
                    return True
        return False

    @staticmethod
    def _unset(module: Module, value: TermId) -> bool:
        return value >= 0 and isinstance(held := module.terms[value], Const) and held.value is None


__all__ = ["Work"]

"""Work that goes on outside the request that started it, and who keeps a hold of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.model import External, Result
from statelint.analysis.state.roots import Global
from statelint.extract.facts import Attr, Call, Const

if TYPE_CHECKING:
    from statelint.analysis.inference import Inference
    from statelint.analysis.model import Module
    from statelint.analysis.state.kept import Kept
    from statelint.extract.facts import TermId

REMOVES = frozenset({"del", "pop", "popitem", "remove", "discard", "clear"})


class Work:
    """Tells which values stand for spawned work: tasks, futures, threads, processes."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.spawners = inference.catalogue.spawners

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
        as garbage; an empty string where the object keeps other things.
        """
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

    @staticmethod
    def _unset(module: Module, value: TermId) -> bool:
        return value >= 0 and isinstance(held := module.terms[value], Const) and held.value is None


__all__ = ["Work"]

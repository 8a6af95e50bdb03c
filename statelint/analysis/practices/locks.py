"""Locks of one process around what other processes change as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.model import Place, Result
from statelint.analysis.practices.base import Flaw
from statelint.analysis.practices.effects import Effects
from statelint.analysis.state.naming import definition, name_of
from statelint.analysis.state.roots import AppAttribute, ClassAttribute, Field, Global, Memo
from statelint.extract.facts import Attr, Call, Const

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.state.roots import Root
    from statelint.extract.facts import Event, TermId

_EXCLUSIVE = frozenset({"Lock", "RLock"})
_COUNTING = frozenset({"Semaphore", "BoundedSemaphore", "CapacityLimiter"})
_PLAIN = ("threading.", "asyncio.", "multiprocessing.", "anyio.", "_thread.")


class LockFlaws(Effects):
    """Finds the locks that handlers take around changes of rows and files."""

    def local(self) -> Iterator[Flaw]:
        """Yield the changes that such a lock is meant to guard, once per lock and function."""
        for function, certainty in self.functions():
            seen: set[Root] = set()
            for lock, event in self._guarded(function):
                root = self._long_lived(function.module, lock)
                if root is None or root in seen or self._reported(function, root):
                    continue
                effect = self.stores(function, event) or self.overwrites(function, event)
                if effect is None or self._own(function, root):
                    continue
                seen.add(root)
                name = name_of(root)
                place = definition(root)
                related = [(place, f"a lock of this process: {name}")] if place is not None else []
                if effect.position != event.position:
                    related.append((effect, "changed here"))
                what = "file" if self.overwrites(function, event) else "rows"
                at = Place(function.module, event.position)
                symbol = f"{name}@{function.qualname}"
                yield Flaw(at, symbol, what, name, certainty, self.way(function), tuple(related))

    def _guarded(self, function: FunctionInfo) -> Iterator[tuple[TermId, Event]]:
        """Yield the calls that ``function`` makes while it holds a lock."""
        module = function.module
        taken: list[TermId] = []
        for event in function.events:
            if event.op != "call":
                continue
            for step in self.conditions(module, event.condition):
                if step.kind == "with" and self._is_lock(module, step.test):
                    yield step.test, event
            for lock in taken:
                yield lock, event
            call = module.terms[event.term]
            func = module.terms[call.func] if isinstance(call, Call) else None
            if isinstance(func, Attr) and func.name == "acquire" and self._is_lock(module, func.base):
                taken.append(func.base)
            elif isinstance(func, Attr) and func.name == "release" and func.base in taken:
                taken.remove(func.base)

    def _is_lock(self, module: Module, term: TermId) -> bool:
        for value in self.inference.term(module, term):
            if isinstance(value, Result) and value.name.startswith(_PLAIN):
                last = value.name.rpartition(".")[2]
                if last in _EXCLUSIVE or (last in _COUNTING and self._single(module, term)):
                    return True
        return False

    def _single(self, module: Module, term: TermId) -> bool:
        """Tell whether a semaphore admits one at a time; a greater number limits the load of this process."""
        held = module.terms[term]
        name = getattr(held, "id", "")
        home, bindings = self.inference.definition(module, name) if name else (module, [])
        calls = [home.terms[binding.value] for binding in bindings if binding.value >= 0]
        return any(
            isinstance(call, Call) and call.args and isinstance(first := home.terms[call.args[0]], Const)
            and first.value == 1
            for call in calls
        )  # fmt: skip

    def _long_lived(self, module: Module, term: TermId) -> Root | None:
        state = self.project.state
        for location in state.locator.locate(module, term):
            root = location.root
            if isinstance(root, (Global, ClassAttribute, AppAttribute, Memo)):
                return root
            if isinstance(root, Field) and any(not holder.element for holder in state.lifetimes.holders(root.klass)):
                return root
        return None

    def _own(self, function: FunctionInfo, root: Root) -> bool:
        """Tell whether the class that makes connections guards its own, as wrappers of a database do."""
        if not isinstance(root, (Field, ClassAttribute)) or function.owner is None:
            return False
        roles = {"engine", "pool", "session_factory", "session", "client"}
        return any(
            isinstance(value, Result) and not roles.isdisjoint(self.catalogue.roles.get(value.name, frozenset()))
            for owner in self.inference.mro(root.klass)[0]
            for pairs in self.inference.fields(owner).values()
            for home, event in pairs
            for value in self.inference.term(home.module, event.value)
        )

    def _reported(self, function: FunctionInfo, root: Root) -> bool:
        """Tell whether the lock, or the state that it guards, is another rule's finding."""
        for kept in self.project.state.kept:
            if kept.root == root or (isinstance(root, Field) and kept.klass is root.klass):
                return True
            if any(change.write.function is function for change in kept.changes):
                return True
        return False

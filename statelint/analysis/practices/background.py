"""Work that goes on after the answer: what it saves may never be saved, and what it leaves here nobody else finds."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.model import FunctionValue, Place
from statelint.analysis.practices.base import Flaw
from statelint.analysis.practices.steps import Step, Steps
from statelint.analysis.state.roots import Global
from statelint.analysis.terms import walk
from statelint.extract.facts import Attr, Call, Name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.practices.served import Site
    from statelint.analysis.state.kept import Kept
    from statelint.analysis.state.writes import Write
    from statelint.extract.facts import TermId

MAX_CALLS = 3
"""Calls that are followed from what is started."""
_JOINS = frozenset(
    {
        "gather", "wait", "wait_for", "as_completed", "result", "join", "shield", "append", "add", "run_until_complete",
        "map",
    }
)  # fmt: skip
"""What waits for a task, or keeps it for somebody who does."""
_GATHERING = frozenset({"TaskGroup", "create_task_group", "open_nursery", "ThreadPoolExecutor", "ProcessPoolExecutor"})
_SIDE = re.compile(
    r"log|audit|event|metric|usage|stat|visit|view|cache|telemetry|analytic|seen|activity|history_?log|trace",
    re.IGNORECASE,
)
_RESULTS = re.compile(
    r"job|task|result|status|progress|report|import|export|running|pending|future|queue|generation|ready|done|event|reply"
    r"|answer|response",
    re.IGNORECASE,
)
_SLEEPS = frozenset({"time.sleep", "asyncio.sleep", "anyio.sleep", "trio.sleep", "gevent.sleep", "eventlet.sleep"})


class Started(NamedTuple):
    """A function that a request starts and does not wait for."""

    site: Site
    function: FunctionInfo


class BackgroundFlaws(Steps):
    """Answers for work that requests leave behind."""

    @cached_property
    def late(self) -> tuple[Flaw, ...]:
        """The starts of work that saves rows after the answer; ``what`` is ``new`` for rows that are new."""
        return tuple(self._late())

    def _late(self) -> Iterator[Flaw]:
        for started in self._started:
            found = self._saved(started.function)
            if found is None:
                continue
            holder, step = found
            new = self._is_new(holder.module, step)
            related = ((Place(holder.module, step.event.position), f"{step.what or 'rows'}: saved here"),)
            site = started.site
            symbol = f"{site.function.qualname}:{started.function.qualname}"
            what = "new" if new and self.project.ownership.is_private_name(step.what) else "changed"
            # A change of what is saved already may well come later.
            sure = min(site.certainty, 1) if new else 0
            yield Flaw(site.place, symbol, what, step.what or "rows", sure, self.way(site.function), related)

    def spanning(self) -> Iterator[Flaw]:
        """Yield the work whose result a later request must find in this process, and the waits for such results."""
        kept = [
            one
            for one in self.project.state.kept
            if one.changes and (one.subject == "job" or _RESULTS.search(one.name))
        ]
        for started in self._started:
            family = self._family(started.function)
            for one in kept:
                if any(self._leaves(change.write, family) for change in one.changes):
                    if not self._read_elsewhere(one, family | {started.site.function}):
                        continue
                    site = started.site
                    symbol = f"{site.function.qualname}:{one.name}"
                    related = ((one.place, f"{one.name} lives in this process"),)
                    yield Flaw(
                        site.place,
                        symbol,
                        "started",
                        one.name,
                        min(site.certainty, 1),
                        self.way(site.function),
                        related,
                    )
                    break
        yield from self._polls(kept)

    @staticmethod
    def _leaves(write: Write, family: frozenset[FunctionInfo]) -> bool:
        """Tell whether a function of ``family`` puts something into the object."""
        adds = write.how not in {"del", "pop", "popitem", "remove", "discard", "clear", "popleft"}
        return adds and ((write.location.origin or write.function) in family or write.function in family)

    def _polls(self, kept: list[Kept]) -> Iterator[Flaw]:
        for site in self.sites_of(_SLEEPS):
            steps = list(self.conditions(site.module, site.event.condition))
            if not any(step.kind == "loop" for step in steps):
                continue
            tests = [step.test for step in steps if step.kind in {"if", "guard"}]
            for one in kept:
                root = one.root
                if isinstance(root, Global) and any(_mentions(site.module, test, root.name) for test in tests):
                    related = ((one.place, f"{one.name} lives in this process"),)
                    symbol = f"{site.function.qualname}:{one.name}"
                    yield Flaw(
                        site.place, symbol, "waits", one.name, min(site.certainty, 1), self.way(site.function), related
                    )
                    break

    def _read_elsewhere(self, kept: Kept, family: frozenset[FunctionInfo]) -> bool:
        """Tell whether another function that serves requests looks at the object."""
        root = kept.root
        if not isinstance(root, Global):
            return kept.subject == "job"
        for function, certainty in self.functions():
            if certainty < 1 or function in family:
                continue
            for event in function.events:
                if any(_mentions(function.module, term, root.name) for term in (event.term, event.value)):
                    return True
        return False

    # -- what is started

    @cached_property
    def _started(self) -> list[Started]:
        found = []
        spawners = self.catalogue.spawners
        loose = frozenset(name.removeprefix("*.") for name in spawners if name.startswith("*."))
        for site in self.sites:
            module = site.module
            name = module.last_name(site.call.func)
            if name not in loose and spawners.isdisjoint(site.names):
                continue
            entry = self.reach.root(site.function)
            if self._joined(site) or entry is None or entry.kind in {"task", "signal"}:
                continue
            found += [Started(site, function) for function in self._targets(module, site.call)]
        return found

    def _targets(self, module: Module, call: Call) -> Iterator[FunctionInfo]:
        for argument in (*call.args, *(value for name, value in call.keywords if name in {"target", "func", "coro"})):
            held = module.terms[argument]
            for term in (argument, *((held.func, *held.args) if isinstance(held, Call) else ())):
                for value in self.inference.term(module, term):
                    if isinstance(value, FunctionValue):
                        yield value.function
                        return

    def _joined(self, site: Site) -> bool:
        """Tell whether the request waits for what it started, or hands it to somebody who does."""
        module, term = site.module, site.event.term
        for event in site.function.events:
            if event.op in {"return", "yield", "await"} and event.term == term:
                return True
            call = module.terms[event.term] if event.op == "call" and event.term != term else None
            if not isinstance(call, Call):
                continue
            func = module.terms[call.func]
            name = func.name if isinstance(func, Attr) else getattr(func, "id", "")
            about = (
                *call.args,
                *(value for _, value in call.keywords),
                *((func.base,) if isinstance(func, Attr) else ()),
            )
            if name in _JOINS and any(term in set(walk(module, part)) for part in about):
                return True
        return isinstance(func := module.terms[site.call.func], Attr) and any(
            held.kind == "with" and self._gathers(module, held.test)
            for held in self.conditions(module, site.event.condition)
        )

    def _gathers(self, module: Module, term: TermId) -> bool:
        """Tell whether a context waits for what was started in it: a task group, an executor."""
        found = self.call_of(module, term)
        return found is not None and any(name.rpartition(".")[2] in _GATHERING for name in found[1])

    def _family(self, function: FunctionInfo) -> frozenset[FunctionInfo]:
        """Return a function and what it calls, some levels down."""
        found = {function}
        front = [function]
        for _ in range(MAX_CALLS):
            front = [
                edge.callee
                for one in front
                for edge in self.project.calls.callees.get(one, ())
                if edge.kind == "call" and edge.callee not in found
            ]
            found.update(front)
        return frozenset(found)

    def _saved(self, function: FunctionInfo) -> tuple[FunctionInfo, Step] | None:
        """Return where a started function writes rows that somebody may miss."""
        family = sorted(
            self._family(function), key=lambda one: (one is not function, one.module.path, one.facts.first_line)
        )
        best: tuple[FunctionInfo, Step] | None = None
        for one in family:
            for step in self.steps(one, 2):
                if step.kind not in {"write", "save"} or not step.what or _SIDE.search(step.what):
                    continue
                if self._is_new(one.module, step):
                    return one, step
                best = best or (one, step)
        return best

    @staticmethod
    def _is_new(module: Module, step: Step) -> bool:
        call = module.terms[step.event.term]
        name = module.dotted(call.func).rpartition(".")[2] if isinstance(call, Call) else ""
        if name in {"add", "add_all", "create", "acreate", "bulk_create", "insert_one", "insert_many"}:
            return True
        texts = [module.text(part) or "" for part in walk(module, step.event.term)]
        return any(text.lstrip().lower().startswith("insert") for text in texts)


def _mentions(module: Module, term: TermId, name: str) -> bool:
    if term < 0 or name not in module.mentioned:
        return False
    return any(isinstance(held := module.terms[part], Name) and held.id == name for part in walk(module, term))

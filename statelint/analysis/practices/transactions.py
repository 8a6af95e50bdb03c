"""Transactions of requests: split into several, open while others are waited for."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from statelint.analysis.model import Place
from statelint.analysis.practices.base import Flaw
from statelint.analysis.practices.steps import Step, Steps
from statelint.extract.facts import Call, Const

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import FunctionInfo, Module

_SIDE = re.compile(
    r"log|audit|event|metric|usage|history|token|session|notification|status|visit|view|cache|otp|email", re.IGNORECASE
)
"""Rows that may be there without the others."""
_TAKES_LONG = re.compile(
    r"invoke|generat|complet|chat|stream|send|publish|predict|embed|transcrib|process|run|execute_tool|upload|download"
    r"|charge|ask|respond|reply|answer|agent|llm|model|call|fetch|request|sleep|notify|index|ingest|extract|analy",
    re.IGNORECASE,
)
"""Names of what takes so long that a transaction rightly ends before it."""
_ATOMIC = frozenset({"atomic", "begin", "begin_nested", "transaction", "in_transaction", "start_transaction"})


class TransactionFlaws(Steps):
    """Answers for the transactions of requests."""

    def split(self) -> Iterator[Flaw]:
        """Yield the writes after which a failure leaves half of what the request was to do."""
        for function, certainty in self.functions():
            if certainty < 1 or self._is_atomic(function):
                continue
            found = self._split(function)
            if found is None:
                continue
            first, second, how = found
            module = function.module
            related = ((Place(module, first.event.position), f"{first.what or 'rows'}: for good already"),)
            symbol = f"{function.qualname}:{first.what}+{second.what}"
            detail = f"{first.what} and {second.what}"
            yield Flaw(
                Place(module, second.event.position),
                symbol,
                how,
                detail,
                min(certainty, 1),
                self.way(function),
                related,
            )

    def _split(self, function: FunctionInfo) -> tuple[Step, Step, str] | None:
        """Return two writes of one request, with a commit in between, on one path."""
        module = function.module
        steps = [step for step in self.steps(function) if not self._in_atomic(module, step)]
        for place, second in enumerate(steps):
            if second.kind not in {"write", "save"} or not second.what or _SIDE.search(second.what):
                continue
            done: Step | None = None
            pending: list[Step] = []
            for step in steps[:place]:
                if step.kind == "wait":
                    done, pending = None, []
                elif not self.follows(step, second):
                    continue
                elif step.kind == "write":
                    pending.append(step)
                elif step.kind == "save":
                    done = done or step
                elif step.kind == "commit":
                    done = done or next((one for one in pending if one.what), None)
                    pending = []
                elif step.kind == "rollback":
                    pending = []
            if done is None or not done.what or done.what == second.what or _SIDE.search(done.what):
                continue
            if self._waits_between(function, done, second) or self._undone(steps, done):
                continue
            if second.kind == "write" and not any(
                step.kind == "commit" and self.follows(second, step) for step in steps[place:]
            ):
                continue
            return done, second, "commits" if second.kind == "write" else "saves"
        return None

    @staticmethod
    def _undone(steps: list[Step], done: Step) -> bool:
        """Tell whether a handler takes back what was done before: it deletes the same rows."""
        return any(
            step.kind in {"write", "save"} and step.what == done.what and any(part[0] == "except" for part in step.path)
            for step in steps
        )

    def _waits_between(self, function: FunctionInfo, first: Step, second: Step) -> bool:
        """Tell whether something that takes long is called in between: the transaction is closed on purpose."""
        between = False
        module = function.module
        for event in function.events:
            if event is first.event:
                between = True
            elif event is second.event:
                return False
            elif between and event.op == "call" and isinstance(call := module.terms[event.term], Call):
                name = module.dotted(call.func).rpartition(".")[2]
                if _TAKES_LONG.search(name) and not self.is_session(
                    module, getattr(module.terms[call.func], "base", -1)
                ):
                    return True
        return False

    def _in_atomic(self, module: Module, step: Step) -> bool:
        """Tell whether a block around a step makes one transaction of it."""
        return any(
            held.kind == "with"
            and isinstance(call := module.terms[held.test], Call)
            and self._named_atomic(module, call)
            for held in self.conditions(module, step.event.condition)
        )

    @staticmethod
    def _named_atomic(module: Module, call: Call) -> bool:
        return module.dotted(call.func).rpartition(".")[2] in _ATOMIC

    def _is_atomic(self, function: FunctionInfo) -> bool:
        """Tell whether a decorator or the settings make one transaction of the function."""
        return self._atomic_requests or any(
            module.dotted(decorator if not isinstance(held := module.terms[decorator], Call) else held.func).rpartition(
                "."
            )[2]
            in {"atomic", "transactional", "transaction"}
            for module in (function.module,)
            for decorator in function.facts.decorators
        )

    @cached_property
    def _atomic_requests(self) -> bool:
        return any(
            isinstance(held := module.terms[value], Const) and held.value is True
            for module, _, value, _ in self.settings({"ATOMIC_REQUESTS"})
        )

    # -- a call in the middle

    def spanning(self) -> Iterator[Flaw]:
        """Yield the calls to other machines between what opens a transaction and what ends it."""
        for function, certainty in self.functions():
            if certainty < 1:
                continue
            steps = self.steps(function)
            for place, step in enumerate(steps):
                if step.kind != "wait":
                    continue
                opened = self._opened(function, steps, place)
                if opened is not None:
                    related = ((opened, "the transaction is open from here"),)
                    symbol = f"{function.qualname}:{step.what}"
                    at = Place(function.module, step.event.position)
                    yield Flaw(at, symbol, "open", step.what, min(certainty, 1), self.way(function), related)
                    break

    def _opened(self, function: FunctionInfo, steps: tuple[Step, ...], place: int) -> Place | None:
        """Return where a transaction was opened that is not ended before a step."""
        module, step = function.module, steps[place]
        for held in self.conditions(module, step.event.condition):
            call = module.terms[held.test] if held.kind == "with" else None
            if isinstance(call, Call) and self._named_atomic(module, call):
                opener = next((event for event in function.events if event.term == held.test), None)
                if opener is not None:
                    return Place(module, opener.position)
        opened: Step | None = None
        for earlier in steps[:place]:
            if earlier.kind in {"commit", "rollback", "close", "save"}:
                opened = None
            elif not self.follows(earlier, step):
                continue
            elif earlier.kind == "flush" or (earlier.kind == "write" and self._runs(module, earlier)):
                opened = opened or earlier
        later = any(after.kind == "commit" and self.follows(step, after) for after in steps[place:])
        return Place(module, opened.event.position) if opened is not None and later else None

    @staticmethod
    def _runs(module: Module, step: Step) -> bool:
        """Tell whether a write reaches the database at once; what is merely added waits for the flush."""
        call = module.terms[step.event.term]
        name = module.dotted(call.func).rpartition(".")[2] if isinstance(call, Call) else ""
        return name in {"execute", "exec", "executemany", "update", "delete", "scalars", "fetchrow", "fetchval"}

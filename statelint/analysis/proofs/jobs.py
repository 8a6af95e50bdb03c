"""Loops that work off a queue: whoever put something there has been asked who they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.extract.facts import Attr, Call

if TYPE_CHECKING:
    from statelint.analysis.model import FunctionInfo, Module

_TAKING = frozenset(
    {
        "get", "get_nowait", "dequeue", "pop", "popleft", "lpop", "rpop", "blpop", "brpop",
        "acquire", "claim", "claim_next", "lease", "lease_next", "reserve", "receive", "next_job",
    }
)  # fmt: skip
_QUEUE = re.compile(r"(^|_)(queue|inbox|backlog|jobs)($|_)", re.IGNORECASE)


def works_off_queue(function: FunctionInfo) -> bool:
    """Tell whether a function takes one thing after another from a queue, and hands none of it on."""
    module = function.module
    return not function.facts.is_generator and any(
        _takes(module, call) and _in_loop(module, event.condition) for event, call in function.calls
    )


def _takes(module: Module, call: Call) -> bool:
    func = module.terms[call.func]
    return isinstance(func, Attr) and func.name in _TAKING and _QUEUE.search(module.last_name(func.base)) is not None


def _in_loop(module: Module, condition: int) -> bool:
    while condition:
        held = module.facts.conditions[condition]
        if held.kind == "loop":
            return True
        condition = held.parent
    return False

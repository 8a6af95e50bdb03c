"""Modules that are run as scripts now and then: to try a class out by hand, and not to serve."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.extract.facts import Compare, Name

if TYPE_CHECKING:
    from statelint.analysis.model import Module

_SERVING = re.compile(
    r"^(_?main|a?run|serve|start|launch|listen|asyncio)(_\w+)?$|(^|_)(run|serve|start|launch)$|Server$"
)
"""Names of what a module calls when it is run to serve."""


def is_serving(name: str) -> bool:
    """Tell whether a call of this name serves, as far as names tell: ``uvicorn.run``."""
    return _SERVING.search(name.rpartition(".")[2]) is not None


def trials(module: Module) -> frozenset[int]:
    """Return the conditions under which a module is a script that starts no server.

    That is what stands below ``if __name__ == "__main__"`` where nothing is called there that runs, serves or starts
    anything, and no other code of the module would see what is made there.
    """
    conditions = module.facts.conditions
    within: set[int] = set()
    for index, held in enumerate(conditions):
        if held.parent in within or (held.kind == "if" and held.positive and _asks_for_main(module, held.test)):
            within.add(index)
    if not within:
        return frozenset()
    for event, call in module.functions[0].calls:
        if event.condition in within and is_serving(module.last_name(call.func)):
            return frozenset()
    return frozenset(within)


def _asks_for_main(module: Module, test: int) -> bool:
    held = module.terms[test] if test >= 0 else None
    return isinstance(held, Compare) and any(
        isinstance(side := module.terms[part], Name) and side.id == "__name__" for part in (held.left, held.right)
    )

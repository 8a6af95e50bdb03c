"""Statements whose rows the clock chooses, or the loss of what they hung on, and no client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.proofs.naming import called_name
from statelint.extract.facts import Call, Cell, Const, Param

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.queries import Atom, Query, QueryFinder

_BEFORE = frozenset({"<", "<=", "lt", "lte"})
_IS = frozenset({"==", "is", "is_"})
_KEYS = frozenset({"id", "pk", "uuid"})
_CLOCKS = frozenset({"now", "utcnow", "today", "localtime", "time", "monotonic"})


def is_housekeeping(queries: QueryFinder, module: Module, atoms: Iterable[Atom]) -> bool:
    """Tell whether the clock alone chooses rows, wherever it starts: ``filter(expires_at__lt=now()).delete()``."""
    timed = False
    for atom in atoms:
        parts = queries.containment(module).parts(atom.value) if atom.value >= 0 else ()
        held = [module.terms[part] for part in parts]
        if any(isinstance(part, (Param, Cell)) for part in held):
            return False
        timed = timed or (
            bool({atom.op, atom.column[-1]} & _BEFORE)
            and any(isinstance(part, Call) and _reads_clock(queries, module, part) for part in held)
        )
    return timed


def is_left_behind(query: Query, atoms: Iterable[Atom]) -> bool:
    """Tell whether rows are asked for whose row above is gone: ``.outerjoin(Book).filter(Book.id == None)``."""
    model = query.chain.model
    return any(
        atom.model is not None
        and atom.model is not model
        and atom.column[-1] in _KEYS
        and atom.op in _IS
        and atom.value >= 0
        and isinstance(held := query.module.terms[atom.value], Const)
        and held.value is None
        for atom in atoms
    )


def _reads_clock(queries: QueryFinder, module: Module, call: Call) -> bool:
    """Tell whether a call gives a time, as ``now()`` does and what returns ``now() - LIFETIME``."""
    if called_name(module, call) in _CLOCKS:
        return True
    functions = queries.inference.callees(module, call)
    return bool(functions) and not call.arguments and all(_returns_time(queries, each) for each in functions)


def _returns_time(queries: QueryFinder, function: FunctionInfo) -> bool:
    module = function.module
    returned = [event.term for event in function.events if event.op == "return" and event.term >= 0]
    return bool(returned) and all(
        any(
            isinstance(held := module.terms[part], Call) and called_name(module, held) in _CLOCKS
            for part in queries.containment(module).parts(term)
        )
        for term in returned
    )

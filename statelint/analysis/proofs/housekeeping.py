"""Statements whose rows the clock chooses, and no client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.proofs.naming import called_name
from statelint.extract.facts import Call, Cell, Param

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.analysis.model import Module
    from statelint.analysis.queries import Atom, QueryFinder

_BEFORE = frozenset({"<", "<=", "lt", "lte"})
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
            and any(isinstance(part, Call) and called_name(module, part) in _CLOCKS for part in held)
        )
    return timed

"""Blocks of code that are entered only with rows: a check in one has been passed by whatever comes out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.proofs.naming import is_read_from
from statelint.extract.facts import Attr, Compare, Const, Not

if TYPE_CHECKING:
    from statelint.analysis.model import Module
    from statelint.extract.facts import Event, TermId


def says_there_is(module: Module, test: TermId, positive: bool, leaf: TermId) -> bool:
    """``if note:``, ``if note is not None:``: tell whether a test, being ``positive``, says that there is a row."""
    while test >= 0 and isinstance(held := module.terms[test], Not):
        test, positive = held.value, not positive
    if test < 0:
        return False
    held = module.terms[test]
    if isinstance(held, Compare):
        other = module.terms[held.right]
        if not (isinstance(other, Const) and other.value is None and held.op in {"is", "is not", "==", "!="}):
            return False
        test, positive = held.left, positive is (held.op in {"is not", "!="})
    return positive and not isinstance(module.terms[test], Attr) and is_read_from(module, test, leaf)


def same_block(module: Module, at: int, event: Event, leaf: TermId) -> bool:
    """Tell whether code under the condition ``at`` runs whenever the rows that ``event`` loads go any further."""
    conditions = module.facts.conditions
    while (
        at != event.condition
        and at
        and (
            conditions[at].kind in {"guard", "call-guard", "assert", "with", "try"}
            or says_there_is(module, conditions[at].test, conditions[at].positive, leaf)
        )
    ):
        # Where there is no row, there is none to check.
        at = conditions[at].parent
    return at == event.condition

"""Guards that ask for a role only if they are told to: ``auth_required(admin=True)``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.proofs.naming import name_of
from statelint.extract.facts import Call, Const, Logic, Param

if TYPE_CHECKING:
    from statelint.analysis.model import FunctionInfo, Module
    from statelint.extract.facts import Condition, TermId


def switched_on(module: Module, call: Call, function: FunctionInfo) -> frozenset[str]:
    """Return the parameters of a function that a call gives as true."""
    names = [parameter.name for parameter in function.facts.parameters]
    given = (*zip(names, call.args, strict=False), *call.keywords)
    return frozenset(name for name, value in given if is_const(module, value, True))


def is_off(module: Module, condition: Condition, switched: frozenset[str]) -> bool:
    """Tell whether what stands under a condition waits for a switch that nobody turned on."""
    held = module.terms[condition.test] if condition.test >= 0 else None
    if not isinstance(held, Param) or not condition.positive or name_of(module, condition.test) in switched:
        return False
    default = module.parameter_of(held).default
    return default >= 0 and is_const(module, default, False)


def without(module: Module, condition: Condition, switched: frozenset[str]) -> TermId:
    """Return what a condition asks once the switches that are on are left out: ``admin and not user.is_admin``."""
    held = module.terms[condition.test] if condition.test >= 0 else None
    if not isinstance(held, Logic) or (held.op == "and") is not condition.positive:
        return condition.test
    rest = [value for value in held.values if name_of(module, value) not in switched]
    return rest[0] if len(rest) == 1 else condition.test


def is_const(module: Module, term: TermId, value: bool | None) -> bool:
    """Tell whether a term is ``True``, ``False`` or ``None``, whichever ``value`` is."""
    held = module.terms[term]
    return isinstance(held, Const) and held.value is value

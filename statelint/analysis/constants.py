"""Numbers and durations that code names: literals, constants, settings' defaults and what is computed from them."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Final

from statelint.analysis.model import ClassValue, External, Instance
from statelint.extract.facts import Attr, Binary, Call, Choice, Const, Logic, Name, Unary

if TYPE_CHECKING:
    from collections.abc import Callable

    from statelint.analysis.inference import Inference
    from statelint.analysis.model import Module
    from statelint.extract.facts import TermId

Number = int | float
MAX_DEPTH = 12
UNITS = {
    "microseconds": 1e-6, "milliseconds": 1e-3, "seconds": 1, "minutes": 60, "hours": 3600, "days": 86400,
    "weeks": 604800,
}  # fmt: skip
_ORDER = ("days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks")
DURATIONS = frozenset({"datetime.timedelta", "pendulum.duration", "dateutil.relativedelta.relativedelta"})
_READERS = frozenset({"os.getenv", "os.environ.get", "decouple.config", "environs.Env.int", "environ.Env.int"})
_CASTS = frozenset({"int", "float"})
_ARITHMETIC: Final[dict[str, Callable[[Number, Number], Number]]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
}  # fmt: skip


class Constants:
    """Evaluates terms that are constants of the project."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference

    def value(self, module: Module, term: TermId, depth: int = 0) -> object:
        """Return the constant that ``term`` stands for, a ``Const`` for literals; None where it is not one."""
        found = self.literal(module, term, depth)
        return None if found is None else found.value

    def literal(self, module: Module, term: TermId, depth: int = 0) -> Const | None:
        """Return the literal that ``term`` stands for."""
        if term < 0 or depth > MAX_DEPTH:
            return None
        held = module.terms[term]
        match held:
            case Const():
                return held
            case Name(id=name):
                home, bindings = self.inference.definition(module, name)
                return self.literal(home, bindings[0].value, depth + 1) if len(bindings) == 1 else None
            case Attr(base=base, name=name):
                return self._attribute(module, base, name, depth)
            case Binary(op=op, left=left, right=right) if op in _ARITHMETIC:
                numbers = (self.number(module, left, depth + 1), self.number(module, right, depth + 1))
                return _computed(op, *numbers)
            case Unary(op="-", value=value):
                number = self.number(module, value, depth + 1)
                return None if number is None else Const(-number, "int")
            case Logic(op="or", values=values):
                return self.literal(module, values[-1], depth + 1)
            case Choice(then=then, other=other):
                first, second = self.literal(module, then, depth + 1), self.literal(module, other, depth + 1)
                return first if first == second else None
            case Call():
                return self._called(module, held, depth)
            case _:
                return None

    def number(self, module: Module, term: TermId, depth: int = 0) -> Number | None:
        """Return the number that ``term`` stands for."""
        value = self.value(module, term, depth)
        if isinstance(value, str):
            try:
                return float(value)
            except ValueError:
                return None
        return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None

    def seconds(self, module: Module, term: TermId, depth: int = 0) -> Number | None:
        """Return the length of the ``timedelta`` that ``term`` stands for, or of a plain number of seconds."""
        if term < 0 or depth > MAX_DEPTH:
            return None
        held = module.terms[term]
        if isinstance(held, Call):
            names = {value.name for value in self.inference.term(module, held.func) if isinstance(value, External)}
            if names & DURATIONS:
                return self._duration(module, held, depth)
        if isinstance(held, Binary) and held.op == "*":
            left, right = self.seconds(module, held.left, depth + 1), self.seconds(module, held.right, depth + 1)
            return None if left is None or right is None else left * right
        if isinstance(held, Name):
            home, bindings = self.inference.definition(module, held.id)
            return self.seconds(home, bindings[0].value, depth + 1) if len(bindings) == 1 else None
        if isinstance(held, Attr):
            for home, value in self._assigned(module, held.base, held.name):
                return self.seconds(home, value, depth + 1)
        return self.number(module, term, depth)

    def _duration(self, module: Module, call: Call, depth: int) -> Number | None:
        total: Number = 0
        parts = [*zip(_ORDER, call.args, strict=False), *call.keywords]
        for unit, term in parts:
            number = self.number(module, term, depth + 1)
            if number is None or unit.rstrip("s") + "s" not in UNITS:
                return None
            total += number * UNITS[unit.rstrip("s") + "s"]
        return total if parts else None

    def _assigned(self, module: Module, base: TermId, name: str) -> list[tuple[Module, TermId]]:
        """Return the values of a class's attribute ``name``, where ``base`` is the class or an instance of it."""
        found = []
        for value in self.inference.term(module, base):
            if isinstance(value, (Instance, ClassValue)):
                for owner in self.inference.mro(value.klass)[0]:
                    binding = owner.attribute(name)
                    if binding is not None and binding.value >= 0:
                        found.append((owner.module, binding.value))
                        break
        return found

    def _attribute(self, module: Module, base: TermId, name: str, depth: int) -> Const | None:
        """Return the default of a settings class's field, or a constant of another module."""
        for home, term in self._assigned(module, base, name):
            return self.literal(home, term, depth + 1)
        for value in self.inference.term(module, base):
            parts = getattr(value, "parts", None)
            package = self.inference.index.by_parts.get(parts) if parts else None
            if package is not None:
                where, bindings = self.inference.definition(package, name)
                if len(bindings) == 1:
                    return self.literal(where, bindings[0].value, depth + 1)
        return None

    def _called(self, module: Module, call: Call, depth: int) -> Const | None:
        names = {value.name for value in self.inference.term(module, call.func) if isinstance(value, External)}
        if names & _CASTS and len(call.args) == 1:
            number = self.number(module, call.args[0], depth + 1)
            return None if number is None else Const(number, "int")
        if names & _READERS:
            given = next((value for name, value in call.keywords if name == "default"), -1)
            if given < 0 and len(call.args) > 1:
                given = call.args[1]
            return self.literal(module, given, depth + 1)
        if names & self.inference.catalogue.fields:
            given = next((value for name, value in call.keywords if name == "default"), -1)
            return self.literal(module, given if given >= 0 or not call.args else call.args[0], depth + 1)
        return None


def _computed(op: str, left: Number | None, right: Number | None) -> Const | None:
    if left is None or right is None or (op in {"/", "//"} and not right):
        return None
    try:
        return Const(_ARITHMETIC[op](left, right), "int")
    except OverflowError:
        return None

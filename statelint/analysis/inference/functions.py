"""What functions give and what their parameters can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.inference.members import Members
from statelint.analysis.model import ClassValue, External, FunctionValue, Instance, Result
from statelint.extract.facts import NO_TERM, Attr, Call

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.analysis.inference.base import Values
    from statelint.analysis.model import FunctionInfo, Module, Value
    from statelint.extract.facts import Term, TermId

CASTS = frozenset({"typing.cast", "typing_extensions.cast"})
"""Functions that say of their second argument what it is, and give it back."""


class Functions(Members):
    """Infers results and parameters of the project's functions."""

    def returned(self, value: FunctionValue) -> Values:
        """Return what calling a function gives; of a generator, what it yields."""
        function = value.function
        found = self._once(("r", function), self._returns, function, lambda: self._returned(function))
        if value.receiver is not None and not found and isinstance(value.receiver, Instance):
            return ()
        return found

    def _returned(self, function: FunctionInfo) -> Iterable[Value]:
        facts = function.facts
        declared = self.annotation(function.module, facts.returns)
        known = [
            value for value in declared if not isinstance(value, Result) or value.name not in {"dict", "list", "tuple"}
        ]
        if known and not all(map(is_vague, known)):
            return declared
        op = "yield" if facts.is_generator else "return"
        inferred = [
            value for event in facts.events if event.op == op for value in self.term(function.module, event.term)
        ]
        return (*inferred, *declared)

    def parameter(self, function: FunctionInfo, index: int) -> Values:
        """Return what a parameter can be: by annotation, dependency, default, receiver or known callers."""
        key = (function, index)
        return self._once(("p", *key), self._parameters, key, lambda: self._parameter(function, index))

    def _parameter(self, function: FunctionInfo, index: int) -> Iterator[Value]:
        facts = function.facts
        parameter = facts.parameters[index]
        module = function.module
        owner = function.owner
        if index == 0 and owner is not None and parameter.kind == "positional":
            kind = self.method_kind(function)
            if kind == "instance":
                yield Instance(owner)
                return
            if kind == "class":
                yield ClassValue(owner)
                return
        found = False
        if parameter.annotation >= 0:
            for value in self.annotation(module, parameter.annotation):
                found = found or not is_vague(value)
                yield value
        if parameter.default >= 0:
            for value in self.term(module, parameter.default):
                if not (isinstance(value, Result) and value.name in {"str", "int", "bool", "float"}):
                    found = True
                    yield value
        if not found and (passed := self.passed.get((function, index))) is not None:
            found = True
            yield Result(passed)
        if not found and self.callers is None:
            self._doubts += 1
        elif not found and self.callers is not None and parameter.kind in {"positional", "keyword"}:
            for home, call, bound in self.callers.get(function, ())[:12]:
                argument = self.argument(home, call, function, index, bound)
                if argument >= 0:
                    yield from self.term(home, argument)

    def argument(self, module: Module, call: TermId, function: FunctionInfo, index: int, bound: bool) -> TermId:
        """Return the term that ``call`` passes for parameter ``index`` of ``function``, or ``NO_TERM``."""
        held = module.terms[call]
        if not isinstance(held, Call):
            return -1
        parameter = function.facts.parameters[index]
        for name, value in held.keywords:
            if name == parameter.name:
                return value
        if parameter.kind == "positional" and held.args:
            place = index - bound + self.invoked(module, held) + 1
            if 0 <= place < len(held.args):
                return held.args[place]
        return -1

    def invoked(self, module: Module, call: Call) -> int:
        """Return the position of the argument that ``call`` calls at once (``to_thread(f, …)``), or -1."""
        return self.invoked_by(self.term(module, call.func), module.terms[call.func])

    def invoked_by(self, values: Values, func: Term) -> int:
        """Return the same where it is known that ``func``, which is called, stands for ``values``."""
        for value in values:
            if isinstance(value, External):
                if value.name in self.catalogue.invokers:
                    return self.catalogue.invokers[value.name]
            elif isinstance(value, (FunctionValue, ClassValue)):
                return -1
        return self.catalogue.loose_invokers.get(func.name, -1) if isinstance(func, Attr) else -1

    def called(self, value: Value, module: Module, call: Call) -> Iterator[Value]:
        """Yield what calling ``value`` with the arguments of ``call`` gives."""
        catalogue = self.catalogue
        if isinstance(value, ClassValue):
            yield Instance(value.klass)
            if own := catalogue.own_name(value.klass.module.parts, value.klass.name):
                yield Result(own)
        elif isinstance(value, FunctionValue):
            yield from self.returned(value)
        elif isinstance(value, External):
            if value.name in catalogue.passthrough and call.args:
                yield from self.term(module, call.args[0])
            elif value.name in CASTS and len(call.args) == 2:
                yield from self.annotation(module, call.args[0])
                yield from self.term(module, call.args[1])
            elif value.name in catalogue.resolvers and call.args:
                for target in self.term(module, call.args[0]):
                    if isinstance(target, ClassValue):
                        yield Instance(target.klass)
            elif value.name in catalogue.fields:
                yield from self._default(module, call)
            elif value.name in catalogue.dependency_markers:
                for target in self.term(module, self.dependency_target(call)):
                    yield from self.called(target, module, call)
            else:
                yield from self.result(catalogue.returns.get(value.name, value.name))
        elif isinstance(value, Result):
            given = catalogue.returns.get(f"{value.name}()")
            if given is not None:
                yield Result(given)
        elif isinstance(value, Instance):
            for member in self.member(value, "__call__"):
                if isinstance(member, FunctionValue):
                    yield from self.returned(member)
                elif isinstance(member, External):
                    given = catalogue.returns.get(member.name.removesuffix(".__call__") + "()")
                    if given is not None:
                        yield Result(given)

    def _default(self, module: Module, call: Call) -> Iterator[Value]:
        """Yield what a field holds that ``field(default_factory=dict)`` describes."""
        given = {"factory" if name == "default_factory" else name: term for name, term in call.keywords}
        if "factory" in given:
            for made in self.term(module, given["factory"]):
                yield from self.called(made, module, Call(given["factory"], (), (), call.serial))
        elif "default" in given or call.args:
            yield from self.term(module, given.get("default", call.args[0] if call.args else NO_TERM))

    def _super(self, module: Module, call: TermId) -> Iterator[Value]:
        """``super()`` is taken as the bases of the class whose method holds the call."""
        function = module.holder(call)
        while function is not None and function.owner is None:
            function = function.parent
        if function is not None and function.owner is not None:
            yield from self.bases(function.owner, instances=True)

    def _entered(self, value: Value) -> Iterator[Value]:
        if isinstance(value, Instance):
            methods = [
                member
                for name in ("__enter__", "__aenter__")
                for member in self.member(value, name)
                if isinstance(member, FunctionValue)
            ]
            results = [result for method in methods for result in self.returned(method)]
            yield from results or [value]
        elif isinstance(value, Result):
            given = self.catalogue.returns.get(f"{value.name}.__enter__")
            yield Result(given) if given is not None else value


def is_vague(value: Value) -> bool:
    """Tell whether an annotation only says what can be done with a value: ``Callable``, ``Iterable``, ``Any``."""
    return isinstance(value, Result) and value.name.startswith(("typing.", "typing_extensions.", "collections.abc."))

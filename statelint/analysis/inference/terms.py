"""What terms stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.inference.base import MAX_DEPTH, PENDING, Provisional, unique
from statelint.analysis.inference.elements import Elements
from statelint.analysis.model import ClassValue, External, FunctionValue
from statelint.extract.facts import (
    Attr,
    Binary,
    Call,
    Caught,
    Cell,
    Choice,
    ClassRef,
    Compare,
    Comprehension,
    Const,
    Element,
    Enter,
    Format,
    FunctionRef,
    Item,
    Logic,
    Mapping,
    Name,
    Not,
    Param,
    Sequence,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.analysis.inference.base import Values
    from statelint.analysis.model import FunctionInfo, Module, Value
    from statelint.extract.facts import TermId

_SUPER = External("super")


class Inference(Elements):
    """Resolves names and infers values over the project's modules."""

    def term(self, module: Module, term: TermId) -> Values:
        """Return what ``term`` of ``module`` stands for."""
        if term < 0:
            return ()
        table = self._terms.get(module)
        if table is None:
            table = self._terms[module] = [None] * len(module.terms)
        found = table[term]
        if found is not None:
            if found.__class__ is Provisional:
                self._doubts += 1
            return found
        # The same as ``_once``, without its price: this is asked more often than everything else.
        if len(self._busy) + self._open > MAX_DEPTH:
            self._doubts += 1
            return ()
        table[term] = PENDING
        self._open += 1
        before = self._doubts
        try:
            found = unique(self._term(module, term))
        finally:
            self._open -= 1
            table[term] = found if found is None or self._doubts == before else Provisional(found)
        return found

    def functions(self, module: Module, term: TermId) -> list[FunctionInfo]:
        """Return the project's functions among what ``term`` stands for."""
        return [value.function for value in self.term(module, term) if isinstance(value, FunctionValue)]

    def callees(self, module: Module, call: Call) -> list[FunctionInfo]:
        """Return the project's functions that ``call`` calls, be it through another: ``to_thread(load, note_id)``."""
        position = self.invoked(module, call)
        found = self.functions(module, call.args[position] if 0 <= position < len(call.args) else call.func)
        return [each for function in found for each in self.implementations(function)]

    def _term(self, module: Module, term: TermId) -> Iterable[Value]:
        held = module.terms[term]
        match held:
            case Name(id=name):
                return self.name(module, name)
            case Attr(base=base, name=name):
                values = self.term(module, base)
                if len(values) == 1:
                    return self.member(values[0], name)
                return [found for value in values for found in self.member(value, name)]
            case Call():
                return self._call(module, term, held)
            case Param(function=function, index=index):
                return self.parameter(module.functions[function], index)
            case Cell(function=function, name=name):
                cells = module.functions[function].facts.cells.get(name, ())
                return [value for cell in cells for value in self.term(module, cell)]
            case Item(base=base, key=key):
                return self._item(module, base, key)
            case Element(base=base):
                return self.elements(module, base)
            case Enter(base=base):
                return [found for value in self.term(module, base) for found in self._entered(value)]
            case Choice(then=then, other=other):
                return (*self.term(module, then), *self.term(module, other))
            case Logic(values=values):
                return [value for part in values for value in self.term(module, part)]
            case Const(kind=kind):
                return () if kind == "NoneType" else self.result(kind)
            case Mapping():
                return self.result("dict")
            case Sequence(kind=kind) | Comprehension(kind=kind):
                return self.result(kind)
            case Format():
                return self.result("str")
            case Compare() | Not():
                return self.result("bool")
            case FunctionRef(function=function):
                return (FunctionValue(module.functions[function]),)
            case ClassRef(index=index):
                return (ClassValue(module.classes[index]),)
            case Caught(exception=exception):
                return [made for value in self.term(module, exception) for made in self._made(value)]
            case Binary(op="|" | "+", left=left, right=right):
                return (*self.term(module, left), *self.term(module, right))
            case Binary(op="/", left=left):
                return self.term(module, left)  # a path below a path
            case _:
                return ()

    def _call(self, module: Module, term: TermId, call: Call) -> Iterator[Value]:
        func, values = module.terms[call.func], self.term(module, call.func)
        position = self.invoked_by(values, func)
        if 0 <= position < len(call.args):
            for value in self.term(module, call.args[position]):
                yield from self.called(value, module, call)
            return
        if isinstance(func, Attr) and func.name == "get" and call.args:
            kept = self.kept(module, func.base, call.args[0])
            if kept:
                yield from kept
                return
        for value in values:
            if value == _SUPER:
                yield from self._super(module, term)
            else:
                yield from self.called(value, module, call)

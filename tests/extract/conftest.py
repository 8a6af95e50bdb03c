"""What extraction makes of a text, in words that a test can compare."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from statelint.catalogue.loader import load
from statelint.extract import facts as f
from statelint.extract.extractor import extract

if TYPE_CHECKING:
    from collections.abc import Callable

    from statelint.extract.facts import Event, Function, ModuleFacts, TermId


class Reading:
    """The facts of a text."""

    def __init__(self, text: str) -> None:
        self.facts: ModuleFacts = extract("main.py", dedent(text).encode(), load())
        assert self.facts.failure is None

    def function(self, name: str) -> Function:
        """Return the function with this qualified name."""
        return next(function for function in self.facts.functions if function.qualname == name)

    def show(self, term: TermId) -> str:
        """Return a term as code; what code cannot say stands in angle brackets."""
        if term < 0:
            return "-"
        show, held = self.show, self.facts.terms[term]
        match held:
            case f.Const(value=value):
                return repr(value)
            case f.Name(id=name):
                return name
            case f.Param(function=function, index=index):
                return f"${self.facts.functions[function].parameters[index].name}"
            case f.Cell(name=name):
                return f"<cell {name}>"
            case f.Attr(base=base, name=name):
                return f"{show(base)}.{name}"
            case f.Item(base=base, key=key):
                return f"{show(base)}[{show(key)}]"
            case f.Call(func=func, args=args, keywords=keywords):
                given = [show(arg) for arg in args]
                given += [f"{name}={show(value)}" if name else f"**{show(value)}" for name, value in keywords]
                return f"{show(func)}({', '.join(given)})"
            case f.Element(base=base):
                return f"<element {show(base)}>"
            case f.Enter(base=base):
                return f"<enter {show(base)}>"
            case f.Caught(exception=exception):
                return f"<caught {show(exception)}>"
            case f.Choice(test=test, then=then, other=other):
                return f"<{show(then)} if {show(test)} else {show(other)}>"
            case f.Binary(op=op, left=left, right=right) | f.Compare(op=op, left=left, right=right):
                return f"({show(left)} {op} {show(right)})"
            case f.Logic(op=op, values=values):
                return f"({f' {op} '.join(map(show, values))})"
            case f.Not(value=value):
                return f"not {show(value)}"
            case f.Unary(op=op, value=value):
                return f"{op}{show(value)}"
            case f.Mapping(keys=keys, values=values):
                return f"{{{', '.join(f'{show(k)}: {show(v)}' for k, v in zip(keys, values, strict=True))}}}"
            case f.Sequence(kind=kind, items=items):
                return f"{kind}({', '.join(map(show, items))})"
            case f.Format(parts=parts):
                return f"<format {' '.join(map(show, parts))}>"
            case f.Comprehension(kind=kind, element=element, iterables=iterables, tests=tests):
                return f"<{kind} {show(element)} of {' '.join(map(show, iterables))} if {' '.join(map(show, tests))}>"
            case f.FunctionRef(function=function):
                return f"<function {self.facts.functions[function].qualname}>"
            case f.ClassRef(index=index):
                return f"<class {self.facts.classes[index].qualname}>"
            case f.Star(value=value):
                return f"*{show(value)}"
            case f.Unknown(why=why):
                return f"<{why}>"

    def path(self, condition: int) -> list[str]:
        """Return the conditions on the way to ``condition``, outermost first."""
        found = []
        while condition:
            held = self.facts.conditions[condition]
            sign = "" if held.positive else "not "
            found.append(f"{held.kind} {sign}{self.show(held.test)}")
            condition = held.parent
        return found[::-1]

    def events(self, name: str, *ops: str) -> list[Event]:
        """Return a function's events of some kinds, in order."""
        return [event for event in self.function(name).events if event.op in ops]

    def returned(self, name: str = "f") -> list[str]:
        """Return the values that a function returns."""
        return [self.show(event.term) for event in self.events(name, "return")]

    def writes(self, name: str = "f") -> list[str]:
        """Return what a function writes, as ``target how value``."""
        return [f"{self.show(event.term)} {event.how} {self.show(event.value)}" for event in self.events(name, "write")]

    def before(self, call: str, name: str = "f") -> list[str]:
        """Return the conditions under which ``name`` calls the function ``call``."""
        for event in self.events(name, "call"):
            held = self.facts.terms[event.term]
            if isinstance(held, f.Call) and self.show(held.func) == call:
                return self.path(event.condition)
        raise AssertionError(f"{call} is not called in {name}")


@pytest.fixture(scope="session")
def read() -> Callable[[str], Reading]:
    """Return what reads the facts of a text."""
    return Reading

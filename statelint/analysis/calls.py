"""Which functions each function may call, directly or by handing them on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.entrypoints import EntryPointFinder
from statelint.analysis.inference.functions import is_vague
from statelint.analysis.model import ClassValue, External, FunctionInfo, FunctionValue, Instance
from statelint.extract.facts import (
    Attr,
    Call,
    Cell,
    Compare,
    Comprehension,
    Const,
    Element,
    Format,
    FunctionRef,
    Item,
    Mapping,
    Not,
    Param,
    Sequence,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.inference import Inference, Values
    from statelint.analysis.model import ClassInfo, Module, Value
    from statelint.extract.facts import TermId

MAX_OVERRIDES = 40
"""A method overridden more often than this is taken as its own definition alone."""
PLAIN = frozenset({Const, Format, Compare, Not, Comprehension, Mapping, Sequence})
"""Terms that stand for no function."""
_OWN_VALUES = frozenset(
    {"ast", "csv", "difflib", "email", "glob", "html", "json", "logging", "os", "pathlib", "re", "socket", "sqlite3",
     "subprocess", "tarfile", "tokenize", "xml", "zipfile"}
)  # fmt: skip
"""Packages of the standard library whose functions give values of their own, never the project's."""
_PROTOCOLS = frozenset({"typing.Protocol", "typing_extensions.Protocol"})
_MAKERS = ("__init__", "__new__", "__post_init__")
"""What runs when a class is called."""
_CALLED = ("__call__",)
"""What runs when an instance is called."""
_OF_REFUSAL = 2
"""Events of ``raise NotImplementedError()``."""
COMMON_NAMES = 3
"""A method name that more classes than this define says nothing about an unknown receiver."""
_BUILTIN = frozenset(name for kind in (dict, list, set, str, bytes) for name in dir(kind) if not name.startswith("_"))
"""Methods that any unknown receiver may have: ``row.get("title")`` is no call of a repository's ``get``."""


class Edge(NamedTuple):
    """``caller`` may run ``callee``; ``call`` is the call term, or ``NO_TERM`` for decorators and dependencies.

    ``bound`` tells that the callee's first parameter is filled by the receiver; ``kind`` is ``call``, ``reference``
    (the function is passed on or stored), ``return`` (it is given back to whoever asked), ``dependency``,
    ``decorator``, ``definition`` (the caller defines what the callee decorates), ``override`` (a subclass's method in
    place of the one called), or ``name`` (only the method's name agrees).
    """

    caller: FunctionInfo
    callee: FunctionInfo
    call: TermId
    bound: bool
    kind: str


class CallGraph:
    """Edges by caller and by callee."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.callees: dict[FunctionInfo, list[Edge]] = {}
        self.callers: dict[FunctionInfo, list[Edge]] = {}
        self._by_name: dict[str, list[FunctionInfo]] = {}
        self._subclasses: dict[ClassInfo, list[ClassInfo]] = {}
        for module in inference.modules:
            for klass in module.classes:
                for base in inference.mro(klass)[0][1:]:
                    self._subclasses.setdefault(base, []).append(klass)
            for function in module.functions:
                if function.owner is not None:
                    self._by_name.setdefault(function.name, []).append(function)
        for module in inference.modules:
            for klass in module.classes:
                self._subclasses.setdefault(klass, []).extend(self._implementing(klass))
        inference.implementations = self._implementations

    def _implementing(self, protocol: ClassInfo) -> Iterator[ClassInfo]:
        """Yield the classes that have all methods of a protocol; of one method, those that are also called alike."""
        names = [name for name in protocol.facts.methods if not name.startswith("_")]
        if not names or not any(
            isinstance(base, External) and base.name in _PROTOCOLS for base in self.inference.bases(protocol)
        ):
            return
        known = {protocol, *self._subclasses.get(protocol, ())}
        for method in self._by_name[names[0]]:
            owner = method.owner
            if (
                owner is not None
                and owner not in known
                and all(self.inference.method(owner, name) is not None for name in names)
                and (len(names) > 1 or _last_word(owner.name) == _last_word(protocol.name))
            ):
                known.add(owner)
                yield owner

    def _implementations(self, method: FunctionInfo) -> list[FunctionInfo]:
        """Return what runs where a method is called: those of subclasses and implementations, if it does nothing."""
        if method.owner is None or not _does_nothing(method):
            return [method]
        below = self._subclasses.get(method.owner, ())
        found = [other for each in below if (other := each.method(method.name)) is not None and other is not method]
        return found if 0 < len(found) <= MAX_OVERRIDES else [method]

    def methods(self, name: str) -> list[FunctionInfo]:
        """Return the methods of the project that are called ``name``."""
        return self._by_name.get(name, [])

    def build(self) -> None:
        """Find who calls whom, then infer again with callers and frameworks' arguments known, and find all edges."""
        self.inference.callers = self._known_callers()
        self.inference.passed = EntryPointFinder(self.inference).passed()
        self.inference.forget()
        for module in self.inference.modules:
            for function in module.functions:
                for edge in dict.fromkeys(self._edges(module, function)):
                    self.callees.setdefault(edge.caller, []).append(edge)
                    self.callers.setdefault(edge.callee, []).append(edge)

    def _known_callers(self) -> dict[FunctionInfo, list[tuple[Module, TermId, bool]]]:
        callers: dict[FunctionInfo, list[tuple[Module, TermId, bool]]] = {}
        for module in self.inference.modules:
            for function in module.functions:
                calls = [
                    edge
                    for event, call in function.calls
                    for value in self._called(module, call, self.inference.term(module, call.func))
                    for edge in self._targets(function, value, event.term, "call")
                ]
                for edge in dict.fromkeys(calls):
                    callers.setdefault(edge.callee, []).append((module, edge.call, edge.bound))
        return callers

    def _called(self, module: Module, call: Call, values: Values) -> Values:
        """Return what a call calls: its function, which stands for ``values``, and the argument that it calls at once.

        A function that is handed over (``job: Callable``) is left to whoever hands it over, and so refers to it:
        otherwise each caller would seem to run what all the others hand over.
        """
        position = self.inference.invoked_by(values, module.terms[call.func])
        if values and self._is_handed(module, call.func):
            values = ()
        if 0 <= position < len(call.args):
            values += self.inference.term(module, call.args[position])
        return values

    def _is_handed(self, module: Module, term: TermId) -> bool:
        """Tell whether a term is a parameter of which only the annotation says that it can be called."""
        held = module.terms[term]
        if isinstance(held, Cell):
            cells = module.functions[held.function].facts.cells.get(held.name, ())
            held = module.terms[cells[0]] if len(cells) == 1 else held
        if not isinstance(held, Param):
            return False
        annotation = module.parameter_of(held).annotation
        known = self.inference.annotation(module, annotation) if annotation >= 0 else ()
        return bool(known) and all(map(is_vague, known))

    def _edges(self, module: Module, function: FunctionInfo) -> Iterator[Edge]:
        for event in function.events:
            if event.op == "call":
                call = module.terms[event.term]
                if isinstance(call, Call):
                    yield from self._call_edges(module, function, event.term, call)
            elif event.op == "return":
                yield from self._references(module, function, event.term, "return")
            elif event.op in {"yield", "write"}:
                yield from self._references(module, function, event.value if event.op == "write" else event.term)
        for decorator in function.facts.decorators:
            yield from self._decorator_edges(module, function, decorator)
        for parameter in function.facts.parameters:
            for target in self.inference.dependencies(module, parameter.annotation, parameter.default):
                yield from self._targets(function, target, -1, "dependency")

    def _call_edges(self, module: Module, function: FunctionInfo, term: TermId, call: Call) -> Iterator[Edge]:
        values = self.inference.term(module, call.func)
        for value in self._called(module, call, values):
            yield from self._targets(function, value, term, "call")
            yield from self._overrides(function, value, term)
        func = module.terms[call.func]
        if isinstance(func, Attr):
            named = self._by_name.get(func.name, ())
            if (
                0 < len(named) <= COMMON_NAMES
                and all(map(self._users_own, values))
                and not self._is_standard(module, func.base)
            ):
                for callee in named:
                    if func.name not in _BUILTIN or _is_named_after(module, func.base, callee.owner):
                        yield Edge(function, callee, term, True, "name")
        for argument in call.args:
            yield from self._references(module, function, argument)
        for _, argument in call.keywords:
            yield from self._references(module, function, argument)

    def _users_own(self, value: Value) -> bool:
        """Tell whether a value is a member that a framework's user model lacks: the project's own model has it."""
        return (
            isinstance(value, External) and value.name.rpartition(".")[0] in self.inference.catalogue.principal_models
        )

    def _is_standard(self, module: Module, term: TermId) -> bool:
        """Tell whether a value is one of those that the standard library gives: ``for match in re.finditer(…)``."""
        held = module.terms[term]
        given = module.terms[held.base] if isinstance(held, (Element, Item)) else None
        return isinstance(given, Call) and any(
            isinstance(value, External) and value.name.partition(".")[0] in _OWN_VALUES
            for value in self.inference.term(module, given.func)
        )

    def _references(self, module: Module, function: FunctionInfo, term: TermId, kind: str = "reference") -> list[Edge]:
        if term < 0 or type(module.terms[term]) in PLAIN:
            return []
        return [
            Edge(function, value.function, -1, value.receiver is not None, kind)
            for value in self.inference.term(module, term)
            if isinstance(value, FunctionValue)
        ]

    def _targets(self, function: FunctionInfo, value: Value, term: TermId, kind: str) -> list[Edge]:
        if isinstance(value, FunctionValue):
            return [Edge(function, value.function, term, self._binds(value), kind)]
        if isinstance(value, ClassValue):
            names: tuple[str, ...] = _MAKERS
        elif isinstance(value, Instance):
            names = _CALLED
        else:
            return []
        methods = (self.inference.method(value.klass, name) for name in names)
        return [Edge(function, method, term, True, kind) for method in methods if method is not None]

    def _binds(self, value: FunctionValue) -> bool:
        """Tell whether the receiver fills the function's first parameter."""
        if value.receiver is None:
            return False
        kind = self.inference.method_kind(value.function)
        return kind != "static" and not (kind == "instance" and isinstance(value.receiver, ClassValue))

    def _overrides(self, caller: FunctionInfo, value: Value, term: TermId) -> Iterator[Edge]:
        """Yield the calls of methods that run instead of the one called when the receiver is of a subclass."""
        if not isinstance(value, FunctionValue) or not isinstance(value.receiver, Instance):
            return
        method, klass = value.function, value.receiver.klass
        below = self._subclasses.get(klass)
        if not below or not self._binds(value):
            return
        if caller.owner is not None and klass in self.inference.mro(caller.owner)[0]:
            # self.method() and super().method(): which subclass is at work is known better elsewhere.
            return
        found = [other for sub in below if (other := sub.method(method.name)) not in {None, method}]
        if len(found) <= MAX_OVERRIDES:
            yield from (Edge(caller, other, term, True, "override") for other in found if other is not None)

    def _decorator_edges(self, module: Module, function: FunctionInfo, decorator: TermId) -> Iterator[Edge]:
        """A decorator of the project replaces the function by one of its nested functions."""
        held = module.terms[decorator]
        for value in self.inference.term(module, held.func if isinstance(held, Call) else decorator):
            target = value.function if isinstance(value, FunctionValue) else None
            if isinstance(value, (ClassValue, Instance)):
                target = self.inference.method(value.klass, "__call__")
            if target is not None and target is not function:
                definer = function.parent or module.functions[0]
                yield Edge(definer, target, -1, False, "definition")
                for inner in nested(target):
                    if decorates(inner):
                        yield Edge(definer, inner, -1, False, "definition")
                    else:
                        yield Edge(function, inner, -1, False, "decorator")
        if isinstance(held, Call):
            for argument in held.arguments:
                for target_value in self.dependency_list(module, argument):
                    yield from self._targets(function, target_value, -1, "dependency")

    def depends_on_unknown(self, module: Module, annotation: TermId, default: TermId) -> bool:
        """Tell whether a parameter is filled by something that nothing is known of."""
        call = module.terms[default] if default >= 0 else None
        if not isinstance(call, Call):
            return False
        known = self.inference.term(module, call.func)
        if any(True for _ in known) and not self.inference.is_dependency(module, default):
            return False
        return not any(True for _ in self.inference.dependencies(module, annotation, default))

    def dependency_list(self, module: Module, term: TermId) -> Iterator[Value]:
        """Yield what the dependencies in a list such as ``dependencies=[Depends(f)]`` call."""
        for item in getattr(module.terms[term], "items", ()):
            home, call = self.inference.dependency(module, item)
            held = home.terms[call]
            if isinstance(held, Call) and self.inference.is_dependency(home, call):
                target = self.inference.dependency_target(held)
                if target >= 0:
                    yield from self.inference.term(home, target)


def _does_nothing(method: FunctionInfo) -> bool:
    """Tell whether a method has no body, or only ``raise NotImplementedError()``."""
    ops = [event.op for event in method.events]
    return not ops or (len(ops) <= _OF_REFUSAL and "raise" in ops and {*ops} <= {"call", "raise"})


def _last_word(name: str) -> str:
    """Return the last word of a class's name: ``Repository`` of ``SqlNoteRepository``."""
    return re.split(r"(?=[A-Z])", name)[-1]


def _is_named_after(module: Module, receiver: TermId, owner: ClassInfo | None) -> bool:
    """Tell whether a receiver is called like a class: ``self.note_repo`` like ``NoteRepository``."""
    held = module.terms[receiver]
    if isinstance(held, Param):
        name = module.parameter_of(held).name
    else:
        name = getattr(held, "name", "") or getattr(held, "id", "")
    words = [word for word in name.lower().split("_") if len(word) > 2]
    return owner is not None and any(word in owner.name.lower() for word in words)


def decorates(function: FunctionInfo) -> bool:
    """Tell whether a function gives back a function: one of its own or the one it was given."""
    terms = function.module.terms
    for event in function.events:
        if event.op == "return" and event.term >= 0:
            held = terms[event.term]
            for part in (held, *(terms[argument] for argument in (held.args if isinstance(held, Call) else ()))):
                if (
                    isinstance(part, FunctionRef)
                    and function.module.functions[part.function].facts.parent == function.index
                ):
                    return True
            if isinstance(held, Param) and held.function == function.index:
                return True
    return False


def nested(function: FunctionInfo) -> Iterator[FunctionInfo]:
    """Yield the functions defined inside ``function``, at any depth."""
    queue = list(function.module.children.get(function.index, ()))
    for other in queue:
        yield other
        queue += other.module.children.get(other.index, ())

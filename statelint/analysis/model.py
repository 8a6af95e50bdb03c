"""The project's modules, classes and functions as the analysis sees them, and the values that terms stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, TypeVar, cast

from statelint.extract.facts import NO_TERM, Attr, Call, Const, Name, Param, Term

if TYPE_CHECKING:
    from statelint.extract.facts import (
        Binding,
        Class,
        Event,
        Function,
        Import,
        ModuleFacts,
        Parameter,
        Position,
        TermId,
    )

SomeTerm = TypeVar("SomeTerm")


class Module:
    """A file of the project. ``parts`` is its dotted path from the project root; a package's ends with its folder."""

    __slots__ = (
        "_attributes",
        "_calls",
        "_given",
        "_kinds",
        "_mentioned",
        "bindings",
        "children",
        "classes",
        "definitions",
        "facts",
        "functions",
        "imports",
        "is_package",
        "local_imports",
        "parts",
        "path",
        "stars",
        "terms",
    )

    def __init__(self, facts: ModuleFacts) -> None:
        self.facts = facts
        self.path = facts.path
        self.terms: list[Term] = facts.terms
        parts = tuple(facts.path.rpartition(".")[0].split("/"))
        self.is_package = parts[-1] == "__init__"
        self.parts = parts[:-1] if self.is_package else parts
        self.classes = [ClassInfo(self, klass) for klass in facts.classes]
        self.functions = [
            FunctionInfo(self, function, self.classes[function.owner] if function.owner >= 0 else None)
            for function in facts.functions
        ]
        self.children: dict[int, list[FunctionInfo]] = {}
        """Functions by the function that encloses them."""
        for function in self.functions:
            self.children.setdefault(function.facts.parent, []).append(function)
        self.imports: dict[str, list[Import]] = {}
        self.local_imports: dict[str, list[Import]] = {}
        self.stars: list[Import] = []
        for item in facts.imports:
            if item.symbol == "*":
                self.stars.append(item)
            elif item.name:
                table = self.imports if item.function == 0 else self.local_imports
                table.setdefault(item.name, []).append(item)
        self.bindings: dict[str, list[Binding]] = {}
        for binding in facts.bindings:
            self.bindings.setdefault(binding.name, []).append(binding)
        self.definitions: dict[str, list[FunctionInfo | ClassInfo]] = {}
        """Functions and classes at module level."""
        for function in self.functions:
            if function.facts.parent == 0 and function.facts.owner < 0 and function.name != "<lambda>":
                self.definitions.setdefault(function.name, []).append(function)
        for klass in self.classes:
            if klass.facts.function == 0 and klass.facts.outer < 0:
                self.definitions.setdefault(klass.name, []).append(klass)
        self._calls: dict[TermId, tuple[FunctionInfo, Event]] | None = None
        self._given: dict[tuple[int, int], TermId] | None = None
        self._attributes: dict[tuple[TermId, str], TermId] | None = None
        self._kinds: dict[type[Term], list[Term]] | None = None
        self._mentioned: frozenset[str] | None = None

    def __repr__(self) -> str:
        return f"<module {self.path}>"

    @property
    def folder(self) -> tuple[str, ...]:
        """Parts of the package that the module's relative imports start from."""
        return self.parts if self.is_package else self.parts[:-1]

    def holder(self, call: TermId) -> FunctionInfo | None:
        """Return the function in whose body a call stands."""
        found = self._made().get(call)
        return found[0] if found is not None else None

    def call_event(self, call: TermId) -> Event | None:
        """Return the event that makes a call."""
        found = self._made().get(call)
        return found[1] if found is not None else None

    def call_place(self, call: TermId) -> Place | None:
        """Return where a call stands."""
        event = self.call_event(call)
        return Place(self, event.position) if event is not None else None

    def _made(self) -> dict[TermId, tuple[FunctionInfo, Event]]:
        if self._calls is None:
            self._calls = {event.term: (function, event) for function in self.functions for event, _ in function.calls}
        return self._calls

    def parameter_term(self, function: FunctionInfo, index: int) -> TermId:
        """Return the term that a parameter of a function is; ``NO_TERM`` where the function never uses it."""
        if self._given is None:
            self._given = {
                (held.function, held.index): term for term, held in enumerate(self.terms) if isinstance(held, Param)
            }
        return self._given.get((function.index, index), NO_TERM)

    def attribute_term(self, base: TermId, name: str) -> TermId:
        """Return the term that an attribute of a value is; ``NO_TERM`` where the module never asks for it."""
        if self._attributes is None:
            self._attributes = {
                (held.base, held.name): term for term, held in enumerate(self.terms) if isinstance(held, Attr)
            }
        return self._attributes.get((base, name), NO_TERM)

    def parameter_of(self, held: Param) -> Parameter:
        """Return the parameter that a term stands for."""
        return self.functions[held.function].facts.parameters[held.index]

    def all_of(self, kind: type[SomeTerm]) -> list[SomeTerm]:
        """Return the module's terms of one kind."""
        if self._kinds is None:
            self._kinds = {}
            for held in self.terms:
                self._kinds.setdefault(type(held), []).append(held)
        return cast("list[SomeTerm]", self._kinds.get(cast("type[Term]", kind), []))

    @property
    def mentioned(self) -> frozenset[str]:
        """All names, attributes and imported symbols that the module's code speaks of."""
        if self._mentioned is None:
            found = {held.id for held in self.all_of(Name)}
            found.update(held.name for held in self.all_of(Attr))
            found.update(item.symbol for item in self.facts.imports)
            self._mentioned = frozenset(found)
        return self._mentioned

    def text(self, term: TermId) -> str | None:
        """Return the string constant ``term`` is, or None."""
        held = self.terms[term] if term >= 0 else None
        return held.value if isinstance(held, Const) and isinstance(held.value, str) else None

    def last_name(self, term: TermId) -> str:
        """Return the last part of the name that ``term`` is written as; an imported one's is what it was before."""
        held = self.terms[term] if term >= 0 else None
        if isinstance(held, Attr):
            return held.name
        if not isinstance(held, Name):
            return ""
        # from sqlalchemy import text as sql
        for imported in (self.imports, self.local_imports):
            for item in imported.get(held.id, ()):
                if item.symbol:
                    return item.symbol
        return held.id

    def dotted(self, term: TermId) -> str:
        """Return a chain of names and attributes as written (``request.state.user``), or an empty string."""
        parts: list[str] = []
        while term >= 0:
            held = self.terms[term]
            if isinstance(held, Attr):
                parts.append(held.name)
                term = held.base
            elif isinstance(held, Name):
                parts.append(held.id)
                return ".".join(reversed(parts))
            else:
                return ""
        return ""


class FunctionInfo:
    """A function, method or lambda, or a module's own code."""

    __slots__ = ("_calls", "events", "facts", "index", "is_module", "module", "name", "owner")

    def __init__(self, module: Module, facts: Function, owner: ClassInfo | None) -> None:
        self.module = module
        self.facts = facts
        self.index = facts.index
        self.is_module = facts.index == 0
        """Whether this is a module's own code."""
        self.name = facts.name
        """The name in the ``def``."""
        self.owner = owner
        """The class whose method this is."""
        self.events = facts.events
        """What the function does, in order."""
        self._calls: tuple[tuple[Event, Call], ...] | None = None

    def __repr__(self) -> str:
        return f"<function {self.module.path}::{self.facts.qualname}>"

    @property
    def qualname(self) -> str:
        """Dotted path inside the module."""
        return self.facts.qualname

    @property
    def parent(self) -> FunctionInfo | None:
        """The enclosing function; None at module level."""
        return self.module.functions[self.facts.parent] if self.facts.parent > 0 else None

    @property
    def calls(self) -> tuple[tuple[Event, Call], ...]:
        """The calls among the events, in order, each with its term."""
        if self._calls is None:
            terms = self.module.terms
            self._calls = tuple(
                (event, call)
                for event in self.facts.events
                if event.op == "call" and isinstance(call := terms[event.term], Call)
            )
        return self._calls

    def parameter(self, name: str) -> int:
        """Return the index of a parameter, or -1."""
        for index, parameter in enumerate(self.facts.parameters):
            if parameter.name == name:
                return index
        return -1


class ClassInfo:
    """A class of the project."""

    __slots__ = ("facts", "index", "module")

    def __init__(self, module: Module, facts: Class) -> None:
        self.module = module
        self.facts = facts
        self.index = facts.index

    def __repr__(self) -> str:
        return f"<class {self.module.path}::{self.facts.qualname}>"

    @property
    def name(self) -> str:
        """The name in the class statement."""
        return self.facts.name

    def method(self, name: str) -> FunctionInfo | None:
        """Return the class's own method ``name``."""
        index = self.facts.methods.get(name)
        return None if index is None else self.module.functions[index]

    def attribute(self, name: str) -> Binding | None:
        """Return the class's own attribute ``name``; the last assignment wins."""
        for binding in reversed(self.facts.attributes):
            if binding.name == name:
                return binding
        return None


# --- values ----------------------------------------------------------------------------------------------------------


class External(NamedTuple):
    """A class, function, module or attribute of code outside the project, by qualified name."""

    name: str


class Result(NamedTuple):
    """What calling the external ``name`` gives: an instance of that class."""

    name: str
    made: Literal[True] = True
    """Tells it from what is called: named tuples are equal if their fields are."""


class Package(NamedTuple):
    """A module or package of the project, by its parts."""

    parts: tuple[str, ...]


class ClassValue(NamedTuple):
    """A class of the project itself."""

    klass: ClassInfo


class Instance(NamedTuple):
    """An instance of a class of the project."""

    klass: ClassInfo
    made: Literal[True] = True
    """Tells it from the class."""


class FunctionValue(NamedTuple):
    """A function of the project; ``receiver`` is what it is bound to."""

    function: FunctionInfo
    receiver: ClassValue | Instance | None = None


Value: TypeAlias = External | Result | Package | ClassValue | Instance | FunctionValue


class Place(NamedTuple):
    """A stretch of a module's text."""

    module: Module
    position: Position

"""Library objects with a memory that outlive requests: conversation memories, database sessions, local backends."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.model import External, Place, Result
from statelint.analysis.reach import Reach
from statelint.analysis.scripts import trials
from statelint.analysis.state.roots import AppAttribute, ClassAttribute, Field, Global
from statelint.analysis.terms import made_of
from statelint.extract.facts import Attr, Call, Name, Param
from statelint.source.roles import is_offline_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import ClassInfo, FunctionInfo, Module
    from statelint.analysis.state.roots import Root
    from statelint.analysis.state.statemap import StateMap
    from statelint.extract.facts import Event, TermId

MAX_DEPTH = 3
ROLES = frozenset({"memory", "session", "backend"})


class Resource(NamedTuple):
    """A long-lived library object with one of ``ROLES``."""

    role: str
    type: str
    """Qualified name of its class."""
    name: str
    """What the project calls it."""
    place: Place
    """Where it is made, or where the object that keeps it is made."""
    made: Place
    """Where it is made."""
    served: bool
    """Whether the project has entry points that serve requests."""
    chosen: bool = True
    """Whether the project says so, rather than taking what the library does by default."""


class Resources:
    """Finds library objects that set-up code makes and the process keeps."""

    def __init__(self, state: StateMap) -> None:
        self.state = state
        self.inference = state.inference
        self.catalogue = state.catalogue
        self.reach = state.reach

    def find(self) -> Iterator[Resource]:
        """Yield every long-lived object with a role of interest, once per place that keeps it."""
        seen: set[tuple[str, int, int]] = set()
        for module in self.inference.modules:
            if is_offline_path(module.path):
                continue
            for resource in (*self._made(module), *self._aliases(module), *self._first_given(module)):
                key = (resource.place.module.path, resource.place.position.line, resource.place.position.column)
                if key not in seen:
                    seen.add(key)
                    yield resource

    def _role(self, name: str) -> str:
        return next(iter(sorted(self.catalogue.roles.get(name, frozenset()) & ROLES)), "")

    def _typed(self, module: Module, term: TermId) -> tuple[str, str]:
        """Return the role and the type of a term, or empty strings."""
        for value in self.inference.term(module, term):
            if isinstance(value, Result) and (role := self._role(value.name)):
                return role, value.name
        return "", ""

    def _made(self, module: Module) -> Iterator[Resource]:
        # What a ``with`` block closes at its end.
        entered = {held.test for held in module.facts.conditions if held.kind == "with"}
        tried = trials(module)
        for function in module.functions:
            if function.is_module and self._draws(function):
                continue
            for event in function.events:
                if event.op != "call" or event.condition in tried:
                    continue
                role, kind = self._typed(module, event.term)
                if not role or event.term in entered or not self._fresh(module, event.term):
                    continue
                made = Place(module, event.position)
                for name, place in self._keepers(function, event, role):
                    yield Resource(role, kind, name, place or made, made, self.state.serves)

    def _draws(self, function: FunctionInfo) -> bool:
        """Tell whether a module draws a page when it is run, which is done anew for each user."""
        return any(
            isinstance(value, External) and value.name in self.catalogue.screens
            for _, call in function.calls
            for value in self.inference.term(function.module, call.func)
        )

    def _fresh(self, module: Module, term: TermId) -> bool:
        """Tell whether a call makes the object, rather than being a method that returns the object itself."""
        call = module.terms[term]
        if not isinstance(call, Call) or self.inference.is_dependency(module, term):
            return False
        if any("factory" in name for name, _ in call.keywords) and any(
            isinstance(value, External) and value.name in self.catalogue.fields
            for value in self.inference.term(module, call.func)
        ):
            # Field(default_factory=…) makes one for each object.
            return False
        func = module.terms[call.func]
        return not isinstance(func, Attr) or not self._typed(module, func.base)[0]

    # -- who keeps it

    def _keepers(self, function: FunctionInfo, event: Event, role: str) -> Iterator[tuple[str, Place | None]]:
        """Yield names and, where it is kept inside another object, the place where that object is made."""
        module = function.module
        if function.is_module:
            name = self._module_name(module, event.term)
            if self._used(module, name, event.term, role=role) if name else self._is_kept(function, event):
                yield name, None
            return
        if self.state.locator.memoised(function) and any(
            held.op == "return" and held.term == event.term for held in function.events
        ):
            # A module that keeps what the function gives is told of itself.
            if not any(edge.caller.is_module for edge in self.reach.graph.callers.get(function, ()) if edge.call >= 0):
                yield f"{function.name}()", None
            return
        for held in function.events:
            if held.op == "write" and held.value == event.term:
                yield from self._written(function, held, role)
        if role != "session" and self.state.lifetimes.sets_up(function):
            yield function.name, None

    @staticmethod
    def _is_kept(function: FunctionInfo, made: Event) -> bool:
        """Tell whether anything else is done with what a module makes and gives no name."""
        module = function.module
        return any(
            event.value == made.term or (isinstance(call, Call) and made.term in {*call.arguments, call.func})
            for event in function.events
            if event is not made
            for call in (module.terms[event.term],)
        )

    def _written(self, function: FunctionInfo, event: Event, role: str) -> Iterator[tuple[str, Place | None]]:
        """Yield the long-lived places that an assignment stores in."""
        for location in self.state.writes_of(function, event):
            root = location.root
            if isinstance(root, Field) and not location.path and self.state.harmless.construction.runs(function):
                for holder in self.state.lifetimes.holders(root.klass):
                    if holder.element or not self._needed(holder.root):
                        continue
                    if self._at_work(root.klass) or (role != "session" and self._handed_out(root)):
                        yield f"{holder.klass.name}.{root.name}", holder.place
            elif isinstance(root, (Global, ClassAttribute, AppAttribute)) and not location.path:
                yield root.name, None

    def _module_name(self, module: Module, term: TermId) -> str:
        for binding in module.facts.bindings:
            if binding.value == term:
                return binding.name
        for function in module.functions:
            for parameter in function.facts.parameters:
                if parameter.default == term:
                    return f"{function.qualname}({parameter.name})"
        for klass in module.classes:
            for binding in klass.facts.attributes:
                if binding.value == term:
                    return f"{klass.name}.{binding.name}"
        return ""

    def _used(self, module: Module, name: str, made: TermId = -1, *, role: str = "", depth: int = 0) -> bool:
        """Tell whether code that may serve requests uses a module's object, or set-up code hands it on."""
        if not name.isidentifier():
            return True
        for user in self.inference.modules:
            if user is not module and not any(item.symbol == name for item in user.facts.imports):
                if self._reads(user, module, name):
                    return True
                continue
            for function in user.functions:
                if function.is_module:
                    if any(self._hands_on(user, event, name, role) for event in function.events if event.term != made):
                        return True
                elif self.reach.of(function) is not Reach.OFFLINE and _mentions(function, name):
                    return True
        return depth < MAX_DEPTH and any(
            self._used(module, derived, role=role, depth=depth + 1) for derived in _taken(module, name)
        )

    def _hands_on(self, module: Module, event: Event, name: str, role: str) -> bool:
        """Tell whether an event of set-up code passes the global ``name`` on, but not a session to a client to keep.

        A connection that a checkpointer of LangGraph is given, it alone uses, and behind a lock.
        """
        call = module.terms[event.term] if event.op == "call" else None
        if not isinstance(call, Call):
            return False
        if role == "session" and any(
            isinstance(value, Result) and "client" in self.catalogue.roles.get(value.name, ())
            for value in self.inference.term(module, event.term)
        ):
            return False
        return any(isinstance(held := module.terms[term], Name) and held.id == name for term in call.arguments)

    def _needed(self, root: Root) -> bool:
        """Tell whether the object that a global keeps is used where requests may come."""
        return not isinstance(root, Global) or self._used(root.module, root.name)

    def _handed_out(self, root: Field) -> bool:
        """Tell whether a method gives the object in a field away."""
        return any(
            location.root == root
            for index in root.klass.facts.methods.values()
            for location in self.state.locator.returned(root.klass.module.functions[index])
        )

    def _reads(self, user: Module, module: Module, name: str) -> bool:
        """Tell whether ``user`` imports ``module`` itself and mentions the attribute ``name``."""
        for item in user.facts.imports:
            parts = self.inference.index.find(user, item.module, item.level)
            if parts is not None and module.parts in {parts, (*parts, item.symbol)}:
                return any(isinstance(held, Attr) and held.name == name for held in user.terms)
        return False

    def _at_work(self, klass: ClassInfo) -> bool:
        """Tell whether methods of a class may serve requests."""
        return any(
            self.reach.of(function) is not Reach.OFFLINE and not self.state.harmless.construction.runs(function)
            for index in klass.facts.methods.values()
            if (function := klass.module.functions[index])
        )

    def _aliases(self, module: Module) -> Iterator[Resource]:
        """A module that takes a shared connection out of another object and keeps it under a name of its own."""
        for binding in module.facts.bindings:
            if binding.value < 0 or not isinstance(module.terms[binding.value], Attr):
                continue
            role, kind = self._typed(module, binding.value)
            if role == "session" and self._used(module, binding.name):
                place = Place(module, binding.position)
                yield Resource(role, kind, binding.name, place, place, self.state.serves)

    def _first_given(self, module: Module) -> Iterator[Resource]:
        """A singleton whose constructor keeps a session that it is given: that of the first request serves all."""
        for klass in module.classes:
            make = klass.method("__init__")
            own = {holder.place for holder in self.state.lifetimes.holders(klass) if holder.root == Field(klass, "")}
            if make is None or not own or not self._at_work(klass):
                continue
            for event in make.events:
                given = module.terms[event.value] if event.op == "write" else None
                role, kind = self._typed(module, event.value) if isinstance(given, Param) else ("", "")
                if role != "session" or not isinstance(given, Param) or self._elsewhere(make, given.index):
                    continue
                for location in self.state.writes_of(make, event):
                    if isinstance(location.root, Field) and not location.path:
                        name, made = f"{klass.name}.{location.root.name}", Place(module, event.position)
                        yield from (Resource(role, kind, name, place, made, self.state.serves) for place in own)

    def _elsewhere(self, make: FunctionInfo, parameter: int) -> bool:
        """Tell whether all that is known to be passed are globals, which are looked at themselves."""
        given = [
            home.terms[term] if term >= 0 else None
            for home, call, bound in (self.inference.callers or {}).get(make, ())
            for term in (self.inference.argument(home, call, make, parameter, bound),)
        ]
        return bool(given) and all(isinstance(held, Name) for held in given)


def _taken(module: Module, name: str) -> Iterator[str]:
    """Yield the globals that a module takes out of its global ``name``: ``cursor = connection.cursor()``."""
    for binding in module.facts.bindings:
        call = module.terms[binding.value] if binding.value >= 0 else None
        func = module.terms[call.func] if isinstance(call, Call) else None
        base = module.terms[func.base] if isinstance(func, Attr) else None
        if isinstance(base, Name) and base.id == name != binding.name:
            yield binding.name


def _mentions(function: FunctionInfo, name: str) -> bool:
    """Tell whether what a function does involves the global ``name``."""
    terms = function.module.terms
    for event in function.events:
        for term in (event.term, event.value):
            queue = [term]
            while queue:
                at = queue.pop()
                if at < 0:
                    continue
                held = terms[at]
                if isinstance(held, Name) and held.id == name:
                    return True
                queue += made_of(held)
    return False

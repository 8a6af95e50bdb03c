"""Which classes have instances that live as long as the process, and where these are made and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.model import ClassValue, External, FunctionValue, Instance, Place, Result
from statelint.analysis.reach import Reach
from statelint.analysis.scripts import is_serving, trials
from statelint.analysis.state.roots import AppAttribute, ClassAttribute, Default, Field, Global, Local, Memo
from statelint.analysis.state.singletons import Singletons
from statelint.analysis.terms import walk
from statelint.extract.facts import Attr, Call, Choice, Comprehension, Enter, Logic, Mapping, Name, Param, Sequence
from statelint.source.roles import is_offline_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.analysis.entrypoints import EntryPointFinder
    from statelint.analysis.model import ClassInfo, FunctionInfo, Module, Value
    from statelint.analysis.reach import ReachMap
    from statelint.analysis.state.locations import Locator
    from statelint.analysis.state.roots import Root
    from statelint.analysis.state.writes import Write
    from statelint.extract.facts import TermId

INSTANTIATED = frozenset({"middleware", "route", "websocket", "signal"})
"""Kinds of classes that frameworks make instances of; instances of others are made by the project."""
MAX_HOLDERS = 12
"""Holders of one class that are kept."""

_RECORDS = frozenset({"model", "schema"})
"""Roles of the bases of rows and of what requests bring."""
_SERVERS = frozenset({"app", "router"})
"""Roles of what handlers are registered with."""


class Holder(NamedTuple):
    """An instance of ``klass`` made at ``place`` and kept in ``root``; ``element`` if in a container."""

    klass: ClassInfo
    root: Root
    place: Place
    element: bool


class Lifetimes:
    """Finds the long-lived instances of the project's classes."""

    def __init__(self, locator: Locator, reach: ReachMap, finder: EntryPointFinder, writes: Iterable[Write]) -> None:
        self.locator = locator
        self.inference = locator.inference
        self.reach = reach
        self.finder = finder
        self._direct: dict[ClassInfo, list[Holder]] = {}
        self._inside: dict[ClassInfo, list[tuple[ClassInfo, bool]]] = {}
        """Class → classes whose instances keep instances of it (and whether in a container)."""
        self._subclasses: dict[ClassInfo, list[ClassInfo]] = {}
        self._memo: dict[ClassInfo, tuple[Holder, ...]] = {}
        self._created = self._creations()
        self._builders = self._find_builders()
        for module in self.inference.modules:
            if is_offline_path(module.path) or self._is_program_apart(module):
                continue
            self._module(module)
        for klass, place in Singletons(locator).find():
            self._direct.setdefault(klass, []).append(Holder(klass, Field(klass, ""), place, False))
        for write in writes:
            self._stored(write)

    # -- questions

    def holders(self, klass: ClassInfo) -> tuple[Holder, ...]:
        """Return where long-lived instances of ``klass``, or of subclasses, are kept; the outermost keepers.

        Of rows and of what requests bring there are none: a row or two that a module makes are not those that are
        changed elsewhere.
        """
        found = self._memo.get(klass)
        if found is None:
            found = self._memo[klass] = () if self._is_record(klass) else tuple(self._outermost(klass))
        return found

    def _is_record(self, klass: ClassInfo) -> bool:
        roles = self.inference.catalogue.roles
        return any(roles.get(base, frozenset()) & _RECORDS for base in self.inference.external_bases(klass))

    def heirs(self, klass: ClassInfo) -> list[ClassInfo]:
        """Return the classes that derive from ``klass``."""
        return self._subclasses.get(klass, [])

    def _outermost(self, klass: ClassInfo) -> list[Holder]:
        found: dict[tuple[object, ...], Holder] = {}
        seen: set[tuple[ClassInfo, bool]] = set()
        queue = [(klass, False)]
        while queue and len(found) < MAX_HOLDERS:
            at, element = queue.pop(0)
            if (at, element) in seen:
                continue
            seen.add((at, element))
            for holder in self._direct.get(at, ()):
                found.setdefault((holder.root, holder.place), holder._replace(element=holder.element or element))
            queue += [(keeper, element or inner) for keeper, inner in self._inside.get(at, ())]
            queue += [(subclass, element) for subclass in self._subclasses.get(at, ())]
        return list(found.values())

    def long_lived(self, function: FunctionInfo) -> bool:
        """Tell whether the locals of ``function`` that inner functions see live as long as the process.

        They do when set-up code runs it; a function of which no caller is known may run for every request.
        """
        if not self.sets_up(function) and self.reach.of(function) is not Reach.OFFLINE:
            return False
        at: FunctionInfo | None = function
        while at is not None:
            if self.reach.of(at) is Reach.SERVED:
                return False
            at = at.parent
        return True

    # -- collecting

    def _creations(self) -> frozenset[ClassInfo]:
        """Return the classes that the project itself makes instances of; others, a framework does."""
        return frozenset(
            klass
            for module in self.inference.modules
            for function in module.functions
            for _, call in function.calls
            for value in self.inference.term(module, call.func)
            if isinstance(value, ClassValue)
            for klass in self.inference.mro(value.klass)[0]
        )

    def _made_by_framework(self, klass: ClassInfo) -> bool:
        """Tell whether a framework makes one instance for the process, as it does of middleware and controllers."""
        role = self.finder.class_role(klass)
        if role is not None:
            return role.instance == "process" and role.kind in INSTANTIATED
        return self.finder.lifetime(klass) == "process"

    def _is_program_apart(self, module: Module) -> bool:
        """Tell whether a module is a program of its own that serves nobody, as examples and scripts are.

        Nobody imports it, although other modules have entry points; it runs no server, and uses what it makes.
        """
        return (
            bool(self.reach.entry_points)
            and _uses_its_own(module)
            and not self.reach.in_sight(module)
            and not any(function in self._builders for function in module.functions)
            and not self._serves(module)
        )

    def _serves(self, module: Module) -> bool:
        """Tell whether a module makes what handlers are registered with, or has a library serve."""
        roles = self.inference.catalogue.roles
        for _, call in module.functions[0].calls:
            for value in self.inference.term(module, call.func):
                if isinstance(value, External) and value.name != "asyncio.run" and is_serving(value.name):
                    return True
        return any(
            isinstance(value, Result) and not roles.get(value.name, frozenset()).isdisjoint(_SERVERS)
            for binding in module.facts.bindings
            if binding.value >= 0
            for value in self.inference.term(module, binding.value)
        )

    def _module(self, module: Module) -> None:
        tried = trials(module)
        for binding in module.facts.bindings:
            if binding.value >= 0 and binding.condition not in tried:
                self._keep(module, binding.value, Global(module, binding.name))
        for klass in module.classes:
            self._class(module, klass)
        for function in module.functions:
            for index, parameter in enumerate(function.facts.parameters):
                if parameter.default >= 0:
                    self._keep(module, parameter.default, Default(function, index))
            if function.is_module:
                self._arguments(function, tried)
                continue
            if self.locator.memoised(function):
                for event in function.events:
                    if event.op == "return":
                        self._keep(module, event.term, Memo(function))
            if function.facts.is_generator and self.reach.of(function) is Reach.OFFLINE:
                self._yields(function)
            if self.long_lived(function):
                for name, values in function.facts.cells.items():
                    for value in values:
                        self._keep(module, value, Local(function, name))
                if self.sets_up(function):
                    self._arguments(function)

    def _yields(self, function: FunctionInfo) -> None:
        """What set-up code yields lives until the process ends: a lifespan's state, a resource for a ``with``."""
        module = function.module
        for event in function.events:
            if event.op != "yield" or event.term < 0:
                continue
            held = module.terms[event.term]
            if isinstance(held, Mapping):
                for key, value in zip(held.keys, held.values, strict=True):
                    self._keep(module, value, AppAttribute("app.state", module.text(key) or "*" if key >= 0 else "*"))
            else:
                self._keep(module, event.term, Local(function, ""))

    def sets_up(self, function: FunctionInfo) -> bool:
        """Tell whether a function sets up an application: it registers handlers of its own, or runs at start-up."""
        return function in self._builders

    def _find_builders(self) -> frozenset[FunctionInfo]:
        """Functions that make an application or router, define its handlers, or run when it starts."""
        found = {entry.function for entry in self.finder.found if entry.kind == "startup"}
        roles = self.inference.catalogue.roles
        for module in self.inference.modules:
            for function in module.functions:
                if function in self.reach.entry_points and function.parent is not None:
                    found.add(function.parent)
                for event, _ in () if function.is_module else function.calls:
                    for value in self.inference.term(module, event.term):
                        if isinstance(value, Result) and not roles.get(value.name, frozenset()).isdisjoint(_SERVERS):
                            found.add(function)
        return frozenset(found)

    def _class(self, module: Module, klass: ClassInfo) -> None:
        classes, outside = self.inference.mro(klass)
        for owner in classes[1:]:
            self._subclasses.setdefault(owner, []).append(klass)
        asked = self.locator.classes
        if (
            klass.facts.attributes
            and not asked.describes_instances(klass, outside)
            and not asked.collects_fields(klass)
        ):
            for binding in klass.facts.attributes:
                if binding.value >= 0:
                    self._keep(module, binding.value, ClassAttribute(klass, binding.name))
        if klass not in self._created and self._made_by_framework(klass):
            place = Place(module, klass.facts.position)
            self._direct.setdefault(klass, []).append(Holder(klass, Field(klass, ""), place, False))
        for name, assignments in self.inference.fields(klass).items():
            for function, event in assignments:
                if event.value >= 0 and name:
                    for made, creation in self._made(function.module, event.value):
                        if function.module.call_event(creation) is None:
                            continue
                        self._inside.setdefault(made, []).append((klass, False))

    def _arguments(self, function: FunctionInfo, tried: frozenset[int] = frozenset()) -> None:
        """Instances made by set-up code and handed to calls (``app.add_middleware``, ``Depends``) are kept by these."""
        module = function.module
        for event, call in function.calls:
            if event.condition in tried:
                continue
            if any(self._follows(value) for value in self.inference.term(module, call.func)):
                continue
            for argument in call.arguments:
                self._keep(module, argument, Local(function, ""))

    def _follows(self, value: Value) -> bool:
        """Tell whether the analysis sees for itself what a callee does with its arguments."""
        if isinstance(value, ClassValue):
            return not self.inference.catalogue.own_name(value.klass.module.parts, value.klass.name)
        if isinstance(value, FunctionValue):
            owner = value.function.owner
            return owner is None or not self.inference.catalogue.own_name(owner.module.parts, owner.name)
        return False

    def _stored(self, write: Write) -> None:
        root, path = write.location.root, write.location.path
        if write.value < 0:
            return
        module = write.module
        element = bool(path) or write.how not in {"=", "with", "for"}
        passed = set()
        for home, term in self._passed(module, write.value):
            for klass, creation in self._made(home, term):
                if isinstance(root, AppAttribute) and (place := home.call_place(creation)) is not None:
                    self._direct.setdefault(klass, []).append(Holder(klass, root, place, element))
                    passed.add(klass)
        for klass, creation in self._made(module, write.value):
            if isinstance(root, Field):
                if root.klass is not klass and (element or module.call_place(creation) is not None):
                    self._inside.setdefault(klass, []).append((root.klass, element))
            elif not isinstance(root, Local) or self.long_lived(root.function):
                made = module.call_place(creation)
                if made is None and klass in passed:
                    continue
                place = made or Place(module, write.event.position)
                self._direct.setdefault(klass, []).append(Holder(klass, root, place, element))

    def _passed(self, module: Module, term: TermId) -> Iterator[tuple[Module, TermId]]:
        """Yield what callers pass where ``term`` is a parameter."""
        held = module.terms[term]
        if isinstance(held, Param):
            function = module.functions[held.function]
            for home, call, bound in (self.inference.callers or {}).get(function, ())[:MAX_HOLDERS]:
                given = self.inference.argument(home, call, function, held.index, bound)
                if given >= 0:
                    yield home, given

    def _keep(self, module: Module, term: TermId, root: Root) -> None:
        """Note the instances made in ``term``, which ``root`` keeps."""
        for klass, creation in self._made(module, term):
            place = module.call_place(creation)
            if place is not None:
                self._direct.setdefault(klass, []).append(Holder(klass, root, place, False))

    def _made(self, module: Module, term: TermId, depth: int = 0) -> Iterator[tuple[ClassInfo, TermId]]:
        """Yield the project classes of which ``term`` holds new instances, and the calls that make them."""
        if term < 0 or depth > 6:
            return
        held = module.terms[term]
        match held:
            case Call(func=func, args=args, keywords=keywords):
                values = self.inference.term(module, func)
                function = False
                for value in values:
                    function = function or isinstance(value, FunctionValue)
                    for given in self._given(value, depth):
                        yield given, term
                target = module.terms[func]
                if isinstance(target, Attr) and target.name in {"__enter__", "__aenter__"}:
                    yield from self._made(module, target.base, depth + 1)
                if not function:
                    for argument in (*args, *(value for _, value in keywords)):
                        yield from self._made(module, argument, depth + 1)
                    if isinstance(target, Attr):
                        yield from self._made(module, target.base, depth + 1)
            case Enter(base=base):
                made = module.terms[base]
                values = self.inference.term(module, made.func) if isinstance(made, Call) else ()
                if any(isinstance(value, ClassValue) for value in values):  # what functions open is kept where they do
                    yield from self._made(module, base, depth + 1)
            case Sequence(items=items):
                for item in items:
                    yield from self._made(module, item, depth + 1)
            case Mapping(values=entries):
                for entry in entries:
                    yield from self._made(module, entry, depth + 1)
            case Choice(then=then, other=other):
                yield from self._made(module, then, depth + 1)
                yield from self._made(module, other, depth + 1)
            case Logic(values=parts):
                for part in parts:
                    yield from self._made(module, part, depth + 1)
            case Comprehension(element=element):
                yield from self._made(module, element, depth + 1)
            case Attr(base=base):
                if isinstance(module.terms[base], Call) and not self._lets_go(module, held, term):
                    yield from self._made(module, base, depth + 1)
                yield from (
                    (value.klass, term) for value in self.inference.term(module, term) if isinstance(value, Instance)
                )
            case _:
                yield from (
                    (value.klass, term) for value in self.inference.term(module, term) if isinstance(value, Instance)
                )

    def _lets_go(self, module: Module, held: Attr, term: TermId) -> bool:
        """``Job().serializer_class``: tell whether what is read from a new object does not keep that."""
        roles = self.inference.catalogue.roles
        if any(
            isinstance(value, Result) and not roles.get(value.name, frozenset()).isdisjoint(_SERVERS)
            for value in self.inference.term(module, term)
        ):
            return False
        for value in self.inference.term(module, held.base):
            if isinstance(value, Instance):
                method = self.inference.method(value.klass, held.name)
                classes = self.inference.mro(value.klass)[0]
                return (method is not None and self.inference.is_property(method)) or (
                    any(klass.attribute(held.name) is not None for klass in classes)
                    and not any(held.name in self.inference.fields(klass) for klass in classes)
                )
        return False

    def _given(self, value: Value, depth: int) -> Iterator[ClassInfo]:
        if isinstance(value, ClassValue):
            yield value.klass
        elif isinstance(value, FunctionValue) and depth < 4 and not self.locator.memoised(value.function):
            function = value.function
            for event in function.events:
                if event.op in {"return", "yield"}:
                    for klass, creation in self._made(function.module, event.term, depth + 2):
                        if function.module.call_event(creation) is not None:
                            yield klass


def _uses_its_own(module: Module) -> bool:
    """Tell whether a module's own code calls something of, or with, what it keeps: ``bot = Bot(); bot.ask("…")``."""
    return any(
        isinstance(held := module.terms[part], Name) and held.id in module.bindings
        for _, call in module.functions[0].calls
        for part in walk(module, call.func, *call.arguments)
    )

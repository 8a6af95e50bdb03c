"""The long-lived objects of a project and how requests change them: what the state rules ask."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from statelint.analysis.model import External, Instance, Place, Result
from statelint.analysis.reach import Reach
from statelint.analysis.state.backends import ChosenBackends
from statelint.analysis.state.harmless import Harmless
from statelint.analysis.state.kept import PERSONAL, Change, Kept
from statelint.analysis.state.keys import SUBJECTS, Origin, Origins, names_in, subject_of
from statelint.analysis.state.lifetimes import Lifetimes
from statelint.analysis.state.locations import Locator
from statelint.analysis.state.memos import Memos, Remembered
from statelint.analysis.state.naming import KINDS, definition, name_of
from statelint.analysis.state.resources import ROLES, Resource, Resources
from statelint.analysis.state.roots import Field, Global
from statelint.analysis.state.work import Work
from statelint.analysis.state.writes import Write, WriteCollector, constant
from statelint.extract.facts import Attr, Name, Param
from statelint.source.roles import is_offline_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import ClassInfo, FunctionInfo, Module
    from statelint.analysis.project import Project
    from statelint.analysis.state.roots import Location, Root
    from statelint.extract.facts import Event, TermId


_SERVICES = frozenset({"derived", "client", "engine", "pool", "session_factory"})
"""Roles of what is kept only because making it takes long."""
MANY = 12
"""Objects of one class, beyond which they are what a project declares rather than its services."""
_GENERIC = frozenset({"id", "pk", "uuid", "uid", "key", "name", "value", "sub", "str", "hex", "host", "get"})
"""Words of which another, beside them, tells more."""
_PLAIN = frozenset({"staticmethod", "classmethod", "property", "abstractmethod", "abc.abstractmethod", "override"})
"""Decorators that do not hand a function to anybody."""


class StateMap:
    """Finds the changes, judges them and sorts them by object."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.inference = project.inference
        self.catalogue = project.catalogue
        self.reach = project.reach
        self.locator = Locator(self.inference)
        self.origins = Origins(self.inference, self.reach)
        collector = WriteCollector(self.locator)
        self.writes = [
            write
            for module in self.inference.modules
            if not is_offline_path(module.path)
            for function in module.functions
            for write in collector.collect(function)
        ]
        self.lifetimes = Lifetimes(self.locator, self.reach, project.entry_points, self.writes)
        changed = {
            function: frozenset(write.location.root for write in writes)
            for function, writes in self._by_function.items()
        }
        self.harmless = Harmless(self.locator, self.reach, self.origins, self.lifetimes, changed)

    @cached_property
    def serves(self) -> bool:
        """Whether the project has entry points that serve requests."""
        return bool(self.reach.entry_points)

    @cached_property
    def may_serve(self) -> bool:
        """Whether requests may come: not where a whole project names no framework; a lone file is part of anything."""
        return self.serves or len(self.inference.modules) == 1 or bool(self.project.frameworks)

    @cached_property
    def mentioned(self) -> frozenset[str]:
        """Attribute names and globals used anywhere: a function whose name is not among them is not called."""
        attributes = (held.name for module in self.inference.modules for held in module.all_of(Attr))
        names = (held.id for module in self.inference.modules for held in module.all_of(Name))
        return frozenset((*attributes, *names))

    @cached_property
    def kept(self) -> list[Kept]:
        """The objects that requests change, in source order."""
        objects: dict[object, Kept] = {}
        self._lazily: dict[Root, bool] = {}
        for write in self.writes:
            reason = self.harmless.reason(write)
            if reason:
                if reason == "lazy-init":
                    self._lazily[write.location.root] = True
                continue
            change: Change | None = None
            for kept, inside in self._objects(write, objects):
                if change is None:
                    change = self._change(write, kept)
                (kept.inside if inside else kept.changes).append(change)
        found = [kept for kept in objects.values() if self._matters(kept)]
        numbers = Counter(kept.klass for kept in found if kept.kind == "instance")
        # Of what a project describes with dozens of objects (columns, fields), a faint trace is none.
        found = [kept for kept in found if numbers[kept.klass] <= MANY or not kept.faint]
        work = Work(self.locator)
        for kept in found:
            kept.work = work.fate(kept)
        found = [kept for kept in found if kept.work != "held"]
        return sorted(found, key=lambda kept: (kept.place.module.path, kept.place.position.line, kept.name))

    @cached_property
    def resources(self) -> list[Resource]:
        """Library objects with a memory that outlive requests."""
        return [*Resources(self).find(), *ChosenBackends(self).find()]

    @cached_property
    def remembered(self) -> list[Remembered]:
        """Memoised functions that remember users' data."""
        return list(Memos(self).find())

    def writes_of(self, function: FunctionInfo, event: Event) -> list[Location]:
        """Return the places outside its own call that an event of ``function`` changes."""
        return [write.location for write in self._by_function.get(function, ()) if write.event is event]

    @cached_property
    def _by_function(self) -> dict[FunctionInfo, list[Write]]:
        table: dict[FunctionInfo, list[Write]] = {}
        for write in self.writes:
            table.setdefault(write.function, []).append(write)
        return table

    def _matters(self, kept: Kept) -> bool:
        """Tell whether an object's changes amount to state.

        Merely resetting it to None, as a ``close`` does, is none; a library's settings are only where a request
        decides about them.
        """
        if kept.kind == "library":
            kept.changes = [change for change in kept.changes if change.from_request is Origin.REQUEST]
        if all(change.write.reads for change in kept.changes):
            # Reading a missing key of a defaultdict inserts it: state where the key says whose it is.
            kept.changes = [change for change in kept.changes if change.subject]
        else:
            kept.changes = [change for change in kept.changes if not change.write.reads]
        if self._lazily.get(kept.root) and all(change.write.removes for change in kept.changes):
            # Clients that are made when first needed, and dropped when broken.
            kept.changes = []
        if kept.kind != "instance" and all(self._keeps_service(change) for change in kept.changes):
            kept.changes = []
        own = self._within_framework(kept.place.module if kept.klass is None else kept.klass.module)
        kept.changes = [
            change
            for change in kept.changes
            if change.subject in (SUBJECTS if kept.klass is None else PERSONAL)
            or not (own or self._within_framework(change.write.module))
        ]
        written: dict[object, bool] = {}
        for change in kept.changes:
            write = change.write
            place = (write.location.root, write.location.path)
            written[place] = written.get(place, False) or not write.resets
        kept.changes = [
            change for change in kept.changes if written[change.write.location.root, change.write.location.path]
        ]
        return bool(kept.changes or kept.inside)

    def _keeps_service(self, change: Change) -> bool:
        """Tell whether a change keeps, or drops, what does not change itself, can be made anew and is nobody's own."""
        write = change.write
        if change.subject:
            return False
        if write.removes:
            return True
        values = self.inference.term(write.module, write.value) if write.value >= 0 and write.key >= 0 else ()
        return bool(values) and all(
            (isinstance(value, Result) and self.catalogue.roles.get(value.name, frozenset()) & _SERVICES)
            or (
                isinstance(value, Instance)
                and not self.locator.classes.describes_instances(
                    value.klass, self.inference.external_bases(value.klass)
                )
                and not self._changing.intersection(self._family(value.klass))
            )
            for value in values
        )

    def _family(self, klass: ClassInfo) -> Iterator[ClassInfo]:
        """Yield a class, its bases and those that derive from it."""
        yield from self.inference.mro(klass)[0]
        yield from self.lifetimes.heirs(klass)

    @cached_property
    def _changing(self) -> frozenset[ClassInfo]:
        """Classes whose instances are changed after they are made."""
        return frozenset(
            write.location.root.klass
            for write in self.writes
            if isinstance(write.location.root, Field)
            and self.harmless.reason(write) not in {"construction", "lazy-init"}
        )

    def of_kind(self, *kinds: str) -> Iterator[Kept]:
        """Yield the kept objects of some kinds."""
        return (kept for kept in self.kept if kept.kind in kinds)

    # -- which object a write changes

    def _objects(self, write: Write, objects: dict[object, Kept]) -> Iterator[tuple[Kept, bool]]:
        root = write.location.root
        if isinstance(root, Field):
            if self._framework(root.klass):
                return
            for holder in self.lifetimes.holders(root.klass):
                if self._framework(holder.klass):
                    continue
                if holder.element or not isinstance(holder.root, Field):
                    container = self._container(holder.root, write, objects, inside=True) if holder.element else None
                    if holder.element:
                        if container is not None:
                            yield container, True
                        continue
                yield self._instance(holder.root, holder.place, holder.klass, objects), False
            return
        kept = self._container(root, write, objects)
        if kept is not None:
            yield kept, False

    def _is_resource(self, root: Global) -> bool:
        """Tell whether a global is a library object with a memory, which rules of their own look at."""
        return any(
            isinstance(value, Result) and self.catalogue.roles.get(value.name, frozenset()) & ROLES
            for value in self.inference.name(root.module, root.name)
        )

    def _framework(self, klass: ClassInfo) -> bool:
        """Tell whether a class belongs to a framework, or derives from it there, in the framework's own repository."""
        for owner in self.inference.mro(klass)[0]:
            own = self.catalogue.own_name(owner.module.parts, owner.name)
            if own:
                package = own.partition(".")[0]
                home = owner.module.parts[: owner.module.parts.index(package) + 1]
                return klass.module.parts[: len(home)] == home
        return False

    def _within_framework(self, module: Module) -> bool:
        """Tell whether a module lies in a package that is a framework itself, whose objects are its own affair."""
        return any(module.parts[: len(package)] == package for package in self._framework_packages)

    @cached_property
    def _framework_packages(self) -> frozenset[tuple[str, ...]]:
        found = set()
        for module in self.inference.modules:
            for klass in module.classes:
                own = self.catalogue.own_name(module.parts, klass.name)
                if own:
                    found.add(module.parts[: module.parts.index(own.partition(".")[0]) + 1])
        return frozenset(found)

    def _instance(self, root: Root, place: Place, klass: ClassInfo, objects: dict[object, Kept]) -> Kept:
        key = ("instance", place)
        found = objects.get(key)
        if found is None:
            name = name_of(root) or klass.name
            settings = any(self.catalogue.role(base, "settings") for base in self.inference.external_bases(klass))
            found = objects[key] = Kept("app" if settings else "instance", name, place, root, klass)
        return found

    def _container(self, root: Root, write: Write, objects: dict[object, Kept], *, inside: bool = False) -> Kept | None:
        """Return the object that ``root`` keeps; ``inside`` if an object held in it is what changes."""
        if isinstance(root, Global):
            if self._is_resource(root):
                return None
            path = write.location.path
            if inside or (path and path[0] != "[]"):
                for value in self.inference.name(root.module, root.name):
                    if isinstance(value, Instance):
                        for holder in self.lifetimes.holders(value.klass):
                            if holder.root == root and not holder.element:
                                return self._instance(root, holder.place, holder.klass, objects)
        kept = objects.get(root)
        if kept is None:
            place = definition(root) or Place(write.module, write.event.position)
            kind = "global" if isinstance(root, Global) else KINDS[type(root)]
            kept = objects[root] = Kept(kind, name_of(root), place, root, None)
        return kept

    # -- how sure, and about what

    def _change(self, write: Write, kept: Kept) -> Change:
        module = write.module
        subject = self._subject(write, kept)
        origin = max(self.origins.of(module, write.key), self.origins.of(module, write.value))
        if subject == "token" and origin is Origin.FIXED and write.sets_attribute:
            subject = ""  # The service's own, which no request brought.
        return Change(write, subject, origin, self._confidence(write, origin))

    def _subject(self, write: Write, kept: Kept) -> str:
        module = write.module
        if write.value >= 0 and self._is_socket(module, write.value):
            return "socket"
        for term in (write.key, write.value, write.event.term):
            subject = subject_of(self._names(module, term), values=True)
            if subject:
                return subject
        return subject_of([kept.name, *write.location.path], values=not self._may_connect(module, write.value))

    def _may_connect(self, module: Module, value: TermId) -> bool:
        """Tell whether "connections" may be those of clients: of a service without sockets they are a database's."""
        return (
            not self.serves
            or self._has_sockets
            or any(
                isinstance(held, Result) and held.name.endswith("Queue") for held in self.inference.term(module, value)
            )
        )

    @cached_property
    def _has_sockets(self) -> bool:
        return any(entry.kind == "websocket" for entry in self.project.entry_points.found)

    def _names(self, module: Module, term: TermId) -> Iterator[str]:
        """Yield the names in a term; of a parameter, also what known callers pass for it."""
        if term < 0:
            return
        yield from (name for name in names_in(module, term, 12) if not self._is_client(module, name))
        held = module.terms[term]
        if isinstance(held, Param):
            function = module.functions[held.function]
            for home, call, bound in (self.inference.callers or {}).get(function, ())[:3]:
                given = list(names_in(home, self.inference.argument(home, call, function, held.index, bound), 12))
                # Of ``user.id`` it is the user that tells; of ``payment.provider`` it is not the payment.
                yield from given if given and given[0] in _GENERIC else given[:1]

    def _is_client(self, module: Module, name: str) -> bool:
        """Tell whether a name is a client's class: a ``ChatOpenAI`` holds no chat."""
        return any(
            isinstance(value, External) and self.catalogue.role(value.name, "client")
            for value in self.inference.name(module, name)
        )

    def _is_socket(self, module: Module, term: TermId) -> bool:
        """Tell whether a value is an open connection."""
        return any(
            isinstance(value, Result) and "websocket" in value.name.rpartition(".")[2].lower()
            for value in self.inference.term(module, term)
        )

    def _confidence(self, write: Write, origin: Origin) -> str:
        """Tell how sure it is that a request causes the change.

        Where no entry point is known to reach it, the key must say that it is about users, or the value that it is a
        request's; code that nobody mentions is hardly called.
        """
        function = write.location.origin or write.function
        root = write.location.root
        if isinstance(root, Global) and root.module.stars and root.name not in root.module.bindings:
            return "low"
        if self.reach.of(function) is Reach.SERVED:
            return "medium" if self.reach.loosely(function) else "high"
        about = ""
        if write.key >= 0 and not constant(write.module, write.key):
            about = subject_of(names_in(write.module, write.key, 12))
        if not self.reach.in_sight(write.module):
            return "medium" if self.may_serve and about in PERSONAL - {"token"} else "low"
        telling = origin is Origin.REQUEST or about in PERSONAL
        return "medium" if telling and self.alive(function) else "low"

    def alive(self, function: FunctionInfo, depth: int = 0) -> bool:
        """Tell whether something might call a function no caller of which is known to serve requests."""
        edges = self.reach.graph.callers.get(function, ())
        callers = [edge.caller for edge in edges if edge.caller is not function and not edge.caller.is_module]
        if callers:
            return depth > 5 or any(self.alive(caller, depth + 1) for caller in callers[:6])
        if function.owner is not None and self.inference.external_bases(function.owner):
            return True
        if any(function.module.dotted(decorator) not in _PLAIN for decorator in function.facts.decorators):
            return True
        return function.name in self.mentioned

"""Every change of something that may outlive the function that changes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.model import External, FunctionValue, Instance, Result
from statelint.analysis.state.locations import ACCESSORS
from statelint.analysis.state.roots import AppAttribute, ClassAttribute, Field, Global, Library, Local, Location
from statelint.extract.facts import Attr, Call, Cell, Comprehension, Const, Item, Mapping, Name, Param, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import FunctionInfo, Module, Value
    from statelint.analysis.state.locations import Locator
    from statelint.extract.facts import Event, TermId

GENERIC_MUTATORS = frozenset(
    {
        "append", "extend", "insert", "remove", "clear", "add", "discard", "update", "pop", "popitem", "setdefault",
        "appendleft", "popleft", "extendleft", "sort", "reverse", "put", "put_nowait", "get_nowait",
        "difference_update",
        "intersection_update", "symmetric_difference_update", "subtract", "move_to_end", "rotate",
    }
)  # fmt: skip
"""Methods that change a container of unknown type."""
TELLING_MUTATORS = frozenset(
    {"append", "appendleft", "extend", "insert", "setdefault", "popitem", "popleft", "discard"}
)
"""Those that hardly anything but a container has."""
KEYED = frozenset({"pop", "setdefault", "discard", "remove", "__setitem__", "__delitem__", "move_to_end"})
"""Mutators whose first argument is a key or the item concerned."""
_SIGNALS = frozenset({"set", "notify", "notify_all"})
"""Methods that change an event or a condition: what ``d[k].set()`` inserts into a ``defaultdict``, others wait for."""


PROCESS_WIDE = frozenset({"os.environ", "sys.modules"})
"""Mappings of the standard library that belong to the process."""
DICT_MUTATORS = frozenset({"update", "setdefault", "pop", "popitem", "clear"})


_REMOVERS = frozenset({"del", "pop", "remove", "discard", "clear", "popitem", "popleft"})
OPTIONS = frozenset({"headers", "cookies", "auth", "params", "default_headers", "base_headers"})
"""Attributes of clients that go along with every request they make."""


class Write(NamedTuple):
    """A change of ``location`` by ``function``: ``how`` is an operator, ``del`` or a method's name."""

    function: FunctionInfo
    event: Event
    location: Location
    how: str
    key: TermId
    value: TermId

    @property
    def module(self) -> Module:
        """Where the change is written."""
        return self.function.module

    @property
    def rebinds(self) -> bool:
        """Whether the place itself gets another value, rather than what it holds being changed."""
        return not self.location.path and (self.event.op == "write" or self.how in {"=", "del"})

    @property
    def sets_attribute(self) -> bool:
        """Whether an attribute of an object gets another value, or an option among its headers and the like does."""
        path, root = self.location.path, self.location.root
        if path and path[0][1:] in OPTIONS:
            return True
        names = [step for step in path if step != "[]"]
        single = len(names) == len(path) and self.how == "="
        return single and (len(names) == 1 or (not path and isinstance(root, (Field, Library))))

    @property
    def removes(self) -> bool:
        """Whether an entry, or all of them, go."""
        return self.how in _REMOVERS and not self.rebinds

    @property
    def reads(self) -> bool:
        """Whether it is a read that may insert a default."""
        return self.how == "[]"

    @property
    def resets(self) -> bool:
        """Whether the place is set to None."""
        held = self.module.terms[self.value] if self.value >= 0 else None
        return self.rebinds and isinstance(held, Const) and held.value is None

    @property
    def keeps_nothing(self) -> bool:
        """Whether it only removes something or makes room for it."""
        if self.value < 0 or self.removes:
            return True
        held = self.module.terms[self.value]
        if isinstance(held, Call):
            return not held.args and not held.keywords
        return isinstance(held, (Sequence, Mapping)) and not (held.items if isinstance(held, Sequence) else held.keys)


class WriteCollector:
    """Reads the events of all functions for changes."""

    def __init__(self, locator: Locator) -> None:
        self.locator = locator
        self.inference = locator.inference
        self.catalogue = locator.catalogue
        self._mutating_methods = frozenset().union(*self.catalogue.mutators.values()) | GENERIC_MUTATORS

    def collect(self, function: FunctionInfo) -> Iterator[Write]:
        """Yield the changes that ``function`` makes itself, of whatever lives outside its own call."""
        module = function.module
        for event in function.events:
            if event.op == "write":
                yield from self._assigned(function, module, event)
            elif event.op == "call":
                yield from self._called(function, module, event)
            elif event.op == "return" and event.term >= 0:
                yield from self._insert_on_read(function, module, event, event.term)

    # -- assignments

    def _assigned(self, function: FunctionInfo, module: Module, event: Event) -> Iterator[Write]:
        target = module.terms[event.term]
        how = event.how or "="
        if isinstance(target, Name):
            if not function.is_module:
                yield Write(function, event, Location(Global(module, target.id)), how, -1, event.value)
            return
        if isinstance(target, Cell):
            local = Local(module.functions[target.function], target.name)
            yield Write(function, event, Location(local), how, -1, event.value)
            return
        key = -1
        if isinstance(target, Item):
            key = target.key
            fresh = isinstance(module.terms[target.base], (Mapping, Sequence, Comprehension))
            # What a new container held under the key is not what changes.
            if fresh or not self._takes_items(module, target.base):
                return
        elif isinstance(target, Attr):
            attributes = tuple(self.locator.attribute(module, target.base, target.name, bound=True))
            for location in attributes:
                yield Write(function, event, location, how, -1, event.value)
            return
        # notes[1:] = […] changes the notes, though what notes[1:] gives is a list of its own.
        locations = (
            self.locator.item(module, target.base, target.key)
            if isinstance(target, Item)
            else self.locator.locate(module, event.term)
        )
        for location in locations:
            yield Write(function, event, location, how, key, event.value)

    def _takes_items(self, module: Module, base: TermId) -> bool:
        """Tell whether ``base[k] = v`` changes a container; unknown types pass, known other types do not."""
        held = module.terms[base]
        if isinstance(held, Param) and held.index == 0:
            return True
        if isinstance(held, Call) and self._reflects(module, held):
            return True
        for value in self._types(module, base):
            if isinstance(value, Result):
                roles = self.catalogue.roles.get(value.name, frozenset())
                return self.locator.classes.is_container(value.name) or bool(roles & {"app", "shared"})
            if isinstance(value, External):
                return value.name in PROCESS_WIDE or self._on_app(module, base) or self._option(module, base)
        return True

    def _reflects(self, module: Module, call: Call) -> bool:
        """Tell whether a call gives an object by name: ``globals()``, ``vars(x)``, ``getattr(x, "name")``."""
        names = {value.name for value in self.inference.term(module, call.func) if isinstance(value, External)}
        return bool(names & {"globals", "vars", "getattr"})

    def _shared(self, value: External, module: Module, base: TermId) -> bool:
        return value.name in PROCESS_WIDE or self._option(module, base)

    @staticmethod
    def _option(module: Module, base: TermId) -> bool:
        held = module.terms[base]
        return isinstance(held, Attr) and held.name in OPTIONS

    def _types(self, module: Module, term: TermId) -> tuple[Value, ...]:
        """Return what is known of a term's type; what a container gives is one of its elements."""
        held = module.terms[term]
        if isinstance(held, Call):
            func = module.terms[held.func]
            if isinstance(func, Attr) and func.name in ACCESSORS:
                owners = self.inference.term(module, func.base)
                if any(isinstance(owner, Result) and self.locator.classes.is_container(owner.name) for owner in owners):
                    return self.inference.elements(module, func.base)
        return self.inference.term(module, term)

    def _on_app(self, module: Module, base: TermId) -> bool:
        """Tell whether an attribute of unknown type is one that the project itself put on an application."""
        return any(isinstance(location.root, AppAttribute) for location in self.locator.locate(module, base))

    # -- calls

    def _called(self, function: FunctionInfo, module: Module, event: Event) -> Iterator[Write]:
        call = module.terms[event.term]
        if not isinstance(call, Call):
            return
        func = module.terms[call.func]
        if isinstance(func, Attr) and func.name in self._mutating_methods:
            changes = list(self._method(function, module, event, call, func))
            yield from changes
            if changes or func.name not in _SIGNALS:
                return
        if isinstance(func, Attr) and isinstance(module.terms[func.base], Item):
            method = func.name if func.name in _SIGNALS else "[]"
            yield from self._insert_on_read(function, module, event, func.base, method)
        for argument in call.args:
            if isinstance(module.terms[argument], Item):
                yield from self._insert_on_read(function, module, event, argument)
        if not call.args:
            return
        for value in self.inference.term(module, call.func):
            if isinstance(value, External):
                yield from self._function(function, module, event, call, value.name)

    def _insert_on_read(
        self, function: FunctionInfo, module: Module, event: Event, base: TermId, method: str = "[]"
    ) -> Iterator[Write]:
        """``d[k].method()``, ``f(d[k])`` and ``return d[k]`` insert ``k`` where ``d`` is a ``defaultdict``."""
        held = module.terms[base]
        if not isinstance(held, Item):
            return
        for value in self.inference.term(module, held.base):
            if isinstance(value, Result) and "insert_on_read" in self.catalogue.roles.get(value.name, frozenset()):
                for location in self.locator.locate(module, base):
                    yield Write(function, event, location, method, held.key, -1)

    def _method(self, function: FunctionInfo, module: Module, event: Event, call: Call, func: Attr) -> Iterator[Write]:
        if not self._mutates(module, call, func):
            return
        arguments = list(call.arguments)
        key = arguments[0] if arguments and func.name in KEYED else -1
        held = module.terms[func.base]
        if isinstance(held, Item):
            key = held.key if key < 0 else key
        value = arguments[-1] if arguments else -1
        for location in self.locator.locate(module, func.base):
            yield Write(function, event, location, func.name, key, value)

    def _mutates(self, module: Module, call: Call, func: Attr) -> bool:
        if any(isinstance(value, FunctionValue) for value in self.inference.term(module, call.func)):
            return False
        known = False
        held = module.terms[func.base]
        if isinstance(held, Call) and func.name in DICT_MUTATORS and self._reflects(module, held):
            return True
        for value in self._types(module, func.base):
            # What the project itself has put on an application, its framework does not know.
            known = known or not (isinstance(value, External) and self._on_app(module, func.base))
            if isinstance(value, External) and func.name in DICT_MUTATORS and self._shared(value, module, func.base):
                return True
            if isinstance(value, Result) and func.name in self.catalogue.mutators.get(value.name, frozenset()):
                return True
            if isinstance(value, Instance):
                bases = self.inference.external_bases(value.klass)
                if any(func.name in self.catalogue.mutators.get(base, frozenset()) for base in bases):
                    return True
        return not known and func.name in GENERIC_MUTATORS and self._plain(module, func.base, func.name)

    def _plain(self, module: Module, base: TermId, method: str) -> bool:
        """Tell whether an object of unknown type is to be taken for a container.

        What a container holds is, where the method fits; anything else only where no other kind of object has it.
        """
        for location in self.locator.locate(module, base):
            if isinstance(location.root, Library):
                return False
            if location.path and location.path[-1] == "[]":
                return True
            if isinstance(location.root, Field) or location.path:
                return method in TELLING_MUTATORS
            return self._holds_container(location)
        return True

    def _holds_container(self, location: Location) -> bool:
        root = location.root
        values: tuple[Value, ...] = ()
        if isinstance(root, Global):
            values = self.inference.name(root.module, root.name)
        elif isinstance(root, ClassAttribute):
            binding = root.klass.attribute(root.name)
            values = () if binding is None else self.inference.binding(root.klass.module, binding)
        elif isinstance(root, AppAttribute):
            values = self.inference.shared_attribute(root.name)
        return any(isinstance(value, Result) and self.locator.classes.is_container(value.name) for value in values)

    def _function(self, function: FunctionInfo, module: Module, event: Event, call: Call, name: str) -> Iterator[Write]:
        if name in self.catalogue.argument_mutators:
            value = call.args[1] if len(call.args) > 1 else -1
            for location in self.locator.locate(module, call.args[0]):
                yield Write(function, event, location.below("[]"), name.rpartition(".")[2], -1, value)
        elif name in {"setattr", "delattr"} and len(call.args) > 1:
            attribute = module.text(call.args[1])
            value = call.args[2] if len(call.args) > 2 else -1
            for location in self.locator.attribute(module, call.args[0], attribute or "*", bound=True):
                yield Write(function, event, location, "=" if name == "setattr" else "del", -1, value)
        elif name in {"next", "anext"}:
            for value_ in self.inference.term(module, call.args[0]):
                if isinstance(value_, Result) and value_.name in {"itertools.count", "itertools.cycle"}:
                    for location in self.locator.locate(module, call.args[0]):
                        yield Write(function, event, location.below("[]"), "next", -1, -1)


def constant(module: Module, term: TermId) -> bool:
    """Tell whether a term is a literal."""
    return term >= 0 and isinstance(module.terms[term], Const)

"""Memoised functions that remember a user's data: what decorators of this process keep between requests."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.model import External, FunctionValue, Instance, Place, Result
from statelint.analysis.ownership import OwnerKind, snake
from statelint.analysis.reach import Reach
from statelint.analysis.state.keys import subject_of
from statelint.analysis.state.roots import Memo
from statelint.analysis.terms import walk
from statelint.extract.facts import Attr, Call, Const, FunctionRef, Name
from statelint.source.roles import is_offline_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.inference import Inference
    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.state.statemap import StateMap
    from statelint.extract.facts import TermId

PERSONAL = frozenset({"user", "session", "token"})
"""What a bag of the request must speak of for its value to be a caller's."""
_KEY = re.compile(
    r"^(session|conversation|chat|thread|user|account|customer|member|tenant|profile)_?(id|uuid|uid|pk|key|name|email)$"
    r"|^(current_)?(user|account|customer|member|tenant)$|^(uid|username|email|(access_|id_|bearer_)?token|jwt)$"
)
"""Parameters that name a caller, besides the owner columns of the catalogue."""
_DATABASE = ("session", "pool", "engine")
MAX_DEPTH = 3
"""Calls that are followed to see what a function reads."""


class Remembered(NamedTuple):
    """A memoised function whose results are users' data.

    ``why`` is ``leak`` where the key leaves out the caller on whom the result depends, ``keyed`` where a parameter
    names the caller and ``owned`` where the function reads rows that belong to users; ``what`` names the identity, the
    parameter or the model, and ``source`` is where it is read. ``expires`` tells that what is kept is dropped after a
    while. ``certainty`` is 2 for shown end to end, 1 where a link is unknown.
    """

    function: FunctionInfo
    memoiser: str
    why: str
    what: str
    place: Place
    source: Place
    expires: bool
    certainty: int


def memoiser(inference: Inference, function: FunctionInfo) -> tuple[str, TermId]:
    """Return the decorator that keeps a function's results in this process, by name and term; or ``("", -1)``."""
    module = function.module
    for decorator in function.facts.decorators:
        held = module.terms[decorator]
        for value in inference.term(module, held.func if isinstance(held, Call) else decorator):
            if isinstance(value, (External, Result)) and value.name in inference.catalogue.memoisers:
                return value.name, decorator
    return "", -1


class Memos:
    """Finds the memoised functions of a project that remember users' data."""

    def __init__(self, state: StateMap) -> None:
        self.state = state
        self.project = state.project
        self.inference = state.inference
        self.catalogue = state.catalogue
        self.reach = state.reach
        names = self.catalogue.ownership
        self._wrapped = dict(self._wrappers())
        self._owner_names = names["owner_columns"] | names["tenant_columns"]

    def find(self) -> Iterator[Remembered]:
        """Yield them in source order; those whose kept object another rule reports are left to it."""
        reported = {kept.root for kept in self.state.kept if kept.changes}
        made = {(resource.made.module, resource.made.position.line) for resource in self.state.resources}
        for module in self.inference.modules:
            if is_offline_path(module.path):
                continue
            for function in module.functions:
                name, decorator = memoiser(self.inference, function)
                if not name:
                    name, decorator = self._wrapped.get(function, ("", -1))
                if not name:
                    name, decorator = self._cached_property(function)
                if not name or Memo(function) in reported or self._certainty(function) < 0:
                    continue
                lines = range(function.facts.first_line, function.facts.last_line + 1)
                if any(home is module and line in lines for home, line in made):
                    continue
                found = self._judge(function, name, decorator)
                if found is not None and not any((module, line) in self._shared for line in lines):
                    yield found

    @cached_property
    def _shared(self) -> frozenset[tuple[Module, int]]:
        """Lines on which a cache is reported whose key leaves out the caller (SL305)."""
        flaws = self.project.practices.caches.shared()
        return frozenset((flaw.place.module, flaw.place.position.line) for flaw in flaws)

    def _wrappers(self) -> Iterator[tuple[FunctionInfo, tuple[str, TermId]]]:
        """Yield the functions that a module keeps memoised: ``cached = lru_cache(maxsize=9)(function)``."""
        for module in self.inference.modules:
            for binding in module.facts.bindings:
                held = module.terms[binding.value] if binding.value >= 0 else None
                if not isinstance(held, Call) or not held.args:
                    continue
                func = module.terms[held.func]
                for maker in (held.func, func.func if isinstance(func, Call) else -1):
                    for value in self.inference.term(module, maker) if maker >= 0 else ():
                        if isinstance(value, External) and value.name in self.catalogue.memoisers:
                            for wrapped in self.inference.term(module, held.args[0]):
                                if isinstance(wrapped, FunctionValue):
                                    yield wrapped.function, (value.name, binding.value)

    def _cached_property(self, function: FunctionInfo) -> tuple[str, TermId]:
        """Return the decorator that keeps the result on an instance that lives as long as the process."""
        owner = function.owner
        if owner is None or not any(not holder.element for holder in self.state.lifetimes.holders(owner)):
            return "", -1
        for decorator in function.facts.decorators:
            for value in self.inference.term(function.module, decorator):
                if isinstance(value, External) and value.name in self.catalogue.cached_properties:
                    return value.name, decorator
        return "", -1

    def _certainty(self, function: FunctionInfo) -> int:
        if not self.state.serves:
            return -1
        reach = self.reach.of(function)
        if reach is Reach.SERVED:
            return 1 if self.reach.loosely(function) else 2
        return 1 if reach is Reach.UNKNOWN and self.state.alive(function) else -1

    def _judge(self, function: FunctionInfo, name: str, decorator: TermId) -> Remembered | None:
        place = Place(function.module, function.facts.position)
        expires = self._expires(function.module, decorator, name)
        certainty = self._certainty(function)
        caller = self._caller(function)
        if caller is not None:
            what, source = caller
            return Remembered(function, name, "leak", what, place, source, expires, certainty)
        data = self._data(function)
        if data is None:
            return None
        model, source = data
        left_out = self._left_out(function, decorator)
        keyed = False
        for index, parameter in enumerate(function.facts.parameters):
            if not self._names_caller(function, index):
                continue
            if index in left_out:
                return Remembered(function, name, "leak", parameter.name, place, source, expires, certainty)
            keyed = True
            what = parameter.name
        if keyed:
            return Remembered(function, name, "keyed", what, place, source, expires, certainty)
        if model:
            return Remembered(function, name, "owned", model, place, source, expires, certainty)
        return None

    # -- what the result depends on

    def _caller(self, function: FunctionInfo) -> tuple[str, Place] | None:
        """Return the identity of the caller that the body reads although no parameter brings it."""
        for at in self._runs(function):
            module = at.module
            for event in at.events:
                if event.op not in {"call", "write", "return", "yield"}:
                    continue
                terms = tuple(walk(module, event.term, event.value))
                # decode(token) tells what the token says, which is looked at itself.
                told = {held.func for term in terms if isinstance(held := module.terms[term], Call) and held.args}
                for term in terms:
                    if term not in told and self._is_caller(module, term):
                        return module.dotted(term) or "the request", Place(module, event.position)
        return None

    def _is_caller(self, module: Module, term: TermId) -> bool:
        held = module.terms[term]
        if isinstance(held, Call):
            func = module.terms[held.func]
            # ``tenant.get()`` of a context variable
            return (
                isinstance(func, Attr)
                and func.name == "get"
                and not held.args
                and self._has(module, func.base, "private")
                and subject_of([module.dotted(func.base)]) in PERSONAL
            )
        if not isinstance(held, (Name, Attr)) or not module.dotted(term):
            return False
        for value in self.inference.term(module, term):
            if isinstance(value, (External, Result)):
                if value.name in self.catalogue.principals:
                    return True
                bag, _, last = value.name.rpartition(".")
                if "private" in self.catalogue.roles.get(bag, frozenset()) and subject_of([last]) in PERSONAL:
                    return True
        return False

    def _has(self, module: Module, term: TermId, role: str) -> bool:
        return any(
            isinstance(value, (External, Result)) and self.catalogue.role(value.name, role)
            for value in self.inference.term(module, term)
        )

    def _names_caller(self, function: FunctionInfo, index: int) -> bool:
        """Tell whether a parameter says whose data is asked for."""
        parameter = function.facts.parameters[index]
        if parameter.kind.startswith("*"):
            return False
        for value in self.inference.parameter(function, index):
            if isinstance(value, Instance):
                model = self.project.ownership.model_of(value.klass)
                return model is not None and model.is_principal
            if isinstance(value, (External, Result)) and self.catalogue.role(value.name, "session"):
                return False
        name = snake(parameter.name)
        return bool(_KEY.match(name)) or name in self._owner_names or name.removesuffix("_id") in self._owner_names

    def _data(self, function: FunctionInfo) -> tuple[str, Place] | None:
        """Return the model of owned rows (or an empty string) that a function reads, and where; None: it reads none."""
        found: tuple[str, Place] | None = None
        for at in self._runs(function):
            for query in self.project.queries.of(at):
                model = query.chain.model
                place = Place(at.module, query.event.position)
                if model is not None and model.owned and model.kind is not OwnerKind.ATTRIBUTION:
                    return model.name, place
                if model is None or not model.is_public:
                    found = found or ("", place)
            for event, call in at.calls:
                if self._fetches(at.module, call):
                    found = found or ("", Place(at.module, event.position))
        return found

    def _fetches(self, module: Module, call: Call) -> bool:
        """Tell whether a call asks another service, or a database in a way that is not understood."""
        for value in self.inference.term(module, call.func):
            if isinstance(value, External) and value.name in self.catalogue.outbound:
                return True
        func = module.terms[call.func]
        return isinstance(func, Attr) and any(self._has(module, func.base, role) for role in _DATABASE)

    def _runs(self, function: FunctionInfo) -> Iterator[FunctionInfo]:
        """Yield a function and what it calls, nearest first."""
        seen = {function: 0}
        queue = [function]
        for at in queue:
            yield at
            if seen[at] >= MAX_DEPTH:
                continue
            for edge in self.reach.graph.callees.get(at, ()):
                if edge.kind == "call" and edge.callee not in seen:
                    seen[edge.callee] = seen[at] + 1
                    queue.append(edge.callee)

    # -- what the decorator is told

    def _left_out(self, function: FunctionInfo, decorator: TermId) -> frozenset[int]:
        """Return the parameters that the decorator's ``key`` leaves out."""
        module = function.module
        held = module.terms[decorator]
        if not isinstance(held, Call):
            return frozenset()
        key = next((value for name, value in held.keywords if name in {"key", "key_builder"}), -1)
        if key < 0:
            return frozenset()
        everything = range(len(function.facts.parameters))
        if isinstance(module.terms[key], Const):
            return frozenset(everything) if module.text(key) is not None else frozenset()
        maker = self._function(module, key)
        if maker is None or any(parameter.kind.startswith("*") for parameter in maker.facts.parameters):
            return frozenset()
        # aiocache's builders get the function first
        shift = len(maker.facts.parameters) - len(everything)
        used = {
            (part.function, part.index)
            for event in maker.events
            for term in walk(maker.module, event.term, event.value)
            if hasattr(part := maker.module.terms[term], "index") and hasattr(part, "function")
        }
        return frozenset(index for index in everything if 0 <= shift <= 1 and (maker.index, index + shift) not in used)

    def _function(self, module: Module, term: TermId) -> FunctionInfo | None:
        held = module.terms[term]
        if isinstance(held, FunctionRef):
            return module.functions[held.function]
        for value in self.inference.term(module, term):
            if isinstance(value, FunctionValue):
                return value.function
        return None

    def _expires(self, module: Module, decorator: TermId, name: str) -> bool:
        """Tell whether what is kept is dropped after a while."""
        if "ttl" in name.lower():
            return True
        for term in walk(module, decorator):
            held = module.terms[term]
            if isinstance(held, Call):
                if any(keyword in {"ttl", "timeout", "expire"} for keyword, _ in held.keywords):
                    return True
                kinds = self.inference.term(module, held.func)
            elif isinstance(held, Name):
                kinds = self.inference.term(module, term)
            else:
                continue
            if any(isinstance(kind, (External, Result)) and "ttl" in kind.name.lower() for kind in kinds):
                return True
        return False

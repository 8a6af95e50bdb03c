"""Caches that keep one user's data under a key that others have, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.model import External, FunctionValue, Place, Result
from statelint.analysis.practices.base import Flaw, Practice
from statelint.analysis.proofs import Proof
from statelint.analysis.proofs.words import CREDENTIAL
from statelint.extract.facts import (
    Attr,
    Binary,
    Call,
    Choice,
    Const,
    Element,
    Format,
    FunctionRef,
    Item,
    Logic,
    Mapping,
    Name,
    Param,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.project import Project
    from statelint.extract.facts import TermId


class CacheFlaws(Practice):
    """Finds what is cached for all that only one user may see."""

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self.judge = project.judge
        self.principals = project.principals
        self._by_address = self.catalogue.listed("caching", "addresses")
        self._by_arguments = self.catalogue.listed("caching", "arguments")
        self._memoised = (
            self._by_arguments
            | self.catalogue.listed("memoisers", "bounded")
            | self.catalogue.listed("memoisers", "unbounded")
        )
        self._keywords = self.catalogue.listed("caching", "keys")
        self._varies = self.catalogue.listed("caching", "varies")
        self._puts = self.catalogue.listed("caching", "puts")

    def shared(self) -> Iterator[Flaw]:
        """Yield the cached functions and the stored values whose keys leave the user out."""
        for function, certainty in self.functions():
            yield from self._decorated(function, certainty)
            yield from self._stored(function, certainty)

    # -- decorators

    def _decorated(self, function: FunctionInfo, certainty: int) -> Iterator[Flaw]:
        module = function.module
        listed = list(self._decorators(module, function.facts.decorators))
        if function.owner is not None:
            listed += [
                (name, call, home)
                for name, call, home in self._decorators(module, function.owner.facts.decorators)
                if any(
                    key == "name" and module.text(value) in {function.name, "dispatch"}
                    for key, value in (call.keywords if call is not None else ())
                )
            ]
        if any(name in self._varies for name, *_ in listed):
            return
        for name, call, home in listed:
            kind = "response" if name in self._by_address else "result" if name in self._memoised else ""
            if not kind or (call is not None and self._has_key(home, call)):
                continue
            used = self._uses_caller(function, by_address=kind == "response", requests=name in self._by_arguments)
            if used:
                place = Place(module, function.facts.position)
                yield Flaw(place, function.qualname, kind, used, min(certainty, 2 if kind == "response" else 1))
                return

    def _decorators(self, module: Module, terms: Iterable[TermId]) -> Iterator[tuple[str, Call | None, Module]]:
        """Yield the name of each decorator with its call and where that is, also inside ``method_decorator(…)``."""
        for term in terms:
            held = module.terms[term]
            if isinstance(held, Name):
                # shared = cache.cached(make_cache_key=…), and then @shared
                home, bindings = self.inference.definition(module, held.id)
                made = [binding.value for binding in bindings if binding.value >= 0]
                if made and all(isinstance(home.terms[value], Call) for value in made):
                    yield from self._decorators(home, made)
                    continue
            func = held.func if isinstance(held, Call) else term
            for value in self.inference.term(module, func):
                if isinstance(value, (External, Result)):
                    if value.name.endswith("method_decorator") and isinstance(held, Call) and held.args:
                        for name, inner, home in self._decorators(module, held.args[:1]):
                            own = inner.keywords if inner is not None and home is module else ()
                            keywords = (*own, *held.keywords)
                            yield name, Call(held.func, (), keywords, held.serial), module
                    else:
                        yield value.name, held if isinstance(held, Call) else None, module

    def _has_key(self, module: Module, call: Call) -> bool:
        """A key of its own may hold the user, unless it is the same text for everybody."""
        return any(not name or (name in self._keywords and module.text(value) is None) for name, value in call.keywords)

    def _uses_caller(self, function: FunctionInfo, *, by_address: bool, requests: bool) -> str:
        """Return how the function calls the caller, if its result depends on one who is not in the key."""
        module = function.module
        parts = self.judge.queries.containment(module).parts
        fallback = ""
        for event in function.events:
            for term in (event.term, event.value):
                inside = tuple(parts(term)) if term >= 0 else ()
                told = {
                    held.func
                    for part in inside
                    if isinstance(held := module.terms[part], Call) and held.args and self._tells_of(module, held)
                }
                for part in inside:
                    if part in told or not self.principals.is_principal(module, part):
                        continue
                    root = self._root(module, part)
                    if isinstance(root, (Choice, Logic)):
                        # One of its own parts is the caller, and is looked at itself.
                        continue
                    if isinstance(root, Param) and not by_address and not (requests and self._is_request(module, root)):
                        continue
                    if module.dotted(part):
                        return module.dotted(part)
                    fallback = fallback or self._name(module, root)
        return fallback

    def _root(self, module: Module, term: TermId) -> object:
        held = module.terms[term]
        while isinstance(held, (Attr, Item, Element, Call)):
            if isinstance(held, Call) and held.args and self._tells_of(module, held):
                held = module.terms[held.args[0]]
            else:
                held = module.terms[held.func if isinstance(held, Call) else held.base]
        return held

    def _tells_of(self, module: Module, call: Call) -> bool:
        """``decode(token)`` tells of nobody but its argument, which may be the key."""
        values = self.inference.term(module, call.func)
        return self.principals.is_principal(module, call.args[0]) or (
            isinstance(module.terms[call.args[0]], Param)
            and bool(values)
            and all(isinstance(value, External) for value in values)
        )

    @staticmethod
    def _name(module: Module, root: object) -> str:
        if isinstance(root, Param):
            return module.parameter_of(root).name
        return root.id if isinstance(root, Name) else "the caller"

    def _is_request(self, module: Module, root: Param) -> bool:
        values = self.inference.parameter(module.functions[root.function], root.index)
        return any(self.catalogue.role(value.name, "request") for value in values if isinstance(value, Result))

    # -- explicit keys

    def _stored(self, function: FunctionInfo, certainty: int) -> Iterator[Flaw]:
        module = function.module
        for event, call in function.calls:
            func = module.terms[call.func]
            if not isinstance(func, Attr) or len(call.args) < 2:
                continue
            names = {value.name for value in self.inference.term(module, call.func) if isinstance(value, External)}
            if not names & self._puts or not self._is_shared(module, call.args[0]):
                continue
            if any(query.event.term == event.term for query in self.judge.queries.of(function)):
                continue
            if any(self._is_users(function, value) for value in call.args[1:]):
                detail = module.text(call.args[0]) or ""
                yield Flaw(Place(module, event.position), function.qualname, "value", detail, min(certainty, 1))

    def _is_shared(self, module: Module, key: TermId) -> bool:
        """Tell whether a key is written in sight and names neither the caller nor an owner nor a secret."""
        held = module.terms[key]
        if not isinstance(held, (Const, Format, Binary, Name)):
            return False
        for part in self.judge.queries.containment(module).parts(key):
            inner = module.terms[part]
            if isinstance(inner, (Call, FunctionRef)) and not self._is_plain(module, inner):
                return False
            if self.principals.is_principal(module, part) or self.judge.rows.is_ownerish(module, part):
                return False
            name = self._name(module, inner) if isinstance(inner, Param) else getattr(inner, "name", "")
            if name and CREDENTIAL.search(name):
                return False
            if isinstance(inner, Name) and not self._is_text(module, inner):
                return False
        return True

    def _is_text(self, module: Module, held: Name) -> bool:
        home, bindings = self.inference.definition(module, held.id)
        return bool(bindings) and all(home.text(binding.value) is not None for binding in bindings)

    def _is_plain(self, module: Module, held: object) -> bool:
        """``str(x)`` and ``"…".format(x)`` add nothing to a key that is not in sight."""
        if not isinstance(held, Call):
            return False
        func = module.terms[held.func]
        return (isinstance(func, Attr) and func.name in {"format", "lower", "strip"}) or (
            isinstance(func, Name) and func.id in {"str", "int", "repr"}
        )

    def _is_users(self, function: FunctionInfo, value: TermId) -> bool:
        """Tell whether a value was asked for on behalf of the caller, and does not say so itself."""
        module = function.module
        containment = self.judge.queries.containment(module)
        parts = list(containment.parts(value))
        for part in parts:
            held = module.terms[part]
            if isinstance(held, Mapping) and any(self.principals.is_principal(module, item) for item in held.values):
                return False
        for query in self.judge.queries.of(function):
            if containment.holds(value, query.leaf) and self.judge.judge(query).proof is Proof.PREDICATE:
                atoms = self.judge.queries.atoms(query)
                if any(self.principals.is_principal(module, atom.value) for atom in atoms):
                    return True
        for part in parts:
            held = module.terms[part]
            if not isinstance(held, Call) or self.principals.is_principal(module, part):
                continue
            made = any(isinstance(item, FunctionValue) for item in self.inference.term(module, held.func))
            if made and any(self.principals.is_principal(module, item) for item in held.args):
                return True
        return False

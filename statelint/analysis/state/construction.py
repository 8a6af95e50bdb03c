"""Which methods run only while their object is being made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.model import ClassValue
from statelint.analysis.reach import Reach
from statelint.analysis.state.classes import INSTANCE_BASES
from statelint.analysis.state.roots import Field, Global
from statelint.extract.facts import Attr, Call, Name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from statelint.analysis.calls import Edge
    from statelint.analysis.model import ClassInfo, FunctionInfo, Module
    from statelint.analysis.reach import ReachMap
    from statelint.analysis.state.lifetimes import Lifetimes
    from statelint.analysis.state.roots import Root
    from statelint.extract.facts import TermId

CONSTRUCTORS = frozenset(
    {"__init__", "__new__", "__post_init__", "__init_subclass__", "__set_name__", "__attrs_post_init__",
     "model_post_init",
     "__setstate__", "__copy__", "__deepcopy__", "__class_getitem__", "__get__"}
)  # fmt: skip
MAX_DEPTH = 4
"""Calls from a constructor to what belongs to the making."""


class Construction:
    """Tells of methods by who calls them."""

    def __init__(
        self,
        reach: ReachMap,
        lifetimes: Lifetimes,
        changed: Mapping[FunctionInfo, frozenset[Root]],
        unset: Callable[[Module, int], Iterator[TermId | None]],
    ) -> None:
        """``changed`` names the roots that each function changes, ``unset`` what is known to be missing in a branch."""
        self.reach = reach
        self.inference = reach.graph.inference
        self.lifetimes = lifetimes
        self._changed = changed
        self._unset = unset
        self._known: dict[FunctionInfo, bool] = {}

    def runs(self, function: FunctionInfo, depth: int = 0) -> bool:
        """Tell whether a method runs only while its object is being made, or right after."""
        if function.name in CONSTRUCTORS or self._validates(function):
            return True
        found = self._known.get(function)
        if found is None:
            self._known[function] = False
            edges = [edge for edge in self.reach.graph.callers.get(function, ()) if edge.kind != "name"]
            # Where requests are known to come from, callers that nobody calls tell nothing.
            edges = [edge for edge in edges if self.reach.of(edge.caller) is Reach.SERVED] or edges
            found = self._known[function] = (
                depth < MAX_DEPTH
                and bool(edges)
                and function.owner is not None
                and all(
                    edge.kind == "call"
                    and ((edge.caller.owner is not None and self.runs(edge.caller, depth + 1)) or self._of_new(edge))
                    for edge in edges
                )
            )
        return found

    def _validates(self, function: FunctionInfo) -> bool:
        """Tell whether a method is a validator, which runs while an object is being made from data."""
        owner = function.owner
        if owner is None or function not in self.reach.entry_points:
            return False
        roles = self.inference.catalogue.roles
        return any(roles.get(base, frozenset()) & INSTANCE_BASES for base in self.inference.external_bases(owner))

    def _is_one(self, klass: ClassInfo) -> bool:
        """Tell whether there is one instance of a class, which whoever calls the class is given."""
        return any(holder.root == Field(klass, "") for holder in self.lifetimes.holders(klass))

    def _of_new(self, edge: Edge) -> bool:
        """Tell whether a call's object was made by the caller, just now, and is filled by it.

        ``registry = Registry(); registry.register(…)``, or the same to a global below ``if _registry is None``.
        """
        module = edge.caller.module
        call = module.terms[edge.call] if edge.call >= 0 else None
        func = module.terms[call.func] if isinstance(call, Call) else None
        if not isinstance(func, Attr):
            return False
        match module.terms[func.base]:
            case Call(func=maker):
                values = self.inference.term(module, maker)
                return any(isinstance(value, ClassValue) and not self._is_one(value.klass) for value in values)
            case Name(id=name) as held if Global(module, name) in self._changed.get(edge.caller, ()):
                event = module.call_event(edge.call)
                missing = self._unset(module, event.condition) if event is not None else ()
                return any(subject is not None and module.terms[subject] == held for subject in missing)
            case _:
                return False

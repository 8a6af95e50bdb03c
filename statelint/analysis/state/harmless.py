"""Why a change of long-lived state does no harm."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.model import External
from statelint.analysis.reach import Reach
from statelint.analysis.state.construction import CONSTRUCTORS, Construction
from statelint.analysis.state.defaults import is_used
from statelint.analysis.state.keys import Origin, names_in
from statelint.analysis.state.lazily import Lazily
from statelint.analysis.state.roots import AppAttribute, ClassAttribute, Default, Field, Global, Local
from statelint.analysis.terms import made_of
from statelint.extract.facts import Attr, Call, Compare, Const, Item, Not

if TYPE_CHECKING:
    from collections import abc

    from statelint.analysis.calls import Edge
    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.reach import ReachMap
    from statelint.analysis.state.keys import Origins
    from statelint.analysis.state.lifetimes import Lifetimes
    from statelint.analysis.state.locations import Locator
    from statelint.analysis.state.roots import Root
    from statelint.analysis.state.writes import Write
    from statelint.extract.facts import TermId

DEFINING = frozenset({"__init_subclass__", "__set_name__", "__class_getitem__"})
"""Methods that run while classes are being defined."""
_SET_UP = re.compile(
    r"(^|_)(ready|initiali[sz]ed|inited|loaded|started|set_?up|setup_(complete|done)|configured|warm(ed)?(_up)?|connected"
    r"|bootstrapped|prepared)$"
)
"""Names of marks for what a process has done to be able to serve."""


class Harmless:
    """Finds the reason, if any, for which a change needs no report."""

    def __init__(
        self,
        locator: Locator,
        reach: ReachMap,
        origins: Origins,
        lifetimes: Lifetimes,
        changed: abc.Mapping[FunctionInfo, frozenset[Root]],
    ) -> None:
        """``changed`` names the roots that each function changes."""
        self.locator = locator
        self.inference = locator.inference
        self.reach = reach
        self.origins = origins
        self.lifetimes = lifetimes
        self.changed = changed
        self.lazily = Lazily(locator, origins, changed)
        self.construction = Construction(reach, lifetimes, changed, self.lazily.unset)

    def reason(self, write: Write) -> str:
        """Return why ``write`` is harmless, or an empty string."""
        function = write.function
        root = write.location.root
        if function.is_module or (write.location.origin is not None and write.location.origin.is_module):
            return "import-time"
        if self.reach.of(function) is Reach.OFFLINE:
            return "offline"
        origin = write.location.origin
        if origin is not None and self.reach.of(origin) is Reach.OFFLINE:
            return "offline"
        if function.name in DEFINING:
            return "import-time"
        if isinstance(root, Field) and self.construction.runs(function):
            return "construction"
        if isinstance(root, Default) and not is_used(self.reach, root):
            return "never-used"
        made_by = _maker(root)
        if made_by is not None and not self.lifetimes.long_lived(made_by):
            return "request-lived"
        if self.lazily.makes(write) or self.filled_in(write):
            return "lazy-init"
        if self.numbers(write):
            return "numbering"
        if self.lazily.fixed(write.module, write.key) and (self._marks_set_up(write) or self.once(function, root)):
            return "set-up"
        if isinstance(root, AppAttribute) and self._makes(write):
            return "set-up"
        if self.keeps_alive(write):
            return "keep-alive"
        return ""

    @staticmethod
    def _marks_set_up(write: Write) -> bool:
        """``self._ready = True``: a mark of what the process itself has done."""
        if write.how != "=" or write.value < 0 or not isinstance(write.location.root, (Field, Global, ClassAttribute)):
            return False
        held = write.module.terms[write.value]
        return (
            isinstance(held, Const) and isinstance(held.value, bool) and bool(_SET_UP.search(write.location.root.name))
        )

    def _makes(self, write: Write) -> bool:
        """Tell whether what is changed belongs to an application that the function itself makes."""
        module, term = write.module, write.event.term
        while isinstance(held := module.terms[term], (Attr, Item)):
            term = held.base
        roles = self.inference.catalogue.roles
        return isinstance(held, Call) and any(
            isinstance(value, External) and "app" in roles.get(value.name, frozenset())
            for value in self.inference.term(module, held.func)
        )

    def filled_in(self, write: Write) -> bool:
        """Tell whether a change fills in an entry of a fixed table: the key is checked, and the value made of it."""
        module, key = write.module, write.key
        made = module.terms[write.value] if write.value >= 0 else None
        if write.how != "=" or key < 0 or not isinstance(made, Call) or not (made.args or made.keywords):
            return False
        return self._checked(module, key, write.event.condition) and self._of_key(module, write.value, key)

    @staticmethod
    def _checked(module: Module, key: TermId, condition: int) -> bool:
        """Tell whether a condition admits no keys but the members of an enumeration or the keys of a constant."""
        conditions = module.facts.conditions
        while condition > 0:
            held = conditions[condition]
            test, positive = module.terms[held.test] if held.test >= 0 else None, held.positive
            if isinstance(test, Not):
                test, positive = module.terms[test.value], not positive
            if isinstance(test, Compare) and test.left == key and (test.op == "in") == positive:
                name = module.dotted(test.right).rpartition(".")[2]
                if test.op in {"in", "not in"} and (name == "__members__" or name.isupper()):
                    return True
            condition = held.parent
        return False

    def _of_key(self, module: Module, term: TermId, key: TermId) -> bool:
        """Tell whether ``term`` depends on the request by nothing but ``key``, if by that."""
        if term == key or self.origins.of(module, term) is Origin.FIXED:
            return True
        parts = made_of(module.terms[term])
        return bool(parts) and all(self._of_key(module, part, key) for part in parts)

    def numbers(self, write: Write) -> bool:
        """Tell whether a counter numbers new objects only for their order: ``__lt__`` compares what it gave them."""
        function, root = write.function, write.location.root
        if write.how not in {"+=", "-=", "next"} or not isinstance(root, (Global, ClassAttribute)):
            return False
        owner = function.owner
        if owner is None or function.name not in CONSTRUCTORS:
            return False
        module = function.module
        orders = self.inference.method(owner, "__lt__")
        if orders is None:
            return False
        compared = {held.name for held in self._compared(orders)}
        return any(
            event.op == "write"
            and isinstance(target := module.terms[event.term], Attr)
            and target.name in compared
            and root.name in names_in(module, event.value)
            for event in function.events
        )

    @staticmethod
    def _compared(orders: FunctionInfo) -> abc.Iterator[Attr]:
        """Yield the attributes that a comparing method returns something about."""
        module = orders.module
        queue = [event.term for event in orders.events if event.op == "return"]
        while queue:
            at = queue.pop()
            if at >= 0:
                held = module.terms[at]
                if isinstance(held, Attr):
                    yield held
                queue += made_of(held)

    def keeps_alive(self, write: Write) -> bool:
        """Tell whether a change puts a task into a set, or drops it, only so that it is not collected while it runs."""
        module = write.module
        if write.how not in {"add", "append", "discard", "remove"} or write.value < 0:
            return False
        drops = {
            term
            for _, call in write.function.calls
            if isinstance(func := module.terms[call.func], Attr) and func.name == "add_done_callback"
            if func.base == write.value
            for term in call.args
        }
        return any(
            isinstance(held := module.terms[term], Attr)
            and held.name in {"discard", "remove"}
            and any(found.root == write.location.root for found in self.locator.locate(module, held.base))
            for term in drops
        )

    def once(self, function: FunctionInfo, root: Root, depth: int = 0) -> bool:
        """Tell whether a function is only called to set something up: at import, at start-up or lazily."""
        edges = [
            edge for edge in self.reach.graph.callers.get(function, ()) if edge.kind in {"call", "name", "override"}
        ]
        if not edges or depth > 3 or function in self.reach.entry_points:
            return False
        return all(self._sets_up(edge, root, depth) for edge in edges)

    def _sets_up(self, edge: Edge, root: Root, depth: int) -> bool:
        caller = edge.caller
        if caller.is_module or self.reach.of(caller) is Reach.OFFLINE:
            return True
        module, changed = caller.module, {root, *self.changed.get(caller, ()), *self.changed.get(edge.callee, ())}
        event = module.call_event(edge.call)
        for subject in self.lazily.unset(module, event.condition) if event is not None else ():
            if subject is not None and any(held.root in changed for held in self.locator.locate(module, subject)):
                return True
        return self.once(caller, root, depth + 1)


def _maker(root: Root) -> FunctionInfo | None:
    """Return the function each call of which makes a local, or a class of its own, with what it keeps."""
    if isinstance(root, Local):
        return root.function
    if isinstance(root, ClassAttribute) and root.klass.facts.function > 0:
        return root.klass.module.functions[root.klass.facts.function]
    return None

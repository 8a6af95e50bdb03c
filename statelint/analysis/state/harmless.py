"""Why a change of long-lived state does no harm."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.model import External, Result
from statelint.analysis.reach import Reach
from statelint.analysis.state.construction import CONSTRUCTORS, Construction
from statelint.analysis.state.defaults import is_used
from statelint.analysis.state.kept import PERSONAL
from statelint.analysis.state.keys import Origin, names_in, subject_of
from statelint.analysis.state.roots import AppAttribute, ClassAttribute, Default, Field, Global, Local
from statelint.analysis.terms import made_of, walk
from statelint.extract.facts import (
    NO_TERM,
    Attr,
    Call,
    Compare,
    Const,
    FunctionRef,
    Item,
    Logic,
    Mapping,
    Name,
    Not,
    Param,
    Sequence,
)

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
    from statelint.extract.facts import Term, TermId

DEFINING = frozenset({"__init_subclass__", "__set_name__", "__class_getitem__"})
"""Methods that run while classes are being defined."""
_SET_UP = re.compile(
    r"(^|_)(ready|initiali[sz]ed|inited|loaded|started|set_?up|setup_(complete|done)|configured|warm(ed)?(_up)?|connected"
    r"|bootstrapped|prepared)$"
)
"""Names of marks for what a process has done to be able to serve."""
_ENDED = re.compile(r"_?(is_)?(closed|closing|disconnected|dead)$")
_OPEN = re.compile(r"_?(is_)?(open|connected|alive|running)$")
_CLIENTS = frozenset({"client", "engine", "pool", "session_factory"})
"""Roles of what talks to other services, and holds nothing of a request."""
_PLACES = frozenset({"getpid", "get_ident", "get_running_loop", "get_event_loop", "current_thread"})
"""Calls that say where code runs."""
_MISSING = frozenset({"KeyError", "AttributeError", "NameError", "LookupError", "UnboundLocalError", "IndexError"})


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
        self.construction = Construction(reach, lifetimes, changed, self._unset)

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
        if self.lazy(write) or self.filled_in(write):
            return "lazy-init"
        if self.numbers(write):
            return "numbering"
        if self._fixed(write.module, write.key) and (self._marks_set_up(write) or self.once(function, root)):
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
        for subject in self._unset(module, event.condition) if event is not None else ():
            if subject is not None and any(held.root in changed for held in self.locator.locate(module, subject)):
                return True
        return self.once(caller, root, depth + 1)

    # -- lazy initialisation

    def lazy(self, write: Write) -> bool:
        """Tell whether the change happens once: under "it is not there yet", with a value that no request decides."""
        module = write.module
        if write.how not in {"=", "setdefault", "append", "add", "update"}:
            return False
        entry = write.value if write.how in {"append", "add"} else write.key
        if not self._keeps_client(write) and (
            self.origins.of(module, write.value) is Origin.REQUEST or not self._fixed(module, entry)
        ):
            return False
        if self._lacks(module, write):
            return True
        for subject in self._unset(module, write.event.condition):
            if subject is None:
                return isinstance(write.location.root, (Global, ClassAttribute, Field))
            for location in self.locator.locate(module, subject):
                if location.root == write.location.root:
                    return True
                if location.root in self.changed[write.function] and self._related(location.root, write.location.root):
                    return True
            held = module.terms[subject]
            if isinstance(held, Name) and write.location.root == Global(module, held.id):
                return True
        return False

    @staticmethod
    def _lacks(module: Module, write: Write) -> bool:
        """``if not hasattr(app.state, "pool"): app.state.pool = …``: tell whether the attribute was not there yet."""
        held = module.terms[write.event.term]
        condition = write.event.condition
        while isinstance(held, Attr) and condition > 0:
            step = module.facts.conditions[condition]
            test, positive = module.terms[step.test] if step.test >= 0 else None, step.positive
            if isinstance(test, Not):
                test, positive = module.terms[test.value], not positive
            if (
                isinstance(test, Call)
                and not positive
                and module.dotted(test.func) == "hasattr"
                and len(test.args) == 2
            ):
                base, name = test.args
                if base == held.base and module.text(name) == held.name:
                    return True
            condition = step.parent
        return False

    def _keeps_client(self, write: Write) -> bool:
        """``clients[url] = AsyncClient(base_url=url)``: one for each server or model, and not one for each user."""
        module = write.module
        made = self.inference.term(module, write.value) if write.how == "=" and write.key >= 0 else ()
        roles = self.inference.catalogue.roles
        return (
            bool(made)
            and all(isinstance(value, Result) and roles.get(value.name, frozenset()) & _CLIENTS for value in made)
            and subject_of(names_in(module, write.key, 12), values=True) not in PERSONAL
        )

    def _fixed(self, module: Module, key: TermId) -> bool:
        """Tell whether there is no key, or one of few: a literal, a constant's name, the class of a class method."""
        if key < 0:
            return True
        held = module.terms[key]
        if isinstance(held, (Const, FunctionRef)):
            return True
        if isinstance(held, Param) and held.index == 0:
            return self.inference.method_kind(module.functions[held.function]) == "class"
        name = module.dotted(key).rpartition(".")[2]
        return bool(name) and name.isupper()

    @staticmethod
    def _related(one: Root, other: Root) -> bool:
        if isinstance(one, Global) and isinstance(other, Global):
            return one.module is other.module
        owners = (Field, ClassAttribute)
        return isinstance(one, owners) and isinstance(other, owners) and one.klass is other.klass

    def _unset(self, module: Module, condition: int) -> abc.Iterator[TermId | None]:
        """Yield what is known to be unset under a condition; None where an exception says that something is missing."""
        conditions = module.facts.conditions
        for _ in range(40):
            if condition <= 0:
                return
            held = conditions[condition]
            if held.kind in {"if", "guard", "call-guard"}:
                yield from self._unset_by(module, held.test, held.positive, 0)
            elif held.kind == "assert":
                yield from self._unset_by(module, held.test, True, 0)
            elif held.kind == "except" and held.test >= 0:
                names = {value.name for value in self.inference.term(module, held.test) if isinstance(value, External)}
                if names & _MISSING:
                    yield None
            condition = held.parent

    @staticmethod
    def _ended(module: Module, test: TermId, positive: bool) -> TermId:
        """Return the connection that a test says is at its end: ``session.closed``, ``not channel.is_open``."""
        held = module.terms[test]
        while isinstance(held, (Not, Call)):
            positive = positive is not isinstance(held, Not)
            held = module.terms[held.value if isinstance(held, Not) else held.func]
        if isinstance(held, Attr) and (_ENDED if positive else _OPEN).match(held.name):
            return held.base
        return NO_TERM

    @staticmethod
    def _elsewhere(module: Module, test: TermId) -> bool:
        """Tell whether a test asks for the process or the event loop that something was made in."""
        held = module.terms[test]
        sides = (held.left, held.right) if isinstance(held, Compare) and held.op in {"!=", "is not"} else ()
        return any(
            isinstance(call := module.terms[part], Call) and module.last_name(call.func) in _PLACES
            for part in walk(module, *sides)
        )

    def _unset_by(self, module: Module, test: TermId, positive: bool, depth: int) -> abc.Iterator[TermId]:
        if test < 0 or depth > 6:
            return
        held = module.terms[test]
        match held:
            case Not(value=value):
                yield from self._unset_by(module, value, not positive, depth + 1)
            case Logic(op=op, values=values):
                if (op == "and") == positive:
                    for value in values:
                        yield from self._unset_by(module, value, positive, depth + 1)
                else:
                    # client is None or loop != get_running_loop(): one is made for each.
                    values = tuple(value for value in values if not self._elsewhere(module, value))
                    missing = [[*self._unset_by(module, value, positive, depth + 1)] for value in values]
                    unset = {subject for subjects in missing for subject in subjects}
                    # session is None or session.closed: what is there no longer is made again.
                    ended = {self._ended(module, value, positive) for value in values}
                    # model is None or tokenizer is None: what belongs together is made together.
                    apart = not any(
                        isinstance(part := module.terms[each], Attr) and part.base in unset for each in unset
                    )
                    yield from unset if all(missing) and apart else unset & ended if len(values) == 2 else ()
            case Compare(op=op, left=left, right=right):
                empty = module.terms[right]
                if _is_empty(empty):
                    if (op in {"is", "=="}) == positive and op in {"is", "==", "is not", "!=", ">"}:
                        yield left
                        counted = module.terms[left]
                        if isinstance(counted, Call) and module.dotted(counted.func) == "len":
                            yield from counted.args
                elif op in {"not in", "in"} and (op == "not in") == positive:
                    yield right
                elif (op == "is" and positive and isinstance(empty, Name)) or (
                    op == "is not" and not positive and isinstance(empty, Name)
                ):
                    yield left
            case Name() | Attr() | Item():
                if not positive:
                    yield test
            case Call(func=func, args=args):
                if not positive:
                    target = module.terms[func]
                    name = target.id if isinstance(target, Name) else ""
                    if name in {"hasattr", "getattr", "len", "bool", "callable"} and args:
                        yield args[0]
                        yield test
                    elif isinstance(target, Attr):
                        yield test
                        yield target.base
            case _:
                return


def _maker(root: Root) -> FunctionInfo | None:
    """Return the function each call of which makes a local, or a class of its own, with what it keeps."""
    if isinstance(root, Local):
        return root.function
    if isinstance(root, ClassAttribute) and root.klass.facts.function > 0:
        return root.klass.module.functions[root.klass.facts.function]
    return None


def _is_empty(term: Term) -> bool:
    """Tell whether a term is ``None``, zero or something empty."""
    match term:
        case Const(value=value):
            return value in {None, False, ""}
        case Mapping(keys=held, more=0) | Sequence(items=held, more=0):
            return not held
        case _:
            return False

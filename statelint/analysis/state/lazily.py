"""What is made when it is first needed: once, under "it is not there yet", and not for one request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.model import External, Result
from statelint.analysis.state.kept import PERSONAL
from statelint.analysis.state.keys import Origin, names_in, subject_of
from statelint.analysis.state.roots import ClassAttribute, Field, Global
from statelint.analysis.terms import walk
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

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.state.keys import Origins
    from statelint.analysis.state.locations import Locator
    from statelint.analysis.state.roots import Root
    from statelint.analysis.state.writes import Write
    from statelint.extract.facts import Term, TermId

_ENDED = re.compile(r"_?(is_)?(closed|closing|disconnected|dead)$")
_OPEN = re.compile(r"_?(is_)?(open|connected|alive|running)$")
_CLIENTS = frozenset({"client", "engine", "pool", "session_factory"})
"""Roles of what talks to other services, and holds nothing of a request."""
_PLACES = frozenset({"getpid", "get_ident", "get_running_loop", "get_event_loop", "current_thread"})
"""Calls that say where code runs."""
_MISSING = frozenset({"KeyError", "AttributeError", "NameError", "LookupError", "UnboundLocalError", "IndexError"})


class Lazily:
    """Tells whether a change is what is made lazily."""

    def __init__(self, locator: Locator, origins: Origins, changed: abc.Mapping[FunctionInfo, frozenset[Root]]) -> None:
        """``changed`` names the roots that each function changes."""
        self.locator = locator
        self.inference = locator.inference
        self.origins = origins
        self.changed = changed

    def makes(self, write: Write) -> bool:
        """Tell whether the change happens once: under "it is not there yet", with a value that no request decides."""
        module = write.module
        if write.how not in {"=", "setdefault", "append", "add", "update"}:
            return False
        entry = write.value if write.how in {"append", "add"} else write.key
        if not self._keeps_client(write) and (
            self.origins.of(module, write.value) is Origin.REQUEST or not self.fixed(module, entry)
        ):
            return False
        if self._lacks(module, write):
            return True
        for subject in self.unset(module, write.event.condition):
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

    def fixed(self, module: Module, key: TermId) -> bool:
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

    def unset(self, module: Module, condition: int) -> abc.Iterator[TermId | None]:
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


def _is_empty(term: Term) -> bool:
    """Tell whether a term is ``None``, zero or something empty."""
    match term:
        case Const(value=value):
            return value in {None, False, ""}
        case Mapping(keys=held, more=0) | Sequence(items=held, more=0):
            return not held
        case _:
            return False

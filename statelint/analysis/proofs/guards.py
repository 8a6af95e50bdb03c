"""What the guards before a function prove."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.callernames import is_admin_name, is_system_name
from statelint.analysis.calls import nested
from statelint.analysis.ownership import snake
from statelint.analysis.proofs.before import Before, Guard
from statelint.analysis.proofs.hooks import answers_service
from statelint.analysis.proofs.logins import Logins
from statelint.analysis.proofs.naming import name_of, raw_names
from statelint.analysis.proofs.permissions import Permissions
from statelint.analysis.proofs.restricted import RestrictedRoles
from statelint.analysis.proofs.sockets import Sockets
from statelint.analysis.proofs.switches import is_const, is_off, switched_on, without
from statelint.analysis.proofs.uses import keyword_arguments
from statelint.analysis.proofs.verdict import Proof
from statelint.analysis.proofs.words import (
    ARGUMENTS,
    GUARD_NAME,
    KEY,
    KEYS,
    NO_GUARD,
    ROLE_GATE,
)
from statelint.analysis.roles import DENYING, RANKS, asks_for_role, is_everyday
from statelint.extract.facts import Attr, Call, Compare, Element, Item, Logic, Not, Param

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.ownership import Model
    from statelint.analysis.proofs.judge import Judge
    from statelint.extract.facts import Event, TermId


class Guards:
    """Reads the guards of entry points."""

    def __init__(self, judge: Judge, admin_guards: Iterable[str]) -> None:
        self.inference = judge.inference
        self.graph = judge.graph
        self.principals = judge.principals
        self.queries = judge.queries
        self.rows = judge.rows
        self.exits = judge.exits
        self.entry_points = judge.reach.entry_points
        self.regard = judge.regard
        self.before = Before(judge)
        self.permissions = Permissions(judge)
        self.restricted = RestrictedRoles(judge)
        self.logins = Logins(judge, self.before, self.permissions)
        self._sockets = Sockets(judge)
        self._admin_guards = frozenset(admin_guards)

    def guard_before(self, function: FunctionInfo, keys: list[TermId], model: Model | None = None) -> Proof | None:
        """Decorators, dependencies, permission classes and mixins that admit administrators or check the same id.

        Those who are shown only their own rows of a ``model`` elsewhere may not see others' for their role.
        """
        return (
            self.entrance(function, keys, model)
            or self.permissions.before(function, model)
            or self.permissions.of_method(function, model)
        )

    def entrance(self, function: FunctionInfo, keys: list[TermId], model: Model | None = None) -> Proof | None:
        """What stands before a function, its permission classes left aside."""
        module = function.module
        if answers_service(self, function):
            return Proof.SERVICE
        if self._sockets.admitted(function, keys):
            return Proof.GUARD
        names = {name for key in keys for name in raw_names(module, key)}
        for before in self.before.guards(function):
            name, guard, roles, switched = before
            if guard is not None and self._checks_key(guard, names):
                return Proof.GUARD
            scoped = guard is not None and _takes_scopes(guard)
            if any(map(is_everyday, roles)) or (scoped and not roles) or self.restricted.lets_in(before, model):
                continue
            if is_admin_name(name) or name in self._admin_guards or name in self.inference.catalogue.admin:
                return Proof.ADMIN
            if is_system_name(name):
                return Proof.ADMIN
            if guard is None:
                if GUARD_NAME.search(name) and name.rpartition(".")[2] not in NO_GUARD:
                    return Proof.GUARD
                if any(_is_requirement(role) for role in roles):
                    return Proof.ADMIN
            elif self._admits_admins(guard, switched) or (
                (scoped or _names_role(name, roles) or _is_told_role(guard)) and self._is_role_gate(guard)
            ):
                return Proof.ADMIN
        return None

    def asked_before(self, function: FunctionInfo, event: Event | None, model: Model | None = None) -> bool:
        """Tell whether a function has asked for a role before an event, or at all: ``ensure_admin(user)``."""
        module = function.module
        above = {0, *(self.exits.chain(module, event.condition) if event is not None else ())}
        for other in function.events:
            if other is event:
                break
            if other.op == "call" and other.condition in above:
                for gate in self.gates(module, other.term):
                    if not self.restricted.lets_in(gate, model):
                        return True
        return False

    def gates(self, module: Module, term: TermId) -> Iterator[Guard]:
        """Yield the functions that a call runs, and that turn the caller away for the lack of a role."""
        call = module.terms[term]
        if not isinstance(call, Call) or not any(self.rows.tells_caller(module, given) for given in call.arguments):
            return
        name = module.last_name(call.func)
        roles = self.before.roles(module, term)
        if any(map(is_everyday, roles)):
            return
        for function in self.inference.callees(module, call):
            if not self.looks_at_id(function) and (
                self._admits_admins(function, switched_on(module, call, function), answers=False)
                or (
                    self.exits.may_abort(function)
                    and _names_role(name, roles)
                    and self._is_role_gate(function)
                    and self.regard.weighs(function)
                )
            ):
                yield Guard(name, function, roles)

    def admits_anyone(self, function: FunctionInfo, keys: list[TermId]) -> bool:
        """Tell whether nothing before or in an entry point asks for a role or checks one of ``keys``."""
        return self.guard_before(function, keys) is None and not self.asked_before(function, None)

    def prefix(self, function: FunctionInfo) -> str:
        """Return the path of the router with which a function is registered."""
        router = self.before.routers.of(function)
        return self.before.routers.prefix(router) if router is not None else ""

    def _admits_admins(
        self, guard: FunctionInfo, switched: frozenset[str] = frozenset(), *, answers: bool = True
    ) -> bool:
        """Tell whether a guard turns away whoever is no administrator, by an exception or also by its answer.

        ``switched`` are its parameters that are given as true.
        """
        functions = (guard, *nested(guard))
        ranks = not any(map(self.looks_at_id, functions))
        for function in functions:
            module = function.module
            conditions = module.facts.conditions
            for event in function.events:
                if not event.condition:
                    continue
                condition = conditions[event.condition]
                if any(
                    is_off(module, conditions[step], switched) for step in self.exits.chain(module, event.condition)
                ):
                    continue
                leaves = event.op == "raise" or self.exits.aborts(module, event)
                if (
                    (leaves and condition.kind in {"if", "guard"})
                    or (answers and event.op == "return" and condition.kind == "if")
                ) and self._denies(module, without(module, condition, switched), condition.positive, ranks=ranks):
                    return True
            if function.name == "<lambda>" and any(
                event.op == "return" and self.principals.mentions_admin(module, event.term) for event in function.events
            ):
                return True
        return any(
            told and self._admits_admins(callee, told, answers=False)
            for function in functions
            for _, call in function.calls
            for callee in self.inference.callees(function.module, call)
            if (told := switched_on(function.module, call, callee))
        )

    def _denies(self, module: Module, test: TermId, positive: bool, *, ranks: bool) -> bool:
        """Tell whether a test, being ``positive``, means that the caller lacks a role, whatever else it may mean.

        ``ranks`` tells whether ranks count: a member's rank in the workspace that a request names is none elsewhere.
        """
        held = module.terms[test] if test >= 0 else None
        match held:
            case Not(value=value):
                return self._denies(module, value, not positive, ranks=ranks)
            case Logic(op=op, values=values):
                return (op == "or") is positive and any(
                    self._denies(module, value, positive, ranks=ranks) for value in values
                )
            case Compare(op=op, left=left, right=right) if op in {"==", "is"} and is_const(module, right, False):
                return self._denies(module, left, not positive, ranks=ranks)
            case Compare(op=op, left=left, right=right) if op in {"==", "is"} and is_const(module, right, True):
                return self._denies(module, left, positive, ranks=ranks)
            case Compare(op=op) if op in RANKS:
                return (op in DENYING) is positive and ranks and asks_for_role(self.principals, module, test)
            case Compare(op=op):
                return (op in DENYING) is positive and self.principals.mentions_admin(module, test)
            case Attr() | Call():
                return not positive and self.principals.mentions_admin(module, test)
            case _:
                return False

    def _is_role_gate(self, guard: FunctionInfo) -> bool:
        """A guard that looks at no id of the request can only ask what role the caller has."""
        functions = [guard, *nested(guard)]
        if (
            not any(self.exits.may_abort(function) for function in functions)
            and not any(event.op == "return" and event.condition for function in functions for event in function.events)
            and not any(map(_runs_what_it_holds, functions))
            and not any(self._delegates(function) for function in functions)
        ):
            return False
        return not any(map(self.looks_at_id, functions[1:] or functions))

    def looks_at_id(self, function: FunctionInfo) -> bool:
        """Tell whether a function is told an id but the caller's: a role in one workspace is none in another."""
        return any(
            KEY.search(parameter.name) and not self.principals.is_principal_parameter(function, index)
            for index, parameter in enumerate(function.facts.parameters)
        )

    def _delegates(self, function: FunctionInfo) -> bool:
        """Tell whether a function hands what it was made with to one that may leave: ``check(user, permission)``."""
        module = function.module
        return any(
            edge.kind == "call"
            and edge.call >= 0
            and self.regard.leaves(edge.callee)
            and any(
                isinstance(held := module.terms[part], Param) and held.function != function.index
                for part in self.queries.containment(module).parts(edge.call)
            )
            for edge in self.graph.callees.get(function, ())
        )

    def _checks_key(self, guard: FunctionInfo, names: set[str]) -> bool:
        """Tell whether a guard of the project looks at one of the ids that the query uses, and may abort."""
        functions = [guard, *nested(guard)]
        functions += [helper for function in functions for helper in self._handed_everything(function)]
        seen = {parameter.name for function in functions for parameter in function.facts.parameters}
        handed = {name for function in functions for name in _hands_on(function)}
        texts: set[str] = set()
        for function in functions:
            module = function.module
            for event in function.events:
                if event.op == "call" and event.term >= 0:
                    parts = self.queries.containment(module).parts(event.term)
                    found = {text for part in parts if (text := module.text(part)) is not None}
                    # "id" may be anything's: a column's, or the key of a token.
                    texts |= {text for text in found if text not in KEYS}
                    texts |= found & KEYS & set(self._asked_of_request(module, parts))
            texts |= set(self._compared(function))
        known = names & (seen | texts) or handed & {name.partition(".")[0] for name in names}
        if not known or not self.regard.weighs(guard):
            return False
        return any(self.exits.may_abort(function) for function in functions) or any(
            event.op == "return" and event.condition for function in functions for event in function.events
        )

    def _compared(self, function: FunctionInfo) -> Iterator[str]:
        """Yield the arguments of a request that a guard compares: ``if view_args["name"] != me: abort(403)``."""
        module = function.module
        for test in self.exits.tests(function):
            for part in self.queries.containment(module).parts(test):
                held = module.terms[part]
                if (
                    isinstance(held, Item)
                    and name_of(module, held.base) in ARGUMENTS
                    and (text := module.text(held.key))
                ):
                    yield text

    def _handed_everything(self, function: FunctionInfo) -> Iterator[FunctionInfo]:
        """Yield what a guard hands all of a request's arguments to: ``check_note(**kwargs)``."""
        module = function.module
        for _, call in function.calls:
            if any(not name and name_of(module, value) in ARGUMENTS for name, value in call.keywords):
                yield from self.inference.callees(module, call)

    def _asked_of_request(self, module: Module, parts: Iterable[TermId]) -> Iterator[str]:
        """Yield the keys that are looked up by name, except in what holds the caller's identity."""
        for part in parts:
            held = module.terms[part]
            base, key = -1, -1
            if isinstance(held, Item):
                base, key = held.base, held.key
            elif isinstance(held, Call) and held.args and isinstance(func := module.terms[held.func], Attr):
                base, key = func.base, held.args[0]
            text = module.text(key) if key >= 0 else None
            if text is not None and not self.principals.is_principal(module, base):
                yield text


def _hands_on(function: FunctionInfo) -> Iterator[str]:
    """Yield what a decorator adds to the arguments of what it decorates: ``view(**kwargs, note=note)``."""
    for _, call in function.calls:
        if any(not name for name, _ in call.keywords):
            yield from (name for name, _ in call.keywords if name)
    for event in function.events:
        # kwargs["note"] = note
        if event.op == "write" and keyword_arguments(function, event.term) >= 0:
            held = function.module.terms[event.term]
            text = function.module.text(held.key) if isinstance(held, Item) else None
            if text is not None:
                yield text


def _names_role(name: str, roles: Iterable[str]) -> bool:
    """Tell whether a guard's name, or what it is given, says that it asks for a role."""
    return bool(ROLE_GATE.search(name)) or any(role.isidentifier() and is_admin_name(role) for role in roles)


def _is_requirement(told: str) -> bool:
    """``requires(IsModerator)``: a library's guard is given a condition that is named after a role."""
    name = snake(told)
    return name.startswith(("is_", "has_")) and is_admin_name(name)


def _is_told_role(guard: FunctionInfo) -> bool:
    """Tell whether what makes a guard is told a role or a permission: ``def require(permission): …``."""
    parent = guard.parent
    return parent is not None and any(ROLE_GATE.search(each.name) for each in parent.facts.parameters)


def _takes_scopes(guard: FunctionInfo) -> bool:
    """Tell whether FastAPI tells a dependency which scopes are demanded: ``def who(scopes: SecurityScopes)``."""
    return any("scopes" in parameter.name for parameter in guard.facts.parameters)


def _runs_what_it_holds(function: FunctionInfo) -> bool:
    """Tell whether a function calls each of a list: ``for permission in self.permissions: permission(request)``."""
    module = function.module
    return any(isinstance(module.terms[call.func], Element) for _, call in function.calls)

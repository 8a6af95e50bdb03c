"""Why a query is safe: each query is judged by looking for a proof that it stays with the caller's own rows."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.calls import nested
from statelint.analysis.model import ClassValue, External, FunctionValue, Instance, Result
from statelint.analysis.ownership import OwnerKind, snake
from statelint.analysis.principals import is_admin_name, is_system_name
from statelint.analysis.queries import FILTERS, Query
from statelint.analysis.reach import Reach
from statelint.analysis.terms import children
from statelint.extract.facts import Attr, Call, Choice, Compare, Comprehension, Const, Element, Item, Logic, Not, Param

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.analysis.calls import CallGraph, Edge
    from statelint.analysis.model import ClassInfo, FunctionInfo, Module
    from statelint.analysis.ownership import Model, Ownership
    from statelint.analysis.principals import Principals
    from statelint.analysis.queries import Atom, QueryFinder
    from statelint.analysis.reach import ReachMap
    from statelint.extract.facts import Event, TermId

MAX_CALLERS = 4
"""Levels of callers that may discharge an obligation."""
KEYS = frozenset({"id", "pk", "uuid", "_id", "uid", "guid"})

_CREDENTIAL = re.compile(r"(^|_)(token|code|otp|secret|(?:api|admin|in|invoice|access|secret|private)_?key|key_hash|hash|email|username|slug|password|digest|nonce|state|verifier|invite|invitation|link|phone|jti|signature|\w+_key|external_id|stripe\w*|subscription_ref|checkout\w*)($|_)", re.IGNORECASE)
_OWN_METHOD = re.compile(r"(^|_)(for|by|of|visible|accessible|owned|allowed|permitted|mine|restrict)_", re.IGNORECASE)
_SECRET = re.compile(r"(^|_)(hash|digest|token|secret|code|otp|password|signature|key_hash)($|_)", re.IGNORECASE)
_CHECKING = re.compile(
    r"(^|_)(check|verify|ensure|require|assert|authorize|authorise|validate|enforce|guard|can|has|may|is)_?(\w*_)?(access|owner\w*|own|perm\w*|member\w*|right\w*|allowed|user|view|edit|read|write|delete|modify|manage|belongs\w*|authori\w+|admin|tenant|policy|role|object_permissions)"
    r"|^(authorize|authorise|check_object_permissions|can|allowed|is_owner|owns|belongs_to|has_object_permission|user_can|permission\w*)",
    re.IGNORECASE,
)
_GUARD_NAME = re.compile(r"(owner|permission|permit|access|member|role|authori[sz]|acl|policy|polic|can_|tenant|workspace|organi[sz]ation|scope)", re.IGNORECASE)
_ROLE_GATE = re.compile(r"permission|permit|role|scope|privilege|capabilit", re.IGNORECASE)
_NO_GUARD = frozenset({"IsAuthenticated", "AllowAny", "IsAuthenticatedOrReadOnly", "TokenAuthentication", "login_required", "DjangoModelPermissions"})
_LOGIN = re.compile(r"login|authenticat|jwt_required|current_user|auth_required|requires_auth|token_required|require_auth|security", re.IGNORECASE)
_QUIET = frozenset({"print", "str", "len", "bool", "repr", "refresh", "add", "expunge", "debug", "info", "warning", "error", "isinstance", "hasattr", "flush", "append", "exists", "count"})


class Proof(StrEnum):
    """Why a query needs no finding."""

    NOT_OWNED = "not-owned"
    OFFLINE = "offline"
    OWN_ROW = "own-row"
    PREDICATE = "predicate"
    RELATION = "relation"
    PARENT = "parent"
    CHECKED = "checked"
    GUARD = "guard"
    ADMIN = "admin"
    NO_ESCAPE = "no-escape"
    CALLER = "caller"


class Verdict(NamedTuple):
    """What became of a query: the proof that holds, or None with the way that leads to it."""

    query: Query
    proof: Proof | None
    way: tuple[Edge, ...] = ()
    """For an obligation that a caller does not discharge: the calls from that caller to the query."""


class Judge:
    """Judges the queries of a project."""

    def __init__(
        self, graph: CallGraph, reach: ReachMap, ownership: Ownership, queries: QueryFinder, principals: Principals, admin_guards: Iterable[str]
    ) -> None:
        self.graph = graph
        self.inference = graph.inference
        self.reach = reach
        self.ownership = ownership
        self.queries = queries
        self.principals = principals
        self._admin_guards = frozenset(admin_guards)
        self._verdicts: dict[tuple[FunctionInfo, TermId], Verdict] = {}
        self._guard_index: dict[Module, dict[TermId, list[int]]] = {}
        self._getters: dict[FunctionInfo, bool] = {}

    def verdicts(self) -> Iterator[Verdict]:
        """Yield the verdict on every query of the project."""
        for module in self.inference.modules:
            for function in module.functions:
                for query in self.queries.of(function):
                    yield self.judge(query)

    def judge(self, query: Query) -> Verdict:
        """Return the verdict on one query."""
        key = (query.function, query.leaf)
        found = self._verdicts.get(key)
        if found is None:
            # While a query is being judged, what depends on itself is unproven.
            self._verdicts[key] = Verdict(query, None)
            found = self._verdicts[key] = self._judge(query)
        return found

    def _judge(self, query: Query) -> Verdict:
        model = query.chain.model
        if model is not None and not model.owned:
            return Verdict(query, Proof.NOT_OWNED)
        if self.reach.of(query.function) is Reach.OFFLINE:
            return Verdict(query, Proof.OFFLINE)
        atoms = self.queries.atoms(query)
        proof = self._predicate(query, atoms) or self._escapes_proof(query)
        if proof is not None:
            return Verdict(query, proof)
        keys = [atom.value for atom in atoms if atom.value >= 0 and not self._constant(query.module, atom.value)]
        proof, way = self._discharged(query.function, query.event, query.leaf, keys, ())
        return Verdict(query, proof, way)

    @staticmethod
    def _constant(module: Module, term: TermId) -> bool:
        return isinstance(module.terms[term], Const)

    # -- the statement itself

    def _predicate(self, query: Query, atoms: list[Atom]) -> Proof | None:
        module = query.module
        if self._asks_with_caller(query):
            return Proof.PREDICATE
        for atom in atoms:
            if atom.optional >= 0 and not (
                self.principals.mentions_identity(module, atom.optional)
                or self.principals.is_principal(module, atom.value)
                or self._bound_to_object(module, atom.value)
            ):
                continue
            if self._on_owner(query, atom):
                return Proof.PREDICATE
            if atom.op in {"!=", "not in", "is not"}:
                continue
            if any(_CREDENTIAL.search(part) for part in atom.column) and atom.column[-1] not in KEYS:
                return Proof.OWN_ROW
            if atom.value >= 0:
                if self.principals.is_principal(module, atom.value):
                    return Proof.RELATION
                if self._from_proven(query, atom.value):
                    return Proof.PARENT
                if self._of_loaded_row(module, atom.value, re.sub(r"_(id|uuid|pk)$", "", atom.column[0])):
                    return Proof.RELATION
        return None

    @staticmethod
    def _bound_to_object(module: Module, term: TermId) -> bool:
        """``self.group_id``: the object was made for an owner, if it has one."""
        held = module.terms[term] if term >= 0 else None
        base = module.terms[held.base] if isinstance(held, Attr) else None
        return isinstance(base, Param) and base.index == 0 and module.functions[base.function].owner is not None

    def _asks_with_caller(self, query: Query) -> bool:
        """A method of the project's own manager or query class is given the caller, or a credential."""
        return any(
            step.method not in FILTERS
            and (
                any(self.principals.is_principal(query.module, arg) for arg in (*step.args, *(value for _, value in step.keywords)))
                or (step.args and _OWN_METHOD.search(step.method))
            )
            for step in query.chain.steps
        )

    def _of_loaded_row(self, module: Module, value: TermId, stem: str) -> bool:
        """Tell whether a value is, or is read from, a row that somebody else loaded: the query asks for its relatives.

        Whoever loaded that row is judged for it. ``stem`` names the relation that the value is compared with.
        """
        at = value
        path: list[str] = []
        while True:
            held = module.terms[at]
            if isinstance(held, Attr):
                path.append(held.name)
                at = held.base
            elif isinstance(held, (Item, Element)):
                at = held.base
            elif isinstance(held, Call) and path:
                at = held.func
            elif isinstance(held, Comprehension):
                path.append("*")
                at = held.iterables[0] if held.iterables else held.element
            else:
                break
        held = module.terms[at]
        if not isinstance(held, Param):
            return False
        holder = module.functions[held.function]
        if held.index == 0 and holder.owner is not None and self.inference.method_kind(holder) == "instance":
            return any(klass in self.ownership.models for klass in self.inference.mro(holder.owner)[0])
        values = self.inference.parameter(holder, held.index)
        if not path and not stem:
            return False
        if any(isinstance(value, Instance) and value.klass in self.ownership.models for value in values):
            return True
        if holder in self.reach.entry_points:
            return False
        # Untyped: `widgets_of(dashboard)` asks for dashboard_id == dashboard.id.
        name = snake(holder.facts.parameters[held.index].name)
        return name in {stem, f"{stem}s"} and (not path or path[0] in KEYS) and not any(isinstance(value, (Instance, Result)) for value in values)

    def _on_owner(self, query: Query, atom: Atom) -> bool:
        """Tell whether the atom compares an owner column of the model, of a parent or of a joined model."""
        module = query.module
        if atom.value >= 0 and self._constant(module, atom.value) and atom.op == "==":
            return False
        model = atom.model or query.chain.model
        known = self._owner_columns(model)
        for part in atom.column:
            if part in known or part.removesuffix("_id") in known:
                return True
            if self.ownership.column_kind(part) is not None and (model is None or part not in model.columns or model.columns[part].target == ""):
                return True
        if atom.model is not None and (atom.model.is_principal or atom.model.is_tenant) and atom.model is not query.chain.model:
            return True
        return False

    @staticmethod
    def _owner_columns(model: Model | None) -> frozenset[str]:
        if model is None:
            return frozenset()
        names = set(model.own_columns)
        for path in model.paths:
            names.update(path.columns[-1:])
        return frozenset(names)

    def _from_proven(self, query: Query, value: TermId) -> bool:
        """Tell whether a value comes from a row of an earlier query that is proven."""
        return self._proven_source(query.function, value, query.leaf)

    def _proven_source(self, function: FunctionInfo, value: TermId, besides: TermId = -1) -> bool:
        """Tell whether a value comes from a proven row, a scoped getter, or a row that the function itself made."""
        module = function.module
        containment = self.queries.containment(module)
        for other in self.queries.of(function):
            # A row that is not proven is reported where it is loaded, not again for each of its relatives.
            if other.leaf != besides and containment.holds(value, other.leaf) and (other.chain.model is None or other.chain.model.owned):
                return True
        for part in containment.parts(value):
            held = module.terms[part]
            if not isinstance(held, Call) or part == besides:
                continue
            for target in self.inference.term(module, held.func):
                if isinstance(target, FunctionValue) and self.is_scoped_getter(target.function):
                    return True
                if isinstance(target, ClassValue) and self.ownership.model_of(target.klass) is not None:
                    return True
        return False

    def is_scoped_getter(self, function: FunctionInfo) -> bool:
        """Tell whether every row that a function returns is its owner's by the function's own statement or check, or new."""
        found = self._getters.get(function)
        if found is None:
            self._getters[function] = False
            found = self._getters[function] = self._scoped_getter(function)
        return found

    def _scoped_getter(self, function: FunctionInfo) -> bool:
        module = function.module
        holds = self.queries.containment(module).holds
        proven = 0
        for event in function.events:
            if event.op not in {"return", "yield"} or event.term < 0 or isinstance(module.terms[event.term], Const):
                continue
            queries = [query for query in self.queries.of(function) if holds(event.term, query.leaf)]
            for query in queries:
                if self.judge(query).proof not in {Proof.PREDICATE, Proof.CHECKED, Proof.RELATION, Proof.PARENT}:
                    return False
            if queries or self._proven_source(function, event.term):
                proven += 1
            elif self.inference.term(module, event.term) and not queries:
                return False
        return proven > 0

    # -- what happens to the rows

    def _escapes_proof(self, query: Query) -> Proof | None:
        if query.verb != "read":
            return None
        return Proof.NO_ESCAPE if not self._escapes(query.function, query.leaf, query.event) else None

    def _escapes(self, function: FunctionInfo, leaf: TermId, event: Event) -> list[Event]:
        """Return the events in which rows leave the function or are changed."""
        module = function.module
        holds = self.queries.containment(module).holds
        found = []
        for other in function.events:
            if other is event:
                continue
            if other.op in {"return", "yield"} and other.term >= 0 and holds(other.term, leaf):
                if not isinstance(module.terms[other.term], (Compare, Not)):
                    found.append(other)
            elif other.op == "write":
                if holds(other.term, leaf) or (other.value >= 0 and holds(other.value, leaf)):
                    found.append(other)
            elif other.op == "call" and other.term != leaf:
                call = module.terms[other.term]
                if not isinstance(call, Call):
                    continue
                name = _called_name(module, call)
                func = module.terms[call.func]
                if name in {"delete", "save", "update", "adelete", "asave", "remove", "delete_instance"} and (
                    (isinstance(func, Attr) and holds(func.base, leaf)) or any(holds(arg, leaf) for arg in call.args)
                ):
                    found.append(other)
                elif (
                    name not in _QUIET
                    and any(holds(arg, leaf) for arg in (*call.args, *(value for _, value in call.keywords)))
                    # A subquery is part of the statement around it, which is judged itself.
                    and not self.queries.chains(module, other.term)
                ):
                    found.append(other)
        return found

    def written(self, query: Query) -> str:
        """Return what happens to the rows of a query: ``read``, ``update`` or ``delete``."""
        if query.verb != "read":
            return query.verb
        module = query.module
        holds = self.queries.containment(module).holds
        verb = "read"
        for event in query.function.events:
            if event.op == "write" and event.how != "del":
                target = module.terms[event.term]
                if isinstance(target, Attr) and holds(target.base, query.leaf):
                    verb = "update"
            elif event.op == "call":
                call = module.terms[event.term]
                if isinstance(call, Call) and event.term != query.leaf:
                    func = module.terms[call.func]
                    name = _called_name(module, call)
                    on_row = isinstance(func, Attr) and holds(func.base, query.leaf)
                    if name in {"delete", "adelete", "delete_instance"} and (on_row or any(holds(arg, query.leaf) for arg in call.args)):
                        return "delete"
                    if name in {"save", "asave"} and on_row:
                        verb = "update"
        return verb

    # -- proofs around the statement, here or in callers

    def _discharged(
        self, function: FunctionInfo, event: Event, leaf: TermId, keys: list[TermId], way: tuple[Edge, ...]
    ) -> tuple[Proof | None, tuple[Edge, ...]]:
        proof = (
            self._conditions(function, event.condition)
            or self._checked(function, event, leaf)
            or self._parent(function, event, leaf, keys)
            or self._guarded(function, keys)
        )
        if proof is not None:
            return proof, way
        if function in self.reach.entry_points or len(way) >= MAX_CALLERS:
            return None, way
        return self._callers(function, keys, way)

    def _callers(self, function: FunctionInfo, keys: list[TermId], way: tuple[Edge, ...]) -> tuple[Proof | None, tuple[Edge, ...]]:
        discharged: Proof | None = None
        for edge in self.graph.callers.get(function, ()):
            if edge.caller is function or self.reach.of(edge.caller) is Reach.OFFLINE or any(edge.caller is step.caller for step in way):
                continue
            if edge.call < 0:
                if edge.kind == "dependency" and edge.caller in self.reach.entry_points:
                    proof = self._guarded(edge.caller, [])
                    if proof is None:
                        return None, (edge, *way)
                    discharged = proof
                continue
            call_event = self._event(edge.caller, edge.call)
            if call_event is None:
                continue
            outer_keys = list(self._arguments(edge, function, keys))
            module = edge.caller.module
            if any(
                self.principals.is_principal(module, key) or self._proven_source(edge.caller, key) or self._of_loaded_row(module, key, "")
                for key in outer_keys
            ):
                discharged = Proof.CALLER
                continue
            proof, longer = self._discharged(edge.caller, call_event, edge.call, outer_keys, (edge, *way))
            if proof is None:
                return None, longer
            discharged = Proof.CALLER if proof is not Proof.ADMIN else proof
        return discharged, way

    @staticmethod
    def _event(function: FunctionInfo, call: TermId) -> Event | None:
        return next((event for event in function.events if event.op == "call" and event.term == call), None)

    def _arguments(self, edge: Edge, function: FunctionInfo, keys: list[TermId]) -> Iterator[TermId]:
        """Yield what the call passes for the parameters that the keys hold."""
        module = function.module
        parts = self.queries.containment(module).parts
        for key in keys:
            for part in parts(key):
                held = module.terms[part]
                if isinstance(held, Param) and held.function == function.index:
                    argument = self.inference.argument(edge.caller.module, edge.call, function, held.index, edge.bound)
                    if argument >= 0:
                        yield argument

    def _conditions(self, function: FunctionInfo, condition: int) -> Proof | None:
        """An administrator's branch."""
        module = function.module
        for step in self._chain(module, condition):
            held = module.facts.conditions[step]
            if held.kind in {"if", "guard", "assert", "call-guard"} and held.test >= 0 and self.principals.mentions_admin(module, held.test):
                return Proof.ADMIN
        return None

    @staticmethod
    def _chain(module: Module, condition: int) -> Iterator[int]:
        conditions = module.facts.conditions
        while condition:
            yield condition
            condition = conditions[condition].parent

    def _checked(self, function: FunctionInfo, event: Event, leaf: TermId) -> Proof | None:
        """Every escape of the rows is dominated by a check of their owner."""
        module = function.module
        escapes = self._escapes(function, leaf, event)
        checks = {
            number
            for number in {step for escape in escapes for step in self._chain(module, escape.condition)}
            if self._is_check(module, module.facts.conditions[number].test, leaf, module.facts.conditions[number].positive)
        }
        places = {id(other): place for place, other in enumerate(function.events)}
        calls = [other for other in function.events if other.op == "call" and self._checking_call(module, other.term, leaf)]
        checking_terms = {other.term for other in calls}
        left = self._left_block(function, event, leaf)
        found = bool(checks or calls or left < len(function.events))
        for escape in escapes:
            if escape.op == "call" and (escape.term in checking_terms or self._inside_test(module, escape.term)):
                continue
            chain = set(self._chain(module, escape.condition))
            if chain & checks or places[id(escape)] > left:
                continue
            if any(places[id(other)] < places[id(escape)] and (other.condition == 0 or other.condition in chain) for other in calls):
                continue
            if self._replaced(module, escape, leaf):
                found = True
                continue
            return None
        return Proof.CHECKED if found else None

    def _left_block(self, function: FunctionInfo, event: Event, leaf: TermId) -> int:
        """Return the place of the event after which the rows are known to have passed a check in the query's own block.

        A check that leaves, in the block in which the rows were loaded, dominates whatever is done with them later, also
        after the branch that loads them has joined others.
        """
        module = function.module
        conditions = module.facts.conditions
        for number in self._guards_on(module).get(leaf, ()):
            guard = conditions[number]
            if not self._is_check(module, guard.test, leaf, guard.positive):
                continue
            outer = guard.parent
            while outer != event.condition and outer and conditions[outer].kind in {"guard", "call-guard", "assert", "with", "try"}:
                outer = conditions[outer].parent
            if outer != event.condition:
                continue
            inside = [
                place
                for place, other in enumerate(function.events)
                if any(conditions[step].test == guard.test and conditions[step].kind == "if" for step in self._chain(module, other.condition))
            ]
            return max(inside, default=0)
        return len(function.events)

    def _guards_on(self, module: Module) -> dict[TermId, list[int]]:
        """Index the guards of a module by the calls that their tests hold."""
        found = self._guard_index.get(module)
        if found is None:
            found = self._guard_index[module] = {}
            for number, condition in enumerate(module.facts.conditions):
                if condition.kind in {"guard", "assert"} and condition.test >= 0:
                    for part in self.queries.containment(module).parts(condition.test):
                        if isinstance(module.terms[part], Call):
                            found.setdefault(part, []).append(number)
        return found

    def _replaced(self, module: Module, escape: Event, leaf: TermId) -> bool:
        """The rows stand in what escapes only where a check of them chose so (``if row.user != me: row = None``)."""
        holds = self.queries.containment(module).holds
        for root in (escape.term, escape.value):
            if root < 0 or not holds(root, leaf):
                continue
            chosen = any(
                isinstance(held := module.terms[part], Choice)
                and held.test >= 0
                and self._is_check(module, held.test, leaf, holds(held.then, leaf))
                for part in self.queries.containment(module).parts(root)
            )
            if not chosen:
                return False
        return True

    def _inside_test(self, module: Module, term: TermId) -> bool:
        return any(condition.test >= 0 and self.queries.containment(module).holds(condition.test, term) for condition in module.facts.conditions)

    def _is_check(self, module: Module, test: TermId, leaf: TermId, positive: bool) -> bool:
        """Tell whether ``test``, being ``positive``, says that the rows are the caller's, or that a helper allows them."""
        if test < 0:
            return False
        holds = self.queries.containment(module).holds
        if not holds(test, leaf):
            return False
        held = module.terms[test]
        match held:
            case Compare(op=op, left=left, right=right):
                if (op in {"!=", "not in", "is not"}) is positive:
                    return False
                for row, other in ((left, right), (right, left)):
                    if holds(row, leaf) and not holds(other, leaf) and not isinstance(module.terms[other], Const):
                        if self._names_owner(module, row, leaf) or self.principals.is_principal(module, other):
                            return True
                        held_row = module.terms[row]
                        if isinstance(held_row, Attr) and _SECRET.search(held_row.name):
                            return True
                return False
            case Logic(values=values):
                return any(self._is_check(module, value, leaf, positive) for value in values)
            case Not(value=value):
                return self._is_check(module, value, leaf, not positive)
            case Call():
                name = _called_name(module, held)
                return bool(_CHECKING.search(name)) or any(
                    self.principals.is_principal(module, arg) for arg in (*held.args, *(value for _, value in held.keywords))
                )
            case _:
                return any(self._is_check(module, child, leaf, positive) for child in children(held) if child >= 0)

    def _names_owner(self, module: Module, row: TermId, leaf: TermId) -> bool:
        holds = self.queries.containment(module).holds
        at = row
        while at >= 0 and holds(at, leaf):
            held = module.terms[at]
            if isinstance(held, Attr):
                if self.ownership.column_kind(held.name) is not None or self._is_owner_anywhere(held.name):
                    return True
                at = held.base
            elif isinstance(held, Item):
                text = module.text(held.key)
                if text is not None and self.ownership.column_kind(text) is not None:
                    return True
                at = held.base
            elif isinstance(held, Call):
                if held.args and holds(held.args[0], leaf):
                    at = held.args[0]
                else:
                    # row.get("user_id")
                    text = module.text(held.args[0]) if held.args else None
                    if text is not None and self.ownership.column_kind(text) is not None:
                        return True
                    at = held.func
            else:
                return False
        return False

    def _is_owner_anywhere(self, name: str) -> bool:
        return any(name in model.own_columns for model in self.ownership.models.values())

    def _checking_call(self, module: Module, term: TermId, leaf: TermId) -> bool:
        """A call in statement position that leaves unless the rows are the caller's."""
        call = module.terms[term]
        if not isinstance(call, Call) or term == leaf:
            return False
        holds = self.queries.containment(module).holds
        arguments = (*call.args, *(value for _, value in call.keywords))
        if not any(holds(arg, leaf) for arg in arguments):
            return False
        name = _called_name(module, call)
        if _CHECKING.search(name):
            return True
        functions = [value.function for value in self.inference.term(module, call.func) if isinstance(value, FunctionValue)]
        if functions:
            return any(self._is_ownerish(module, arg) for arg in arguments) and any(self._may_abort(function) for function in functions)
        return False

    def _is_ownerish(self, module: Module, term: TermId) -> bool:
        """The caller's identity, or a value whose name says that it is an owner's."""
        if self.principals.is_principal(module, term):
            return True
        held = module.terms[term]
        name = module.functions[held.function].facts.parameters[held.index].name if isinstance(held, Param) else held.name if isinstance(held, Attr) else ""
        return bool(name) and self.ownership.column_kind(name) in {OwnerKind.OWNER, OwnerKind.TENANT}

    def _may_abort(self, function: FunctionInfo) -> bool:
        return any(event.op == "raise" and event.condition for event in function.events) or any(
            event.op == "call" and self._aborts(function.module, event.term) for event in function.events
        )

    def _aborts(self, module: Module, term: TermId) -> bool:
        call = module.terms[term]
        return isinstance(call, Call) and module.dotted(call.func) in self.inference.catalogue.aborting_names

    def _parent(self, function: FunctionInfo, event: Event, leaf: TermId, keys: list[TermId]) -> Proof | None:
        """The same key was used before to load a row that is proven, or was checked by a guard."""
        module = function.module
        holds = self.queries.containment(module).holds
        chain = set(self._chain(module, event.condition))
        names = {name for key in keys for name in _raw_names(module, key)}
        for other in self.queries.of(function):
            if other.leaf == leaf or other.event.position.line > event.position.line:
                continue
            shared = {name for atom in self.queries.atoms(other) if atom.value >= 0 for name in _raw_names(module, atom.value)}
            if not (names & shared):
                continue
            if other.event.condition and other.event.condition not in chain:
                continue
            if self.judge(other).proof not in {Proof.PREDICATE, Proof.CHECKED, Proof.PARENT, Proof.RELATION, Proof.CALLER, Proof.GUARD} and not self._tested_owner(
                function, other, chain
            ):
                continue
            aborting = any(step.method in {"get", "one", "get_or_404", "first_or_404", "one_or_404", "get_object_or_404", "scalar_one"} for step in other.chain.steps)
            tested = any(holds(module.facts.conditions[step].test, other.leaf) for step in chain if module.facts.conditions[step].test >= 0)
            if aborting or tested:
                return Proof.PARENT
        for place in function.events:
            if place is event:
                break
            if place.op != "call" or (place.condition and place.condition not in chain):
                continue
            call = module.terms[place.term]
            if not isinstance(call, Call):
                continue
            arguments = (*call.args, *(value for _, value in call.keywords))
            if not any(names & set(_raw_names(module, arg)) for arg in arguments):
                continue
            name = _called_name(module, call)
            functions = [value.function for value in self.inference.term(module, call.func) if isinstance(value, FunctionValue)]
            with_caller = any(self._is_ownerish(module, arg) for arg in arguments)
            if _CHECKING.search(name) and (with_caller or functions):
                return Proof.PARENT
            if with_caller and functions:
                tested = any(holds(module.facts.conditions[step].test, place.term) for step in chain if module.facts.conditions[step].test >= 0)
                if tested or any(self._may_abort(function_) for function_ in functions):
                    return Proof.PARENT
        return None

    def _tested_owner(self, function: FunctionInfo, other: Query, chain: set[int]) -> bool:
        module = function.module
        conditions = module.facts.conditions
        return any(self._is_check(module, conditions[step].test, other.leaf, conditions[step].positive) for step in chain)

    # -- guards of entry points

    def _guarded(self, function: FunctionInfo, keys: list[TermId]) -> Proof | None:
        """Decorators, dependencies, permission classes and mixins that admit administrators or check the same id."""
        module = function.module
        names = {name for key in keys for name in _raw_names(module, key)}
        for name, guard in self._guards(function):
            if is_admin_name(name) or name in self._admin_guards or name in self.inference.catalogue.admin:
                return Proof.ADMIN
            if is_system_name(name):
                return Proof.ADMIN
            if guard is None:
                if _GUARD_NAME.search(name) and name.rpartition(".")[2] not in _NO_GUARD:
                    return Proof.GUARD
                continue
            if self._checks_key(guard, names):
                return Proof.GUARD
            if _ROLE_GATE.search(name) and self._is_role_gate(guard):
                return Proof.ADMIN
        return self.class_guard(function.owner) if function.owner is not None else None

    def guarded(self, function: FunctionInfo) -> bool:
        """Tell whether a guard stands before a function that admits administrators or checks permissions."""
        return self._guarded(function, []) is not None

    def knows_caller(self, function: FunctionInfo) -> bool:
        """Tell whether a function, its decorators or its dependencies ask who is calling."""
        module = function.module
        for index in range(len(function.facts.parameters)):
            if self.principals.is_principal_parameter(function, index):
                return True
        for name, guard in self._guards(function):
            last = name.rpartition(".")[2]
            if name in self.inference.catalogue.login or _LOGIN.search(last) or (guard is not None and self.principals.is_provider(guard)):
                return True
        owner = function.owner
        if owner is not None:
            for klass in self.inference.mro(owner)[0]:
                if klass.attribute("permission_classes") is not None:
                    return True
            if any(_LOGIN.search(base.rpartition(".")[2]) for base in self.inference.external_bases(owner)):
                return True
        return any(
            event.term >= 0 and self.principals.is_principal(module, part)
            for event in function.events
            if event.op == "call"
            for part in self.queries.containment(module).parts(event.term)
        )

    def _is_role_gate(self, guard: FunctionInfo) -> bool:
        """A guard that looks at no id of the request can only ask what role the caller has."""
        functions = [guard, *nested(guard)]
        if not any(self._may_abort(function) for function in functions) and not any(
            event.op == "return" and event.condition for function in functions for event in function.events
        ):
            return False
        looked_at = {parameter.name for function in functions[1:] or functions for parameter in function.facts.parameters}
        return not any(name in KEYS or name.endswith(("_id", "_uuid", "_pk")) for name in looked_at)

    def _guards(self, function: FunctionInfo) -> Iterator[tuple[str, FunctionInfo | None]]:
        """Yield the name of every guard before a function, and the project function behind it."""
        module = function.module
        for decorator in function.facts.decorators:
            held = module.terms[decorator]
            target = held.func if isinstance(held, Call) else decorator
            name = module.dotted(target) or _called_name_of(module, target)
            found = False
            for value in self.inference.term(module, target):
                if isinstance(value, FunctionValue):
                    found = True
                    yield value.function.name, value.function
                elif isinstance(value, ClassValue):
                    found = True
                    yield value.klass.name, self.inference.method(value.klass, "__call__")
            if not found and function not in self._routes(function, name):
                yield name, None
            if isinstance(held, Call):
                for argument in (*held.args, *(value for _, value in held.keywords)):
                    inner = module.terms[argument]
                    for value in self.inference.term(module, inner.func if isinstance(inner, Call) else argument):
                        if isinstance(value, FunctionValue):
                            yield value.function.name, value.function
                    text = module.text(argument)
                    if text is not None and not text.startswith("/"):
                        yield text, None
                    for value in self.graph.dependency_list(module, argument):
                        yield from self._guard_values(value)
        for parameter in function.facts.parameters:
            for value in self.graph.dependencies(module, parameter.annotation, parameter.default):
                yield from self._guard_values(value)
        owner = function.owner
        if owner is not None:
            for base in self.inference.external_bases(owner):
                last = base.rpartition(".")[2]
                if last.endswith("Mixin") and last not in {"LoginRequiredMixin", "ContextMixin"}:
                    yield last, None

    @staticmethod
    def _routes(function: FunctionInfo, name: str) -> tuple[FunctionInfo, ...]:
        """Route decorators are no guards."""
        last = name.rpartition(".")[2]
        plain = {"get", "post", "put", "patch", "delete", "route", "tool", "websocket", "api_view", "action", "property", "cached_property", "classmethod", "staticmethod", "event", "on", "task"}
        return (function,) if last in plain else ()

    def _guard_values(self, value: object) -> Iterator[tuple[str, FunctionInfo | None]]:
        if isinstance(value, FunctionValue):
            yield value.function.name, value.function
            if value.receiver is not None:
                yield value.receiver.klass.name, value.function
            parent = value.function.parent
            if parent is not None:
                yield parent.name, value.function
        elif isinstance(value, (Instance, ClassValue)):
            yield value.klass.name, self.inference.method(value.klass, "__call__") or self.inference.method(value.klass, "__init__")
        elif isinstance(value, (External, Result)):
            yield value.name, None

    def _checks_key(self, guard: FunctionInfo, names: set[str]) -> bool:
        """Tell whether a guard of the project looks at one of the ids that the query uses, and may abort."""
        functions = [guard, *nested(guard)]
        seen = {parameter.name for function in functions for parameter in function.facts.parameters}
        module = guard.module
        texts: set[str] = set()
        for function in functions:
            for event in function.events:
                if event.op == "call" and event.term >= 0:
                    for part in self.queries.containment(module).parts(event.term):
                        text = module.text(part)
                        if text is not None:
                            texts.add(text)
        if not (names & (seen | texts)):
            return False
        return any(self._may_abort(function) for function in functions) or any(
            event.op == "return" and event.condition for function in functions for event in function.events
        )

    def class_guard(self, owner: ClassInfo) -> Proof | None:
        """Return what the mixins and permission classes of a view prove for all its methods."""
        for klass in self.inference.mro(owner)[0]:
            if klass.method("test_func") is not None or klass.method("has_permission") is not None:
                return Proof.GUARD
            binding = klass.attribute("permission_classes")
            if binding is None or binding.value < 0:
                continue
            for item in self.queries.containment(klass.module).parts(binding.value):
                for value in self.inference.term(klass.module, item):
                    if isinstance(value, ClassValue):
                        if is_admin_name(value.klass.name):
                            return Proof.ADMIN
                        if self.inference.method(value.klass, "has_object_permission") is not None or _GUARD_NAME.search(value.klass.name):
                            return Proof.GUARD
                    elif isinstance(value, External) and is_admin_name(value.name.rpartition(".")[2].replace("IsAdmin", "is_admin_")):
                        return Proof.ADMIN
            break
        return None


def _called_name(module: Module, call: Call) -> str:
    return _called_name_of(module, call.func)


def _called_name_of(module: Module, term: TermId) -> str:
    held = module.terms[term]
    if isinstance(held, Attr):
        return held.name
    return getattr(held, "id", "")


def _raw_names(module: Module, term: TermId) -> Iterator[str]:
    """Yield names for the raw values in a key: its parameters, and constant keys of request data."""
    stack = [term]
    depth = 0
    while stack and depth < 60:  # noqa: PLR2004
        depth += 1
        at = stack.pop()
        if at < 0:
            continue
        held = module.terms[at]
        if isinstance(held, Param):
            yield module.functions[held.function].facts.parameters[held.index].name
        elif isinstance(held, Item):
            text = module.text(held.key)
            if text is not None:
                yield text
            else:
                stack += [held.base, held.key]
        elif isinstance(held, Attr):
            root = module.terms[held.base]
            if isinstance(root, Param):
                yield f"{module.functions[root.function].facts.parameters[root.index].name}.{held.name}"
                yield held.name
            else:
                stack.append(held.base)
        elif isinstance(held, Call):
            func = module.terms[held.func]
            if isinstance(func, Attr) and func.name == "get" and held.args:
                text = module.text(held.args[0])
                if text is not None:
                    yield text
                    continue
            stack += [*held.args]
        else:
            stack += list(children(held))

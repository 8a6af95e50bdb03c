"""Queries that are scoped to an owner whom the client names, although the caller is known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.callernames import is_admin_name
from statelint.analysis.calls import nested
from statelint.analysis.comparisons import Comparisons
from statelint.analysis.model import ClassValue, FunctionValue
from statelint.analysis.ownership import OwnerKind, snake
from statelint.analysis.principals import REPLACEMENTS
from statelint.analysis.proofs import Proof
from statelint.analysis.proofs.naming import called_name, is_read_from, looked_up, name_of, raw_names
from statelint.analysis.proofs.words import GUARD_NAME, KEYS, SECRET
from statelint.analysis.reach import Reach
from statelint.extract.facts import NO_TERM, Attr, Call, Compare, Const, Item, Name, Param

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.proofs import Judge, Verdict
    from statelint.analysis.queries import Query
    from statelint.extract.facts import TermId

MAX_DEPTH = 3
"""Calls between the endpoint that receives the owner and the query that uses it."""


_OPEN_KINDS = frozenset({"route", "websocket"})
"""Entry points whose parameters a client fills."""
_KINDS = _OPEN_KINDS | {"tool"}
"""Of tools, those that know their caller."""
_CONVERSIONS = frozenset({"int", "str", "UUID", "ObjectId"})
_OF_FRAMEWORK = frozenset({"request", "req", "info", "context", "ctx"})
"""What frameworks hand to endpoints under these names is no value of the client's, unless its type says so."""
_OF_CLIENT = frozenset(
    {
        "json", "args", "form", "values", "GET", "POST", "data", "query_params", "query", "path_params", "match_info",
        "view_args", "get_json", "cleaned_data", "validated_data",
    }
)  # fmt: skip
"""Where requests keep what their clients say, as attributes or methods."""
_AUTHORIZED = re.compile(r"(is_)?authori[sz](ed?|ation)(_required)?")
"""Guards that, told no role, ask for a login alone."""
_COPIES = frozenset({"to_dict", "copy", "dict"})


_KEYS_AND_NAMES = KEYS | {"username", "user_name", "name", "login", "email"}
"""Columns by which the address of a page may name a user."""
_KEYS_OF_USERS = frozenset({"id", "pk", "_id", "user_id", "uid", "uuid"})
"""Columns by which a user is named; who knows a user's secret was told it."""


class Claim(NamedTuple):
    """``entry`` hands what the client says in its parameter ``name`` to the query as the owner."""

    verdict: Verdict
    entry: FunctionInfo
    name: str
    known: bool
    """Somebody on the way knows the caller."""


class Claims:
    """Finds them: the owner is a parameter of the endpoint, and nobody compares it with the caller."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.inference = judge.inference
        self.principals = judge.principals
        self._comparisons = Comparisons(judge)

    def of(self, verdict: Verdict) -> list[Claim]:
        """Return the claims by which a query counts as scoped, an endpoint each."""
        query = verdict.query
        if query.chain.model is None:
            return []
        if verdict.proof is Proof.CHECKED:
            return self._believed(verdict)
        if verdict.proof is Proof.NOT_OWNED and query.chain.model.is_principal:
            return self._users(verdict)
        if verdict.proof is Proof.NOT_OWNED and query.chain.model.is_tenant:
            return self._users(verdict) if self._is_unchecked(query) else []
        if verdict.proof is not Proof.PREDICATE:
            return []
        if query.given is not None and query.function not in self.judge.reach.entry_points:
            # SQL says "or" where its conditions do not tell; a data layer's statements serve several callers.
            return []
        atoms = [atom for atom in self.judge.queries.atoms(query) if atom.value >= 0 and atom.optional < 0]
        if any(self._is_caller(query.function, atom.value) for atom in atoms):
            return []
        if len(atoms) > 1 and any(self._is_told(query.function, atom.value, 0) for atom in atoms):
            # The chat between the caller and whom the client names: get_chat(me.id, other_id).
            return []
        changes = self.judge.writes.of(query) != "read"
        for atom in atoms:
            named = atom.column[:-1] if atom.column[-1] in KEYS and len(atom.column) > 1 else atom.column
            kind = self._kind(verdict, named[0], alone=len(atoms) == 1) if len(named) == 1 else None
            if atom.op == "==" and kind is not None:
                claims = {
                    entry: Claim(verdict, entry, name, known)
                    for entry, name, known in self.sources(query.function, atom.value, 0, named=changes)
                    if known or kind is not OwnerKind.TENANT
                }
                others = [other.value for other in atoms if other is not atom]
                # A member of the caller's group may be named.
                if claims and not (
                    others and self.judge.parents.prove(query.function, query.event, query.leaf, others) is not None
                ):
                    return list(claims.values())
        return []

    def _users(self, verdict: Verdict) -> list[Claim]:
        """Return the claims by which clients say which user is changed or deleted."""
        query = verdict.query
        if self.judge.reach.of(query.function) is not Reach.SERVED:
            return []
        atoms = [atom for atom in self.judge.queries.atoms(query) if atom.op == "==" and atom.value >= 0]
        name = snake(query.chain.name)
        named = {*_KEYS_OF_USERS, f"{name}_id", f"id_{name}"}
        keys = [atom.value for atom in atoms if atom.column[-1] in named]
        if len(keys) != 1 or self._is_caller(query.function, keys[0]):
            return []
        claims = {
            entry: Claim(verdict, entry, name, known)
            for function, key, after in self._changing(query, keys[0])
            for entry, name, known in self.sources(function, key, 0, after)
            # Whoever may manage users is told so in many ways.
            if not any(
                (GUARD_NAME.search(guard.name) and (guard.roles or not _AUTHORIZED.fullmatch(guard.name)))
                or is_admin_name(guard.name)
                for guard in self.judge.guards.before.guards(entry)
            )
        }
        return list(claims.values())

    def _is_unchecked(self, query: Query) -> bool:
        """Tell whether nothing ties a tenant's row to the caller: no membership, no role, no comparison."""
        return self.judge.of_new_row(query).proof is None

    def _changing(self, query: Query, key: TermId) -> Iterator[tuple[FunctionInfo, TermId, TermId]]:
        """Yield who changes the user that a query asks for by ``key``, what the key is there, and the call asking."""
        function = query.function
        if self.judge.writes.of(query) != "read":
            yield function, key, NO_TERM
            return
        held = query.module.terms[key]
        returned = any(escape.op == "return" for escape in self.judge.uses.escapes(function, query.leaf, query.event))
        if not returned or not isinstance(held, Param) or held.function != function.index:
            return
        for edge in self.judge.asking(function, ()):
            if edge.call >= 0 and self.judge.writes.within(edge.caller, (edge.call,), query.chain.model) != "read":
                given = self.inference.argument(edge.caller.module, edge.call, function, held.index, edge.bound)
                if given >= 0 and not self._is_caller(edge.caller, given):
                    yield edge.caller, given, edge.call

    def _believed(self, verdict: Verdict) -> list[Claim]:
        """Return the claims by which rows count as checked: their owner is compared with what the client says."""
        query = verdict.query
        module = query.module
        containment = self.judge.queries.containment(module)
        compares = [
            held
            for test in self.judge.exits.tests(query.function)
            for part in containment.parts(test)
            if isinstance(held := module.terms[part], Compare) and containment.holds(part, query.leaf)
        ]
        others = [
            other
            for held in compares
            for row, other in ((held.left, held.right), (held.right, held.left))
            if self.judge.rows.names_owner(module, row, query.leaf) and not containment.holds(other, query.leaf)
        ]
        handed = [
            argument
            for event, call in query.function.calls
            if containment.holds(event.term, query.leaf)
            for argument in call.arguments
        ]
        if any(self._is_caller(query.function, value) for value in (*others, *handed)):
            return []
        return [
            Claim(verdict, entry, name, known)
            for other in others
            if not isinstance(module.terms[other], Const)
            for entry, name, known in self.sources(query.function, other, 0)
            if known
        ]

    def _is_caller(self, function: FunctionInfo, value: TermId) -> bool:
        """Tell whether a value is the caller, whoever calls the function: its callers are looked at one by one."""
        held = function.module.terms[value]
        if isinstance(held, Param) and held.function == function.index:
            return self.principals.is_declared_principal(function, held.index)
        return self.principals.is_principal(function.module, value)

    def _is_told(self, function: FunctionInfo, value: TermId, depth: int) -> bool:
        """Tell whether all that call a function hand it the caller as ``value``."""
        held = function.module.terms[value]
        if not isinstance(held, Param) or held.function != function.index:
            return self.principals.is_principal(function.module, value)
        edges = [edge for edge in self.judge.asking(function, ()) if edge.call >= 0]
        return self.principals.is_declared_principal(function, held.index) or (
            depth < MAX_DEPTH
            and bool(edges)
            and all(
                given >= 0 and self._is_told(edge.caller, given, depth + 1)
                for edge in edges
                for given in (self.inference.argument(edge.caller.module, edge.call, function, held.index, edge.bound),)
            )
        )

    def _kind(self, verdict: Verdict, column: str, *, alone: bool) -> OwnerKind | None:
        """Return how a column says whose the rows are; or, where nothing else is asked, who is a member of them."""
        model = verdict.query.chain.model
        kinds = {OwnerKind.OWNER, OwnerKind.TENANT, *({OwnerKind.MEMBERSHIP} if alone else ())}
        names = {(column,), (column.removesuffix("_id"),)}
        found = [path.kind for path in model.paths if path.columns in names] if model is not None else []
        return next((kind for kind in found if kind in kinds), None)

    def sources(
        self, function: FunctionInfo, value: TermId, depth: int, after: TermId = NO_TERM, *, named: bool = False
    ) -> Iterator[tuple[FunctionInfo, str, bool]]:
        """Yield the endpoints whose clients give ``value``, where nothing compares it with the caller.

        With each comes whether a function on the way knows who is calling. ``after`` is the call that the value was
        followed from: what is called there has been looked at. ``named`` tells whether a user that is loaded by name
        counts, too: whose page is shown is often said so.
        """
        module = function.module
        value = self._given(function, value, _KEYS_AND_NAMES if named else KEYS)
        held = module.terms[value]
        key = asked_of_client(module, value)
        if key:
            yield from self._asked(function, value, key, after)
            return
        if (
            not isinstance(held, Param)
            or held.function != function.index
            or self._comparisons.made(function, value, after, strict=named)
        ):
            return
        parameter = function.facts.parameters[held.index]
        if function.owner is not None and held.index == 0:
            return
        if function in self.judge.reach.entry_points and not self.judge.is_helper(function):
            entries = self.judge.reach.entry_points[function]
            if (
                entries[0].kind in _KINDS
                # Decorators of the project fill parameters, too: only the route's own and typed ones are the client's.
                and (parameter.annotation >= 0 or any(parameter.name in entry.path for entry in entries))
                and not self.principals.is_declared_principal(function, held.index)
                and not list(self.inference.dependencies(module, parameter.annotation, parameter.default))
                and not self.judge.graph.depends_on_unknown(module, parameter.annotation, parameter.default)
                and (parameter.name not in _OF_FRAMEWORK or self.principals.senders.is_body(module, value))
                and self.judge.guards.admits_anyone(function, [value])
                and not self._is_filled(function, parameter.name)
            ):
                known = self.judge.guards.logins.knows_caller(function)
                if known or entries[0].kind in _OPEN_KINDS:
                    yield function, parameter.name, known
            return
        if depth >= MAX_DEPTH:
            return
        for edge in self.judge.graph.callers.get(function, ()):
            if edge.call < 0 or edge.kind == "name":
                continue
            argument = self.inference.argument(edge.caller.module, edge.call, function, held.index, edge.bound)
            if argument >= 0 and not self.principals.is_principal(edge.caller.module, argument):
                for entry, name, known in self.sources(edge.caller, argument, depth + 1, edge.call, named=named):
                    yield entry, name, known or self._knows_another(function, value)

    def _is_filled(self, function: FunctionInfo, name: str) -> bool:
        """``kwargs["user_id"] = self.user.id``: tell whether a decorator gives a parameter its value."""
        return any(
            event.op == "write"
            and isinstance(target := each.module.terms[event.term], Item)
            and each.module.text(target.key) == name
            for guard in self.judge.guards.before.guards(function)
            if guard.function is not None
            for each in (guard.function, *nested(guard.function))
            for event in each.events
        )

    def _asked(
        self, function: FunctionInfo, value: TermId, key: str, after: TermId
    ) -> Iterator[tuple[FunctionInfo, str, bool]]:
        """Yield the endpoint whose request says ``key``, unless something compares it with the caller."""
        entry = self.judge.reach.root(function)
        if (
            entry is not None
            and entry.kind == "route"
            and not self._comparisons.made(function, value, after)
            and self.judge.guards.admits_anyone(entry.function, [value])
        ):
            known = self.judge.guards.logins.knows_caller(entry.function) or self._knows_another(function, value)
            yield entry.function, key, known

    def _given(self, function: FunctionInfo, value: TermId, keys: frozenset[str]) -> TermId:
        """Return what a value is read from.

        That is ``body`` of ``body.user_id``, ``user_id`` of ``Caller(user_id).id`` and of a user who is loaded by it.
        """
        module = function.module
        for _ in range(MAX_DEPTH * 2):
            held = module.terms[value]
            if isinstance(held, Attr):
                made = module.terms[held.base]
                given = self._put_in(module, made, held.name) if isinstance(made, Call) else NO_TERM
                value = given if given >= 0 else held.base
            elif isinstance(held, Call) and len(held.args) == 1 and called_name(module, held) in _CONVERSIONS:
                value = held.args[0]
            else:
                key = self._key_of_user(function, value, keys)
                if key == value:
                    break
                value = key
        return value

    def _key_of_user(self, function: FunctionInfo, value: TermId, keys: frozenset[str]) -> TermId:
        """Return the id that a user was loaded by, where ``value`` is that user; else ``value``."""
        for query in self.judge.queries.of(function) if isinstance(function.module.terms[value], Call) else ():
            model = query.chain.model
            if model is not None and model.is_principal and is_read_from(function.module, value, query.leaf):
                given = [atom.value for atom in self.judge.queries.atoms(query) if atom.column[-1] in keys]
                return given[0] if len(given) == 1 and given[0] >= 0 and not self._logs_in(function, value) else value
        return value

    def _logs_in(self, function: FunctionInfo, user: TermId) -> bool:
        """Tell whether the client shows the password of a user whom it names."""
        module = function.module
        parts = self.judge.queries.containment(module).parts
        return any(
            isinstance(held := module.terms[part], Attr) and held.base == user and SECRET.search(held.name)
            for test in self.judge.exits.tests(function)
            for part in parts(test)
        )

    def _put_in(self, module: Module, call: Call, name: str) -> TermId:
        """Return the argument that becomes ``name`` of what a class, a factory or ``replace`` makes."""
        named = next((value for keyword, value in call.keywords if keyword == name), NO_TERM)
        if named >= 0 or called_name(module, call) in REPLACEMENTS:
            return named
        for value in self.inference.term(module, call.func):
            if isinstance(value, FunctionValue) and not self.principals.is_provider(value.function):
                if self._makes(value.function):
                    return next(self._owners(module, call), NO_TERM)
            elif isinstance(value, ClassValue) and self.judge.ownership.model_of(value.klass) is None:
                return next(self._owners(module, call), NO_TERM)
        return NO_TERM

    def _makes(self, function: FunctionInfo) -> bool:
        """Tell whether a function does nothing but make an object of what it is given."""
        terms = function.module.terms
        returned = [terms[event.term] for event in function.events if event.op == "return" and event.term >= 0]
        return bool(returned) and all(
            isinstance(held, Call)
            and any(isinstance(value, ClassValue) for value in self.inference.term(function.module, held.func))
            for held in returned
        )

    def _owners(self, module: Module, call: Call) -> Iterator[TermId]:
        for argument in call.arguments:
            if any(self.judge.ownership.column_kind(name) is OwnerKind.OWNER for name in raw_names(module, argument)):
                yield argument

    def _knows_another(self, function: FunctionInfo, value: TermId) -> bool:
        """Tell whether a helper asks for the caller itself, besides what it is handed."""
        return any(self._comparisons.beside(function.module, event.term, value) for event, _ in function.calls)


def asked_of_client(module: Module, value: TermId) -> str:
    """Return the key of ``request.json["user_id"]`` or ``request.args.get("user_id")``, or an empty string."""
    base, text = looked_up(module, value)
    return text if text is not None and is_clients(module, base) else ""


def is_clients(module: Module, term: TermId) -> bool:
    """Tell whether a term is the part of a request that its client fills."""
    held = module.terms[term]
    if isinstance(held, Call):
        return is_clients(module, held.func)
    if not isinstance(held, Attr):
        return False
    if held.name in _COPIES:
        return is_clients(module, held.base)
    if held.name not in _OF_CLIENT:
        return False
    base = module.terms[held.base]
    return isinstance(base, (Param, Attr, Name)) and name_of(module, held.base) in {"request", "req"}

"""SQL statements as queries: the same questions that ORMs ask, for the same judge."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.ownership import OwnerKind
from statelint.analysis.queries import Atom, Chain, Query
from statelint.analysis.terms import walk
from statelint.extract.facts import NO_TERM, Attr, Comprehension, Const, Item, Param

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.ownership import Model, Ownership
    from statelint.analysis.stores.sqlcalls import SqlCall, SqlCalls
    from statelint.analysis.stores.sqlparse import Predicate, Statement
    from statelint.extract.facts import TermId

_ID = re.compile(r"(^|_)(id|uuid|pk|guid)$|[a-z](Id|ID|Uuid)$|^ID$")
_VERBS = {"read": "read", "update": "update", "delete": "delete", "upsert": "update"}


class SqlQueryFinder:
    """Finds the queries that a project asks in SQL."""

    def __init__(self, calls: SqlCalls, ownership: Ownership) -> None:
        self.calls = calls
        self.ownership = ownership

    def of(self, function: FunctionInfo) -> Iterator[Query]:
        """Yield the queries that a function asks about models in sight."""
        for call in self.calls.of(function):
            query = self._query(call)
            if query is not None:
                yield query

    def _query(self, call: SqlCall) -> Query | None:
        statement = call.statement
        verb = _VERBS.get(statement.verb)
        if verb is None or statement.is_open or statement.is_public:
            return None
        model = self._model(call.function.module, statement)
        if model is None or self._asks_for_owner(call.function.module, statement):
            return None
        atoms = list(self._atoms(call, model, statement, NO_TERM))
        for other, test in call.others:
            if self._model(call.function.module, other) is model:
                atoms += self._atoms(call, model, other, test)
        if statement.verb == "upsert" and not self._may_replace(call, statement):
            return None
        leaf = call.leaf
        chain = Chain(model, model.name, leaf, verb, ())
        return Query(
            call.function, chain, leaf, call.event, tuple(atoms), figures=statement.figures, number=statement.number
        )

    def _model(self, module: Module, statement: Statement) -> Model | None:
        """Return the model whose rows are asked for: that of the first table, or an owned one joined to it."""
        found: Model | None = None
        for table in statement.tables if statement.verb == "read" else statement.tables[:1]:
            model = self.ownership.named(table, module)
            if model is not None and model.owned:
                return model
            found = found or model
        return found

    def _asks_for_owner(self, module: Module, statement: Statement) -> bool:
        """A question for nothing but the owner serves a check."""
        return bool(statement.selected) and all(self._is_owner(module, *pair) for pair in statement.selected)

    def _is_owner(self, module: Module, table: str, column: str) -> bool:
        model = self.ownership.named(table, module) if table else None
        if model is not None and (model.is_principal or column in model.own_columns):
            return True
        return self.ownership.column_kind(column) in {OwnerKind.OWNER, OwnerKind.TENANT}

    def _atoms(self, call: SqlCall, model: Model, statement: Statement, test: TermId) -> Iterator[Atom]:
        module = call.function.module
        for predicate in statement.predicates:
            value = self._value(call, predicate)
            if value >= 0 and isinstance(module.terms[value], Const):
                continue
            optional = next((call.optional[mark] for mark in predicate.marks if mark in call.optional), test)
            if optional >= 0 and self._of_filter(module, optional):
                optional = NO_TERM
            other = self.ownership.named(predicate.table, module) if predicate.table else None
            yield Atom((predicate.column,), value, predicate.op, optional, other or model)

    def _of_filter(self, module: Module, test: TermId) -> bool:
        """``if filters.user_id:`` — whether the caller sets it is not seen, so it is taken to be set."""
        held = module.terms[test]
        return isinstance(held, Attr) and self.ownership.column_kind(held.name) is not None

    @staticmethod
    def _value(call: SqlCall, predicate: Predicate) -> TermId:
        for mark in predicate.marks:
            if mark in call.values:
                return call.values[mark]
        return call.parameters if predicate.marks else NO_TERM

    def _may_replace(self, call: SqlCall, statement: Statement) -> bool:
        """An insertion replaces somebody's row when the key is an id that comes from outside."""
        module = call.function.module
        keys = [predicate for predicate in statement.predicates if _ID.search(predicate.column)]
        if not keys:
            return False
        value = self._value(call, keys[0])
        if value < 0:
            value = call.parameters
        if value < 0:
            return False
        return any(isinstance(module.terms[part], (Param, Item, Attr, Comprehension)) for part in walk(module, value))

"""Tables and collections that no class declares: known from ``CREATE TABLE``, from migrations, or from their use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.ownership import Column, Model
from statelint.analysis.ownership.guesses import guess_references
from statelint.analysis.ownership.references import MEMBERS
from statelint.analysis.ownership.tables import declared
from statelint.analysis.stores.sqlcalls import marked
from statelint.analysis.stores.sqlscreen import looks_like_sql
from statelint.analysis.stores.sqltext import Piece, Text
from statelint.extract.facts import Attr, Call, Const, Position

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.analysis.model import Module
    from statelint.analysis.stores.calls_on import CallsOn
    from statelint.analysis.stores.documents import Document
    from statelint.analysis.stores.scripts import Scripts
    from statelint.analysis.stores.sqlcalls import SqlCalls
    from statelint.analysis.stores.sqlparse import Statement
    from statelint.analysis.stores.vectors import Vectors

_START = Position(1, 1, 1, 1)


class Tables:
    """Collects the tables and collections of a project, by name."""

    def __init__(
        self,
        modules: Iterable[Module],
        calls: SqlCalls,
        documents: Iterable[CallsOn[Document]],
        vectors: Vectors,
        scripts: Scripts,
    ) -> None:
        documents = tuple(source for source in documents if source.in_use)
        self._statements = scripts.statements
        self._found: dict[str, Model] = {}
        self._constant: dict[str, set[str]] = {}
        self._used: dict[str, set[str]] = {}
        self._filled: set[str] = set()
        self._stores: dict[str, Model] = {}
        for module in modules:
            for function in module.functions:
                for call in calls.of(function):
                    for statement in (call.statement, *(other for other, _ in call.others)):
                        self._add(statement, module, call.event.position)
                for search in vectors.of(function):
                    store = self._stores.setdefault(
                        search.store, Model(None, "", {}, name=search.store, module=module, store="vector")
                    )
                    for field in search.fields:
                        store.columns.setdefault(field, Column(field, "", False, False, search.event.position, module))
                for source in documents:
                    for document in source.of(function):
                        for field in document.fields:
                            position = document.event.position
                            self._column(document.collection, field, "", module, position)
                            if source.lists_members and MEMBERS.match(field):
                                held = self._found[document.collection].columns
                                held[field] = held[field]._replace(target="users", many=True)
            self._scripts(module)
            self._migrations(module)
        for module, position, statement in scripts.tables():
            self._add(statement, module, position)
        self._drop_unused()
        guess_references(self._found.values(), self._found.values())

    def models(self) -> list[Model]:
        """Return a model for each table, collection and vector store."""
        return [*self._found.values(), *self._stores.values()]

    def _scripts(self, module: Module) -> None:
        """``CREATE TABLE`` in any string, of one statement or of many."""
        for held in module.all_of(Const):
            if isinstance(held.value, str) and "create" in held.value[:4000].lower():
                if "table" not in held.value.lower() or not any(looks_like_sql(part) for part in held.value.split(";")):
                    continue
                for statement in self._statements.of(marked(Text((Piece(held.value),)))[0]):
                    if statement.verb == "create":
                        self._add(statement, module, _START)

    def _migrations(self, module: Module) -> None:
        """``op.create_table("name", sa.Column(…), …)``."""
        if not any(held.name == "create_table" for held in module.all_of(Attr)):
            return
        for held in module.all_of(Call):
            func = module.terms[held.func]
            called = isinstance(func, Attr) and func.name == "create_table"
            name = module.text(held.args[0]) if called and held.args else None
            if name:
                model = self._model(name, module)
                for argument in held.args[1:]:
                    for column in declared(module, argument):
                        model.columns.setdefault(column.name, column)

    def _model(self, table: str, module: Module) -> Model:
        if table not in self._found:
            self._found[table] = Model(None, table, {}, name=table, module=module)
        return self._found[table]

    def _add(self, statement: Statement, module: Module, position: Position) -> None:
        names = dict.fromkeys(statement.columns)
        first = statement.tables[0]
        if "__" in first:
            return
        for column in names:
            self._column(first, column, statement.references.get(column, ""), module, position)
        for predicate in statement.predicates:
            if predicate.table in statement.tables:
                self._column(predicate.table, predicate.column, "", module, position)
                self._used.setdefault(predicate.table, set()).add(predicate.column)
        if statement.verb == "create":
            self._constant.setdefault(first, set()).update(statement.constant)
        else:
            self._used.setdefault(first, set()).update(names)
        if statement.verb in {"insert", "upsert"} and names:
            self._filled.add(first)

    def _drop_unused(self) -> None:
        """``tenant_id TEXT DEFAULT 'default'`` owns nothing where no insertion sets it and no query asks for it."""
        for table in self._filled:
            for column in self._constant.get(table, set()) - self._used.get(table, set()):
                del self._found[table].columns[column]

    def _column(self, table: str, column: str, target: str, module: Module, position: Position) -> None:
        columns = self._model(table, module).columns
        if column not in columns or (target and not columns[column].target):
            columns[column] = Column(column, target, bool(target), False, position, module)

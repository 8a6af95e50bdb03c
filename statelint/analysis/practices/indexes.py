"""Owner columns without an index: what declarations, tables' arguments and migrations say of indexes."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from statelint.analysis.model import ClassValue, Place
from statelint.analysis.ownership import OwnerKind, snake
from statelint.analysis.ownership.keys import declaring_calls, primary_key
from statelint.analysis.practices.base import Flaw, Practice, argument, keyword, opaque
from statelint.analysis.practices.served import is_script
from statelint.analysis.reach import Reach
from statelint.analysis.terms import walk
from statelint.extract.facts import Attr, Call, Const, Enter, Name, Sequence
from statelint.source.roles import is_offline_path, is_test_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import ClassInfo, Module
    from statelint.analysis.ownership import Column, Model
    from statelint.extract.facts import Binding, TermId

_SWITCHES = frozenset({"index", "unique", "db_index"})
_INDEXES = frozenset({"Index", "UniqueConstraint", "PrimaryKeyConstraint", "GinIndex", "BTreeIndex"})
_STYLES = ("sqlalchemy.", "sqlmodel.", "flask_sqlalchemy.", "django.db.models.", "advanced_alchemy.")
_INDEXED_BY_DEFAULT = re.compile(r"(^|\.)(ForeignKey|OneToOneField|ParentalKey|TenantForeignKey|SlugField)$")
_PROXY = re.compile(r"(association_proxy|hybrid_property|column_property|synonym)$")
_CREATE_INDEX = re.compile(
    r"create\s+(?:unique\s+)?index\s+(?:concurrently\s+)?(?:if\s+not\s+exists\s+)?[\w.\"`]*\s+on\s+(?:only\s+)?[\"`]?"
    r"(?:\w+\.)?(\w+)[\"`]?\s*(?:using\s+\w+\s*)?\(\s*[\"`]?(\w+)",
    re.IGNORECASE,
)
_MYSQL = re.compile(r"^(mysql|mariadb)(\+\w+)?://|^django\.db\.backends\.mysql$")
_MYSQL_DRIVERS = frozenset({"pymysql", "aiomysql", "MySQLdb", "asyncmy", "flask_mysqldb"})


class IndexFlaws(Practice):
    """Answers for indexes."""

    def unindexed(self) -> Iterator[Flaw]:
        """Yield the owner columns that no index begins with; a mixin's column is one, whoever inherits it."""
        seen: dict[Place, Flaw] = {}
        for flaw in self._flaws():
            known = seen.get(flaw.place)
            if known is None or known.certainty < flaw.certainty:
                seen[flaw.place] = flaw
        yield from seen.values()

    def _flaws(self) -> Iterator[Flaw]:
        for model in self.project.ownership.models.values():
            klass = model.klass
            path = model.module.path
            if klass is None or is_test_path(path) or is_offline_path(path) or is_script(path):
                continue
            for owned in model.paths:
                column = model.columns.get(owned.columns[0])
                if len(owned.columns) > 1 or column is None or owned.kind not in {OwnerKind.OWNER, OwnerKind.TENANT}:
                    continue
                if self._unindexed(model, klass, column):
                    asked = self._asked(model, column.name)
                    related = ((asked, "rows are looked for by it here"),) if asked is not None else ()
                    # Where no request is seen to look for rows by the column, nobody may ever do so.
                    sure = 2 if asked is not None else 0
                    symbol = f"{klass.facts.qualname}.{column.name}"
                    yield Flaw(
                        Place(column.module, column.position), symbol, model.name, column.name, sure, (), related
                    )

    def _unindexed(self, model: Model, klass: ClassInfo, column: Column) -> bool:
        if column.many or (column.target and not column.is_key):
            return False
        found = self._declaration(klass, column.name)
        if found is None:
            return False
        module, binding = found
        calls = list(declaring_calls(self.inference, module, binding))
        django = any(base.startswith("django.") for base in self._bases(klass))
        if any(_PROXY.search(module.dotted(call.func)) for home, call in calls):
            return False
        if not calls and not any(base.startswith(_STYLES) for base in self._bases(klass)):
            return False
        if calls and not any(name.startswith(_STYLES) for home, call in calls for name in self.names(home, call.func)):
            return False
        if any(self._says_indexed(home, call, django=django) for home, call in calls):
            return False
        if column.is_key and self._on_mysql:
            return False
        if column.name in primary_key(self.inference, klass)[:1]:
            return False
        leading = self._leading(klass, model) | {self._attname(name) for name in self._leading(klass, model)}
        return column.name not in leading and self._stored_name(module, binding, column.name) not in leading

    @staticmethod
    def _attname(name: str) -> str:
        return f"{name}_id"

    def _bases(self, klass: ClassInfo) -> tuple[str, ...]:
        return self.inference.external_bases(klass)

    def _declaration(self, klass: ClassInfo, name: str) -> tuple[Module, Binding] | None:
        for owner in self.inference.mro(klass)[0]:
            binding = owner.attribute(name)
            if binding is not None:
                return owner.module, binding
        return None

    def _says_indexed(self, module: Module, call: Call, *, django: bool) -> bool:
        if opaque(module, call):
            return True
        name = module.dotted(call.func)
        if django and _INDEXED_BY_DEFAULT.search(name):
            switch = keyword(call, "db_index")
            return not (switch >= 0 and isinstance(held := module.terms[switch], Const) and held.value is False)
        for name_given, value in call.keywords:
            if name_given in _SWITCHES:
                held = module.terms[value]
                if not (isinstance(held, Const) and held.value in (False, None)):
                    return True
        return False

    def _stored_name(self, module: Module, binding: Binding, name: str) -> str:
        """Return the column's name in the database, where the declaration gives another."""
        held = module.terms[binding.value] if binding.value >= 0 else None
        given = module.text(held.args[0]) if isinstance(held, Call) and held.args else None
        return given or name

    # -- indexes declared apart

    def _leading(self, klass: ClassInfo, model: Model) -> set[str]:
        """Return the columns that some index of the table begins with."""
        found = {
            column for table, column in self._migrated if table in {model.table, snake(model.name), model.name.lower()}
        }
        found |= self._by_class.get(klass, set())
        for owner in self.inference.mro(klass)[0]:
            module = owner.module
            roots = [held.value for held in owner.facts.attributes if held.name == "__table_args__"]
            index = owner.facts.methods.get("__table_args__")
            if index is not None:
                roots += [event.term for event in module.functions[index].events if event.op == "return"]
            for root in roots:
                for term in walk(module, root):
                    found.update(self._first_column(module, term))
            meta = owner.facts.inner.get("Meta")
            if meta is not None:
                for held in module.classes[meta].facts.attributes:
                    if held.name in {"indexes", "constraints"}:
                        for term in walk(module, held.value):
                            found.update(self._first_column(module, term))
                    elif held.name in {"unique_together", "index_together"}:
                        found.update(_together(module, held.value))
        return found

    def _first_column(self, module: Module, term: TermId) -> Iterator[str]:
        """Yield the leading column of an index or constraint."""
        held = module.terms[term]
        if not isinstance(held, Call):
            return
        name = module.dotted(held.func).rpartition(".")[2]
        if name not in _INDEXES:
            return
        fields = keyword(held, "fields")
        if fields >= 0:
            first = module.terms[fields]
            if isinstance(first, Sequence) and first.items:
                yield (module.text(first.items[0]) or "").lstrip("-")
            return
        at = 1 if name == "Index" else 0
        if len(held.args) > at:
            yield from self._columns_named(module, held.args[at])

    def _columns_named(self, module: Module, term: TermId) -> Iterator[str]:
        text = module.text(term)
        if text is not None:
            yield text.split()[0] if text.split() else ""
            return
        for part in walk(module, term):
            held = module.terms[part]
            if isinstance(held, Name):
                yield held.id
            elif isinstance(held, Attr):
                yield held.name
            elif isinstance(held, Call):
                # In a class body a column's name stands for its declaration.
                for klass in module.classes:
                    for binding in klass.facts.attributes:
                        if binding.value == part:
                            yield binding.name

    @cached_property
    def _by_class(self) -> dict[ClassInfo, set[str]]:
        """Leading columns of the indexes that stand outside of classes: ``Index("ix", Note.user_id)``."""
        found: dict[ClassInfo, set[str]] = {}
        for module in self.project.modules.values():
            for held in module.terms:
                if (
                    isinstance(held, Call)
                    and module.dotted(held.func).rpartition(".")[2] == "Index"
                    and len(held.args) > 1
                ):
                    first = module.terms[held.args[1]]
                    if isinstance(first, Attr):
                        for value in self.inference.term(module, first.base):
                            if isinstance(value, ClassValue):
                                found.setdefault(value.klass, set()).add(first.name)
        return found

    @cached_property
    def _migrated(self) -> set[tuple[str, str]]:
        """Table and leading column of the indexes that migrations and SQL scripts make."""
        found: set[tuple[str, str]] = set()
        for module in self.project.modules.values():
            for held in module.terms:
                if isinstance(held, Const) and isinstance(held.value, str):
                    if "index" in held.value[:20000].lower():
                        found.update((table.lower(), column) for table, column in _CREATE_INDEX.findall(held.value))
                elif isinstance(held, Call):
                    found.update(self._migration(module, held))
        return found

    def _migration(self, module: Module, call: Call) -> Iterator[tuple[str, str]]:
        func = module.terms[call.func]
        name = module.last_name(call.func)
        if name in {"create_index", "create_unique_constraint", "create_primary_key"} and isinstance(func, Attr):
            base = module.terms[func.base]
            made = module.terms[base.base] if isinstance(base, Enter) else None
            batch = made if isinstance(made, Call) and made.args else None
            table = (
                module.text(batch.args[0])
                if batch is not None
                else module.text(argument(call, 1, "table_name", "source"))
            )
            columns = argument(call, 1 if batch is not None else 2, "columns", "local_cols")
            held = module.terms[columns] if columns >= 0 else None
            if table and isinstance(held, Sequence) and held.items:
                for column in self._columns_named(module, held.items[0]):
                    yield table, column
        elif name == "AddIndex":
            model = module.text(argument(call, 0, "model_name")) or ""
            for column in self._first_column(module, argument(call, 1, "index")):
                yield model, column

    @cached_property
    def _on_mysql(self) -> bool:
        """Whether the database is one that indexes foreign keys by itself."""
        for module in self.project.modules.values():
            if any(item.module.partition(".")[0] in _MYSQL_DRIVERS for item in module.facts.imports):
                return True
            if any(
                isinstance(held, Const) and isinstance(held.value, str) and _MYSQL.search(held.value)
                for held in module.terms
            ):
                return True
        return False

    # -- use

    def _asked(self, model: Model, column: str) -> Place | None:
        """Return a place where rows are looked for by their owner while requests are served."""
        return self._asked_by.get((model, column))

    @cached_property
    def _asked_by(self) -> dict[tuple[Model, str], Place]:
        found: dict[tuple[Model, str], Place] = {}
        for module in self.project.modules.values():
            for function in module.functions[1:]:
                if self.reach.of(function) is not Reach.SERVED:
                    continue
                for query in self.project.queries.of(function):
                    if query.chain.model is None:
                        continue
                    for atom in self.project.queries.atoms(query):
                        for name in {atom.column[0], "_".join(atom.column)}:
                            found.setdefault((query.chain.model, name), Place(module, query.event.position))
        return found


def _together(module: Module, term: TermId) -> Iterator[str]:
    """Yield the first names of ``(("user", "day"),)`` or of ``("user", "day")``."""
    held = module.terms[term] if term >= 0 else None
    if not isinstance(held, Sequence):
        return
    for position, item in enumerate(held.items):
        inner = module.terms[item]
        if isinstance(inner, Sequence) and inner.items:
            yield module.text(inner.items[0]) or ""
        elif position == 0:
            yield module.text(item) or ""

"""Lists of rows that grow with use, read without a limit."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from statelint.analysis.model import Place
from statelint.analysis.ownership import snake
from statelint.analysis.practices.base import Flaw, Practice, argument
from statelint.analysis.proofs.naming import called_name
from statelint.analysis.terms import walk
from statelint.extract.facts import Attr, Call, Const, Element, Item, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.ownership import Model
    from statelint.analysis.queries import Query
    from statelint.extract.facts import Call as CallTerm

_BOUNDED = frozenset(
    {
        "limit", "slice", "paginate", "top", "fetch", "fetchmany", "group_by", "aggregate", "annotate", "count",
        "exists", "first", "one", "one_or_none", "scalar", "scalar_one", "scalar_one_or_none", "get", "yield_per",
        "iterator", "stream", "partitions", "values_list", "distinct", "in_bulk", "find_one", "earliest", "latest",
        "last", "afirst", "aget", "acount", "aexists", "get_or_none", "get_or_404", "first_or_404", "one_or_404",
        "get_one", "get_by_id", "find_by_id", "get_object_or_404", "fetchone", "fetchval", "fetchrow",
    }
)  # fmt: skip
"""Steps that bound a statement, or make something else than its rows."""
_SINGLE = frozenset(
    {
        "first", "one", "one_or_none", "scalar", "scalar_one", "scalar_one_or_none", "fetchone", "fetchmany",
        "fetchval", "fetchrow", "count", "paginate", "limit", "get", "aget", "exists", "delete", "update",
    }
)  # fmt: skip
"""What is called on a result of which not all rows are wanted."""
_LISTS = frozenset({"all", "fetchall", "to_list", "find_all", "get_list_or_404", "fetch_all"})
_PAGES = re.compile(r"pagina|page|limit|slice|cursor|chunk|batch|stream|export", re.IGNORECASE)
_AGGREGATES = frozenset({"count", "sum", "avg", "max", "min", "coalesce", "exists", "count_documents", "array_agg"})
_TIME = re.compile(r"(^|_)(at|on|date|datetime|time|timestamp|ts|created|when|day)$")
_SQL_BOUNDS = re.compile(
    r"\blimit\b|\bcount\s*\(|\bsum\s*\(|\bavg\s*\(|\bmax\s*\(|\bmin\s*\(|\bfetch\s+first\b|\bgroup\s+by\b|\bexists\s*\(",
    re.IGNORECASE,
)
_KEYS = frozenset({"id", "pk", "uuid", "_id", "uid", "guid", "email", "username", "slug"})


class ReadFlaws(Practice):
    """Answers for lists."""

    def unbounded(self) -> Iterator[Flaw]:
        """Yield the queries that read as many rows as there are, and hand them out."""
        queries = self.project.queries
        seen: set[tuple[FunctionInfo, int]] = set()
        for function, certainty in self.functions():
            if certainty < 2 or _PAGES.search(function.name):
                continue
            for query in queries.of(function):
                model = query.chain.model
                if query.verb != "read" or model is None or model.store != "table" or not self._grows(model):
                    continue
                if not self._lists(query) or self._bounded(query) or self._keyed(query):
                    continue
                if not self._answered(query) or (function, query.event.position.line) in seen:
                    continue
                seen.add((function, query.event.position.line))
                symbol = f"{function.qualname}:{model.name}"
                place, key = Place(function.module, query.event.position), "id" if "id" in model.columns else ""
                yield Flaw(place, symbol, "list", model.name, 2, self.way(function), hint=key)

    def _grows(self, model: Model) -> bool:
        """Tell whether requests make rows of the model, day by day: settings and look-up tables stay small."""
        if not (model.owned or model.is_principal) or not (model in self._made or model.klass is None):
            return False
        private = self.project.ownership.is_private_name(model.name)
        return model.is_principal or private or any(_TIME.search(snake(column)) for column in model.columns)

    @cached_property
    def _made(self) -> frozenset[Model]:
        """The models of which served code makes instances."""
        ownership = self.project.ownership
        found: set[Model] = set()
        for site in self.sites:
            module, call = site.module, site.call
            name = called_name(module, call)
            for value in self.inference.term(module, call.func):
                klass = getattr(value, "klass", None)
                model = ownership.model_of(klass) if klass is not None else None
                if model is not None:
                    found.add(model)
            func = module.terms[call.func]
            if isinstance(func, Attr) and name in {
                "create",
                "get_or_create",
                "bulk_create",
                "acreate",
                "insert",
                "save",
            }:
                for chain in self.project.queries.chains(module, func.base):
                    if chain.model is not None:
                        found.add(chain.model)
            if name in {"insert", "pg_insert"} and call.args:
                for value in self.inference.term(module, call.args[0]):
                    klass = getattr(value, "klass", None)
                    model = ownership.model_of(klass) if klass is not None else None
                    if model is not None:
                        found.add(model)
        # Generic code (serializers, repositories) makes rows of models that it does not name.
        return frozenset(found)

    def _lists(self, query: Query) -> bool:
        """Tell whether all rows of the statement are asked for."""
        module = query.module
        last = called_name(module, held) if isinstance(held := module.terms[query.leaf], Call) else ""
        if last in _LISTS or any(step.method in _LISTS for step in query.chain.steps):
            return True
        # scalars(statement).all(), fetchall() after execute()
        for _, call in query.function.calls:
            func = module.terms[call.func]
            if isinstance(func, Attr) and func.name in _LISTS and self._holds(module, func.base, query.leaf):
                return True
        return False

    def _holds(self, module: Module, term: int, part: int) -> bool:
        return self.project.queries.containment(module).holds(term, part)

    def _bounded(self, query: Query) -> bool:
        """Tell whether something limits the statement, or it is not rows that are asked for."""
        module = query.module
        for chain in (query.chain, *query.others):
            if any(step.method in _BOUNDED for step in chain.steps):
                return True
        for part in walk(module, query.leaf):
            held = module.terms[part]
            if isinstance(held, Call):
                name = module.last_name(held.func)
                base = module.terms[held.func]
                if (
                    name in _AGGREGATES
                    and isinstance(base, Attr)
                    and module.last_name(base.base) in {"func", "F", "models"}
                ):
                    return True
                if name in {"limit", "slice", "fetch"} or (name == "to_list" and self._sized(module, held)):
                    return True
            elif isinstance(held, Const) and isinstance(held.value, str) and _SQL_BOUNDS.search(held.value):
                return True
        if self._bounded_later(query):
            return True
        for _term, held in enumerate(module.terms):
            if (
                isinstance(held, Item)
                and self._holds(module, held.base, query.leaf)
                and not isinstance(module.terms[held.base], Element)
            ):
                index = module.terms[held.key]
                if isinstance(index, Sequence) and index.kind == "slice":
                    return True
            elif (
                isinstance(held, Call)
                and _PAGES.search(called_name(module, held))
                and any(self._holds(module, argument, query.leaf) for argument in held.arguments)
            ):
                return True
        return False

    def _bounded_later(self, query: Query) -> bool:
        """Tell whether what is called on the statement, or on the cursor it gives, bounds it."""
        module = query.module
        for _, call in query.function.calls:
            if isinstance(func := module.terms[call.func], Attr):
                bounds = func.name in _SINGLE or (func.name == "to_list" and self._sized(module, call))
                if bounds and self._holds(module, func.base, query.leaf):
                    return True
        return False

    @staticmethod
    def _sized(module: Module, call: CallTerm) -> bool:
        """Tell whether ``to_list`` is told how many documents to give at most."""
        given = argument(call, 0, "length")
        return given >= 0 and not (isinstance(held := module.terms[given], Const) and held.value is None)

    def _keyed(self, query: Query) -> bool:
        """Tell whether the statement names rows one by one, or is about one moment or state of many."""
        model = query.chain.model
        for atom in self.project.queries.atoms(query):
            last = atom.column[-1]
            if (last in _KEYS and len(atom.column) == 1) or atom.op in {"in_", "in", "any_"} or last == "in":
                return True
            if atom.op in {">", ">=", "<", "<=", "like", "ilike", "between"} or last in {
                "gte",
                "gt",
                "lte",
                "lt",
                "date",
            }:
                return True
        return model is None

    def _answered(self, query: Query) -> bool:
        """Tell whether the rows leave the function: what is only counted or deleted is not answered with."""
        module = query.module
        for event in query.function.events:
            if event.op in {"return", "yield"} and event.term >= 0 and self._holds(module, event.term, query.leaf):
                return True
        return False

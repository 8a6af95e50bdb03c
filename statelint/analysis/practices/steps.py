"""What a function does to databases, step by step: writes, commits, rollbacks, and calls that take long between."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.model import ClassValue, External, Instance, Result
from statelint.analysis.practices.base import Practice
from statelint.analysis.terms import walk
from statelint.extract.facts import Attr, Call, Cell, Name, Param

if TYPE_CHECKING:
    from statelint.analysis.model import FunctionInfo, Module
    from statelint.extract.facts import Event, TermId

MAX_DEPTH = 2
"""Levels of calls within the project that are looked into."""
ENDS = {
    "commit": "commit", "rollback": "rollback", "close": "close", "aclose": "close", "remove": "close",
    "flush": "flush", "release": "close", "putconn": "close",
}  # fmt: skip
WRITES = frozenset(
    {
        "add", "add_all", "merge", "delete", "bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings",
        "executemany", "copy_records_to_table",
    }
)  # fmt: skip
SAVES = frozenset(
    {
        "create", "acreate", "bulk_create", "bulk_update", "save",
        "asave", "delete", "adelete", "update", "aupdate",
    }
)  # fmt: skip
"""Methods of Django's rows and managers that write at once."""
STATEMENTS = frozenset({"insert", "update", "delete", "pg_insert", "sqlite_insert", "upsert"})
_SESSION = re.compile(
    r"^_?(db|session|db_?session|async_?session|sess|dbs|conn|connection|uow|transaction|cnx|database)_?$",
    re.IGNORECASE,
)

_REPEATABLE = re.compile(r"get_or_create|find_or_create|ensure|upsert|update_or_create|get_or_make")
"""Functions that find on the next try what they made on the last."""


class Step(NamedTuple):
    """``kind`` is ``write``, ``save`` (written and committed at once), ``commit``, ``rollback``, ``close``, ``flush``
    or ``wait``; ``what`` names the rows, or the machine waited for."""

    event: Event
    kind: str
    what: str
    path: tuple[tuple[object, ...], ...]
    """The conditions under which it is reached, without ``try`` and ``with``."""
    session: TermId = -1


class Steps(Practice):
    """Base of the questions about transactions."""

    def is_session(self, module: Module, term: TermId) -> bool:
        """Tell whether ``term`` is a database session, by its type or, where none is known, by its name."""
        values = self.inference.term(module, term)
        for value in values:
            if isinstance(value, (External, Result)):
                roles = self.catalogue.roles.get(value.name, frozenset())
                if roles & {"session", "session_factory"}:
                    return True
        if any(isinstance(value, (Instance, ClassValue)) for value in values):
            return False
        held = module.terms[term]
        match held:
            case Attr(name=name) | Cell(name=name) | Name(id=name):
                return _SESSION.match(name) is not None
            case Param(function=function, index=index):
                return _SESSION.match(module.functions[function].facts.parameters[index].name) is not None
            case _:
                return False

    def steps(self, function: FunctionInfo, depth: int = 0) -> tuple[Step, ...]:
        """Return the steps of a function in source order, those of what it calls at the call."""
        memory = self.project.practices.steps
        found = memory.get((function, depth))
        if found is None:
            memory[function, depth] = ()
            found = memory[function, depth] = tuple(self._find(function, depth))
        return found

    def _find(self, function: FunctionInfo, depth: int) -> list[Step]:
        module = function.module
        found: list[Step] = []
        own = self._own(function)
        callees = self._callees(function) if depth < MAX_DEPTH else {}
        for event, _ in function.calls:
            kinds = own.get(event.term, [])
            if not kinds and event.term in callees:
                kinds = self._called(function, callees[event.term], depth)
            for kind, what, session in kinds:
                found.append(Step(event, kind, what, self.path(module, event.condition), session))
        return found

    def _own(self, function: FunctionInfo) -> dict[TermId, list[tuple[str, str, TermId]]]:
        """Return what those calls of a function do that do something themselves."""
        memory = self.project.practices.own_steps
        found = memory.get(function)
        if found is None:
            written = {
                query.event.term: query.chain.name
                for query in self.project.queries.of(function)
                if query.verb != "read"
            }
            for statement in self.project.sql.of(function):
                if statement.statement.verb in {"insert", "update", "delete", "upsert"}:
                    written[statement.event.term] = statement.statement.tables[0]
            found = memory[function] = {
                event.term: kinds
                for event, call in function.calls
                if (kinds := self._kinds(function, event, call, written))
            }
        return found

    def _kinds(
        self, function: FunctionInfo, event: Event, call: Call, written: dict[TermId, str]
    ) -> list[tuple[str, str, TermId]]:
        """Return what a call itself does."""
        module = function.module
        func = module.terms[call.func]
        name = func.name if isinstance(func, Attr) else ""
        base = func.base if isinstance(func, Attr) else -1
        if name in ENDS and self.is_session(module, base):
            return [(ENDS[name], "", base)]
        if name in WRITES and self.is_session(module, base):
            return [("write", self._rows(module, call), base)]
        if event.term in written:
            return [("save" if self._django(function, event) else "write", written[event.term], base)]
        if name in SAVES and (row := self._django_row(module, base)):
            return [("save", row, base)]
        for known in self.names(module, call.func):
            if known in self._waits:
                return [("wait", known, -1)]
        return []

    def _called(self, function: FunctionInfo, callees: list[FunctionInfo], depth: int) -> list[tuple[str, str, TermId]]:
        """Return what the callees of the project do for certain: whether they write, commit and wait."""
        if len(callees) != 1 or callees[0] is function or _REPEATABLE.search(callees[0].name):
            return []
        inner = [
            step
            for step in self.steps(callees[0], depth + 1)
            if not any(part[0] in {"if", "except"} for part in step.path)
        ]
        found = []
        waits = next((step for step in inner if step.kind == "wait"), None)
        if waits is not None:
            found.append(("wait", waits.what, -1))
        writes = next((step for step in inner if step.kind in {"write", "save"} and step.what), None)
        commits = any(step.kind == "commit" for step in inner)
        if writes is not None:
            found.append(("save" if commits or writes.kind == "save" else "write", writes.what, -1))
        return found

    def _callees(self, function: FunctionInfo) -> dict[TermId, list[FunctionInfo]]:
        found: dict[TermId, list[FunctionInfo]] = {}
        for edge in self.project.calls.callees.get(function, ()):
            if edge.call >= 0 and edge.kind == "call":
                found.setdefault(edge.call, []).append(edge.callee)
        return found

    @cached_property
    def _waits(self) -> frozenset[str]:
        return frozenset(self.catalogue.outbound) | self.catalogue.listed("resilience", "waits")

    def _rows(self, module: Module, call: Call) -> str:
        """Return the name of the model whose row ``session.add(row)`` is given, or an empty string."""
        ownership = self.project.ownership
        for part in call.args[:1]:
            for term in walk(module, part):
                for value in self.inference.term(module, term):
                    if isinstance(value, Instance) and ownership.model_of(value.klass) is not None:
                        return value.klass.name
        return ""

    def _django_row(self, module: Module, term: TermId) -> str:
        """Return the name of the Django model whose row, or whose manager, ``term`` is."""
        for chain in self.project.queries.chains(module, term):
            if chain.model is not None and chain.model.klass is not None and self._is_django(chain.model.klass):
                return chain.name
        for value in self.inference.term(module, term):
            if (
                isinstance(value, Instance)
                and self._is_django(value.klass)
                and self.project.ownership.model_of(value.klass)
            ):
                return value.klass.name
        return ""

    def _django(self, function: FunctionInfo, event: Event) -> bool:
        """Tell whether a query is of an ORM that commits each statement by itself."""
        for query in self.project.queries.of(function):
            if query.event.term == event.term and query.chain.model is not None and query.chain.model.klass is not None:
                return self._is_django(query.chain.model.klass)
        return False

    def _is_django(self, klass: object) -> bool:
        return any(base.startswith("django.") for base in self.inference.external_bases(klass))  # type: ignore[arg-type]

    def path(self, module: Module, condition: int) -> tuple[tuple[object, ...], ...]:
        """Return the conditions under which something is reached, outermost first, without ``try`` and ``with``."""
        steps = [
            (step.kind, step.test, step.positive)
            for step in self.conditions(module, condition)
            if step.kind not in {"try", "with", "assert"}
        ]
        return tuple(reversed(steps))

    @staticmethod
    def follows(first: Step, second: Step) -> bool:
        """Tell whether ``second`` is reached only after ``first``."""
        return second.path[: len(first.path)] == first.path

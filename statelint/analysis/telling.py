"""How to tell of a query: where the id comes from that names its rows, and the condition that it lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.claims import asked_of_client
from statelint.analysis.model import Instance
from statelint.analysis.proofs.naming import name_of
from statelint.analysis.proofs.words import KEY
from statelint.extract.facts import Attr, Const, Item, Param

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.analysis.calls import Edge
    from statelint.analysis.entrypoints import EntryPoint
    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.ownership import Model
    from statelint.analysis.proofs import Judge
    from statelint.analysis.queries import Query
    from statelint.extract.facts import TermId

ANYBODY = "the authenticated user"
"""The caller, where the code has no name for them."""
_BY_NAME = frozenset({"filter_by", "get_object_or_404", "get_list_or_404", "aget_object_or_404"})


class Telling:
    """Finds the words."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.inference = judge.inference

    def origin(self, query: Query, edges: Iterable[Edge], entry: EntryPoint | None) -> str:
        """Return where the id of a query comes from, as "path parameter `note_id`"; empty if that is not seen.

        ``edges`` are the calls that lead from the entry point to the query, in order.
        """
        value = self._key(query)
        if value < 0 or entry is None:
            return ""
        function = query.function
        for edge in reversed(list(edges)):
            held = function.module.terms[value]
            if not isinstance(held, Param) or held.function != function.index or edge.callee is not function:
                break
            module = edge.caller.module
            if edge.call < 0:
                return ""
            value = self.inference.argument(module, edge.call, function, held.index, edge.bound)
            function = edge.caller
            if value < 0:
                return ""
        return self._described(function, value, entry) if function is entry.function else ""

    def _key(self, query: Query) -> TermId:
        for atom in self.judge.queries.atoms(query):
            if (
                KEY.search(atom.column[-1])
                and atom.value >= 0
                and not isinstance(query.module.terms[atom.value], Const)
            ):
                return atom.value
        return -1

    def _described(self, function: FunctionInfo, value: TermId, entry: EntryPoint) -> str:
        module = function.module
        held = module.terms[value]
        key = asked_of_client(module, value)
        if key:
            return f"the request's `{key}`"
        if isinstance(held, Item) and (text := module.text(held.key)) and name_of(module, held.base) == "kwargs":
            return f"path parameter `{text}`"
        if isinstance(held, Attr) and isinstance(body := module.terms[held.base], Param):
            return f"`{held.name}` of the request's `{self._name(module, body)}`"
        if not isinstance(held, Param):
            return ""
        name = self._name(module, held)
        if entry.kind == "tool":
            return f"the tool's argument `{name}`"
        paths = (each.path for each in self.judge.reach.entry_points.get(function, ()))
        if any(f"{name}}}" in path or f"{name}>" in path or f"{name}:" in path for path in paths):
            return f"path parameter `{name}`"
        return f"the request's `{name}`" if entry.kind in {"route", "websocket"} else ""

    @staticmethod
    def _name(module: Module, held: Param) -> str:
        return module.parameter_of(held).name

    def predicate(self, query: Query, entry: EntryPoint | None) -> str:
        """Return the condition that ties a query to the caller, in the way the query is written."""
        model = query.chain.model
        if model is None or not model.paths:
            return f"the owner is {ANYBODY}"
        columns = model.paths[0].columns
        caller = self._caller(query, entry)
        django = self._of_django(query)
        if django or any(step.method in _BY_NAME for step in query.chain.steps):
            if len(columns) > 1 and not django:
                return self._joined(model, columns, caller)
            last = columns[-1] if not django else columns[-1].removesuffix("_id")
            path = "__".join([*(column.removesuffix("_id") for column in columns[:-1]), last])
            return f"{path}={caller.removesuffix('.id') if django else caller}"
        if query.given is not None:
            return f"{' → '.join(columns)} = {caller}"
        return self._joined(model, columns, caller) if len(columns) > 1 else f"{model.name}.{columns[0]} == {caller}"

    def _joined(self, model: Model, columns: tuple[str, ...], caller: str) -> str:
        names = []
        at: Model | None = model
        for column in columns[:-1]:
            at = at.parents.get(column) if at is not None else None
            if at is not None:
                names.append(at.name)
        last = at.name if at is not None else columns[-2]
        return f"{last}.{columns[-1]} == {caller}, joining {' and '.join(names) or ' → '.join(columns[:-1])}"

    @staticmethod
    def _of_django(query: Query) -> bool:
        if query.given is not None:
            return False
        start = query.module.terms[query.chain.start]
        if isinstance(start, Attr) and start.name.endswith("objects"):
            return True
        return any(
            step.method.startswith(("get_object_or_404", "get_list_or_404", "aget_object_or_404"))
            for step in query.chain.steps
        )

    def _caller(self, query: Query, entry: EntryPoint | None) -> str:
        """Return what the caller's id is called where the query runs, or else at the entry point."""
        if self._of_django(query):
            function = query.function
            owner = function.owner is not None and function.parameter("request") < 0
            return "self.request.user" if owner else "request.user"
        for place in (query.function, entry.function if entry is not None else None):
            for index, parameter in enumerate(place.facts.parameters) if place is not None else ():
                if place is not None and self.judge.principals.is_declared_principal(place, index):
                    if parameter.name.endswith("id"):
                        return parameter.name
                    values = self.inference.parameter(place, index)
                    if any(isinstance(value, Instance) and self._has_id(value) for value in values):
                        return f"{parameter.name}.id"
                    return f"{parameter.name}'s id"
        if any(item.symbol == "current_user" and item.module == "flask_login" for item in query.module.facts.imports):
            return "current_user.id"
        return ANYBODY

    def _has_id(self, value: Instance) -> bool:
        return any(klass.attribute("id") is not None for klass in self.inference.mro(value.klass)[0])

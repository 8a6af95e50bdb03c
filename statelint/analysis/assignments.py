"""Rows whose owner the client may choose: a model is filled with a body that has the owner's field."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.formfields import JOINS
from statelint.analysis.model import ClassValue, Instance, Place
from statelint.analysis.ownership import OwnerKind, snake
from statelint.analysis.proofs.naming import called_name
from statelint.analysis.reach import Reach
from statelint.extract.facts import Attr, Call, Compare, Element, Item, Param

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import ClassInfo, FunctionInfo, Module
    from statelint.analysis.ownership import Model
    from statelint.analysis.proofs import Judge
    from statelint.extract.facts import Event, TermId

DUMPS = frozenset({"dict", "model_dump"})
"""Methods that turn a validated body into keyword arguments."""
MAX_DEPTH = 3
PART = re.compile(
    r"(^|_)(assign(ee|ed)?|recipient|receiver|reviewer|approver|operator|responsible|executor|performer|invitee)(_|$)"
)
"""Users whom a row's owner may choose."""


class OwnerAssignment(NamedTuple):
    """``Note(**body.model_dump())``, or ``setattr`` with each of its fields, where ``body`` has the owner's column."""

    place: Place
    symbol: str
    model: str
    column: str
    schema: str
    field: Place
    entry: FunctionInfo
    parameter: str
    new: bool
    """Whether the row is made, as opposed to changed."""


class _Filled(NamedTuple):
    """A row of ``model`` gets the fields of ``bodies``."""

    model: Model
    bodies: tuple[TermId, ...]
    new: bool


class OwnerAssignments:
    """Finds them."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.inference = judge.inference

    def found(self) -> Iterator[OwnerAssignment]:
        """Yield every row made or changed with a body of the client's that may name the owner."""
        for module in self.inference.modules:
            for function in module.functions:
                for event, call in function.calls:
                    filled = self._filled(function, event, call)
                    if filled is None or self.judge.reach.of(function) is not Reach.SERVED:
                        continue
                    yield from self._assigned(function, filled, Place(module, event.position))

    def _filled(self, function: FunctionInfo, event: Event, call: Call) -> _Filled | None:
        """Return the owned model that a call makes a row of, or a row of which it changes in a loop."""
        module = function.module
        if len(call.args) == 3 and called_name(module, call) == "setattr":
            row, key, _ = call.args
            dump = self._looped(module, key)
            tests = {module.facts.conditions[step].test for step in self.judge.rows.chain(module, event.condition)}
            parts = self.judge.queries.containment(module).parts
            # A test of the field's name may leave the owner out.
            if dump < 0 or any(key in parts(test) for test in tests):
                return None
            model = self._model_of_row(module, row)
            return _Filled(model, (dump,), new=False) if model is not None else None
        bodies = tuple(value for name, value in call.keywords if not name)
        model = self._model(module, call.func) if bodies else None
        given = {name for name, _ in call.keywords}
        if model is None or any(name in given or name.removesuffix("_id") in given for name in model.own_columns):
            # The row has an owner of the server's choice; the others play a part in it: assignee, recipient.
            return None
        return _Filled(model, bodies, new=True)

    @staticmethod
    def _looped(module: Module, key: TermId) -> TermId:
        """Return ``data`` of ``for key, value in data.items()`` and of ``for key in data``."""
        held = module.terms[key]
        pair = module.terms[held.base] if isinstance(held, Item) else None
        if isinstance(pair, Element):
            items = module.terms[pair.base]
            func = module.terms[items.func] if isinstance(items, Call) else None
            return func.base if isinstance(func, Attr) and func.name == "items" else -1
        return held.base if isinstance(held, Element) else -1

    def _model(self, module: Module, term: TermId) -> Model | None:
        for value in self.inference.term(module, term):
            model = self.judge.ownership.model_of(value.klass) if isinstance(value, ClassValue) else None
            if model is not None and model.owned:
                return model
        return None

    def _model_of_row(self, module: Module, row: TermId) -> Model | None:
        models = [chain.model for chain in self.judge.queries.chains(module, row)]
        models += [
            self.judge.ownership.model_of(value.klass)
            for value in self.inference.term(module, row)
            if isinstance(value, Instance)
        ]
        return next((model for model in models if model is not None and model.owned), None)

    def _assigned(self, function: FunctionInfo, filled: _Filled, place: Place) -> Iterator[OwnerAssignment]:
        module = function.module
        model = filled.model
        for column in sorted(self._owners(model)):
            for value in filled.bodies:
                body = self._dumped(module, value)
                held = module.terms[body] if body >= 0 else None
                if not isinstance(held, Param) or self._settled(function, column):
                    continue
                for item in self.inference.term(module, body):
                    field = self._field(item.klass, column) if isinstance(item, Instance) else None
                    if field is None or not isinstance(item, Instance):
                        continue
                    for entry, parameter in self._sources(function, held, column, 0):
                        symbol = f"{function.qualname}:{model.name}"
                        yield OwnerAssignment(
                            place, symbol, model.name, column, item.klass.name, field, entry, parameter, filled.new
                        )
                        return

    def _owners(self, model: Model) -> set[str]:
        """Return the columns that say whose a row is: beside another owner, a key to a user may be an assignee's."""
        if JOINS.search(model.name):
            return set()
        own = {path.columns[0] for path in model.paths if len(path.columns) == 1 and path.kind is OwnerKind.OWNER}
        named = {column for column in own if self.judge.ownership.column_kind(column) is OwnerKind.OWNER}
        inherited = any(len(path.columns) > 1 and path.kind is not OwnerKind.ATTRIBUTION for path in model.paths)
        return named if named or inherited else {column for column in own if not PART.search(snake(column))}

    @staticmethod
    def _dumped(module: Module, term: TermId) -> TermId:
        """Return the body whose fields ``body.model_dump()`` gives; none if some are left out."""
        held = module.terms[term]
        func = module.terms[held.func] if isinstance(held, Call) else None
        if isinstance(held, Call) and isinstance(func, Attr) and func.name in DUMPS:
            return -1 if any(name in {"exclude", "include"} for name, _ in held.keywords) else func.base
        return -1

    def _field(self, klass: ClassInfo, column: str) -> Place | None:
        """Return where a schema declares the owner's column; a stored model or a server's own class is no schema."""
        catalogue = self.inference.catalogue
        if self.judge.ownership.model_of(klass) is not None or not any(
            catalogue.role(base, "schema") or base.endswith("SQLModel") for base in self.inference.external_bases(klass)
        ):
            return None
        for owner in self.inference.mro(klass)[0]:
            binding = owner.attribute(column)
            if binding is not None:
                return Place(owner.module, binding.position)
        return None

    def _settled(self, function: FunctionInfo, column: str) -> bool:
        """Tell whether a function sets the column itself, or compares it with the caller."""
        module = function.module
        names = {column, column.removesuffix("_id")}
        for event in function.events:
            held = module.terms[event.term] if event.term >= 0 else None
            if event.op == "write" and isinstance(held, Attr) and held.name in names:
                return True
            for step in self.judge.rows.chain(module, event.condition):
                test = module.facts.conditions[step].test
                for part in self.judge.queries.containment(module).parts(test):
                    compare = module.terms[part]
                    if isinstance(compare, Compare) and any(
                        isinstance(side := module.terms[term], Attr) and side.name in names
                        for term in (compare.left, compare.right)
                    ):
                        return True
        return False

    def _sources(
        self, function: FunctionInfo, body: Param, column: str, depth: int
    ) -> Iterator[tuple[FunctionInfo, str]]:
        """Yield the endpoints that know their caller and hand the client's body on as it is."""
        if body.function != function.index or depth > MAX_DEPTH or self._settled(function, column):
            return
        guards = self.judge.guards
        if function in self.judge.reach.entry_points:
            if (
                self.judge.reach.entry_points[function][0].kind == "route"
                and guards.knows_caller(function)
                and guards.guard_before(function, []) is None
                and not guards.asked_before(function, None)
            ):
                yield function, function.facts.parameters[body.index].name
            return
        for edge in self.judge.graph.callers.get(function, ()):
            if edge.call < 0 or edge.kind == "name":
                continue
            module = edge.caller.module
            argument = self.inference.argument(module, edge.call, function, body.index, edge.bound)
            held = module.terms[argument] if argument >= 0 else None
            if isinstance(held, Param):
                yield from self._sources(edge.caller, held, column, depth + 1)

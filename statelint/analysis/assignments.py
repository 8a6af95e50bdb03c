"""Rows whose owner the client may choose: it names the owner, or a body fills the model that may have its field."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.children import given_columns, made_model
from statelint.analysis.claims import Claims, is_clients
from statelint.analysis.formfields import JOINS
from statelint.analysis.model import Instance, Place, Result
from statelint.analysis.ownership import OwnerKind, snake
from statelint.analysis.proofs.naming import called_name
from statelint.analysis.proofs.words import CREDENTIAL
from statelint.analysis.reach import Reach
from statelint.extract.facts import Attr, Call, Compare, Const, Element, Item, Param

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.exposure import Exposures
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

_SENDER = re.compile(r"(^|_)(sender|author|from)(_|$)")
"""Who says something; whoever connects may say so as somebody else, where nobody asks."""
_ENTERING = re.compile(r"(^|_)(log_?in|sign_?(in|up)|register|registration|auth|otp|verify|refresh|reset)(_|$)")
"""Endpoints that strangers come to in order to be known."""


class OwnerAssignment(NamedTuple):
    """A row whose owner is the client's to choose.

    ``Note(**body.model_dump())``, or ``setattr`` with each of its fields, where ``body`` has the owner's column
    (``schema`` and ``field`` say where); the same with a body that nothing describes; ``Note(user_id=body.user_id)``
    (``given`` is what the endpoint receives it as).
    """

    place: Place
    symbol: str
    model: str
    column: str
    new: bool
    """Whether the row is made, as opposed to changed."""
    schema: str = ""
    field: Place | None = None
    given: str = ""


class _Filled(NamedTuple):
    """A row of ``model`` gets the fields of ``bodies``."""

    model: Model
    bodies: tuple[TermId, ...]
    new: bool


_SETTING = 3
"""Arguments of ``setattr``."""


class OwnerAssignments:
    """Finds them."""

    def __init__(self, judge: Judge, exposures: Exposures) -> None:
        self.judge = judge
        self.exposures = exposures
        self.inference = judge.inference
        self.claims = Claims(judge)

    def found(self) -> Iterator[OwnerAssignment]:
        """Yield every row made or changed with a body of the client's that may name the owner."""
        for module in self.inference.modules:
            for function in module.functions:
                if not function.calls or self.judge.reach.of(function) is not Reach.SERVED:
                    continue
                for event, call in function.calls:
                    if not call.keywords and not call.args:
                        continue
                    place = Place(module, event.position)
                    filled = self._filled(function, event, call)
                    if filled is not None:
                        yield from self._assigned(function, filled, place)
                    else:
                        yield from self._named(function, call, place)

    def _named(self, function: FunctionInfo, call: Call, place: Place) -> Iterator[OwnerAssignment]:
        """Yield ``Note(user_id=body.user_id)``; where the caller is another owner of the row, this one plays a part."""
        module = function.module
        model = self._made(module, call)
        if model is None:
            return
        names = {f"{column}{suffix}": column for column in model.own_columns for suffix in ("", "_id")}
        told = given_columns(self.judge, module, call)
        given = [(names[name], value) for name, value in told if name in names]
        if any(self.judge.principals.is_principal(module, value) for _, value in given):
            return
        owners = self._owners(model) if given else frozenset()
        # Who has just shown a password is given a token.
        named = CREDENTIAL.search(snake(model.name)) is None
        for column, value in given:
            if column not in owners and not _SENDER.search(column):
                continue
            for entry, name, known in self.claims.sources(function, value, 0, named=named):
                if (known and column in owners) or self._is_open_to_strangers(entry):
                    yield OwnerAssignment(place, _symbol(function, model), model.name, column, new=True, given=name)
                    return

    def _filled(self, function: FunctionInfo, event: Event, call: Call) -> _Filled | None:
        """Return the owned model that a call makes a row of, or a row of which it changes in a loop."""
        module = function.module
        if len(call.args) == _SETTING and called_name(module, call) == "setattr":
            row, key, _ = call.args
            dump = self._looped(module, key)
            tests = {module.facts.conditions[step].test for step in self.judge.exits.chain(module, event.condition)}
            parts = self.judge.queries.containment(module).parts
            # A test of the field's name may leave the owner out; that the row has the field is no such test.
            asked = [module.terms[test] for test in tests if test >= 0 and key in parts(test)]
            if dump < 0 or not all(isinstance(held, Call) and called_name(module, held) == "hasattr" for held in asked):
                return None
            model = self._model_of_row(module, row)
            return _Filled(model, (dump,), new=False) if model is not None else None
        bodies = tuple(value for name, value in call.keywords if not name)
        model = self._made(module, call) if bodies else None
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

    def _made(self, module: Module, call: Call) -> Model | None:
        model = made_model(self.judge, module, call)
        return model if model is not None and model.owned else None

    def _model_of_row(self, module: Module, row: TermId) -> Model | None:
        models = [chain.model for chain in self.judge.queries.chains(module, row)]
        models += [
            self.judge.ownership.model_of(value.klass)
            for value in self.inference.term(module, row)
            if isinstance(value, Instance)
        ]
        return next((model for model in models if model is not None and model.owned), None)

    def _assigned(self, function: FunctionInfo, filled: _Filled, place: Place) -> Iterator[OwnerAssignment]:
        model = filled.model
        symbol = _symbol(function, model)
        for column in sorted(self._owners(model)):
            if self._settled(function, column):
                continue
            for value in filled.bodies:
                if self._is_open(function, value, column):
                    yield OwnerAssignment(place, symbol, model.name, column, filled.new)
                    return
                described = self._described(function, value, column)
                if described is not None:
                    schema, field = described
                    yield OwnerAssignment(place, symbol, model.name, column, filled.new, schema.name, field)
                    return

    def _is_open(self, function: FunctionInfo, value: TermId, column: str) -> bool:
        """Tell whether a body is whatever the client sends, and nothing takes the owner's field out."""
        module = function.module
        held = module.terms[value]
        if any(
            isinstance(part, Const) and part.value == column
            for event in function.events
            for term in (event.term, event.value)
            for part in map(module.terms.__getitem__, self.judge.queries.containment(module).parts(term))
        ):
            return False
        if isinstance(held, Param):
            values = self.inference.term(module, value)
            plain = bool(values) and all(isinstance(each, Result) and each.name == "dict" for each in values)
            return plain and any(self._sources(function, held, column, 0))
        entry = self.judge.reach.root(function)
        return (
            is_clients(module, value)
            and entry is not None
            and entry.kind == "route"
            and self._is_trusting(entry.function)
        )

    def _described(self, function: FunctionInfo, value: TermId, column: str) -> tuple[ClassInfo, Place] | None:
        """Return the schema of the client's body that has the owner's field, and where it has it."""
        module = function.module
        body = self._dumped(module, value)
        held = module.terms[body] if body >= 0 else None
        if not isinstance(held, Param):
            return None
        for item in self.inference.term(module, body):
            field = self._field(item.klass, column) if isinstance(item, Instance) else None
            if isinstance(item, Instance) and field is not None and any(self._sources(function, held, column, 0)):
                return item.klass, field
        return None

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
            if event.op == "write" and (
                (isinstance(held, Attr) and held.name in names)
                or (isinstance(held, Item) and module.text(held.key) in names)
            ):
                return True
            for step in self.judge.exits.chain(module, event.condition):
                test = module.facts.conditions[step].test
                for part in self.judge.queries.containment(module).parts(test):
                    compare = module.terms[part]
                    if isinstance(compare, Compare) and any(
                        isinstance(side := module.terms[term], Attr) and side.name in names
                        for term in (compare.left, compare.right)
                    ):
                        return True
        return False

    def _is_trusting(self, entry: FunctionInfo) -> bool:
        """Tell whether an endpoint lets in everybody whom it knows, or strangers although others do not."""
        known = self.judge.guards.logins.knows_caller(entry) or self._is_open_to_strangers(entry)
        return known and self.judge.guards.admits_anyone(entry, [])

    def _is_open_to_strangers(self, entry: FunctionInfo) -> bool:
        return self.exposures.lets_strangers_in(entry) and not _ENTERING.search(snake(entry.name))

    def _sources(self, function: FunctionInfo, body: Param, column: str, depth: int) -> Iterator[FunctionInfo]:
        """Yield the endpoints that know their caller and hand the client's body on as it is."""
        if body.function != function.index or depth > MAX_DEPTH or self._settled(function, column):
            return
        if function in self.judge.reach.entry_points:
            if self.judge.reach.entry_points[function][0].kind == "route" and self._is_trusting(function):
                yield function
            return
        for edge in self.judge.graph.callers.get(function, ()):
            if edge.call < 0 or edge.kind == "name":
                continue
            module = edge.caller.module
            argument = self.inference.argument(module, edge.call, function, body.index, edge.bound)
            held = module.terms[argument] if argument >= 0 else None
            if isinstance(held, Param):
                yield from self._sources(edge.caller, held, column, depth + 1)


def _symbol(function: FunctionInfo, model: Model) -> str:
    return f"{function.qualname}:{model.name}"

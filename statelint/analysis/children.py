"""Rows of a child model that a parent's id names, where nobody looked whose parent it is."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.model import ClassValue
from statelint.analysis.ownership import OwnerKind, snake
from statelint.analysis.proofs import Proof
from statelint.analysis.proofs.naming import raw_names
from statelint.analysis.proofs.words import KEYS, MAKING
from statelint.analysis.queries import Atom, Chain, Query
from statelint.analysis.reach import Reach
from statelint.extract.facts import Attr, Call, Const, Param

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.ownership import Model
    from statelint.analysis.proofs import Judge, Verdict
    from statelint.extract.facts import Event, TermId

_WRITTEN = re.compile(r"(^|_)(message|msg|task|todo|card|note|document|file|expense)$")
"""What users write into a place of theirs."""
_SHARED = re.compile(
    r"(^|_)(conversation|chat|thread|room|dialog|group|channel|project|board|workspace)$|^chat_session$"
)
"""Places that some users share, and others may not enter."""
_CREATES = MAKING | {"get_or_create", "update_or_create"}


def parent_key(judge: Judge, query: Query) -> str:
    """Return the column through which a query names the parent of its rows, if it names nothing else."""
    model = query.chain.model
    if model is None or not model.parents:
        return ""
    found = ""
    for atom in judge.queries.atoms(query):
        if atom.value >= 0 and isinstance(query.module.terms[atom.value], Const):
            continue
        if atom.column[-1] in KEYS and len(atom.column) == 1:
            return ""
        column = _column(model, atom.column[0])
        if column and atom.op in {"==", "in", "in_"} and (atom.model is None or atom.model is model):
            found = found or column
    return found


def made_model(judge: Judge, module: Module, call: Call) -> Model | None:
    """Return the model of ``Message(…)`` or ``Message.objects.create(…)``."""
    for value in judge.inference.term(module, call.func):
        if isinstance(value, ClassValue):
            return judge.ownership.model_of(value.klass)
    func = module.terms[call.func]
    if isinstance(func, Attr) and func.name in _CREATES:
        chains = judge.queries.chains(module, func.base)
        if chains:
            return chains[0].model
        for value in judge.inference.term(module, func.base):
            if isinstance(value, ClassValue):
                return judge.ownership.model_of(value.klass)
    return None


def given_columns(judge: Judge, module: Module, call: Call) -> list[tuple[str, TermId]]:
    """Return what a call that makes a row says of its columns, by keyword or in the order of its ``__init__``."""
    found = [(name, value) for name, value in call.keywords if name]
    if call.args:
        for value in judge.inference.term(module, call.func):
            made = judge.inference.method(value.klass, "__init__") if isinstance(value, ClassValue) else None
            if made is not None:
                kept = _kept_as(made)
                names = [kept.get(index, each.name) for index, each in enumerate(made.facts.parameters)]
                found += zip(names[1:], call.args, strict=False)
                break
    return found


def _kept_as(made: FunctionInfo) -> dict[int, str]:
    """Return the attributes that an ``__init__`` keeps its parameters in: ``self.user_id = user``."""
    terms = made.module.terms
    return {
        value.index: target.name
        for event in made.events
        if event.op == "write" and isinstance(target := terms[event.term], Attr) and event.value >= 0
        if isinstance(value := terms[event.value], Param) and value.function == made.index
    }


class Adoption(NamedTuple):
    """A row of ``model`` is made by ``event`` under a parent that ``column`` holds, on whom the verdict is."""

    verdict: Verdict
    column: str
    model: Model
    event: Event


class Adoptions:
    """Finds the rows that are made for a parent which a client names and nobody checks."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge

    def of(self, function: FunctionInfo) -> Iterator[Adoption]:
        """Yield each such creation that is unproven."""
        module = function.module
        if self.judge.reach.of(function) is not Reach.SERVED:
            return
        for event, call in function.calls:
            if not call.keywords and not call.args:
                continue
            model = made_model(self.judge, module, call)
            if model is None or not model.parents or not model.owned:
                continue
            given = given_columns(self.judge, module, call)
            loaded = self._loaded(function, model, event, given)
            if loaded is not None:
                yield Adoption(*loaded, model, event)
                continue
            verdicts = [
                (self._verdict(function, event, model, column, value), column)
                for name, value in given
                if (column := _column(model, name))
                and not (self._is_owned_itself(model) and not self._is_shared(model, model.parents[column]))
                and value >= 0
                and any(raw_names(module, value))
                and not self._chosen(module, value)
            ]
            open_ = [pair for pair in verdicts if pair[0].proof is None]
            if open_ and not any(self._is_made_for_caller(function, model, name, value) for name, value in given):
                yield Adoption(*open_[0], model, event)

    def _is_made_for_caller(self, function: FunctionInfo, model: Model, name: str, value: TermId) -> bool:
        """``Answer(attempt_id=attempt.id, question_id=…)``: a parent of a row was just made for the caller.

        What else the row refers to may be anybody's.
        """
        module = function.module
        held = module.terms[value] if value >= 0 else None
        made = held.base if isinstance(held, Attr) and held.name in KEYS else value
        call = module.terms[made] if made >= 0 else None
        column = _column(model, name)
        if (
            not column
            or not isinstance(call, Call)
            or made_model(self.judge, module, call) is not model.parents[column]
        ):
            return False
        own = model.parents[column].own_columns
        return any(
            name.removesuffix("_id") in {each.removesuffix("_id") for each in own}
            and self.judge.principals.is_principal(module, given)
            for name, given in given_columns(self.judge, module, call)
        )

    def _loaded(
        self, function: FunctionInfo, model: Model, event: Event, given: list[tuple[str, TermId]]
    ) -> tuple[Verdict, str] | None:
        """Return what is unproven of the row that a new one is made under, where it is loaded for nothing else.

        ``project = get_object_or_404(Project, pk=pk)``, ``Task.objects.create(project=project)``; where another parent
        is the caller's, as the cart is into which products go, this one may be anybody's.
        """
        found: tuple[Verdict, str] | None = None
        for name, value in given:
            column = _column(model, name)
            if not column:
                continue
            row = self._row(function, value)
            if row is None or row.chain.model is not model.parents[column]:
                return None
            if self._is_owned_itself(model) and not self._is_shared(model, model.parents[column]):
                return None
            if self.judge.judge(row).proof is not Proof.NO_ESCAPE:
                return None
            verdict = self.judge.of_row_above(row)
            if verdict.proof is not None:
                return None
            keys = (atom.value for atom in self.judge.queries.atoms(row) if atom.value >= 0)
            names = {name for key in keys for name in raw_names(function.module, key)}
            if self.judge.rows.checked_before(function, row, event, names):
                return None
            found = found or (verdict, column)
        return found

    def _row(self, function: FunctionInfo, value: TermId) -> Query | None:
        """Return the query that loads the row that a value is, or whose key it is."""
        held = function.module.terms[value] if value >= 0 else None
        leaf = held.base if isinstance(held, Attr) and held.name in KEYS else value
        return next((query for query in self.judge.queries.of(function) if query.leaf == leaf), None)

    def _chosen(self, module: Module, value: TermId) -> bool:
        """Tell whether a form validates a value against the choices it was given: ``form.account.data``."""
        data = module.terms[value]
        field = module.terms[data.base] if isinstance(data, Attr) and data.name == "data" else None
        return isinstance(field, Attr) and field.name in self._given_choices

    @cached_property
    def _given_choices(self) -> frozenset[str]:
        """Fields of forms whose choices functions fill: ``form.account.choices = accounts_of(user)``."""
        return frozenset(
            field.name
            for module in self.judge.inference.modules
            for function in module.functions
            for event in function.events
            if event.op == "write" and isinstance(choices := module.terms[event.term], Attr)
            if choices.name == "choices" and isinstance(field := module.terms[choices.base], Attr)
        )

    @staticmethod
    def _is_owned_itself(model: Model) -> bool:
        """A row with an owner of its own may hang on another's: comments do."""
        return any(len(path.columns) == 1 for path in model.paths) or model.kind in {
            OwnerKind.ATTRIBUTION,
            OwnerKind.MEMBERSHIP,
        }

    def _is_shared(self, model: Model, parent: Model) -> bool:
        """Tell whether rows are written into what some users share: messages of a chat, tasks of a project."""
        return (
            not model.is_published
            and _WRITTEN.search(snake(model.name)) is not None
            and (parent.kind is OwnerKind.MEMBERSHIP or _SHARED.search(snake(parent.name)) is not None)
        )

    def _verdict(self, function: FunctionInfo, event: Event, model: Model, column: str, value: TermId) -> Verdict:
        atom = Atom((column,), value, "==", -1, model)
        query = Query(function, Chain(model, model.name, event.term, "insert", ()), event.term, event, (atom,))
        return self.judge.of_new_row(query)


def _column(model: Model, name: str) -> str:
    return next((column for column in model.parents if name in {column, f"{column}_id"}), "")

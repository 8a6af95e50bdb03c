"""Rows of a child model that a parent's id names, where nobody looked whose parent it is."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from statelint.analysis.model import ClassValue
from statelint.analysis.ownership import OwnerKind
from statelint.analysis.proofs.naming import raw_names
from statelint.analysis.proofs.words import KEYS, MAKING
from statelint.analysis.queries import Atom, Chain, Query
from statelint.analysis.reach import Reach
from statelint.extract.facts import Attr, Call, Const

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.ownership import Model
    from statelint.analysis.proofs import Judge, Verdict
    from statelint.extract.facts import Event, TermId

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


class Adoptions:
    """Finds the rows that are made for a parent which a client names and nobody checks."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge

    def of(self, function: FunctionInfo) -> Iterator[tuple[Verdict, str]]:
        """Yield an unproven verdict on each such creation, with the column that holds the parent."""
        module = function.module
        if self.judge.reach.of(function) is not Reach.SERVED:
            return
        for event, call in function.calls:
            if not call.keywords:
                continue
            model = made_model(self.judge, module, call)
            if model is None or not model.parents or not model.owned or self._is_owned_itself(model):
                continue
            for name, value in call.keywords:
                column = _column(model, name)
                if column and value >= 0 and any(raw_names(module, value)) and not self._chosen(module, value):
                    verdict = self._verdict(function, event, model, column, value)
                    if verdict.proof is None:
                        yield verdict, column
                        break

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

    def _verdict(self, function: FunctionInfo, event: Event, model: Model, column: str, value: TermId) -> Verdict:
        atom = Atom((column,), value, "==", -1, model)
        query = Query(function, Chain(model, model.name, event.term, "insert", ()), event.term, event, (atom,))
        return self.judge.of_new_row(query)


def _column(model: Model, name: str) -> str:
    return next((column for column in model.parents if name in {column, f"{column}_id"}), "")

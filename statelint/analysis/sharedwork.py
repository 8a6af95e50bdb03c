"""Models whose rows are the common work of all who may log in: the books of a firm, the leads of a sales office."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from statelint.analysis.ownership import OwnerKind
from statelint.analysis.proofs import Proof
from statelint.analysis.reach import Reach
from statelint.analysis.views import generic_views

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.ownership import Model
    from statelint.analysis.proofs import Judge

_MANY = 10
"""So many models that everybody reaches are no oversight, but a back office."""
_RARELY = 3
"""How many of them there are, at least, to each that is narrowed to the caller somewhere."""
_ASIDE = 10
"""How often a model is reached by everybody, at least, to each time that it is narrowed: a page of what is mine."""
_ASKED = frozenset({Proof.CHECKED, Proof.GUARD})


class SharedWork:
    """Tells them by what no query does: none ties their rows to the caller."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge

    def holds(self, model: Model | None) -> bool:
        """Tell whether whoever may log in may work on a model's rows, whoever made them."""
        return model is not None and (model in self._back_office or (_outlive(model) and model not in self._tied))

    @cached_property
    def _back_office(self) -> frozenset[Model]:
        """The models of a service that keeps a firm's affairs, and shows nearly none of them to anybody in particular.

        That a page of one's own shows some of the rows makes the others no less common. Rows of tenants are told apart
        by these, and so they are not among them.
        """
        reached = Counter(
            model for model in self._reached() if all(path.kind is not OwnerKind.TENANT for path in model.paths)
        )
        shared = reached.keys() - self._tied.keys()
        if len(shared) < _MANY or len(shared) < _RARELY * len(reached.keys() & self._tied.keys()):
            return frozenset()
        return frozenset(model for model, times in reached.items() if times >= _ASIDE * self._tied[model])

    def _reached(self) -> Iterator[Model]:
        """Yield the owned models that endpoints reach unproven, each as often as it is reached."""
        for verdict in self.judge.verdicts():
            model = verdict.query.chain.model
            served = self.judge.reach.of(verdict.query.function) is Reach.SERVED
            if model is not None and verdict.proof is None and served:
                yield model
        for view in generic_views(self.judge):
            if view.model.owned:
                yield view.model

    @cached_property
    def _tied(self) -> Counter[Model]:
        """How often the rows of a model are compared with the caller, or are guarded."""
        found: Counter[Model] = Counter()
        for verdict in self.judge.verdicts():
            query = verdict.query
            if query.chain.model is None or self.judge.reach.of(query.function) is not Reach.SERVED:
                continue
            if verdict.proof in _ASKED or any(
                atom.value >= 0 and self.judge.principals.is_principal(query.module, atom.value)
                for atom in self.judge.queries.atoms(query)
            ):
                found[query.chain.model] += 1
        return found


def _outlive(model: Model) -> bool:
    """Tell whether a model only notes who made its rows, and keeps them when that user goes."""
    own = [model.columns.get(path.columns[0]) for path in model.paths if len(path.columns) == 1]
    return model.kind is OwnerKind.ATTRIBUTION and bool(own) and all(column and column.kept for column in own)

"""What Python's ``and`` and ``or`` leave of the conditions of a statement: they pick one before the database sees any.

``Note.id == key and Note.user_id == me`` is its first half in SQLAlchemy, where a comparison of columns and values is
false as a truth value, and its second half in Peewee, Piccolo, Beanie and ODMantic, where it is true.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.extract.facts import Compare

if TYPE_CHECKING:
    from collections.abc import Callable

    from statelint.analysis.inference import Inference
    from statelint.analysis.model import Module
    from statelint.analysis.ownership import Model
    from statelint.extract.facts import Logic, TermId

    ColumnOf = Callable[[Module, TermId], tuple[tuple[str, ...], Model | None]]

_SQLALCHEMY = frozenset({"sqlalchemy", "sqlmodel", "flask_sqlalchemy", "gino", "advanced_alchemy"})
_TRUTHY = frozenset({"peewee", "playhouse", "piccolo", "beanie", "odmantic"})


class Truth:
    """Knows the truth values of comparisons with columns; ``column`` reads which column a term names."""

    def __init__(self, inference: Inference, column: ColumnOf) -> None:
        self._inference = inference
        self._column = column

    def kept(self, module: Module, logic: Logic) -> tuple[TermId, ...]:
        """Return the condition that is left of some; all of them where nobody can tell."""
        for value in logic.values[:-1]:
            truth = self._of(module, value)
            if truth is None:
                return logic.values
            if truth is (logic.op == "or"):
                return (value,)
        return logic.values[-1:]

    def _of(self, module: Module, term: TermId) -> bool | None:
        held = module.terms[term]
        if not isinstance(held, Compare) or held.op not in {"==", "!="}:
            return None
        for side in (held.left, held.right):
            _, model = self._column(module, side)
            if model is not None and model.klass is not None:
                roots = {base.partition(".")[0] for base in self._inference.external_bases(model.klass)}
                if roots & _SQLALCHEMY:
                    return held.op == "!="
                return True if roots & _TRUTHY else None
        return None

"""Which models are tenants: what users belong to, and everything else with them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.ownership.schema import snake
from statelint.extract.facts import Attr, Call, Item, Param

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from statelint.analysis.model import Module
    from statelint.analysis.ownership.schema import Column, Model

TENANT_SHARE = 5
"""So many models must refer to what a user belongs to for it to be the tenant, and not a role or a country."""
_PAGES = frozenset({"company", "empresa"})
"""Tenants by name that may as well be an employer's page: one user keeps it, and nobody else belongs to it."""
MAX_DEPTH = 1
"""What stands between those who belong to a tenant and the tenant: a branch, a department."""
_JOINING = re.compile(
    r"(^|_)(member(ship)?|user|profile|employee|employment|staff|role|access|permission|invit(e|ation)|assignment|join)s?(_|$)"
)
"""Names of models that say which users belong to what."""
_SHOWN = re.compile(
    r"(^|_)(image|photo|picture|avatar|media|file|attachment|address|location|country|city|region|language|currency)s?(_|$)"
)
"""What users and everything else refer to without belonging to it."""
_ENTERED = frozenset({"created", "added", "entered", "updated", "modified", "creator"})
"""Columns that say who wrote a row down, and not who belongs to it."""
_CALLING = re.compile(
    r"user|^(g|ctx|context|request|req|state|scope|auth|identity|claims|payload|token|principal|session)$"
)
"""What knows who is calling."""


class Tenants:
    """Tells tenants from what rows merely refer to: the companies of a CRM's contacts are nobody's employers here."""

    def __init__(
        self,
        models: Iterable[Model],
        modules: Iterable[Module],
        target_of: Callable[[Column], Model | None],
        names: frozenset[str],
        users: frozenset[str],
    ) -> None:
        """``names`` are those of tenants, ``users`` those of users whose model may be a library's."""
        self._models = list(models)
        self._modules = modules
        self._target_of = target_of
        self._names = names
        self._users = users

    def found(self) -> Iterator[Model]:
        """Yield the tenants."""
        for model in self._models:
            if not model.is_principal and snake(model.name) in self._names and self._is_joined(model):
                yield model
        yield from self._of_principals()

    def _of_principals(self) -> Iterator[Model]:
        """Yield what every user belongs to and most other rows do, too: it is the tenant, whatever it is called."""
        pointing: dict[Model, int] = {}
        for model in self._models:
            for target in {self._target_of(column) for column in model.columns.values() if column.is_key}:
                if target is not None and target is not model:
                    pointing[target] = pointing.get(target, 0) + 1
        for user in self._models:
            if not user.is_principal:
                continue
            for column in user.columns.values():
                target = self._target_of(column) if column.is_key else None
                if (
                    target is not None
                    and not target.is_principal
                    and not _SHOWN.search(snake(target.name))
                    and pointing.get(target, 0) >= TENANT_SHARE
                    and not self._refers_to_principal(target)
                ):
                    yield target

    def _refers_to_principal(self, model: Model) -> bool:
        return any(
            target is not None and target.is_principal
            for column in model.columns.values()
            if column.is_key
            for target in (self._target_of(column),)
        )

    def _is_joined(self, model: Model) -> bool:
        """Tell whether anything says which users belong to a model: a column, a membership, the caller's identity."""
        if model.klass is None:
            return True
        # Whoever entered a university into a catalogue does not belong to it.
        own = [column for column in model.columns.values() if self._is_user(column) and not self._is_entered(column)]
        page = bool(own) and snake(model.name) in _PAGES and not any(column.many for column in own)
        if own and not page:
            return True
        if any(
            self._leads(other, model)
            for other in self._models
            if other.is_principal or (_JOINING.search(snake(other.name)) and self._has_users(other))
        ):
            return True
        if page:
            return False
        words = {snake(model.name), f"{snake(model.name)}_id"}
        return any(self._asks(module, words) for module in self._modules)

    @staticmethod
    def _is_entered(column: Column) -> bool:
        return not column.many and re.sub(r"_(id|by_id)$|_by$", "", snake(column.name)) in _ENTERED

    @staticmethod
    def _asks(module: Module, words: set[str]) -> bool:
        """Tell whether a module asks who is calling for a tenant: ``request.tenant``, ``claims["org_id"]``."""
        for held in module.terms:
            if (isinstance(held, Attr) and held.name in words) or (
                isinstance(held, Item) and module.text(held.key) in words
            ):
                base = module.terms[held.base]
                base = module.terms[base.func] if isinstance(base, Call) else base
                if isinstance(base, Param):
                    name = module.parameter_of(base).name
                else:
                    name = base.name if isinstance(base, Attr) else getattr(base, "id", "")
                if _CALLING.search(name):
                    return True
        return False

    def _has_users(self, model: Model) -> bool:
        return any(self._is_user(column) for column in model.columns.values())

    def _is_user(self, column: Column) -> bool:
        target = self._target_of(column)
        if target is not None:
            return target.is_principal
        return snake(column.target.rpartition(".")[2]) in self._users

    def _leads(self, one: Model, other: Model, depth: int = 0) -> bool:
        """``profile.branch.company``: tell whether a column, or a column of what it refers to, refers to a model."""
        targets = {self._target_of(column) for column in one.columns.values()} - {None, one}
        return other in targets or (
            depth < MAX_DEPTH
            and any(
                self._leads(target, other, depth + 1)
                for target in targets
                if target is not None and not target.is_principal
            )
        )

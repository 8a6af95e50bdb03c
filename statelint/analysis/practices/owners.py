"""Models that hold what users say or keep, and that nothing ties to a user."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from statelint.analysis.model import ClassValue, Place
from statelint.analysis.ownership import OwnerKind, snake
from statelint.analysis.practices.base import Flaw, Practice
from statelint.analysis.practices.served import is_script
from statelint.analysis.proofs.words import LOGIN
from statelint.analysis.reach import Reach
from statelint.source.roles import is_offline_path, is_test_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import ClassInfo, Module
    from statelint.analysis.ownership import Model

_TIE = re.compile(r"(^|_)(id|ids|uuid|pk|fk|key|token|uid|identifier|email|phone|hash|slug|session)$")
_HOLDER = re.compile(
    r"session|conversation|thread|chat|room|channel|parent|object|entity|client|device|user|owner|sender|receiver"
    r"|recipient|participant|member|author|creator|visitor|guest|cart|order|project|board|list|group|namespace|scope"
    r"|namespace|agent|contact|customer|person|host"
)
"""What a column may tie rows to that belongs to somebody in turn."""
_NAMED = re.compile(r"^(user_?name|user|owner|sender|author|email|session|created_by|assignee|recipient|to|from_)$")
"""Columns that name somebody by themselves."""


class OwnerFlaws(Practice):
    """Answers for owners that are missing."""

    def missing(self) -> Iterator[Flaw]:
        """Yield the models of private things that no column ties to an owner.

        ``what`` is ``users`` where the service knows its users, else ``nobody``.
        """
        ownership = self.project.ownership
        for model in ownership.models.values():
            path = model.module.path
            if is_test_path(path) or is_offline_path(path) or is_script(path) or model.klass is None:
                continue  # A table known from its use alone may have more columns than are seen.
            private = ownership.is_private_name(model.name)
            if model.paths or model.is_principal or model.is_tenant or model.is_public or not private:
                continue
            if self._tied(model):
                continue
            where = self._used.get(model)
            if where is None:
                continue
            place, known = where
            facts = model.klass.facts
            related = ((place, "requests use it here"),)
            what = "users" if known and self._has_users else "nobody"
            yield Flaw(Place(model.module, facts.position), facts.qualname, what, model.name, 1, (), related)

    @cached_property
    def _has_users(self) -> bool:
        """Whether the service has users, and rows that belong to some of them."""
        models = self.project.ownership.models.values()
        kinds = {OwnerKind.OWNER, OwnerKind.TENANT}
        return any(model.is_principal for model in models) or any(model.kind in kinds for model in models)

    def _tied(self, model: Model) -> bool:
        """Tell whether a column may lead to an owner by way of something else, or a relation to it."""
        ownership = self.project.ownership
        for column in model.columns.values():
            name = snake(column.name)
            target = ownership.named(column.target, column.module) if column.target else None
            if column.target and (column.is_key or (column.many and target is not None and target.is_principal)):
                return True
            if (_HOLDER.search(name) and (_TIE.search(name) or column.target)) or _NAMED.search(name):
                return True
        pointing = self._pointing.get(model)
        return pointing is not None

    @cached_property
    def _pointing(self) -> dict[Model, Model]:
        """Models to which a many-to-many table or the users themselves point."""
        found: dict[Model, Model] = {}
        ownership = self.project.ownership
        for other in ownership.models.values():
            for column in other.columns.values():
                target = ownership.named(column.target, column.module) if column.target else None
                if target is not None and (other.is_principal or other.own_columns):
                    found.setdefault(target, other)
        return found

    @cached_property
    def _used(self) -> dict[Model, tuple[Place, bool]]:
        """For each model a query of a request, and whether the request's caller is known."""
        found: dict[Model, tuple[Place, bool]] = {}
        guards = self.project.judge.guards
        for module in self.project.modules.values():
            for function in module.functions[1:]:
                if self.reach.of(function) is not Reach.SERVED:
                    continue
                for query in self.project.queries.of(function):
                    model = query.chain.model
                    if model is None or found.get(model, (None, False))[1]:
                        continue
                    entry = self.reach.root(function)
                    known = entry is not None and guards.logins.knows_caller(entry.function)
                    found[model] = (Place(module, query.event.position), known)
            for model, place, known in self._views(module):
                found.setdefault(model, (place, known))
        return found

    def _views(self, module: Module) -> Iterator[tuple[Model, Place, bool]]:
        """Yield the models of class-based views, and whether the view demands a login."""
        if is_test_path(module.path) or is_offline_path(module.path):
            return
        for klass in module.classes:
            for binding in klass.facts.attributes:
                if binding.name not in {"queryset", "model"} or binding.value < 0:
                    continue
                models = [chain.model for chain in self.project.queries.chains(module, binding.value)]
                models += [
                    self.project.ownership.model_of(value.klass)
                    for value in self.inference.term(module, binding.value)
                    if isinstance(value, ClassValue)
                ]
                login = any(LOGIN.search(base) for base in self.inference.external_bases(klass))
                known = login or klass.attribute("permission_classes") is not None
                for model in models:
                    if model is not None and self.inference.external_bases(klass) and not self._declares(klass):
                        yield model, Place(module, binding.position), known

    @staticmethod
    def _declares(klass: ClassInfo) -> bool:
        """Tell whether a class is a form or serializer rather than a view."""
        return klass.facts.outer >= 0

"""Which models are users, who call the service and own rows of others."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from statelint.analysis.model import Instance
from statelint.analysis.ownership.schema import snake

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from statelint.analysis.inference import Inference
    from statelint.analysis.model import Value
    from statelint.analysis.ownership.schema import Column, Model
    from statelint.config.settings import Settings

PERSONAL = frozenset(
    {
        "email", "phone", "phone_number", "mobile", "first_name", "last_name", "full_name", "role", "is_admin",
        "is_active",
    }
)  # fmt: skip
"""Columns of people."""
LOGINS = frozenset({"email", "username", "user_name", "login", "phone", "phone_number"})
"""Columns by which users log in."""
_USER_BASES = frozenset({"AbstractUser", "AbstractBaseUser", "BaseUser", "UserMixin"})
PASSWORDS = frozenset({"password", "hashed_password", "password_hash", "passwd", "pwd_hash", "encrypted_password"})
_PROVIDER = re.compile(
    r"^_?(?:get_|require_)?(?:current|authenticated|logged_?in)_(?:active_|verified_)?(?P<who>[a-z_]+)$", re.IGNORECASE
)
_CALLERS = frozenset({"user", "account", "member", "principal"})
"""What ``get_current_…`` gives is the caller, whatever its model is called."""


class Users:
    """Tells users from all other models."""

    def __init__(
        self,
        models: Collection[Model],
        inference: Inference,
        settings: Settings,
        target: Callable[[Column], Model | None],
    ) -> None:
        """``target`` gives the model that a column refers to."""
        self._models = models
        self._inference = inference
        self._declared = settings.principal_models
        self._target = target
        names = inference.catalogue.ownership
        self._names = names["principal_models"]
        self._business = names["business_models"]

    def mark(self) -> None:
        """Say of every model whether it is a user."""
        for model in self._models:
            model.is_principal = self._is_principal(model)
        alone = not any(model.is_principal for model in self._models)
        for model in self._models:
            model.is_principal = model.is_principal or self._is_caller(model, alone=alone)
        self._drop_business_models()

    def _is_principal(self, model: Model) -> bool:
        if model.name in self._declared:
            return True
        bases = self._inference.external_bases(model.klass) if model.klass is not None else ()
        if any(base.rpartition(".")[2] in _USER_BASES or "BaseUserTable" in base for base in bases):
            return True
        name = snake(model.name)
        if name in self._names or (model.klass is None and name.removesuffix("s") in self._names):
            return True
        names = {snake(name) for name in model.columns}
        return bool(LOGINS & names) and bool(PASSWORDS & names)

    def _is_caller(self, model: Model, *, alone: bool) -> bool:
        """Tell whether what finds out who is calling gives a row of a model: ``get_current_user() -> Player``.

        ``get_current_player`` says so where players ``alone`` may be users; ``current_topic`` is of another kind.
        """
        return any(snake(name) in LOGINS for name in model.columns) and any(
            who in _CALLERS or (alone and who == snake(model.name))
            for who, value in self._callers
            if isinstance(value, Instance) and value.klass is model.klass
        )

    @cached_property
    def _callers(self) -> list[tuple[str, Value]]:
        """What the functions declare that find out who is calling, by the last word of their names."""
        return [
            (told["who"].lower(), value)
            for module in self._inference.modules
            for function in module.functions
            if (told := _PROVIDER.match(function.name)) is not None
            for value in self._inference.annotation(module, function.facts.returns)
        ]

    def _drop_business_models(self) -> None:
        """Where users log in, customers are whom they deal with, unless they have a password of their own."""
        users = [model for model in self._models if model.is_principal]
        weak = [model for model in users if snake(model.name) in self._business and not self._logs_in(model)]
        known = len(weak) < len(users) or self._has_foreign_users()
        for model in weak:
            model.is_principal = not known and not self._holds_money(model)

    @staticmethod
    def _holds_money(model: Model) -> bool:
        """Tell whether accounts are of money, and not of people: nothing says who anybody is."""
        return snake(model.name).startswith("account") and not (
            (LOGINS | PASSWORDS | PERSONAL) & {snake(name) for name in model.columns}
        )

    def _has_foreign_users(self) -> bool:
        """Tell whether rows refer to users whose model is a library's: ``ForeignKey(User)`` of Django."""
        return any(
            column.target
            and self._target(column) is None
            and snake(column.target.rpartition(".")[2]) in self._names - self._business
            for model in self._models
            for column in model.columns.values()
        )

    def _logs_in(self, model: Model) -> bool:
        names = {snake(name) for name in model.columns}
        bases = self._inference.external_bases(model.klass) if model.klass is not None else ()
        return (
            model.name in self._declared
            or bool(PASSWORDS & names)
            or any(base.rpartition(".")[2] in _USER_BASES or "BaseUserTable" in base for base in bases)
        )

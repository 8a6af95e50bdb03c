"""Values that nobody can guess: whoever has one was given it, and may see the row that it names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.model import External, FunctionValue
from statelint.analysis.ownership import snake
from statelint.analysis.proofs.cookies import of_browser
from statelint.analysis.proofs.naming import raw_names
from statelint.analysis.proofs.words import CREDENTIAL, KEYS, LINKED, PAYING, SECRET
from statelint.analysis.terms import walk
from statelint.extract.facts import Call

if TYPE_CHECKING:
    from statelint.analysis.inference import Inference
    from statelint.analysis.model import Module
    from statelint.analysis.ownership import Model
    from statelint.analysis.principals import Principals
    from statelint.analysis.queries import Atom, Query
    from statelint.extract.facts import TermId

_DEFAULTS = frozenset({"default", "default_factory"})
"""Keywords of columns that say what a new row gets."""
_OF_TOKENS = frozenset({"key", "value"})
"""Columns in which rows that are tokens keep the token."""
_LOGGING_IN = re.compile(r"(^|_)(oauth2?|oidc|saml|sso|auth|login)($|_)")
"""Models whose rows are steps of logging in."""
_IDENTIFIER = re.compile(r"(^|_)(id|uuid|uid|guid|pk)$", re.IGNORECASE)
"""Columns whose values stand in every link and answer, whether or not they can be guessed."""


class Tokens:
    """Tells of comparisons whether they ask for a value that nobody can guess."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self._random = inference.catalogue.listed("tokens", "secrets")
        self._made: dict[tuple[Model, str], bool] = {}

    def asked(self, query: Query, atom: Atom) -> bool:
        """``FeedToken(key=…)``, ``Share(anchor=…)``, ``unsubscribe(uuid)``: the value is the permission."""
        column = atom.column[-1]
        name = snake(query.chain.name)
        if column == "session_id" and (PAYING.search(name) or _LOGGING_IN.search(name)):
            # A payment service, or one that logs users in, made it and tells it to whoever is there.
            return True
        if column in _OF_TOKENS and CREDENTIAL.search(name.removesuffix("s")) is not None:
            return True
        if column in KEYS and CREDENTIAL.search(name) is not None and atom.value >= 0:
            # PasswordResetToken.objects.get(id=token_id)
            return any(SECRET.search(each) for each in raw_names(query.module, atom.value))
        if column in KEYS - {"id", "pk"}:
            return atom.value >= 0 and (
                of_browser(query.module, atom.value)
                or LINKED.search(query.function.qualname) is not None
                or any(SECRET.search(name) for name in raw_names(query.module, atom.value))
            )
        model = atom.model or query.chain.model
        if model is None or len(atom.column) > 1 or atom.op != "==":
            return False
        linked = LINKED.search(query.function.qualname) is not None
        return (linked or not _IDENTIFIER.search(column)) and self._is_random(model, column)

    @staticmethod
    def presented(query: Query, principals: Principals) -> bool:
        """What finds out who is calling looks up the token or key that the caller shows."""
        return CREDENTIAL.search(snake(query.chain.name)) is not None and principals.is_provider(query.function)

    def _is_random(self, model: Model, column: str) -> bool:
        """Tell whether new rows get a random value in a column that is not their primary key."""
        key = (model, column)
        if key not in self._made:
            self._made[key] = column not in {"id", "pk"} and self._declared_random(model, column)
        return self._made[key]

    def _declared_random(self, model: Model, column: str) -> bool:
        for klass in self.inference.mro(model.klass)[0] if model.klass is not None else ():
            binding = klass.attribute(column)
            if binding is None:
                continue
            call = klass.module.terms[binding.value] if binding.value >= 0 else None
            return isinstance(call, Call) and any(
                self._gives_random(klass.module, value) for name, value in call.keywords if name in _DEFAULTS
            )
        return False

    def _gives_random(self, module: Module, maker: TermId) -> bool:
        """``uuid4``, or a function of the project that returns what is made of one."""
        for value in self.inference.term(module, maker):
            if isinstance(value, External) and value.name in self._random:
                return True
            if isinstance(value, FunctionValue):
                home = value.function.module
                returned = (event.term for event in value.function.events if event.op == "return" and event.term >= 0)
                return any(
                    isinstance(made, External) and made.name in self._random
                    for term in returned
                    for part in walk(home, term)
                    if isinstance(call := home.terms[part], Call)
                    for made in self.inference.term(home, call.func)
                )
        return False

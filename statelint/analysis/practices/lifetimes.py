"""Signed tokens that never end, or last too long."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.model import Place
from statelint.analysis.practices.base import Flaw, Practice, argument, keyword, opaque
from statelint.analysis.practices.served import is_script
from statelint.analysis.terms import walk
from statelint.extract.facts import Attr, Binary, Call, Choice, Const, Item, Logic, Mapping, Name, Param
from statelint.source.roles import is_test_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.practices.served import Site
    from statelint.catalogue.schema import TokenEncoder
    from statelint.extract.facts import TermId

IDENTITY = frozenset(
    {
        "sub", "user_id", "userid", "userId", "uid", "id", "user", "username", "email", "user_email", "identity",
        "public_id", "account_id", "customer_id", "role",
    }
)  # fmt: skip
_ENDS = frozenset({"exp", "expires", "expires_at", "expiry", "expires_in", "exp_time", "expiration"})
_REFRESH = re.compile(r"refresh|remember|offline|api_?(key|token)|personal", re.IGNORECASE)
"""Tokens that are meant to live long, and that the service can take back."""
_MACHINE = re.compile(
    r"webhook|livekit|zoom|jitsi|apns|app_store|github_app|installation|service_account|centrifug|client_assertion"
    r"|private_key_jwt|embed",
    re.IGNORECASE,
)
"""Tokens with which the service proves itself to others."""
MAX_CALLERS = 12
MAX_DEPTH = 6


class TokenLifetimes(Practice):
    """Finds how long the tokens live that a service makes."""

    def endless(self) -> Iterator[Flaw]:
        """Yield the calls that make tokens that never expire."""
        for site, name, encoder in self._encoded():
            if encoder.lifetime and (given := keyword(site.call, encoder.lifetime)) >= 0:
                literal = self.constants.literal(site.module, given)
                if literal is not None and literal.value in (None, False):
                    yield self._flaw(site, "endless", name, 2)
            elif encoder.claims >= 0 and not opaque(site.module, site.call):
                claims = argument(site.call, encoder.claims, encoder.claims_keyword)
                certainty = self._unending(site.function, claims)
                if certainty >= 0:
                    yield self._flaw(site, "endless", name, min(certainty, site.certainty))
        yield from self._configured(0)

    def long_lived(self) -> Iterator[Flaw]:
        """Yield the calls that make access tokens that live longer than the catalogue's limit."""
        limit = self.catalogue.max_token_days * 86400
        for site, name, encoder in self._encoded():
            if encoder.refresh or _REFRESH.search(site.function.qualname):
                continue
            spans: list[float] = []
            if encoder.lifetime:
                spans += self._spans(site.function, keyword(site.call, encoder.lifetime))
            if encoder.claims >= 0:
                claims = argument(site.call, encoder.claims, encoder.claims_keyword)
                if self._mentions(site.module, claims, _REFRESH):
                    continue
                for term in self._expiries(site.function, claims):
                    spans += self._spans(site.function, term)
            longest = max(spans, default=0)
            if longest > limit:
                yield self._flaw(site, f"{longest / 86400:.0f}", name)
        yield from self._configured(limit)

    def _encoded(self) -> Iterator[tuple[Site, str, TokenEncoder]]:
        for site in self.sites_of(self.catalogue.encoders_of_tokens):
            for name in site.names:
                encoder = self.catalogue.encoders_of_tokens.get(name)
                if encoder is not None and not _MACHINE.search(f"{site.module.path}::{site.function.qualname}"):
                    yield site, name, encoder
                    break

    def _configured(self, limit: float) -> Iterator[Flaw]:
        """Settings that hold a lifetime beyond ``limit``, or, where this is 0, that switch the expiry off."""
        for module, name, value, position in self.settings(self.catalogue.listed("tokens", "lifetimes")):
            if is_test_path(module.path) or is_script(module.path):
                continue
            seconds = self.constants.seconds(module, value)
            if limit and seconds is not None and seconds > limit:
                yield Flaw(Place(module, position), name, f"{seconds / 86400:.0f}", name, 2)
            literal = self.constants.literal(module, value)
            if not limit and literal is not None and literal.value in (None, False):
                yield Flaw(Place(module, position), name, "endless", name, 2)

    def _unending(self, function: FunctionInfo, claims: TermId, depth: int = 0) -> int:
        """Return how certain it is that claims lack an expiry (2, 1), or -1 where they may have one."""
        if claims < 0 or depth > 2:
            return -1
        module = function.module
        if self._sets_expiry(function):
            return -1
        held = module.terms[claims]
        if isinstance(held, Mapping):
            names = {module.text(key) for key in held.keys if key >= 0}
            if held.more or any(key < 0 for key in held.keys):
                return -1
            return 2 if names & IDENTITY else -1
        root = self._copied(module, claims)
        if isinstance(root, Param) and root.function == function.index:
            return self._unending_from_callers(function, root.index, depth)
        return -1

    def _unending_from_callers(self, function: FunctionInfo, index: int, depth: int) -> int:
        callers = [
            edge
            for edge in self.project.calls.callers.get(function, ())
            if edge.kind == "call" and edge.call >= 0 and self.certainty(edge.caller) >= 0
        ][:MAX_CALLERS]
        found = [
            self._unending(
                edge.caller,
                self.inference.argument(edge.caller.module, edge.call, function, index, edge.bound),
                depth + 1,
            )
            for edge in callers
        ]
        return min(*found, 1) if found else -1

    def _copied(self, module: Module, term: TermId) -> object:
        """Return the term behind ``data.copy()`` and ``dict(data)``."""
        held = module.terms[term]
        if isinstance(held, Call):
            func = module.terms[held.func]
            if isinstance(func, Attr) and func.name == "copy":
                return module.terms[func.base]
            if isinstance(func, Name) and func.id in {"dict", "deepcopy", "copy"} and held.args:
                return module.terms[held.args[0]]
        return held

    def _sets_expiry(self, function: FunctionInfo) -> bool:
        """Tell whether a function names an expiry anywhere."""
        module = function.module
        if any(parameter.name in _ENDS or "expire" in parameter.name for parameter in function.facts.parameters):
            return True
        for event in function.events:
            for term in walk(module, event.term, event.value):
                held = module.terms[term]
                if isinstance(held, Const) and held.value in _ENDS:
                    return True
                if isinstance(held, Call) and any(name in _ENDS for name, _ in held.keywords):
                    return True
        return False

    def _expiries(self, function: FunctionInfo, claims: TermId) -> Iterator[TermId]:
        """Yield the values of ``exp`` that reach claims."""
        module = function.module
        terms = [claims] if claims >= 0 else []
        for event in function.events:
            terms += [term for term in (event.term, event.value) if term >= 0]
        for term in walk(module, *terms):
            held = module.terms[term]
            if isinstance(held, Mapping):
                for key, value in zip(held.keys, held.values, strict=True):
                    if key >= 0 and module.text(key) == "exp":
                        yield value
            elif isinstance(held, Call):
                yield from (value for name, value in held.keywords if name == "exp")
        for event in function.events:
            target = module.terms[event.term] if event.op == "write" else None
            if isinstance(target, Item) and module.text(target.key) == "exp":
                yield event.value

    def _spans(self, function: FunctionInfo, term: TermId, depth: int = 0) -> list[float]:
        """Return the lengths of time, in seconds, that ``term`` adds to now."""
        if term < 0 or depth > MAX_DEPTH:
            return []
        module = function.module
        held = module.terms[term]
        if isinstance(held, Binary) and held.op == "+":
            return [*self._spans(function, held.left, depth + 1), *self._spans(function, held.right, depth + 1)]
        if isinstance(held, (Choice, Logic)):
            parts = (held.then, held.other) if isinstance(held, Choice) else held.values
            return [span for part in parts for span in self._spans(function, part, depth + 1)]
        if isinstance(held, Param):
            return self._given(module.functions[held.function], held.index, depth)
        seconds = self.constants.seconds(module, term)
        if seconds is not None:
            return [float(seconds)] if seconds < 1e9 else []
        if isinstance(held, Call):
            func = module.terms[held.func]
            parts = held.args[:1] if isinstance(func, Name) and func.id in {"int", "round"} else ()
            if isinstance(func, Attr) and func.name in {"timestamp", "replace", "total_seconds", "timetuple"}:
                parts = (func.base,)
            return [span for part in parts for span in self._spans(function, part, depth + 1)]
        return []

    def _given(self, function: FunctionInfo, index: int, depth: int) -> list[float]:
        spans: list[float] = []
        parameter = function.facts.parameters[index]
        if parameter.default >= 0:
            spans += self._spans(function, parameter.default, depth + 1)
        for edge in self.project.calls.callers.get(function, ())[:MAX_CALLERS]:
            if edge.kind == "call" and edge.call >= 0 and self.certainty(edge.caller) >= 0:
                if _REFRESH.search(f"{edge.caller.module.path}::{edge.caller.qualname}"):
                    continue
                given = self.inference.argument(edge.caller.module, edge.call, function, index, edge.bound)
                spans += self._spans(edge.caller, given, depth + 1)
        return spans

    def _mentions(self, module: Module, term: TermId, pattern: re.Pattern[str]) -> bool:
        return any(
            isinstance(held := module.terms[part], Const) and isinstance(held.value, str) and pattern.search(held.value)
            for part in walk(module, term)
        )

    def _flaw(self, site: Site, what: str, name: str, certainty: int | None = None) -> Flaw:
        return Flaw(
            site.place,
            f"{site.function.qualname}:{name}",
            what,
            name,
            site.certainty if certainty is None else certainty,
            self.way(site.function),
        )

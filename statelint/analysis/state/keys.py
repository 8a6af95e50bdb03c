"""What a key, a value or a name is about: users, sessions, conversations, tokens, sockets, jobs; and request data."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING

from statelint.analysis.model import External, FunctionValue, Result
from statelint.analysis.terms import made_of
from statelint.extract.facts import (
    Attr,
    Call,
    Cell,
    Const,
    Name,
    Param,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.analysis.inference import Inference
    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.reach import ReachMap
    from statelint.extract.facts import TermId

SUBJECTS: dict[str, frozenset[str]] = {
    "socket": frozenset(
        {"websocket", "websockets", "socket", "sockets", "ws", "connection", "connections", "connected", "sockid"}
    ),
    "session": frozenset({"session", "sessions", "sid", "sess", "login", "logins", "sessionid"}),
    "conversation": frozenset(
        {
            "conversation", "conversations", "chat", "chats", "thread", "history", "histories", "message", "messages",
            "dialog", "dialogue", "room", "rooms", "convo", "conv", "memory", "memories", "transcript",
        }
    ),
    "token": frozenset(
        {
            "token", "tokens", "otp", "otps", "apikey", "credential", "credentials", "nonce", "jti", "oauth", "code",
            "codes", "verification", "refresh", "jwt", "secret", "csrf",
        }
    ),
    "user": frozenset(
        {
            "user", "users", "username", "userid", "member", "members", "player", "players", "customer", "customers",
            "account", "accounts", "email", "emails", "owner", "uid", "employee", "ip", "phone", "tenant", "tenants",
            "profile", "profiles", "visitor", "clientip", "wallet", "wallets", "cart", "carts", "guest", "patient",
            "author", "participant", "participants", "person", "subscriber",
        }
    ),
    "job": frozenset(
        {"job", "jobs", "task", "tasks", "upload", "uploads", "order", "orders", "game", "games", "payment", "payments"}
    ),
}  # fmt: skip
"""Words that say what something belongs to, the more telling subjects first."""
AMBIGUOUS = frozenset({"connection", "connections", "connected"})
_OF_OTHER_CODES = frozenset(
    {
        "language", "lang", "locale", "country", "region", "currency", "status", "error", "exit", "return", "response",
        "http", "zip", "postal", "postcode", "area", "color", "colour", "source", "byte", "type", "bar", "product",
        "unit", "state", "reason",
    }
)  # fmt: skip
"""Words beside "code" that make it no secret."""
_BARS = re.compile(r"blocklist|blacklist|denylist|revoked|revocation|invalidated|loggedout")
_DOERS = re.compile(
    r"[A-Z]\w*(Service|Policy|Provider|Factory|Handler|Controller|View|ViewSet|Router|Validator|Verifier)\b"
)
"""Classes named for what they do: a ``UserService`` holds no users."""
_TOKENS = re.compile(r"token|jwt|jti|session")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def words(name: str) -> tuple[str, ...]:
    """Split an identifier into lower-case words."""
    return tuple(word.lower() for word in _WORD.findall(name))


def subject_of(names: Iterable[str], *, values: bool = False) -> str:
    """Return the subject that the first telling name is about, or an empty string.

    With ``values`` the names are those of keys and values, where a "connection" is mostly the database's.
    """
    for name in names:
        if name.startswith("__") and name.endswith("__"):
            continue
        parts = set(words(_DOERS.sub("", name)))
        if parts & _OF_OTHER_CODES:
            parts -= {"code", "codes"}
        parts.add(name.lower().strip("_"))
        if values:
            parts -= AMBIGUOUS
        for subject, vocabulary in SUBJECTS.items():
            if parts & vocabulary:
                return subject
    return ""


def bars_tokens(names: Iterable[str], subject: str) -> bool:
    """Tell whether an object called ``names``, with entries about ``subject``, lists tokens that are no longer good."""
    text = "".join(names).lower().replace("_", "")
    return _BARS.search(text) is not None and (subject in {"token", "session"} or _TOKENS.search(text) is not None)


class Origin(IntEnum):
    """Where a value comes from."""

    FIXED = 0
    """Nothing in it depends on a request."""
    UNKNOWN = 1
    """It depends on a parameter whose callers are not known."""
    REQUEST = 2
    """It depends on what the client sent or on who the client is."""


class Origins:
    """Decides whether values depend on the request; memoised per term and parameter."""

    def __init__(self, inference: Inference, reach: ReachMap) -> None:
        self.inference = inference
        self.catalogue = inference.catalogue
        self.reach = reach
        self._terms: dict[tuple[Module, TermId], Origin] = {}
        self._busy: set[object] = set()

    def of(self, module: Module, term: TermId) -> Origin:
        """Return the origin of ``term``."""
        if term < 0:
            return Origin.FIXED
        key = (module, term)
        found = self._terms.get(key)
        if found is not None:
            return found
        if key in self._busy or len(self._busy) > 60:
            return Origin.FIXED
        self._busy.add(key)
        try:
            found = self._of(module, term)
        finally:
            self._busy.discard(key)
        self._terms[key] = found
        return found

    def _of(self, module: Module, term: TermId) -> Origin:
        held = module.terms[term]
        if isinstance(held, Param):
            return self.parameter(module.functions[held.function], held.index)
        if isinstance(held, (Name, Attr)) and self._is_request(module, term):
            return Origin.REQUEST
        if isinstance(held, Cell):
            return self._most(module, module.functions[held.function].facts.cells.get(held.name, ()))
        if isinstance(held, Call):
            return Origin.REQUEST if self._is_request_made(module, term) else self._call(module, held)
        return self._most(module, made_of(held))

    def _most(self, module: Module, terms: Iterable[TermId]) -> Origin:
        most = Origin.FIXED
        for term in terms:
            most = max(most, self.of(module, term))
            if most is Origin.REQUEST:
                break
        return most

    def _is_request(self, module: Module, term: TermId) -> bool:
        for value in self.inference.term(module, term):
            if isinstance(value, (External, Result)):
                roles = self.catalogue.roles.get(value.name, frozenset())
                if "request" in roles or "private" in roles or value.name in self.catalogue.principals:
                    return True
        return False

    def _is_request_made(self, module: Module, term: TermId) -> bool:
        return any(
            isinstance(value, Result) and self.catalogue.role(value.name, "request")
            for value in self.inference.term(module, term)
        )

    def _call(self, module: Module, call: Call) -> Origin:
        func = module.terms[call.func]
        inputs = list(call.arguments)
        if isinstance(func, Attr):
            inputs.append(func.base)
        most = self._most(module, inputs)
        if most is not Origin.REQUEST:
            for value in self.inference.term(module, call.func):
                if isinstance(value, FunctionValue) and not call.args and not call.keywords:
                    most = max(most, self._returned(value.function))
                elif isinstance(value, External) and value.name in self.catalogue.principals:
                    return Origin.REQUEST
        return most

    def _returned(self, function: FunctionInfo) -> Origin:
        return self._most(function.module, [event.term for event in function.events if event.op == "return"])

    def parameter(self, function: FunctionInfo, index: int) -> Origin:
        """Return the origin of a parameter's values."""
        parameter = function.facts.parameters[index]
        module = function.module
        if index == 0 and function.owner is not None and self.inference.method_kind(function) != "static":
            return Origin.FIXED
        for value in self.inference.parameter(function, index):
            if isinstance(value, (External, Result)):
                roles = self.catalogue.roles.get(value.name, frozenset())
                if "request" in roles:
                    return Origin.REQUEST
                if roles & {"client", "engine", "pool", "session_factory", "session", "settings", "app", "lock"}:
                    return Origin.FIXED
        if parameter.default >= 0 and self.inference.is_dependency(module, parameter.default):
            return Origin.REQUEST
        if function in self.reach.entry_points:
            return Origin.REQUEST
        callers = (self.inference.callers or {}).get(function, ())
        found = Origin.FIXED
        known = False
        for home, call, bound in callers[:12]:
            argument = self.inference.argument(home, call, function, index, bound)
            if argument >= 0:
                known = True
                found = max(found, self.of(home, argument))
            elif parameter.default >= 0:
                known = True
        return found if known else self._inherited(function, parameter.name)

    def _inherited(self, function: FunctionInfo, name: str) -> Origin:
        """Return the origin of a parameter of a method that is only called as one of a base."""
        for base in self.inference.mro(function.owner)[0][1:] if function.owner is not None else ():
            method = base.method(function.name)
            index = method.parameter(name) if method is not None else -1
            if method is not None and index >= 0:
                return self.parameter(method, index)
        return Origin.UNKNOWN


def names_in(module: Module, term: TermId, limit: int = 40) -> Iterator[str]:
    """Yield the identifiers and short keys from which ``term`` is written, the outermost first."""
    queue = [term]
    for position in range(limit):
        if position >= len(queue):
            return
        at = queue[position]
        if at < 0:
            continue
        held = module.terms[at]
        match held:
            case Name(id=name) | Attr(name=name) | Cell(name=name):
                yield name
            case Param(function=function, index=index):
                yield module.functions[function].facts.parameters[index].name
            case Const(value=str() as text) if len(text) <= 30:
                yield text
            case _:
                pass
        queue.extend(made_of(held))

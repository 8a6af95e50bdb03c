"""Where values come from: the verified identity, the client, or neither; and what demands an identity."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.callernames import is_admin_name, is_identity_name, is_role_flag
from statelint.analysis.model import External, FunctionValue, Instance, Result
from statelint.analysis.senders import Senders
from statelint.analysis.terms import walk
from statelint.extract.facts import (
    NO_TERM,
    Attr,
    Call,
    Cell,
    Choice,
    Comprehension,
    Const,
    Element,
    Item,
    Logic,
    Name,
    Param,
)

if TYPE_CHECKING:
    from statelint.analysis.calls import CallGraph
    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.ownership import Ownership
    from statelint.extract.facts import TermId

_CURRENT = re.compile(r"^_?(get_)?(current|authenticated)_", re.IGNORECASE)
_USERS = re.compile(r"(^|_)(user|account|member|caller|person|customer)(_?profile|_?id)?(_|$)|_to_user", re.IGNORECASE)
"""Functions that find users, by what they are called."""
HANDED = frozenset(
    {
        "user", "user_id", "owner", "owner_id", "userid", "tenant_id", "account_id", "uid", "actor", "actor_id",
        "actor_user_id", "acting_user_id", "requester", "requester_id", "caller", "caller_id",
    }
)  # fmt: skip
"""Parameters that are the caller if some caller of the function hands it in; others are if all do."""
_IDENTIFIERS = frozenset({"UUID", "ObjectId"})
"""What makes an identifier of a text, also where it is called as a member of its module."""
_REQUEST = frozenset({"request", "websocket", "self", "cls"})
"""Parameters of dependencies that a client fills with no value of its choice."""
MAX_HANDING = 12
"""Calls of a function that are looked at for what they hand in."""
_OF_TESTS = re.compile(r"(^|/)(tests?|conftest)(/|_|\.py$)|_test\.py$")
_OF_TEXT = frozenset(
    {
        "re", "html", "uuid", "str", "int", "bytes", "UUID", "ObjectId", "bson", "unicodedata", "urllib", "isinstance",
        "len",
    }
)  # fmt: skip
"""Modules and types of libraries whose functions give back what they are given in another form."""
_TEXT_METHODS = frozenset(
    {"strip", "lstrip", "rstrip", "lower", "upper", "casefold", "replace", "encode", "decode", "sub"}
)

MAX_PROVIDERS = 40
"""Functions that hand on what the next one returns or is given; what comes after so many is taken for no identity."""
REPLACEMENTS = frozenset({"replace", "evolve", "model_copy"})
"""Calls that copy an object with other attributes."""


def is_replacement(module: Module, term: TermId) -> bool:
    """Tell whether a term is ``replace(principal, user_id=…)``."""
    call = module.terms[term]
    return isinstance(call, Call) and module.last_name(call.func) in REPLACEMENTS


class Principals:
    """Answers what a value has to do with the caller's identity."""

    def __init__(self, graph: CallGraph, ownership: Ownership) -> None:
        self.graph = graph
        self.inference = graph.inference
        self.catalogue = graph.inference.catalogue
        self.ownership = ownership
        self.senders = Senders(graph.inference)
        self._memo: dict[tuple[Module, TermId], bool] = {}
        self._admin: dict[tuple[Module, TermId], bool] = {}
        self._providers: dict[FunctionInfo, bool] = {}
        self.demanding: dict[FunctionInfo, bool] = {}
        """Whether functions say yes to nobody but those with a role, as far as they were asked."""
        self._open = 0
        """How many functions are being read for what they return or are given."""

    def is_principal(self, module: Module, term: TermId) -> bool:
        """Tell whether ``term`` is the verified identity or derives from it (``user.id``, ``claims["sub"]``)."""
        if term < 0:
            return False
        key = (module, term)
        found = self._memo.get(key)
        if found is None:
            self._memo[key] = False
            found = self._memo[key] = self._principal(module, term)
        return found

    def _principal(self, module: Module, term: TermId) -> bool:
        held = module.terms[term]
        if self.senders.known(module, term):
            return True
        match held:
            case Attr(base=base, name=name) if (replaced := self._replaced(module, base, name)) >= 0:
                return self.is_principal(module, replaced)
            case Attr(base=base) if self.senders.is_body(module, base):
                return False
            case Attr(base=base):
                return (
                    self.senders.told(module, term)
                    or self._member_of_view(module, held)
                    or self.is_principal(module, base)
                )
            case Item(base=base, key=key):
                if self.is_principal(module, base):
                    return True
                return self.senders.stored(module, base, key)
            case Call(func=func, args=args):
                called = module.terms[func]
                if isinstance(called, Name) and (given := _handed_through(called.id, args)) >= 0:
                    return self.is_principal(module, given)
                if isinstance(called, Attr):
                    if called.name in {"get", "pop"} and args and self.senders.is_store(module, called.base):
                        return self.senders.stored(module, called.base, args[0])
                    if self.is_principal(module, called.base):
                        return True
                if any(
                    isinstance(value, FunctionValue) and self.is_provider(value.function)
                    for value in self.inference.term(module, func)
                ):
                    return True
                # int(user_id), str(user.id), uuid.UUID(claims["sub"]), sanitize(user.id)
                plain = all(
                    isinstance(value, (External, Result))
                    or (isinstance(value, FunctionValue) and self._cleans(value.function))
                    for value in self.inference.term(module, func)
                )
                direct = isinstance(called, Name) or (isinstance(called, Attr) and called.name in _IDENTIFIERS)
                return plain and len(args) == 1 and direct and self.is_principal(module, args[0])
            case Param(function=function, index=index):
                return self.is_principal_parameter(module.functions[function], index)
            case Cell(function=function, name=name):
                return any(
                    self.is_principal(module, cell) for cell in module.functions[function].facts.cells.get(name, ())
                )
            case Choice(then=then, other=other):
                return self.is_principal(module, then) or self.is_principal(module, other)
            case Element(base=base):
                # for membership in current_user.memberships, for room in request.user.rooms.all()
                of = module.terms[base]
                of = module.terms[of.func] if isinstance(of, Call) else of
                return isinstance(of, Attr) and self.is_principal(module, base)
            case Comprehension(element=element, iterables=iterables):
                return self.is_principal(module, element) and any(self.is_principal(module, each) for each in iterables)
            case Logic(values=values):
                return any(self.is_principal(module, value) for value in values)
            case Name(id=name):
                return name == "current_user"
            case _:
                return False

    @staticmethod
    def _replaced(module: Module, base: TermId, name: str) -> TermId:
        """Return what ``replace(principal, user_id=…)`` puts in place of an attribute of the identity."""
        call = module.terms[base]
        if not isinstance(call, Call) or not is_replacement(module, base):
            return NO_TERM
        return next((value for keyword, value in call.keywords if keyword == name), NO_TERM)

    def _cleans(self, function: FunctionInfo) -> bool:
        """Tell whether a function gives back what it is given, in another form: stripped, escaped, parsed."""
        module = function.module
        returned = [event.term for event in function.events if event.op == "return" and event.term >= 0]
        return bool(returned) and all(
            any(isinstance(held, Param) and held.function == function.index and held.index == 0 for held in parts)
            and all(self._is_plain(module, held) for held in parts if isinstance(held, Call))
            for term in returned
            for parts in ([module.terms[part] for part in walk(module, term)],)
        )

    def _is_plain(self, module: Module, call: Call) -> bool:
        """``value.strip()``, ``re.sub(…, value)``, ``str(value)``: text in, text out."""
        func = module.terms[call.func]
        names = {value.name for value in self.inference.term(module, call.func) if isinstance(value, External)}
        if any(name.partition(".")[0] in _OF_TEXT for name in names):
            return True
        return (isinstance(func, Name) and func.id in _OF_TEXT) or (
            isinstance(func, Attr) and func.name in _TEXT_METHODS
        )

    def _member_of_view(self, module: Module, held: Attr) -> bool:
        """``self.user`` of a class that declares the identity as a dependency or a property, or keeps it there."""
        for value in self.inference.term(module, held.base):
            if not isinstance(value, Instance):
                continue
            for klass in self.inference.mro(value.klass)[0]:
                binding = klass.attribute(held.name)
                if binding is not None and self._provided(klass.module, binding.annotation, binding.value):
                    return True
                method = klass.method(held.name)
                if method is not None and self.inference.is_property(method):
                    return self.is_provider(method)
                if any(
                    event.value >= 0 and self.is_principal(function.module, event.value)
                    for function, event in self.inference.fields(klass).get(held.name, ())
                ):
                    return True
        return False

    def _provided(self, module: Module, annotation: TermId, default: TermId) -> bool:
        return any(
            isinstance(target, FunctionValue) and self.is_provider(target.function)
            for target in self.inference.dependencies(module, annotation, default)
        )

    def is_principal_parameter(self, function: FunctionInfo, index: int) -> bool:
        """Tell whether a parameter is the verified identity: by its dependency, its type, its name or its callers."""
        return self.is_declared_principal(function, index) or self._is_handed_principal(function, index)

    def is_declared_principal(self, function: FunctionInfo, index: int) -> bool:
        """Tell whether a parameter is the verified identity, whoever calls: by its dependency, its type or its name."""
        parameter = function.facts.parameters[index]
        module = function.module
        targets = list(self.inference.dependencies(module, parameter.annotation, parameter.default))
        for target in targets:
            if isinstance(target, FunctionValue) and self.is_provider(target.function):
                return True
            if isinstance(target, (External, Result)) and (
                target.name in self.catalogue.principals
                or target.name in self.catalogue.login
                or is_identity_name(target.name.rpartition(".")[2])
            ):
                return True
            if isinstance(target, Instance) and is_identity_name(target.klass.name):
                return True
        if targets:
            return is_identity_name(parameter.name) and not self._client_id(parameter.name)
        name = parameter.name
        if name in {
            "current_user",
            "me",
            "principal",
            "identity",
            "auth_user",
            "logged_in_user",
            "request_user",
            "token_data",
            "claims",
            "current_user_id",
            "auth",
        }:
            return True
        # respond(data) is handed users, too.
        values = [value for value in self.inference.parameter(function, index) if isinstance(value, Instance)]
        return bool(values) and all(map(self._is_principal_class, values))

    def _is_handed_principal(self, function: FunctionInfo, index: int) -> bool:
        if self._open >= MAX_PROVIDERS:
            return False
        self._open += 1
        try:
            return self._is_handed_by(function, index)
        finally:
            self._open -= 1

    def _is_handed_by(self, function: FunctionInfo, index: int) -> bool:
        """Tell whether the callers of a function hand it the identity."""
        parameter = function.facts.parameters[index]
        if any(True for _ in self.inference.dependencies(function.module, parameter.annotation, parameter.default)):
            return False
        edges = [
            edge
            for edge in self.graph.callers.get(function, ())
            if edge.call >= 0 and not _OF_TESTS.search(edge.caller.module.path)
        ]
        handed = [
            argument >= 0 and self.is_principal(edge.caller.module, argument)
            for edge in edges[:MAX_HANDING]
            for argument in (self.inference.argument(edge.caller.module, edge.call, function, index, edge.bound),)
        ]
        if parameter.name in HANDED:
            return any(handed)
        return len(edges) <= MAX_HANDING and bool(handed) and all(handed)

    @staticmethod
    def _client_id(name: str) -> bool:
        return name in {"user_id", "id"}

    def _is_principal_class(self, value: Instance) -> bool:
        model = self.ownership.model_of(value.klass)
        return model is not None and model.is_principal

    def is_provider(self, function: FunctionInfo) -> bool:
        """Tell whether a function returns the verified identity (``get_current_user``)."""
        found = self._providers.get(function)
        if found is None:
            if self._open >= MAX_PROVIDERS:
                return False
            self._providers[function] = False
            self._open += 1
            try:
                found = self._providers[function] = self._provider(function)
            finally:
                self._open -= 1
        return found

    def _provider(self, function: FunctionInfo) -> bool:
        if is_identity_name(function.name) or self._declares_user(function) or self._finds_user(function):
            return True
        module = function.module
        for event in function.events:
            if event.op in {"return", "yield"} and event.term >= 0 and self.is_principal(module, event.term):
                return True
            if event.op == "call":
                held = module.terms[event.term]
                if isinstance(held, Call) and any(
                    isinstance(value, External) and value.name in self.catalogue.decoders
                    for value in self.inference.term(module, held.func)
                ):
                    return True
                if _CURRENT.search(function.name) and (
                    self.is_principal(module, event.term)
                    or (isinstance(held, Call) and self._is_told_caller_alone(function, held))
                ):
                    # What belongs to whoever the token names: get_current_session.
                    return True
        return False

    def _is_told_caller_alone(self, function: FunctionInfo, call: Call) -> bool:
        """``Device.get(id=token.subject)`` in what is told nothing else: the row is whoever calls, user or machine."""
        return any(self.is_principal(function.module, argument) for argument in call.arguments) and all(
            parameter.name in _REQUEST
            or any(True for _ in self.inference.dependencies(function.module, parameter.annotation, parameter.default))
            for parameter in function.facts.parameters
        )

    def _declares_user(self, function: FunctionInfo) -> bool:
        """``def get_current_player() -> Player``, where players are the users."""
        return _CURRENT.search(function.name) is not None and any(
            isinstance(value, Instance)
            and (model := self.ownership.model_of(value.klass)) is not None
            and model.is_principal
            for value in self.inference.annotation(function.module, function.facts.returns)
        )

    @staticmethod
    def _finds_user(function: FunctionInfo) -> bool:
        """``token_to_user(request)``: tell whether whoever sent a request is looked for by its credential."""
        module = function.module
        answers = any(
            event.op == "return" and not isinstance(module.terms[event.term], Const) for event in function.events
        )
        asked = (
            module.text(call.args[0])
            for _, call in function.calls
            if call.args and isinstance(func := module.terms[call.func], Attr) and func.name == "get"
            if module.last_name(func.base) == "headers"
        )
        return (
            _USERS.search(function.name) is not None
            and answers
            and any((header or "").lower() == "authorization" for header in asked)
        )

    def mentions_identity(self, module: Module, term: TermId) -> bool:
        """Tell whether a condition asks about the caller: role, administrator, identity."""
        for part in walk(module, term):
            held = module.terms[part]
            if isinstance(held, Attr) and (
                is_admin_name(held.name) or held.name in {"role", "roles", "permissions", "scopes"}
            ):
                return True
            if isinstance(held, Name) and is_admin_name(held.id):
                return True
            if isinstance(held, Param) and is_admin_name(module.parameter_of(held).name):
                return True
            if self.is_principal(module, part):
                return True
        return False

    def mentions_admin(self, module: Module, term: TermId) -> bool:
        """Tell whether a condition asks for a role."""
        key = (module, term)
        found = self._admin.get(key)
        if found is None:
            found = self._admin[key] = self._mentions_admin(module, term)
        return found

    def _mentions_admin(self, module: Module, term: TermId) -> bool:
        for part in walk(module, term):
            held = module.terms[part]
            name = ""
            if isinstance(held, Attr):
                name = held.name
            elif isinstance(held, Name):
                name = held.id
            elif isinstance(held, Param):
                name = module.parameter_of(held).name
            if name and (
                is_admin_name(name)
                or name in {"role", "roles", "has_role", "has_perm", "has_perms", "has_permission", "user_type"}
                or (isinstance(held, Attr) and is_role_flag(name) and self.is_principal(module, held.base))
            ):
                return True
            if (
                isinstance(held, Call)
                and len(held.args) == 1
                and is_role_flag(module.last_name(held.func))
                and self.is_principal(module, held.args[0])
            ):
                return True  # is_manager(request.user)
            text = module.text(part)
            if text is not None and is_admin_name(text):
                return True
        return False


def _handed_through(name: str, args: tuple[TermId, ...]) -> TermId:
    """Return what ``getattr(user, "profile", None)`` reads from, or ``cast(User, request.user)`` gives back."""
    match name, args:
        case ("getattr", (given, _, *_)) | ("cast", (_, given)):
            return given
        case _:
            return NO_TERM

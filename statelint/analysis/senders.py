"""What a framework's request, and what the server keeps of a connection, say of who sent it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.model import External, Instance, Result
from statelint.extract.facts import Attr, Name, Param

if TYPE_CHECKING:
    from statelint.analysis.inference import Inference
    from statelint.analysis.model import Module
    from statelint.extract.facts import TermId

_IDENTITY_PATH = re.compile(
    r"(^|\.)(request|req|info\.context|websocket|connection|self\.scope|context|ctx)(\.state|\.ctx|\.scope)?\.(user|auth|identity|current_user|user_id|tenant|account|org|principal)\b"
    r"|(^|\.)(current_user|g\.(user|current_user|user_id|tenant))\b"
)
_IDENTITY_KEY = re.compile(
    r"^(user|user_id|uid|userid|sub|username|email|account(_id)?|id|user_email|logged_in_user|_user_id|tenant_id|current_user|uuid|profile)$",
    re.IGNORECASE,
)
_REQUEST_NAMES = frozenset({"request", "req"})
_FRAMEWORK_REQUEST = re.compile(r"(^|\.)(\w*Http|WSGI|ASGI|Web)?(Request|Connection|WebSocket)$")
_REQUEST_ATTRIBUTES = frozenset(
    {
        "get", "post", "put", "patch", "delete", "body", "data", "query_params", "path_params", "json", "form",
        "args", "values", "files", "headers", "cookies", "meta", "method", "path", "url", "base_url", "match_info",
        "matchdict", "query", "query_string", "stream", "session", "client", "scope", "app", "state", "ctx",
        "view_args", "content_type", "content", "text", "raw", "params", "get_json", "read", "message", "messages",
        "remote_addr", "host", "is_json", "resolver_match", "encoding", "kwargs", "rel_url", "can_read_body", "input",
        "id", "ids", "conversation_id", "session_id", "name", "title", "query_arguments", "arguments", "uri",
        "full_path", "get_full_path", "build_absolute_uri", "conn_info", "transport", "protocol", "socket", "endpoint",
    }
)  # fmt: skip


class Senders:
    """Tells which terms name the sender of a request."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.catalogue = inference.catalogue
        self._names: dict[str, bool] = {}

    def is_body(self, module: Module, term: TermId) -> bool:
        """Tell whether ``request``, or an attribute of it, is what the client sends, not the framework's request."""
        while isinstance(held := module.terms[term], Attr):
            term = held.base
        if not isinstance(held, Param):
            return False
        function = module.functions[held.function]
        if function.facts.parameters[held.index].name not in _REQUEST_NAMES:
            return False
        names: list[str] = []
        for value in self.inference.term(module, term):
            if isinstance(value, Instance):
                names += (value.klass.name, *self.inference.mro(value.klass)[1])
            elif isinstance(value, (External, Result)):
                names.append(value.name)
        return bool(names) and not any(map(_FRAMEWORK_REQUEST.search, names))

    def told(self, module: Module, term: TermId) -> bool:
        """Tell whether an attribute says who sent the request, by its path or as the project's guards put it there."""
        held = module.terms[term]
        return (isinstance(held, Attr) and self._put_on_request(module, held)) or (
            bool(_IDENTITY_PATH.search(module.dotted(term))) or self._path(module, term)
        )

    def stored(self, module: Module, store: TermId, key: TermId) -> bool:
        """Tell whether ``key`` names the sender in what the server keeps of the connection: ``session["user_id"]``."""
        text = module.text(key) or ""
        if text == "user" and getattr(module.terms[store], "name", "") == "scope":
            # ASGI: authentication puts it there.
            return True
        return bool(_IDENTITY_KEY.match(text)) and self.is_store(module, store)

    def _put_on_request(self, module: Module, held: Attr) -> bool:
        """``request.project``: an attribute that no framework sets was put there by the project's own guards.

        What a lifespan yields is there for everybody.
        """
        base = module.terms[held.base]
        if isinstance(base, Attr) and base.name in {"state", "ctx"}:
            if held.name in self.inference.yielded:
                return False
            base = module.terms[base.base]
        if isinstance(base, Attr) and base.name == "request":
            name = "request"
        elif isinstance(base, Param):
            name = module.parameter_of(base).name
        else:
            return False
        return name == "request" and held.name.lower() not in _REQUEST_ATTRIBUTES

    def _path(self, module: Module, term: TermId) -> bool:
        """``request.user`` where ``request`` is a parameter or ``self.request``."""
        names: list[str] = []
        at = term
        while True:
            held = module.terms[at]
            if isinstance(held, Attr):
                names.append(held.name)
                at = held.base
            elif isinstance(held, Param):
                names.append(module.parameter_of(held).name)
                break
            else:
                return False
        return bool(_IDENTITY_PATH.search(".".join(reversed(names))))

    def known(self, module: Module, term: TermId) -> bool:
        """Tell whether the catalogue says of what a term stands for that it is the sender."""
        held = module.terms[term]
        return any(
            isinstance(value, (External, Result)) and self._named(value.name)
            for value in self.inference.term(module, term)
        ) or (isinstance(held, Attr) and self._is_requests(module, held))

    def _named(self, name: str) -> bool:
        """Tell whether the catalogue says of a name, or of what it is an attribute of, that it is the caller."""
        found = self._names.get(name)
        if found is None:
            listed = name in self.catalogue.principals or name in self.catalogue.decoders
            outer = name.rpartition(".")[0]
            found = self._names[name] = listed or (bool(outer) and self._named(outer))
        return found

    def _is_requests(self, module: Module, held: Attr) -> bool:
        """``self.context["request"].user``: what a framework's request, whatever it is called, says of its sender."""
        for value in self.inference.term(module, held.base):
            at = value.name if isinstance(value, (External, Result)) else ""
            while at:
                if f"{at}.{held.name}" in self.catalogue.principals:
                    return True
                at = self.catalogue.inherits.get(at, "")
        return False

    def is_store(self, module: Module, term: TermId) -> bool:
        """Tell whether a term is a session that only the server can write."""
        names = {value.name for value in self.inference.term(module, term) if isinstance(value, (External, Result))}
        if names & self.catalogue.stores:
            return True
        held = module.terms[term]
        last = held.name if isinstance(held, Attr) else held.id if isinstance(held, Name) else ""
        return last == "session" and not any("sqlalchemy" in name.lower() or "orm" in name for name in names)

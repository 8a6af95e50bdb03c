"""Signed tokens that are believed without proof."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.practices.base import Flaw, Practice, argument, keyword, opaque
from statelint.analysis.terms import walk
from statelint.extract.facts import Attr, Call, Item, Mapping, Name, Param, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.practices.served import Site
    from statelint.catalogue.schema import TokenDecoder
    from statelint.extract.facts import TermId

_PURPOSE = re.compile(
    r"(^|[._])(is|has|looks)_|refresh|logout|revoke|blacklist|block_?list|expired|introspect|debug|inspect|peek",
    re.IGNORECASE,
)
"""Functions that may look into a token that proves nothing."""
_ENVELOPE = frozenset({"iss", "kid", "exp", "iat", "jti", "tid", "alg", "nbf", "aud", "azp"})


_DECODERS = frozenset(
    {
        "base64.b64decode", "base64.urlsafe_b64decode", "base64.standard_b64decode", "base64.b32decode",
        "base64.b32hexdecode", "base64.b16decode", "base64.a85decode", "base64.b85decode", "base64.decodebytes",
        "base64.decodestring", "base64.decode",
    }
)  # fmt: skip


class TokenProofs(Practice):
    """Finds tokens that are read without a check of who made them, when they ended, or how they are signed."""

    def unverified(self) -> Iterator[Flaw]:
        """Yield the calls that read a token without checking who made it, when it ended, or with what it is signed."""
        for site in self.sites_of({*self.catalogue.decoders_of_tokens, *_DECODERS}):
            for name in site.names:
                decoder = self.catalogue.decoders_of_tokens.get(name)
                if decoder is not None:
                    yield from self._decoded(site, name, decoder)
                    break
            else:
                yield from self._unwrapped(site)

    def _decoded(self, site: Site, name: str, decoder: TokenDecoder) -> Iterator[Flaw]:
        module, call = site.module, site.call
        if not decoder.verifies or self._off(module, call, decoder, decoder.signature):
            yield from self._unproven(site, "signature", name, argument(call, decoder.token, "token", "jwt"))
        elif self._off(module, call, decoder, decoder.expiry) and not self._for_purpose(site.function):
            yield self._flaw(site, "expiry", name)
        elif decoder.validate and not self._validated(site, decoder.validate) and not self._names_claim(site):
            yield self._flaw(site, "claims", name)
        elif decoder.max_age and keyword(call, decoder.max_age) < 0 and len(call.args) < 2 and not opaque(module, call):
            yield self._flaw(site, "age", name)
        elif decoder.algorithms and not opaque(module, call):
            listed = argument(call, decoder.algorithms_at, decoder.algorithms)
            if any(isinstance(text, str) and text.lower() == "none" for text in self._texts(module, listed)):
                yield self._flaw(site, "none", name)
            elif listed >= 0 and self._of_header(module, listed):
                yield self._flaw(site, "chosen", name)

    def _off(self, module: Module, call: Call, decoder: TokenDecoder, switches: tuple[str, ...]) -> bool:
        """Tell whether one of ``switches`` is false in the options or among the keywords of a call."""
        if not switches:
            return False
        if any(self.constants.value(module, keyword(call, switch)) is False for switch in switches):
            return True
        options = keyword(call, decoder.options) if decoder.options else -1
        if options < 0:
            return False
        held = module.terms[options]
        if isinstance(held, Name):
            module, bindings = self.inference.definition(module, held.id)
            if len(bindings) != 1 or bindings[0].value < 0:
                return False
            held = module.terms[bindings[0].value]
        return isinstance(held, Mapping) and any(
            module.text(key) in switches and self.constants.value(module, value) is False
            for key, value in zip(held.keys, held.values, strict=True)
        )

    def _unproven(self, site: Site, what: str, name: str, token: TermId) -> Iterator[Flaw]:
        function, module = site.function, site.module
        if self._verifies_nearby(function) or self._obtained(module, token) or self._selects(site):
            return
        if self._asks_issuer(site, token):
            return
        certainty = min(site.certainty, 2 if self._from_client(function, token) else 1)
        if self._for_purpose(function):
            certainty = 0
        yield self._flaw(site, what, name, certainty)

    def _unwrapped(self, site: Site) -> Iterator[Flaw]:
        """The middle part of a token decoded by hand."""
        if not site.call.args:
            return
        module = site.module
        for term in walk(module, site.call.args[0]):
            held = module.terms[term]
            if isinstance(held, Item) and self.constants.value(module, held.key) == 1:
                split = module.terms[held.base]
                if isinstance(split, Call) and split.args and module.text(split.args[0]) == ".":
                    func = module.terms[split.func]
                    if isinstance(func, Attr) and func.name in {"split", "rsplit"}:
                        yield from self._unproven(site, "signature", "base64 decoding", func.base)
                        return

    def _verifies_nearby(self, function: FunctionInfo) -> bool:
        """Tell whether the function, one it calls or one that calls it verifies a token."""
        around = {function}
        for edge in self.project.calls.callees.get(function, ()):
            around.add(edge.callee)
        for edge in self.project.calls.callers.get(function, ()):
            around.add(edge.caller)
            around.update(other.callee for other in self.project.calls.callees.get(edge.caller, ()))
        return any(not other.is_module and self._verifies(other) for other in around)

    def _asks_issuer(self, site: Site, token: TermId) -> bool:
        """Tell whether the function lets another service, or a code of its own, prove the token."""
        module = site.module
        for event in site.function.events:
            found = self.call_of(module, event.term) if event.op == "call" and event.term != site.event.term else None
            if found is None:
                continue
            call, names = found
            if any(name.startswith("hmac.") or name.endswith(".compare_digest") for name in names):
                return True
            if any(name in self.catalogue.outbound for name in names):
                values = call.arguments
                if token in set(walk(module, *values)):
                    return True
        return False

    def _names_claim(self, site: Site) -> bool:
        """Tell whether the function compares the expiry itself."""
        module = site.module
        terms = [term for event in site.function.events for term in (event.term, event.value)]
        return any(module.text(term) == "exp" for term in walk(module, *terms))

    def _verifies(self, function: FunctionInfo) -> bool:
        module = function.module
        for event in function.events:
            found = self.call_of(module, event.term) if event.op == "call" else None
            if found is None:
                continue
            call, names = found
            for name in names:
                decoder = self.catalogue.decoders_of_tokens.get(name)
                if decoder is None:
                    if name in self.catalogue.decoders:
                        return True
                elif decoder.verifies and not self._off(module, call, decoder, decoder.signature):
                    return True
        return False

    def _obtained(self, module: Module, token: TermId) -> bool:
        """Tell whether the service got the token itself, from the issuer, in answer to a call."""
        for term in walk(module, token):
            held = module.terms[term]
            if isinstance(held, (Attr, Item)):
                name = held.name if isinstance(held, Attr) else module.text(held.key) or ""
                if name == "id_token" and isinstance(held, Item):
                    return True
                if name in {"id_token", "access_token"} and self._root_is_call(module, held.base):
                    return True
        return False

    def _root_is_call(self, module: Module, term: TermId) -> bool:
        held = module.terms[term]
        while isinstance(held, (Attr, Item)):
            held = module.terms[held.base]
        if not isinstance(held, Call):
            return False
        func = module.terms[held.func]
        return not (isinstance(func, Attr) and func.name in {"get", "split", "removeprefix", "strip", "replace"})

    def _selects(self, site: Site) -> bool:
        """Tell whether only the issuer, the key's id or the expiry is read from what is decoded."""
        module = site.module
        keys: set[str] = set()
        uses = 0
        for held in module.terms:
            if isinstance(held, Item) and held.base == site.event.term:
                keys.add(module.text(held.key) or "?")
            elif isinstance(held, Attr) and held.base == site.event.term:
                uses += held.name != "get"
            elif isinstance(held, Call) and held.args:
                func = module.terms[held.func]
                if isinstance(func, Attr) and func.name == "get" and func.base == site.event.term:
                    keys.add(module.text(held.args[0]) or "?")
        return (
            bool(keys) and not uses and keys <= {"iss", "kid", "exp", "iat", "jti", "tid", "alg", "nbf", "aud", "azp"}
        )

    def _from_client(self, function: FunctionInfo, token: TermId) -> bool:
        if token < 0 or function not in self.reach.entry_points:
            return False
        return any(isinstance(function.module.terms[term], Param) for term in walk(function.module, token))

    def _for_purpose(self, function: FunctionInfo) -> bool:
        return _PURPOSE.search(function.qualname) is not None

    def _validated(self, site: Site, method: str) -> bool:
        return any(isinstance(held, Attr) and held.name == method for held in site.module.terms) or self._for_purpose(
            site.function
        )

    def _texts(self, module: Module, term: TermId) -> list[object]:
        if term < 0:
            return []
        held = module.terms[term]
        if isinstance(held, Name):
            home, bindings = self.inference.definition(module, held.id)
            if len(bindings) == 1 and bindings[0].value >= 0:
                module, term = home, bindings[0].value
                held = module.terms[term]
        items = held.items if isinstance(held, Sequence) else (term,)
        return [self.constants.value(module, item) for item in items]

    def _of_header(self, module: Module, term: TermId) -> bool:
        """Tell whether the algorithm is taken from the token's own header."""
        for part in walk(module, term):
            found = self.call_of(module, part)
            if found is not None and any("get_unverified_header" in name for name in found[1]):
                return True
        return False

    def _flaw(self, site: Site, what: str, name: str, certainty: int | None = None) -> Flaw:
        return Flaw(
            site.place,
            f"{site.function.qualname}:{name}",
            what,
            name,
            site.certainty if certainty is None else certainty,
            self.way(site.function),
        )

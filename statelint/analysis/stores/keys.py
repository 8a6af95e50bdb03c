"""Data of users under keys of Redis: ``r.get(f"conversation:{conversation_id}")``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.model import FunctionValue, Result
from statelint.analysis.queries import Atom, Chain, Query
from statelint.analysis.stores.calls_on import CallsOn
from statelint.analysis.stores.documents import Condition, Document
from statelint.analysis.stores.sqltext import TextReader
from statelint.analysis.terms import walk
from statelint.extract.facts import NO_TERM, Attr, Call, Mapping, Name, Param

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.inference import Inference
    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.ownership import Ownership
    from statelint.extract.facts import Event, TermId

VERBS = {
    **dict.fromkeys(("get", "hget", "hgetall", "hmget", "hvals", "lrange", "lindex", "zrange", "zrevrange",
                     "getex", "xrange", "xrevrange"), "read"),
    **dict.fromkeys(("set", "setex", "psetex", "getset", "hset", "hmset", "lpush", "rpush", "lset", "append",
                     "zadd", "xadd"), "update"),
    **dict.fromkeys(("delete", "unlink", "hdel", "lrem", "ltrim", "getdel"), "delete"),
}  # fmt: skip
_CLIENT = re.compile(r"(^|_)(redis|valkey|rdb|r)($|_)|redis", re.IGNORECASE)
_DIGEST = re.compile(r"digest|sha\d|md5|blake2|^hash$", re.IGNORECASE)
_CONNECTION = re.compile(r"^(connection|conn|socket|channel|worker|node|instance)_(id|name)$|^sid$")
_PASSING = re.compile(
    r"(^|[_\-])(auth|pending|consent|otp|csrf|nonce|token|code|captcha|verif\w+|reset|lock|mutex|dedup|rate|limit|throttle)($|[_\-])",
    re.IGNORECASE,
)
"""Parts of keys under which lies what is used once, by whoever was given its id, and what counts or locks."""
_PREFIX = re.compile(r"[A-Za-z][\w.\-]*(?:[:/][A-Za-z][\w.\-]*)*[:/_\-]$")


class Keys(CallsOn[Document]):
    """Finds the calls on keys that hold an id, function by function; a collection is what has the same beginning."""

    packages = frozenset({"redis", "aioredis", "valkey", "upstash_redis", "flask_redis", "coredis"})

    def __init__(self, inference: Inference) -> None:
        super().__init__(inference)
        self._texts = TextReader(inference)

    def _read(self, function: FunctionInfo, event: Event, call: Call, func: Attr) -> Iterator[Document]:
        module = function.module
        if func.name not in VERBS:
            return
        named = [value for name, value in call.keywords if name in {"name", "key"}]
        keys = [*call.args[:1], *named]
        if not keys or not self._is_client(module, func.base):
            return
        prefix, parts = self._key(module, keys[0])
        if not prefix or any(self._tells_apart(module, part) for part in parts):
            return
        values = [*call.args[1:], *(value for name, value in call.keywords if name in {"value", "mapping"})]
        fields = tuple(dict.fromkeys(field for value in values for field in _fields(module, value)))
        verb = "insert" if fields else VERBS[func.name]
        filters = tuple(Condition((_called(module, part),), part, "==", NO_TERM) for part in parts)
        yield Document(function, event, prefix, verb, filters, fields, False)

    @staticmethod
    def _tells_apart(module: Module, part: TermId) -> bool:
        """Tell whether no client can name another's key: it holds a digest of what is stored, or a connection's id."""
        hashed = (held for inner in walk(module, part) if isinstance(held := module.terms[inner], Call))
        return _CONNECTION.search(_called(module, part)) is not None or any(
            _DIGEST.search(module.dotted(call.func).rpartition(".")[2]) for call in hashed
        )

    def _is_client(self, module: Module, term: TermId) -> bool:
        values = self.inference.term(module, term)
        if any(isinstance(value, Result) and value.name.startswith("redis.") for value in values):
            return True
        held = module.terms[term]
        name = held.id if isinstance(held, Name) else held.name if isinstance(held, Attr) else ""
        return not values and bool(_CLIENT.search(name))

    def _key(self, module: Module, term: TermId) -> tuple[str, list[TermId]]:
        """Return how a key begins, and the values in it; nothing where no value follows."""
        held = module.terms[term]
        for value in self.inference.term(module, held.func) if isinstance(held, Call) else ():
            if isinstance(value, FunctionValue):
                return self._made(module, term, value)
        for text in self._texts.texts(module, term):
            parts = [piece.hole for piece in text.pieces if piece.hole >= 0]
            return (f"{text.head}*", parts) if parts and _PREFIX.match(text.head) else ("", [])
        return "", []

    def _made(self, module: Module, call: TermId, made: FunctionValue) -> tuple[str, list[TermId]]:
        """A key that a helper makes of its parameters: ``key_of(conversation_id)``."""
        function = made.function
        returned = [event.term for event in function.events if event.op == "return" and event.term >= 0]
        if len(returned) != 1 or isinstance(function.module.terms[returned[0]], Call):
            return "", []
        prefix, parts = self._key(function.module, returned[0])
        given = []
        for part in parts:
            held = function.module.terms[part]
            if isinstance(held, Param) and held.function == function.index:
                given.append(self.inference.argument(module, call, function, held.index, made.receiver is not None))
        return (prefix, given) if given and all(term >= 0 for term in given) else ("", [])


class KeyQueryFinder:
    """Finds the questions for keys whose data belongs to users: it holds an owner, or its name says so."""

    def __init__(self, keys: Keys, ownership: Ownership) -> None:
        self.keys = keys
        self.ownership = ownership

    def of(self, function: FunctionInfo) -> Iterator[Query]:
        """Yield the questions that a function asks."""
        for document in self.keys.of(function):
            model = self.ownership.named(document.collection, function.module)
            stems = [part.rstrip("_-*") for part in re.split(r"[:/]", document.collection)]
            if document.verb == "insert" or (
                model is None and (not self.ownership.is_private_name(stems[0]) or any(map(_PASSING.search, stems)))
            ):
                continue
            atoms = tuple(Atom(one.path, one.value, one.op, one.test, model) for one in document.filters)
            leaf = document.event.term
            chain = Chain(model, document.collection, leaf, document.verb, ())
            yield Query(function, chain, leaf, document.event, atoms)


def _fields(module: Module, term: TermId) -> Iterator[str]:
    """Yield the names in the mapping that is stored, also inside ``json.dumps(…)``."""
    held = module.terms[term]
    if isinstance(held, Mapping):
        yield from (text for key in held.keys if key >= 0 and (text := module.text(key)))
    elif isinstance(held, Call):
        for argument in held.args[:1]:
            yield from _fields(module, argument)


def _called(module: Module, term: TermId) -> str:
    """Return what the code calls a part of a key."""
    for part in walk(module, term):
        held = module.terms[part]
        if isinstance(held, Param):
            return module.parameter_of(held).name
        if isinstance(held, Attr):
            return held.name
        if isinstance(held, Name):
            return held.id
    return "key"

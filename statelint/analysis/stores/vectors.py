"""Searches in vector stores: Chroma, Qdrant, Pinecone, Weaviate, and LangChain's and LlamaIndex's stores over them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.queries import Atom, Chain, Query
from statelint.analysis.stores.calls_on import CallsOn
from statelint.analysis.stores.documents import Condition, every
from statelint.extract.facts import NO_TERM, Attr, Binary, Call, Choice, Const, Enter, Item, Mapping, Name, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.ownership import Ownership
    from statelint.extract.facts import Event, TermId

PACKAGES = frozenset(
    {
        "chromadb", "qdrant_client", "pinecone", "weaviate", "langchain", "langchain_core",
        "langchain_community", "langchain_chroma", "langchain_qdrant", "langchain_pinecone", "langchain_postgres",
        "langchain_weaviate", "llama_index", "pymilvus", "lancedb",
    }
)  # fmt: skip
SEARCHES = re.compile(
    r"^a?(similarity_search|max_marginal_relevance_search)\w*$"
    r"|^(near_text|near_vector|hybrid|bm25|query_points|search_points|as_retriever|as_query_engine|as_chat_engine)$"
)
"""Methods that nothing but vector stores have."""
_QUERY_KEYWORDS = frozenset({"query_texts", "query_embeddings", "query_vector", "vector", "top_k", "n_results"})
"""Keywords that tell a store's ``query`` and ``search`` from others'."""
_SCOPES = frozenset(
    {
        "filter", "where", "query_filter", "scroll_filter", "filters", "pre_filter", "expr", "namespace", "tenant",
        "partition_names", "collection_name", "index_name", "search_kwargs", "metadata_filter", "collection",
    }
)  # fmt: skip
_NAMES = frozenset({"namespace", "tenant", "partition_names", "collection_name", "index_name", "collection"})
_WRITES = frozenset(
    {"add", "upsert", "add_texts", "aadd_texts", "from_texts", "from_documents", "add_documents", "update", "insert"}
)
_WRITTEN = frozenset({"metadatas", "vectors", "points", "metadata", "properties"})
MAX_DEPTH = 12


class Search(NamedTuple):
    """One call on a vector store: the conditions of a search, or the metadata that is written."""

    function: FunctionInfo
    event: Event
    store: str
    conditions: tuple[Condition, ...]
    fields: tuple[str, ...]
    is_write: bool
    is_open: bool


class Vectors(CallsOn[Search]):
    """Finds the calls on vector stores, function by function."""

    packages = PACKAGES

    def _read(self, function: FunctionInfo, event: Event, call: Call, func: Attr) -> Iterator[Search]:
        module = function.module
        names = {name for name, _ in call.keywords}
        if SEARCHES.match(func.name) or (func.name in {"query", "search", "scroll", "get"} and names & _QUERY_KEYWORDS):
            conditions: list[Condition] = []
            known = [
                self._scope(module, name, value, conditions)
                for name, value in call.keywords
                if name in _SCOPES or not name
            ]
            self._tenant(module, func.base, conditions)
            fields = tuple(one.path[-1] for one in conditions if one.path[-1] not in _NAMES)
            yield Search(
                function, event, self._store(module, func.base), tuple(conditions), fields, False, not all(known)
            )
        elif func.name in _WRITES and names & _WRITTEN:
            given = [value for name, value in call.keywords if name in _WRITTEN]
            fields = tuple(field for value in given for field in self._keys(module, value))
            yield Search(function, event, self._store(module, func.base), (), fields, True, False)

    @staticmethod
    def _store(module: Module, term: TermId) -> str:
        """Return how the code calls the store: the last name of what the call is made on."""
        at = term
        for _ in range(MAX_DEPTH):
            held = module.terms[at]
            match held:
                case Attr(base=base, name=name):
                    if name not in {"query", "data", "generate", "with_tenant"}:
                        return name.lstrip("_")
                    at = base
                case Name(id=name):
                    return name.lstrip("_")
                case Call(func=func):
                    at = func
                case Choice(then=then):
                    at = then
                case Item(base=base) | Enter(base=base):
                    at = base
                case _:
                    break
        return "vector store"

    @staticmethod
    def _tenant(module: Module, term: TermId, found: list[Condition]) -> None:
        """``collection.with_tenant(user.id).query.near_text(…)``."""
        held = module.terms[term]
        while isinstance(held, Attr):
            held = module.terms[held.base]
        func = module.terms[held.func] if isinstance(held, Call) else None
        if isinstance(held, Call) and isinstance(func, Attr) and func.name == "with_tenant" and held.args:
            found.append(Condition(("tenant",), held.args[0], "==", NO_TERM))

    def _scope(self, module: Module, name: str, value: TermId, found: list[Condition]) -> bool:
        """Collect what a keyword restricts the search to; False if that is not known."""
        held = module.terms[value]
        if isinstance(held, Const) and held.value is None:
            return True
        if name == "search_kwargs" and isinstance(held, Mapping):
            inner = [
                (module.text(key) or "", item) for key, item in zip(held.keys, held.values, strict=True) if key >= 0
            ]
            return every(self._scope(module, key, item, found) for key, item in inner if key in _SCOPES) and len(
                inner
            ) == len(held.keys)
        if name in _NAMES:
            # A constant name is the same for everybody.
            if not isinstance(held, Const):
                found.append(Condition((name,), value, "==", NO_TERM))
            return True
        return bool(name) and self._conditions(module, value, NO_TERM, found)

    def _conditions(self, module: Module, term: TermId, test: TermId, found: list[Condition], depth: int = 0) -> bool:
        held = module.terms[term] if term >= 0 else None
        if depth > MAX_DEPTH:
            return False
        match held:
            case Mapping(keys=keys, values=values):
                return every(
                    self._entry(module, (key, value), test, found, depth)
                    for key, value in zip(keys, values, strict=True)
                )
            case Sequence(items=items):
                return every(self._conditions(module, item, test, found, depth + 1) for item in items)
            case Call(func=func, args=args, keywords=keywords):
                named = dict(keywords)
                key = module.text(named.get("key", NO_TERM)) if "key" in named else None
                if key is not None:
                    inner = module.terms[named["match"]] if "match" in named else None
                    given = [named.get("value", NO_TERM)]
                    if isinstance(inner, Call):
                        given = [item for _, item in inner.keywords] or given
                    found.append(Condition((key.rpartition(".")[2],), given[0], "==", test))
                    return True
                property_ = self._property(module, func)
                if property_:
                    found.append(Condition((property_,), args[0] if args else NO_TERM, "==", test))
                    return True
                parts = [
                    *args,
                    *(value for name, value in keywords if name in {"must", "should", "filters", "must_not"}),
                ]
                return bool(parts) and every(self._conditions(module, part, test, found, depth + 1) for part in parts)
            case Binary(op="&", left=left, right=right):
                return every(self._conditions(module, side, test, found, depth + 1) for side in (left, right))
            case Choice(test=why, then=then, other=other):
                reason = why if why >= 0 else then
                branches = [branch for branch in (then, other) if not isinstance(module.terms[branch], Const)]
                return every(self._conditions(module, branch, reason, found, depth + 1) for branch in branches)
            case _:
                return False

    @staticmethod
    def _property(module: Module, func: TermId) -> str:
        """``Filter.by_property("owner").equal(x)``."""
        called = module.terms[func]
        base = module.terms[called.base] if isinstance(called, Attr) else None
        if isinstance(base, Call) and base.args and module.dotted(base.func).endswith("by_property"):
            return module.text(base.args[0]) or ""
        return ""

    def _entry(
        self, module: Module, entry: tuple[TermId, TermId], test: TermId, found: list[Condition], depth: int
    ) -> bool:
        key, value = entry
        text = module.text(key) if key >= 0 else None
        if text is None or text in {"$and", "$or", "must", "should"}:
            return self._conditions(module, value, test, found, depth + 1)
        held = module.terms[value]
        if isinstance(held, Mapping) and held.values and (module.text(held.keys[0]) or "").startswith("$"):
            value = held.values[0]
        found.append(Condition((text.rpartition(".")[2],), value, "==", test))
        return True

    def _keys(self, module: Module, term: TermId, depth: int = 0) -> Iterator[str]:
        """Yield the names in the metadata that a write gives."""
        held = module.terms[term] if term >= 0 else None
        if depth > MAX_DEPTH:
            return
        if isinstance(held, Mapping):
            for key, value in zip(held.keys, held.values, strict=True):
                text = module.text(key) if key >= 0 else None
                if text is not None:
                    yield text
                yield from self._keys(module, value, depth + 1)
        elif isinstance(held, Sequence):
            for item in held.items:
                yield from self._keys(module, item, depth + 1)
        elif isinstance(held, Call):
            for argument in held.arguments:
                yield from self._keys(module, argument, depth + 1)
        elif held is not None and hasattr(held, "element"):
            yield from self._keys(module, held.element, depth + 1)


class VectorQueryFinder:
    """Finds the searches in stores whose vectors belong to users."""

    def __init__(self, vectors: Vectors, ownership: Ownership) -> None:
        self.vectors = vectors
        self.ownership = ownership

    def of(self, function: FunctionInfo) -> Iterator[Query]:
        """Yield the searches that a function makes in stores in sight."""
        for search in self.vectors.of(function):
            model = self.ownership.vector_store(search.store)
            if model is None or search.is_write or search.is_open:
                continue
            atoms = tuple(Atom(one.path, one.value, one.op, one.test, model) for one in search.conditions)
            leaf = search.event.term
            yield Query(function, Chain(model, model.name, leaf, "read", ()), leaf, search.event, atoms)

"""Conversations that LangGraph and LangChain keep by an id: ``get_state({"configurable": {"thread_id": …}})``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.model import External
from statelint.analysis.queries import Atom, Chain, Query
from statelint.analysis.stores.calls_on import CallsOn
from statelint.analysis.terms import walk
from statelint.extract.facts import NO_TERM, Attr, Call, Format, Mapping, Param

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.extract.facts import Event, TermId

_RUNS = {
    **dict.fromkeys(
        ("invoke", "ainvoke", "stream", "astream", "astream_events", "astream_log", "get_state", "aget_state",
         "get_state_history", "aget_state_history", "get_tuple", "aget_tuple"),
        "read",
    ),
    **dict.fromkeys(("update_state", "aupdate_state"), "update"),
    **dict.fromkeys(("delete_thread", "adelete_thread"), "delete"),
}  # fmt: skip
_KEYS = ("thread_id", "session_id", "conversation_id")
_USERS = re.compile(r"user|tenant|owner|account")
_HISTORY = re.compile(r"^langchain.*\.\w+ChatMessageHistory$")


class Threads(CallsOn[Query]):
    """Finds the calls that open a conversation by an id from outside; no one but the service tells whose it is."""

    packages = frozenset(
        {"langgraph", "langchain", "langchain_core", "langchain_community", "langchain_redis", "langchain_postgres",
         "langchain_mongodb", "langchain_aws"}
    )  # fmt: skip

    def _all(self, function: FunctionInfo) -> Iterator[Query]:
        for event, call in function.calls:
            yield from self._opened(function, event, call)

    def _opened(self, function: FunctionInfo, event: Event, call: Call) -> Iterator[Query]:
        module = function.module
        func = module.terms[call.func]
        verb = _RUNS.get(func.name) if isinstance(func, Attr) else None
        found: tuple[str, TermId] | None = None
        if verb is not None:
            arguments = call.arguments
            found = next((pair for argument in arguments for pair in self._configured(module, argument)), None)
        elif any(
            isinstance(value, External) and _HISTORY.match(value.name)
            for value in self.inference.term(module, call.func)
        ):
            verb = "read"
            found = next((pair for pair in call.keywords if pair[0] in _KEYS), None)
        if verb is None or found is None:
            return
        name, value = found
        held = module.terms[value]
        parts = held.parts if isinstance(held, Format) else (value,)
        given = [part for part in parts if any(isinstance(module.terms[inner], Param) for inner in walk(module, part))]
        if given:
            atoms = tuple(Atom((name,), part, "==", NO_TERM) for part in given)
            yield Query(function, Chain(None, "conversation", event.term, verb, ()), event.term, event, atoms)

    def _configured(self, module: Module, term: TermId) -> Iterator[tuple[str, TermId]]:
        """Yield the key by which a configuration names a conversation, unless it names its user, too."""
        for key, value in _entries(module, term):
            if key == "configurable":
                entries = dict(_entries(module, value))
                named = next(((name, entries[name]) for name in _KEYS if name in entries), None)
                if named is not None and (named[0] == "thread_id" or not any(map(_USERS.search, entries))):
                    yield named


def _entries(module: Module, term: TermId) -> Iterator[tuple[str, TermId]]:
    """Yield what a mapping, or a call such as ``RunnableConfig(configurable=…)``, holds under constant keys."""
    held = module.terms[term]
    if isinstance(held, Mapping):
        for key, value in zip(held.keys, held.values, strict=True):
            text = module.text(key) if key >= 0 else None
            if text is not None:
                yield text, value
            elif key < 0:
                yield from _entries(module, value)
    elif isinstance(held, Call):
        yield from held.keywords

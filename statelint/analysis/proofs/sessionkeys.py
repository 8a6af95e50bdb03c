"""Keys that the service itself keeps in the caller's session, or in a cookie: ``session["order_id"]``."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from statelint.analysis.proofs.cookies import Cookies
from statelint.analysis.proofs.naming import looked_up, name_of, raw_names
from statelint.analysis.proofs.words import KEYS
from statelint.extract.facts import NO_TERM, Attr, Binary, Call, Const, Format, Item, Name, Param

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.proofs.judge import Judge
    from statelint.extract.facts import Event, TermId


class SessionKeys:
    """Knows what sessions hold that no client can choose."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self._cookies = Cookies(judge)
        self._weighing = False
        """Whether what clients choose is being found out; whatever is asked meanwhile may be chosen by them."""

    def holds(self, module: Module, term: TermId) -> bool:
        """Tell whether a value is read from the session, and put there by the service and not by the client."""
        held = module.terms[term] if term >= 0 else None
        if isinstance(held, Call) and len(held.args) == 1 and not isinstance(module.terms[held.func], Attr):
            # int(session["order_id"])
            return self.holds(module, held.args[0])
        name = self._name(module, term)
        if name is not None and not name.startswith("*") and not self._weighing and _covers(self._kept, name):
            return not _covers(self._chosen, name) or self._cookies.hold(module, term)
        return self._cookies.hold(module, term)

    def chose(self, module: Module, key: TermId) -> bool:
        """Tell whether the service itself chose a key: it was made just now, or the caller's session holds it."""
        held = module.terms[key]
        base = module.terms[held.base] if isinstance(held, Attr) else None
        if isinstance(held, Attr) and isinstance(base, (Attr, Param, Name)):
            return name_of(module, held.base) == "session" and (held.name in KEYS or held.name.endswith("_id"))
        return self.judge.made.is_fresh(module, key) or self.holds(module, key)

    def _name(self, module: Module, term: TermId) -> str | None:
        """Return the name under which a session keeps a value; of one that is put together, ``*`` and its end."""
        base, name = looked_up(module, term) if term >= 0 else (term, None)
        held = module.terms[term] if term >= 0 else None
        if name is None and isinstance(held, Item):
            name = _ending(module, held.key)
        return name if name is not None and self.judge.principals.senders.is_store(module, base) else None

    @cached_property
    def _kept(self) -> frozenset[str]:
        return frozenset(name for name, _, _ in self._writes())

    @cached_property
    def _chosen(self) -> frozenset[str]:
        """What some handler puts into the session as the client sends it."""
        self._weighing = True
        try:
            return frozenset(name for name, function, event in self._writes() if self._is_clients(function, event))
        finally:
            self._weighing = False

    def _writes(self) -> Iterator[tuple[str, FunctionInfo, Event]]:
        for module in self.judge.inference.modules:
            for function in module.functions:
                for event in function.events:
                    if event.op == "write" and event.value >= 0 and isinstance(module.terms[event.term], Item):
                        name = self._name(module, event.term)
                        if name is not None:
                            yield name, function, event

    def _is_clients(self, function: FunctionInfo, event: Event) -> bool:
        module, value = function.module, event.value
        return (
            not isinstance(module.terms[value], Const)
            and any(raw_names(module, value))
            and not self.judge.principals.is_principal(module, value)
            and not self.judge.loaded.gives(function, value)
            and not self.judge.made.is_fresh(module, value)
            and self.judge.parents.prove(function, event, NO_TERM, [value]) is None
        )


def _ending(module: Module, key: TermId) -> str | None:
    """Return ``*`` and the end of a key that is put together: ``kind + "_address_id"``."""
    held = module.terms[key]
    parts = (held.right,) if isinstance(held, Binary) else held.parts if isinstance(held, Format) else ()
    text = module.text(parts[-1]) if parts else None
    return f"*{text}" if text else None


def _covers(names: Collection[str], name: str) -> bool:
    return name in names or any(name.endswith(each[1:]) for each in names if each.startswith("*"))

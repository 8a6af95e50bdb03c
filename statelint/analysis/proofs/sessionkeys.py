"""Keys that the service itself keeps in the caller's session, or in a cookie: ``session["order_id"]``."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from statelint.analysis.proofs.cookies import Cookies
from statelint.analysis.proofs.naming import looked_up, name_of, raw_names
from statelint.analysis.proofs.words import KEYS
from statelint.extract.facts import Attr, Call, Const, Item, Name, Param

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.proofs.judge import Judge
    from statelint.extract.facts import TermId


class SessionKeys:
    """Knows what sessions hold that no client can choose."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self._cookies = Cookies(judge)

    def holds(self, module: Module, term: TermId) -> bool:
        """Tell whether a value is read from the session, and put there by the service and not by the client."""
        held = module.terms[term] if term >= 0 else None
        if isinstance(held, Call) and len(held.args) == 1 and not isinstance(module.terms[held.func], Attr):
            # int(session["order_id"])
            return self.holds(module, held.args[0])
        name = self._name(module, term)
        return (name in self._kept and name not in self._chosen) or self._cookies.hold(module, term)

    def chose(self, module: Module, key: TermId) -> bool:
        """Tell whether the service itself chose a key: it was made just now, or the caller's session holds it."""
        held = module.terms[key]
        base = module.terms[held.base] if isinstance(held, Attr) else None
        if isinstance(held, Attr) and isinstance(base, (Attr, Param, Name)):
            return name_of(module, held.base) == "session" and (held.name in KEYS or held.name.endswith("_id"))
        return self.judge.made.is_fresh(module, key) or self.holds(module, key)

    def _name(self, module: Module, term: TermId) -> str | None:
        """Return the name under which a value is kept in the session."""
        base, name = looked_up(module, term) if term >= 0 else (term, None)
        return name if name is not None and self.judge.principals.senders.is_store(module, base) else None

    @cached_property
    def _kept(self) -> frozenset[str]:
        return frozenset(name for name, _, _ in self._writes())

    @cached_property
    def _chosen(self) -> frozenset[str]:
        """What some handler puts into the session as the client sends it."""
        return frozenset(name for name, function, value in self._writes() if self._is_clients(function, value))

    def _writes(self) -> Iterator[tuple[str, FunctionInfo, TermId]]:
        for module in self.judge.inference.modules:
            for function in module.functions:
                for event in function.events:
                    if event.op == "write" and event.value >= 0 and isinstance(module.terms[event.term], Item):
                        name = self._name(module, event.term)
                        if name is not None:
                            yield name, function, event.value

    def _is_clients(self, function: FunctionInfo, value: TermId) -> bool:
        module = function.module
        return (
            not isinstance(module.terms[value], Const)
            and any(raw_names(module, value))
            and not self.judge.principals.is_principal(module, value)
            and not self.judge.loaded.gives(function, value)
            and not self.judge.made.is_fresh(module, value)
        )

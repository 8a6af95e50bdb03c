"""Keys that only the caller's browser has: ``request.cookies["cart_session"]``, and a new one where there is none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.model import FunctionValue
from statelint.analysis.proofs.naming import called_name, looked_up
from statelint.analysis.terms import walk
from statelint.extract.facts import Attr, Call, Cell, Choice, Const, Logic, Param

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import Module
    from statelint.analysis.proofs.judge import Judge
    from statelint.extract.facts import TermId

MAX_DEPTH = 4
"""Branches and dependencies between a key and the cookie that it is read from."""
_BROWSERS = re.compile(r"session|cart|basket|guest|visitor|anon|device|(^|_)sid$", re.IGNORECASE)
"""Names of cookies by which a service knows a browser again, not of those that say which user it is."""

_COOKIES = frozenset({"cookies", "cookie"})
"""Where requests keep them, in any case."""


def of_browser(module: Module, term: TermId) -> bool:
    """Tell whether a value is one that the service left with a browser, under whatever name."""
    return any(
        isinstance(held := module.terms[part], Attr) and held.name.lower() in _COOKIES for part in walk(module, term)
    )


class Cookies:
    """Tells which values are read from cookies that say which browser is calling."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge

    def hold(self, module: Module, term: TermId) -> bool:
        """Tell whether a value is read from such a cookie, and is made anew where there is none."""
        read = list(self._read(module, term, 0))
        return True in read and False not in read

    def _read(self, module: Module, term: TermId, depth: int) -> Iterator[bool | None]:
        """Yield of what a value may be whether it comes from a cookie: True, False, or None for what is made here."""
        held = module.terms[term] if term >= 0 else None
        if depth > MAX_DEPTH:
            yield False
            return
        match held:
            case Choice(then=then, other=other):
                yield from (*self._read(module, then, depth + 1), *self._read(module, other, depth + 1))
            case Logic(values=values):
                for value in values:
                    yield from self._read(module, value, depth + 1)
            case Cell(function=function, name=name):
                for cell in module.functions[function].facts.cells.get(name, ()):
                    yield from self._read(module, cell, depth + 1)
            case Const(value=None):
                yield None
            case Param():
                yield from self._of_parameter(module, held, depth)
            case Call() if not isinstance(module.terms[held.func], Attr) and len(held.args) == 1:
                # str(request.cookies["cart"])
                yield from self._read(module, held.args[0], depth + 1)
            case _:
                yield None if self.judge.made.is_fresh(module, term) else self._looks_up(module, term)

    @staticmethod
    def _looks_up(module: Module, term: TermId) -> bool:
        base, key = looked_up(module, term) if term >= 0 else (term, None)
        held = module.terms[term] if term >= 0 else None
        if isinstance(held, Call) and isinstance(func := module.terms[held.func], Attr) and key is None and held.args:
            # request.cookies.get(CART_COOKIE)
            base, key = func.base, module.last_name(held.args[0])
        return (
            base >= 0
            and module.last_name(base).lower() in _COOKIES
            and key is not None
            and _BROWSERS.search(key) is not None
        )

    def _of_parameter(self, module: Module, held: Param, depth: int) -> Iterator[bool | None]:
        """``cart: str = Cookie(None)``, ``cart: Annotated[str, Depends(cart_of_cookie)]``."""
        parameter = module.parameter_of(held)
        inference = self.judge.inference
        marks = [(module, parameter.default), *inference.annotated_extras(module, parameter.annotation)]
        if any(
            mark >= 0 and isinstance(call := home.terms[mark], Call) and called_name(home, call) == "Cookie"
            for home, mark in marks
        ):
            yield _BROWSERS.search(parameter.name) is not None
            return
        answers = [
            (target.function.module, event.term)
            for target in inference.dependencies(module, parameter.annotation, parameter.default)
            if isinstance(target, FunctionValue)
            for event in target.function.events
            if event.op == "return"
        ]
        if not answers:
            yield False
        for home, answer in answers:
            yield from self._read(home, answer, depth + 1)

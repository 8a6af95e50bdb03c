"""What all parts of the inference share: the project's modules, and the memory of what was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from statelint.analysis.imports import ModuleIndex
from statelint.analysis.model import External, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from statelint.analysis.model import ClassInfo, FunctionInfo, FunctionValue, Module, Value
    from statelint.catalogue.lookup import Catalogue
    from statelint.extract.facts import Call, Event, TermId

Values = tuple["Value", ...]
T = TypeVar("T")

MAX_VALUES = 8
"""More alternatives than this say nothing; the first ones are kept."""
MAX_DEPTH = 150
"""Questions that may be open at a time; deeper ones stay unanswered."""


def unique(values: Iterable[T]) -> tuple[T, ...]:
    """Return the distinct values in order, at most ``MAX_VALUES`` of them."""
    held = tuple(values)
    return held if len(held) < 2 else tuple(dict.fromkeys(held))[:MAX_VALUES]


class Provisional(tuple["Value", ...]):
    """An answer that may be another one once callers are known, or for which a question was left open."""

    __slots__ = ()


PENDING = Provisional()
"""The answer to a question while it is being answered."""


def _itself(function: FunctionInfo) -> list[FunctionInfo]:
    return [function]


class Questions:
    """Base of the inference: its parts ask each other through the methods declared here."""

    def __init__(self, modules: list[Module], catalogue: Catalogue) -> None:
        self.modules = modules
        self.index = ModuleIndex(modules)
        self.catalogue = catalogue
        self.callers: dict[FunctionInfo, list[tuple[Module, TermId, bool]]] | None = None
        """Known calls of each function: module, call term, whether the receiver is passed implicitly."""
        self.passed: dict[tuple[FunctionInfo, int], str] = {}
        """Types of the parameters that frameworks pass to the functions registered with them."""
        self.implementations: Callable[[FunctionInfo], list[FunctionInfo]] = _itself
        """What runs where a method is called that only declares what subclasses do."""
        self._terms: dict[Module, list[Values | None]] = {}
        """By term."""
        self._open = 0
        """How many of these are being answered."""
        self._doubts = 0
        """Counts the provisional answers given; what is inferred while it grows is provisional, too."""
        self._externals: dict[str, Values] = {}
        self._results: dict[str, Values] = {}
        self._names: dict[tuple[Module, str], Values] = {}
        self._returns: dict[FunctionInfo, Values] = {}
        self._parameters: dict[tuple[FunctionInfo, int], Values] = {}
        self._elements: dict[tuple[Module, TermId], Values] = {}
        self._shared: dict[str, list[tuple[Module, TermId]]] | None = None
        self._yielded: dict[str, list[tuple[Module, TermId]]] | None = None
        self._mro: dict[ClassInfo, tuple[tuple[ClassInfo, ...], tuple[str, ...]]] = {}
        self._fields: dict[ClassInfo, dict[str, list[tuple[FunctionInfo, Event]]]] = {}
        self._indexed: set[Module] = set()
        self._busy: set[object] = set()

    def external(self, name: str) -> Values:
        """Return what has the qualified ``name`` outside the project; the same object for all who ask."""
        found = self._externals.get(name)
        if found is None:
            found = self._externals[name] = (External(name),)
        return found

    def result(self, name: str) -> Values:
        """Return an instance of the class ``name``; the same object for all who ask."""
        found = self._results.get(name)
        if found is None:
            found = self._results[name] = (Result(name),)
        return found

    def forget(self) -> None:
        """Drop provisional answers, so that newly known callers are taken into account."""
        for answers in self._terms.values():
            answers[:] = [None if found.__class__ is Provisional else found for found in answers]
        tables: tuple[dict[Any, Values], ...] = (self._names, self._returns, self._parameters, self._elements)
        for table in tables:
            for entry in [entry for entry, found in table.items() if found.__class__ is Provisional]:
                del table[entry]
        self._shared = None
        self._yielded = None

    def _once(self, key: object, table: dict[T, Values], entry: T, compute: Callable[[], Iterable[Value]]) -> Values:
        """Memoise ``compute``; a question met while it is being answered has no answer yet."""
        found = table.get(entry)
        if found is not None:
            if found.__class__ is Provisional:
                self._doubts += 1
            return found
        if key in self._busy or len(self._busy) + self._open > MAX_DEPTH:
            self._doubts += 1
            return ()
        self._busy.add(key)
        before = self._doubts
        try:
            found = unique(compute())
        finally:
            self._busy.discard(key)
        table[entry] = found if self._doubts == before else Provisional(found)
        return found

    # -- answered by the parts that build on each other

    def argument(self, module: Module, call: TermId, function: FunctionInfo, index: int, bound: bool) -> TermId:
        """Return the term that ``call`` passes for parameter ``index`` of ``function``, or ``NO_TERM``."""
        raise NotImplementedError

    def term(self, module: Module, term: TermId) -> Values:
        """Return what ``term`` of ``module`` stands for."""
        raise NotImplementedError

    def annotation(self, module: Module, term: TermId) -> Values:
        """Return the instances that an annotation promises."""
        raise NotImplementedError

    def elements(self, module: Module, base: TermId) -> Values:
        """Return what iterating over, or indexing, ``base`` gives."""
        raise NotImplementedError

    def returned(self, value: FunctionValue) -> Values:
        """Return what calling a function gives; of a generator, what it yields."""
        raise NotImplementedError

    def called(self, value: Value, module: Module, call: Call) -> Iterable[Value]:
        """Yield what calling ``value`` with the arguments of ``call`` gives."""
        raise NotImplementedError

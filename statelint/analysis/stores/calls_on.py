"""What finders of calls on one kind of store share: whether the project uses it at all, and memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from statelint.extract.facts import Attr

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.inference import Inference
    from statelint.analysis.model import FunctionInfo
    from statelint.extract.facts import Call, Event

Found = TypeVar("Found")


class CallsOn(Generic[Found]):
    """Finds the calls on one kind of store, function by function; subclasses say which packages and how."""

    packages: ClassVar[frozenset[str]]
    """Packages without whose import there is nothing to find."""
    lists_members: ClassVar[bool] = False
    """Whether a field may hold many values, such as all members of a chat."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.in_use = any(
            self._is_of(f"{item.module}.{item.symbol}")
            for module in inference.modules
            for item in module.facts.imports
            if not item.level
        )
        self._found: dict[FunctionInfo, tuple[Found, ...]] = {}

    @classmethod
    def _is_of(cls, imported: str) -> bool:
        parts = imported.split(".")
        return any(".".join(parts[:length]) in cls.packages for length in range(1, len(parts) + 1))

    def of(self, function: FunctionInfo) -> tuple[Found, ...]:
        """Return the calls that a function makes, in source order."""
        if not self.in_use:
            return ()
        found = self._found.get(function)
        if found is None:
            found = self._found[function] = tuple(self._all(function))
        return found

    def _all(self, function: FunctionInfo) -> Iterator[Found]:
        for event, call in function.calls:
            func = function.module.terms[call.func]
            if isinstance(func, Attr):
                yield from self._read(function, event, call, func)

    def _read(self, function: FunctionInfo, event: Event, call: Call, func: Attr) -> Iterator[Found]:
        """Yield what a call of the method ``func`` is, if it is one on the store."""
        raise NotImplementedError

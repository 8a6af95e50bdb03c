"""What callers hand to the parameters by which a function asks for rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.principals import HANDED
from statelint.analysis.proofs.naming import raw_names
from statelint.extract.facts import Attr, Call, Cell, Choice, Param

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.analysis.calls import Edge
    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.proofs.judge import Judge
    from statelint.extract.facts import Term, TermId


class Passed:
    """Follows the keys of queries to the calls that choose them."""

    def __init__(self, judge: Judge) -> None:
        self.inference = judge.inference
        self.ownership = judge.ownership
        self.queries = judge.queries
        self.principals = judge.principals

    def arguments(self, edge: Edge, function: FunctionInfo, keys: list[TermId]) -> Iterator[TermId]:
        """Yield what the call passes for the parameters that the keys hold."""
        module = function.module
        parts = self.queries.containment(module).parts
        for key in keys:
            for part in parts(key):
                held = module.terms[part]
                if self._collects(function, held):
                    yield from (value for _, value in self._collected(edge, function))
                    continue
                yield from self._given(edge, function, held)
                base = module.terms[held.base] if isinstance(held, Attr) else None
                if isinstance(held, Attr) and base is not None:
                    # body.chat_id, command.chat_id: what is known of the one attribute is not known of the object.
                    for given in self._given(edge, function, base):
                        yield from self._attribute(edge.caller.module, given, held.name)

    def _given(self, edge: Edge, function: FunctionInfo, held: Term) -> Iterator[TermId]:
        """Yield what a parameter or a variable of the function around stands for where the call is made."""
        caller = edge.caller
        if isinstance(held, Param) and held.function == function.index:
            argument = self.inference.argument(caller.module, edge.call, function, held.index, edge.bound)
            if argument >= 0:
                yield argument
        elif caller.module is function.module:
            yield from self._enclosed(caller, held)

    def around(self, caller: FunctionInfo, function: FunctionInfo, key: TermId) -> Iterator[TermId]:
        """Yield what a key that a closure asks with stands for in the function around it."""
        for part in self.queries.containment(function.module).parts(key):
            yield from self._enclosed(caller, function.module.terms[part])

    @staticmethod
    def _enclosed(caller: FunctionInfo, held: Term) -> Iterator[TermId]:
        """A closure asks with what is around it."""
        if isinstance(held, (Cell, Param)) and held.function == caller.index:
            yield from (
                caller.facts.cells.get(held.name, ())
                if isinstance(held, Cell)
                else (caller.module.parameter_term(caller, held.index),)
            )

    @staticmethod
    def _attribute(module: Module, term: TermId, name: str) -> Iterator[TermId]:
        """Yield an attribute of an object that is handed on, or what it is made of: ``Command(chat_id=key)``."""
        held = module.terms[term]
        if isinstance(held, Call):
            yield from (value for keyword, value in held.keywords if keyword == name)
        elif (found := module.attribute_term(term, name)) >= 0:
            yield found

    def says_who(self, edge: Edge, function: FunctionInfo, indices: Iterable[int]) -> bool:
        """Tell whether a call passes who is calling for one of some parameters, and does not leave it open."""
        module = edge.caller.module
        return edge.call >= 0 and any(
            argument >= 0
            and not isinstance(module.terms[argument], Choice)
            and self.principals.is_principal(module, argument)
            for index in indices
            for argument in (self.inference.argument(module, edge.call, function, index, edge.bound),)
        )

    def told_for_whom(self, function: FunctionInfo, keys: list[TermId]) -> bool:
        """``switch(user_id, note_id)``: a function is told for whom it works, and asks for rows by something else."""
        module = function.module
        users = {parameter.name for parameter in function.facts.parameters} & HANDED
        return bool(users) and not any(users & set(raw_names(module, key)) for key in keys)

    def names_owner(self, edge: Edge, function: FunctionInfo, keys: list[TermId]) -> bool:
        """``self.find(id=key, user_id=me)``: the owner is among what ``find(**filters)`` is told to ask for."""
        return any(self._collects(function, function.module.terms[key]) for key in keys) and any(
            self.ownership.is_own_column(name) for name in self.names(edge, function)
        )

    def names(self, edge: Edge, function: FunctionInfo) -> list[str]:
        """Return the names by which a call tells ``find(**filters)`` what to ask for."""
        return [name for name, _ in self._collected(edge, function)]

    @staticmethod
    def _collects(function: FunctionInfo, held: Term) -> bool:
        """Tell whether a term is the parameter that takes all names for which there is no other."""
        return (
            isinstance(held, Param)
            and held.function == function.index
            and function.facts.parameters[held.index].kind == "**"
        )

    @staticmethod
    def _collected(edge: Edge, function: FunctionInfo) -> list[tuple[str, TermId]]:
        call = edge.caller.module.terms[edge.call]
        known = {parameter.name for parameter in function.facts.parameters}
        return [pair for pair in call.keywords if pair[0] not in known] if isinstance(call, Call) else []

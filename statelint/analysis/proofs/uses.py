"""What becomes of rows: where they leave the function that asks for them, or are changed, and where only tested."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.model import ClassValue
from statelint.analysis.proofs.methods import RowMethods
from statelint.analysis.proofs.naming import called_name
from statelint.analysis.proofs.words import COUNTER, FORMS, GOING, KEY, QUIET, RUNNING, TALLY, WRITING
from statelint.analysis.terms import children, walk
from statelint.extract.facts import (
    NO_TERM,
    Attr,
    Binary,
    Call,
    Choice,
    Compare,
    Comprehension,
    Const,
    Element,
    Item,
    Mapping,
    Not,
    Param,
    Sequence,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from statelint.analysis.model import ClassInfo, FunctionInfo, Module
    from statelint.analysis.proofs.judge import Judge
    from statelint.analysis.queries import Query
    from statelint.extract.facts import Event, TermId

_EXCEPT = frozenset({"notin_", "not_in"})
"""Methods of columns that leave out all of a subquery's rows."""
_JOINING = frozenset({"add", "append", "remove", "discard"})
_YES_OR_NO = frozenset({"has_permission", "has_object_permission", "test_func"})
"""Methods of views and permission classes whose answer only lets a request in."""


def is_permission(function: FunctionInfo) -> bool:
    """Tell whether a framework asks a method for yes or no alone."""
    return function.owner is not None and function.name in _YES_OR_NO


class Uses:
    """Follows rows through a function."""

    def __init__(self, judge: Judge) -> None:
        self.inference = judge.inference
        self.principals = judge.principals
        self.queries = judge.queries
        self.methods = RowMethods(judge.inference, judge.ownership)
        self._known: dict[tuple[FunctionInfo, TermId, Event], list[Event]] = {}

    def escapes(self, function: FunctionInfo, leaf: TermId, event: Event) -> list[Event]:
        """Return the events in which rows leave the function or are changed."""
        key = (function, leaf, event)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._escapes(function, leaf, event)
        return found

    def _escapes(self, function: FunctionInfo, leaf: TermId, event: Event) -> list[Event]:
        module = function.module
        holds = self.queries.containment(module).holds
        found = []
        joins = {other.term for other in function.events if other.op == "call" and self.joins(module, other.term, leaf)}
        written = any(other.op == "write" and holds(other.term, leaf) for other in function.events)
        handed: set[TermId] = set()
        for other in function.events:
            if other is event or other.term in joins:
                continue
            if other.op == "write" and other.value >= 0 and (mapping := keyword_arguments(function, other.term)) >= 0:
                # kwargs["note"] = note: it is handed to whatever is called with **kwargs.
                if self._reveals(module, other.value, leaf):
                    handed.add(mapping)
                continue
            if other.op in {"return", "yield"} and other.term >= 0:
                if self._reveals(module, other.term, leaf) and not is_permission(function):
                    found.append(other)
            elif other.op == "write":
                held = module.terms[other.term]
                if isinstance(held, Attr) and (is_tally(function, other, held) or _refines(function, other, held)):
                    continue
                if holds(other.term, leaf) or (other.value >= 0 and self._reveals(module, other.value, leaf)):
                    found.append(other)
            elif other.op == "call" and other.term != leaf:
                call = module.terms[other.term]
                if not isinstance(call, Call):
                    continue
                name = called_name(module, call)
                func = module.terms[call.func]
                if joins and name == "save" and not written and isinstance(func, Attr) and func.base == leaf:
                    # room.members.add(user), and room.save() to be sure.
                    continue
                if (
                    not handed.isdisjoint(call.arguments)
                    or (isinstance(func, Attr) and holds(func.base, leaf) and self.methods.changes(module, call))
                    or (
                        name in WRITING
                        and (
                            (isinstance(func, Attr) and holds(func.base, leaf))
                            or any(holds(arg, leaf) for arg in call.args)
                        )
                    )
                    or (
                        name not in QUIET | _EXCEPT
                        and any(
                            self._reveals(module, arg, leaf)
                            for arg in call.arguments
                            if name not in GOING or not self._is_key(module, arg)
                        )
                        # A subquery is part of the statement around it, which is judged itself.
                        and not self.queries.chains(module, other.term)
                        and not self._never_returns(module, call)
                        and not self._only_looked_at(module, other.term, leaf)
                        # What becomes of the row in a form is seen where the form is used.
                        and not self.forms(module, call)
                    )
                ):
                    found.append(other)
        return found

    def joins(self, module: Module, term: TermId, leaf: TermId) -> bool:
        """``room.members.remove(request.user)``: the caller joins or leaves, and changes nothing of others'."""
        call = module.terms[term]
        func = module.terms[call.func] if isinstance(call, Call) else None
        relation = module.terms[func.base] if isinstance(func, Attr) else None
        return (
            isinstance(call, Call)
            and isinstance(func, Attr)
            and func.name in _JOINING
            and isinstance(relation, Attr)
            and relation.base == leaf
            and bool(call.args)
            and all(self.principals.is_principal(module, given) for given in call.args)
        )

    def _reveals(self, module: Module, term: TermId, leaf: TermId) -> bool:
        """Tell whether a term holds the rows, and not only what a test of them chose: ``"taken" if row else ""``."""
        if term == leaf:
            return True
        held = module.terms[term]
        if not self.queries.containment(module).holds(term, leaf) or isinstance(held, (Compare, Not)):
            return False
        if isinstance(held, Call) and called_name(module, held) in _EXCEPT:
            # Such a subquery only leaves out rows of the statement around it.
            return isinstance(func := module.terms[held.func], Attr) and self._reveals(module, func.base, leaf)
        if isinstance(held, Binary) and held.op == "+" and _is_one(module, held.right):
            # The next number tells of the last row no more than that it has one.
            return False
        inside = (held.then, held.other) if isinstance(held, Choice) else children(held)
        if isinstance(held, Call) and called_name(module, held) in GOING:
            # return redirect("course", pk=course.pk): the caller is sent to where the row is asked for again.
            inside = tuple(each for each in held.arguments if not self._is_key(module, each))
        return any(child >= 0 and self._reveals(module, child, leaf) for child in inside)

    @staticmethod
    def _is_key(module: Module, term: TermId) -> bool:
        """Tell whether a term is a row's key, or ``kwargs={"pk": note.pk}`` or ``args=[note.pk]``."""
        held = module.terms[term]
        if isinstance(held, (Mapping, Sequence)):
            inside = held.values if isinstance(held, Mapping) else held.items
            return all(Uses._is_key(module, each) for each in inside)
        return isinstance(held, Attr) and (bool(KEY.search(held.name)) or held.name == "slug")

    def shows_only(self, query: Query, says: Callable[[str], bool]) -> bool:
        """Tell whether, of all that a query's rows hold, only attributes that ``says`` admits leave the function."""
        holds = self.queries.containment(query.module).holds
        escapes = self.escapes(query.function, query.leaf, query.event)
        shown = [
            [root for root in (escape.term, escape.value) if root >= 0 and holds(root, query.leaf)]
            for escape in escapes
        ]
        return (
            bool(shown)
            and all(shown)
            and all(self._only_in(query.module, root, query.leaf, says) for roots in shown for root in roots)
        )

    def _only_in(self, module: Module, term: TermId, leaf: TermId, says: Callable[[str], bool]) -> bool:
        if not self.queries.containment(module).holds(term, leaf):
            return True
        match held := module.terms[term]:
            case Attr(base=base, name=name) if (
                isinstance(row := module.terms[base], (Element, Item)) and row.base == leaf
            ):
                return says(name)
            case Comprehension(element=element, key=key, tests=tests):
                inside: tuple[TermId, ...] = (element, key, *tests)
            case _:
                inside = children(held)
        return term != leaf and all(self._only_in(module, part, leaf, says) for part in inside if part >= 0)

    def forms(self, module: Module, call: Call) -> list[ClassInfo]:
        """Return the classes of forms and serializers that a call makes an instance of."""
        classes = [value.klass for value in self.inference.term(module, call.func) if isinstance(value, ClassValue)]
        return [each for each in classes if any(base.startswith(FORMS) for base in self.inference.external_bases(each))]

    def _never_returns(self, module: Module, call: Call) -> bool:
        """``fail(result.error)``: what is called always raises, and gives the rows to nobody."""
        functions = self.inference.callees(module, call)
        return bool(functions) and all(
            any(event.op == "raise" and not event.condition for event in function.events) for function in functions
        )

    def _only_looked_at(self, module: Module, term: TermId, leaf: TermId) -> bool:
        """``abort_if_missing(note)``: what is called only tests the rows, and gives them to nobody."""
        call = module.terms[term]
        functions = self.inference.callees(module, call) if isinstance(call, Call) else []
        return bool(functions) and all(
            any(event.op == "raise" or event.condition for event in each.events)
            and all(
                self._goes_nowhere(each, index)
                for index in range(len(each.facts.parameters))
                if (given := self.inference.argument(module, term, each, index, each.owner is not None)) >= 0
                if self._reveals(module, given, leaf)
            )
            for each in functions
        )

    def _goes_nowhere(self, function: FunctionInfo, index: int) -> bool:
        """Tell whether a parameter is only tested: it is neither given back nor kept, changed nor handed on."""
        module = function.module
        parts = self.queries.containment(module).parts
        return function.facts.parameters[index].kind == "positional" and not any(
            isinstance(held := module.terms[part], Param) and (held.function, held.index) == (function.index, index)
            for event in function.events
            if event.op != "raise" and not (event.op == "call" and module.last_name(event.term) in QUIET)
            for root in (event.term, event.value)
            if root >= 0
            for part in parts(root)
        )

    @staticmethod
    def runs(module: Module, event: Event, leaf: TermId) -> bool:
        """``session.execute(statement)``: what becomes of the rows is seen where its answer is used."""
        call = module.terms[event.term] if event.op == "call" else None
        return isinstance(call, Call) and leaf in call.args and called_name(module, call) in RUNNING

    def only_tested(self, module: Module, event: Event) -> bool:
        """Tell whether an event hands rows to a function that changes none, and whose answer a test asks for."""
        call = module.terms[event.term] if event.op == "call" else None
        return (
            isinstance(call, Call)
            and self.inside_test(module, event.term)
            and called_name(module, call) not in WRITING
            and not self.methods.changes(module, call)
            and not any(map(self._changes_rows, self.inference.callees(module, call)))
        )

    @staticmethod
    def _changes_rows(function: FunctionInfo) -> bool:
        """Tell whether a function changes what it is handed."""
        module = function.module
        changed = [call.func for _, call in function.calls if called_name(module, call) in WRITING]
        changed += [event.term for event in function.events if event.op == "write"]
        return any(
            isinstance(held := module.terms[term], Attr) and isinstance(module.terms[held.base], Param)
            for term in changed
        )

    def inside_test(self, module: Module, term: TermId) -> bool:
        """Tell whether a term is part of a condition."""
        return any(
            condition.test >= 0 and self.queries.containment(module).holds(condition.test, term)
            for condition in module.facts.conditions
        )


def is_tally(function: FunctionInfo, event: Event, target: Attr) -> bool:
    """Tell whether a write counts what its user does with a row, or credits it: ``cat.votes += 1``.

    Who is sent money gets what another row loses: ``sender.balance -= amount``, ``receiver.balance += amount``.
    """
    module = function.module
    counted = event.how == "=" and event.value >= 0 and event.term in walk(module, event.value)
    if event.how not in {"+=", "-="} and not counted:
        return False
    terms = module.terms
    return (COUNTER.search(target.name) or TALLY.search(target.name)) is not None or (
        event.how == "+="
        and any(
            other.op == "write"
            and other.how == "-="
            and isinstance(taken := terms[other.term], Attr)
            and taken.name == target.name
            and taken.base != target.base
            for other in function.events
        )
    )


def _refines(function: FunctionInfo, event: Event, held: Attr) -> bool:
    """``self.queryset = self.queryset.annotate(…)``: tell whether a view adds to its own statement, judged with it."""
    return (
        held.name == "queryset"
        and function.owner is not None
        and event.value >= 0
        and event.term in walk(function.module, event.value)
    )


def keyword_arguments(function: FunctionInfo, term: TermId) -> TermId:
    """Return the function's own ``**kwargs`` of which ``kwargs["note"]`` is an entry, or ``NO_TERM``."""
    module = function.module
    held = module.terms[term]
    base = module.terms[held.base] if isinstance(held, Item) else None
    if (
        isinstance(held, Item)
        and isinstance(base, Param)
        and base.function == function.index
        and function.facts.parameters[base.index].kind == "**"
    ):
        return held.base
    return NO_TERM


def _is_one(module: Module, term: TermId) -> bool:
    held = module.terms[term]
    return isinstance(held, Const) and held.value == 1

"""Keys that were proven before: by a row that they loaded, or by a call that leaves unless they are the caller's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.model import ClassValue
from statelint.analysis.proofs.blocks import says_there_is
from statelint.analysis.proofs.naming import called_name, raw_names
from statelint.analysis.proofs.verdict import Proof
from statelint.analysis.proofs.words import CHECKING, DEMANDING
from statelint.analysis.stores.sqlcalls import fetched
from statelint.extract.facts import Attr, Call, Compare, Const, Item, Not, Param

if TYPE_CHECKING:
    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.proofs.judge import Judge
    from statelint.analysis.queries import Query
    from statelint.extract.facts import Event, TermId


class Parents:
    """Looks at what a function does with the keys of a query before it asks."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.inference = judge.inference
        self.graph = judge.graph
        self.queries = judge.queries
        self.rows = judge.rows
        self.exits = judge.exits
        self.regard = judge.regard

    def prove(self, function: FunctionInfo, event: Event, leaf: TermId, keys: list[TermId]) -> Proof | None:
        """Return ``PARENT`` where the keys by which ``event`` asks were proven or checked before it."""
        names = {name for key in keys for name in raw_names(function.module, key)}
        if (
            self._loaded_before(function, event, leaf, names)
            or self._checked_before(function, event, keys, names)
            or self.rows.permits.among_own(function, names, self._proven(function, leaf))
        ):
            return Proof.PARENT
        return None

    def _proven(self, function: FunctionInfo, besides: TermId) -> set[TermId]:
        """Return the other rows that a function loads and that are proven."""
        others = (other for other in self.queries.of(function) if other.leaf != besides)
        return {other.leaf for other in others if self.judge.judge(other).proof is not None}

    def _loaded_before(self, function: FunctionInfo, event: Event, leaf: TermId, names: set[str]) -> bool:
        """Tell whether the same key was used before to load a row that is proven, and had to be there."""
        module = function.module
        holds = self.queries.containment(module).holds
        chain = set(self.exits.chain(module, event.condition))
        for other in self.queries.of(function):
            if other.leaf == leaf or other.event.position.line > event.position.line:
                continue
            shared = {
                name for atom in self.queries.atoms(other) if atom.value >= 0 for name in raw_names(module, atom.value)
            }
            if not (names & shared):
                continue
            if other.event.condition and other.event.condition not in chain:
                if self._refused_if_given(function, other.event, other.leaf, chain, names):
                    return True
                continue
            if not self._vouches(function, other, event, names) and not self._tested_owner(
                module, other.leaf, chain, names
            ):
                continue
            aborting = any(step.method in DEMANDING for step in other.chain.steps) or self._demanded(function, other)
            tested = any(
                holds(module.facts.conditions[step].test, other.leaf)
                for step in chain
                if module.facts.conditions[step].test >= 0
            )
            if aborting or tested or self._used(function, other, event, chain) or self._made(function, other, event):
                return True
        return False

    def _made(self, function: FunctionInfo, other: Query, event: Event) -> bool:
        """``chat = find(chat_id) or Chat(id=chat_id, user=me)``: tell whether the row was made where there was none."""
        module = function.module
        conditions = module.facts.conditions
        for place in function.events:
            if place is event:
                break
            call = module.terms[place.term] if place.op == "call" else None
            if (
                isinstance(call, Call)
                and other.chain.model is not None
                and any(
                    isinstance(value, ClassValue) and self.judge.ownership.model_of(value.klass) is other.chain.model
                    for value in self.inference.term(module, call.func)
                )
                and any(
                    says_there_is(module, conditions[step].test, not conditions[step].positive, other.leaf)
                    for step in self.exits.chain(module, place.condition)
                )
            ):
                return True
        return False

    def _used(self, function: FunctionInfo, other: Query, event: Event, chain: set[int]) -> bool:
        """Tell whether something of the one row was read before, which fails where there is none: ``note["title"]``."""
        module = function.module
        if not any(step.method in self.queries.words["terminals"] for step in other.chain.steps):
            return False
        for place in function.events:
            if place is event:
                return False
            if place.condition and place.condition not in chain:
                continue
            for root in (place.term, place.value):
                if root >= 0 and any(
                    isinstance(held := module.terms[part], (Attr, Item)) and held.base == other.leaf
                    for part in self.queries.containment(module).parts(root)
                ):
                    return True
        return False

    def _checked_before(self, function: FunctionInfo, event: Event, keys: list[TermId], names: set[str]) -> bool:
        """Tell whether a key was handed before to a call that leaves unless it is the caller's."""
        module = function.module
        holds = self.queries.containment(module).holds
        chain = set(self.exits.chain(module, event.condition))
        for place in function.events:
            if place is event:
                break
            call = module.terms[place.term] if place.op == "call" else None
            at = self._outside_loops(module, place, names)
            if not isinstance(call, Call):
                continue
            arguments = call.arguments
            if not any(arg in keys or names & set(raw_names(module, arg)) for arg in arguments):
                continue
            if at and at not in chain:
                if self._refused_if_given(function, place, place.term, chain, names):
                    return True
                continue
            rows = {place.term, fetched(function, place)}
            if any(self._tested_owner(module, row, chain, names) for row in rows):
                return True
            if any(self._checks_itself(function, row, event, chain) for row in rows):
                return True
            name = called_name(module, call)
            functions = self.inference.callees(module, call)
            if any(
                self._demands_own(edge.callee, index)
                for edge in self.graph.callees.get(function, ())
                if edge.call == place.term and edge.kind == "call"
                for index in range(len(edge.callee.facts.parameters))
                for arg in (self.inference.argument(module, edge.call, edge.callee, index, edge.bound),)
                if arg >= 0 and (arg in keys or names & set(raw_names(module, arg)))
            ):
                return True
            with_caller = any(self.rows.tells_caller(module, arg) for arg in arguments)
            if functions and not self.regard.of_any(functions):
                continue
            if CHECKING.search(name) and (with_caller or functions):
                return True
            if with_caller and functions:
                tested = any(
                    holds(module.facts.conditions[step].test, place.term)
                    for step in chain
                    if module.facts.conditions[step].test >= 0
                )
                if tested or any(map(self.regard.leaves, functions)):
                    return True
                if at != place.condition and self._refused(function, place.term):
                    return True
        return False

    def _outside_loops(self, module: Module, place: Event, names: set[str]) -> int:
        """Return the condition of an event, and for what is done with each of the keys, that of the loop."""
        conditions = module.facts.conditions
        at = place.condition
        while at and conditions[at].kind == "loop" and names & set(raw_names(module, conditions[at].test)):
            at = conditions[at].parent
        return at

    def _refused(self, function: FunctionInfo, test: TermId) -> bool:
        """Tell whether a function leaves for what a call answers: ``if not may_read(note_id, user): raise``."""
        module = function.module
        conditions = module.facts.conditions
        return any(
            self.rows.permits.leaves(module, event)
            and any(
                conditions[step].test >= 0 and self.queries.containment(module).holds(conditions[step].test, test)
                for step in self.exits.chain(module, event.condition)
            )
            for event in function.events
        )

    def _checks_itself(self, function: FunctionInfo, row: TermId, event: Event, chain: set[int]) -> bool:
        """``book = Book.find(book_id)``, ``book.check_access()``: tell whether a row is checked before ``event``."""
        module = function.module
        for place in function.events:
            if place is event:
                return False
            if (
                place.op == "call"
                and (not place.condition or place.condition in chain)
                and self.rows.checking_call(module, place.term, row)
            ):
                return True
        return False

    def _refused_if_given(
        self, function: FunctionInfo, event: Event, rows: TermId, chain: set[int], names: set[str]
    ) -> bool:
        """``if book_id: book = find(book_id); if book.user_id != me.id: raise``: without a key there is no parent."""
        module = function.module
        conditions = module.facts.conditions
        given = set(self.exits.chain(module, event.condition)) - chain
        return all(self._is_given_key(module, step, names) for step in given) and any(
            (place.op == "raise" or self.exits.aborts(module, place))
            and given <= (steps := set(self.exits.chain(module, place.condition)))
            and len(tests := [step for step in steps - given - chain if not self._says_there_is(module, step, rows)])
            == 1
            and self.rows.is_check(module, conditions[tests[0]].test, rows, not conditions[tests[0]].positive)
            for place in function.events
        )

    @staticmethod
    def _says_there_is(module: Module, step: int, rows: TermId) -> bool:
        condition = module.facts.conditions[step]
        return says_there_is(module, condition.test, condition.positive, rows)

    @staticmethod
    def _is_given_key(module: Module, step: int, names: set[str]) -> bool:
        """Tell whether a condition says that there is a key: ``if book_id``, ``if book_id is not None``."""
        condition = module.facts.conditions[step]
        held = module.terms[condition.test] if condition.test >= 0 else None
        key, positive = condition.test, condition.positive
        while isinstance(held, Not):
            key, positive, held = held.value, not positive, module.terms[held.value]
        if isinstance(held, Compare):
            if held.op not in {"is not", "!=", "is", "=="} or not isinstance(module.terms[held.right], Const):
                return False
            positive = positive is (held.op in {"is not", "!="})
            key = held.left
        return (
            condition.kind == "if"
            and positive
            and isinstance(module.terms[key], (Attr, Param))
            and not names.isdisjoint(raw_names(module, key))
        )

    def _demands_own(self, function: FunctionInfo, index: int) -> bool:
        """Tell whether a function leaves unless the row that one of its parameters names is the caller's."""
        module = function.module
        for event in function.events:
            if event.op != "raise" and not self.exits.aborts(module, event):
                continue
            for step in self.exits.chain(module, event.condition):
                condition = module.facts.conditions[step]
                if condition.kind != "if" or condition.test < 0:
                    continue
                for part in self.queries.containment(module).parts(condition.test):
                    held = module.terms[part]
                    if (
                        isinstance(held, Call)
                        and self._is_given(module, held, function, index)
                        and self.rows.is_check(module, condition.test, part, not condition.positive)
                    ):
                        return True
        return False

    @staticmethod
    def _is_given(module: Module, call: Call, function: FunctionInfo, index: int) -> bool:
        return any(
            isinstance(given := module.terms[arg], Param) and given.function == function.index and given.index == index
            for arg in call.arguments
        )

    def _vouches(self, function: FunctionInfo, other: Query, event: Event, names: set[str]) -> bool:
        """Tell whether the proof of another query stands for what is asked later, in ``event``."""
        proof = self.judge.judge(other).proof
        if proof is Proof.CHECKED:
            # Its rows may be checked in each branch that uses them, and in none that leads here.
            return self.rows.checked_before(function, other, event, names)
        if proof is Proof.NO_ESCAPE:
            if self.rows.checked_before(function, other, event, names):
                # if not user.is_admin: if book.user_id != user.id: raise
                return True
            # if note.book_id != book.id: raise, and then delete(note_id)
            values = sorted(self.judge.matches.at(function.module, event, other.leaf))
            if values and self.judge.of_parent(function, other.leaf, event, values) is not None:
                return True
            # A row that is only looked for may stand under a proven one itself.
            proof = self.judge.of_row_above(other).proof
        return proof in {Proof.PREDICATE, Proof.PARENT, Proof.RELATION, Proof.CALLER, Proof.GUARD}

    def _demanded(self, function: FunctionInfo, query: Query) -> bool:
        """``session.scalars(statement).one()``: whoever runs a statement may demand that it finds a row."""
        module = function.module
        return any(
            isinstance(func := module.terms[call.func], Attr)
            and func.name in DEMANDING - {"get"}
            and self.queries.containment(module).holds(func.base, query.leaf)
            for _, call in function.calls
        )

    def _tested_owner(self, module: Module, rows: TermId, chain: set[int], names: set[str]) -> bool:
        """Tell whether one of the conditions checks the owner of ``rows``, or what the caller may do with them."""
        conditions = module.facts.conditions
        return any(
            self.rows.is_check(module, conditions[step].test, rows, conditions[step].positive)
            or self.rows.permits.admits(module, conditions[step].test, rows, names, positive=conditions[step].positive)
            for step in chain
        )

"""What happens to the rows: where they escape, and whether a check of their owner dominates every escape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.ownership import OwnerKind
from statelint.analysis.proofs.blocks import same_block
from statelint.analysis.proofs.chosen import Chosen
from statelint.analysis.proofs.naming import called_name, name_of, own_attribute
from statelint.analysis.proofs.permits import Permits
from statelint.analysis.proofs.published import is_shown
from statelint.analysis.proofs.verdict import Proof
from statelint.analysis.proofs.words import (
    CHECKING,
    CREDENTIAL,
    NEGATIVE,
)
from statelint.analysis.roles import grants_role
from statelint.analysis.terms import children
from statelint.extract.facts import Attr, Call, Compare, Const, Item, Logic, Not, Param

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.proofs.judge import Judge
    from statelint.analysis.queries import Query
    from statelint.extract.facts import Event, TermId


class Rows:
    """Follows the rows of a query through the function that asks."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.inference = judge.inference
        self.ownership = judge.ownership
        self.principals = judge.principals
        self.queries = judge.queries
        self.regard = judge.regard
        self.exits = judge.exits
        self.uses = judge.uses
        self.permits = Permits(self, judge.principals)
        self.chosen = Chosen(self)
        self._guard_index: dict[Module, dict[TermId, list[int]]] = {}

    def checked(self, function: FunctionInfo, event: Event, leaf: TermId, names: Iterable[str] = ()) -> Proof | None:
        """Every escape of the rows, which the keys called ``names`` chose, is dominated by a check of their owner."""
        escapes = self.uses.escapes(function, leaf, event)
        proof = self._dominated(function, event, leaf, tuple(names), escapes)
        if proof is not None:
            return proof
        for write in escapes:
            # self.row = …: what is checked is the attribute.
            if (
                write.op == "write"
                and function.owner is not None
                and own_attribute(function, write.term)
                and write.value >= 0
            ):
                rest = [other for other in escapes if other.op != "write" or other.term != write.term]
                later = self.uses.escapes(function, write.term, write)
                return self._dominated(function, write, write.term, tuple(names), later) if not rest else None
        return None

    def checked_before(self, function: FunctionInfo, query: Query, event: Event, names: Iterable[str]) -> bool:
        """Tell whether a check of the owner of a query's rows dominates ``event``."""
        return self._dominated(function, query.event, query.leaf, tuple(names), [event]) is not None

    def _dominated(
        self, function: FunctionInfo, event: Event, leaf: TermId, names: tuple[str, ...], escapes: list[Event]
    ) -> Proof | None:
        module = function.module
        checks = {
            number
            for number in {step for escape in escapes for step in self.exits.chain(module, escape.condition)}
            if self.is_check(
                module, module.facts.conditions[number].test, leaf, module.facts.conditions[number].positive
            )
            or self.permits.admits(
                module,
                module.facts.conditions[number].test,
                leaf,
                names,
                positive=module.facts.conditions[number].positive,
            )
        }
        places = {id(other): place for place, other in enumerate(function.events)}
        demanded = self.permits.demanded(function, leaf)
        calls = [
            other
            for other in function.events
            if other.op == "call" and (other.term in demanded or self.checking_call(module, other.term, leaf))
        ]
        checking_terms = {other.term for other in calls}
        left = min(
            self._left_block(function, event, leaf),
            self.permits.excepted(function, leaf, names),
            self.permits.branched(function, leaf, names),
        )
        found = bool(checks or calls or left < len(function.events))

        def is_checked(use: Event) -> bool:
            chain = set(self.exits.chain(module, use.condition))
            return bool(
                chain & checks
                or places[id(use)] > left
                or any(
                    places[id(other)] < places[id(use)]
                    and (
                        not (at := self._outside_loops(module, other, leaf))
                        or at in chain
                        or same_block(module, at, event, leaf)
                    )
                    for other in calls
                )
            )

        for escape in escapes:
            if escape.op == "call" and self._asks_itself(module, escape.term, leaf):
                found = True
                continue
            if escape.op == "call" and (escape.term in checking_terms or self.uses.inside_test(module, escape.term)):
                continue
            chain = set(self.exits.chain(module, escape.condition))
            if escape.op in {"return", "yield"} and any(is_shown(self.queries, module, step, leaf) for step in chain):
                found = True
                continue
            if self.admitted(module, chain, leaf):
                found = True
                continue
            if is_checked(escape):
                continue
            if self.chosen.proven(module, escape, leaf) or self.chosen.gathered(function, escape, leaf, is_checked):
                found = True
                continue
            return None
        return Proof.CHECKED if found else None

    def admitted(self, module: Module, chain: Iterable[int], leaf: TermId) -> bool:
        """Tell whether one of the conditions asks for the caller's role: ``if user.role == ADMIN: return note``."""
        conditions = (module.facts.conditions[step] for step in chain)
        return any(held.test >= 0 and self._grants(module, held.test, held.positive, leaf) for held in conditions)

    def _grants(self, module: Module, test: TermId, positive: bool, leaf: TermId) -> bool:
        """Tell whether a condition asks for a role besides what it asks of rows: ``is_admin and not room.lobby``."""
        if not self.queries.containment(module).holds(test, leaf):
            return grants_role(self.principals, module, test, positive)
        match module.terms[test]:
            case Not(value=value):
                return self._grants(module, value, not positive, leaf)
            case Logic(op=op, values=values) if (op == "and") is positive:
                return any(self._grants(module, value, positive, leaf) for value in values)
        return False

    def _outside_loops(self, module: Module, event: Event, leaf: TermId) -> int:
        """Return the condition of an event, and for what is done with each of the rows, that of the loop."""
        conditions = module.facts.conditions
        at = event.condition
        while (
            at
            and conditions[at].kind == "loop"
            and conditions[at].test >= 0
            and self.queries.containment(module).holds(conditions[at].test, leaf)
        ):
            at = conditions[at].parent
        return at

    def _left_block(self, function: FunctionInfo, event: Event, leaf: TermId) -> int:
        """Return the place of the event after which rows have passed a check in the query's own block.

        A check that leaves, in the block in which the rows were loaded, dominates whatever is done with them later,
        also after the branch that loads them has joined others.
        """
        module = function.module
        conditions = module.facts.conditions
        for number in self._guards_on(module).get(leaf, ()):
            guard = conditions[number]
            if not self.is_check(module, guard.test, leaf, guard.positive):
                continue
            if not same_block(module, guard.parent, event, leaf):
                continue
            inside = [
                place
                for place, other in enumerate(function.events)
                if any(
                    conditions[step].test == guard.test and conditions[step].kind == "if"
                    for step in self.exits.chain(module, other.condition)
                )
            ]
            return max(inside, default=0)
        return len(function.events)

    def _guards_on(self, module: Module) -> dict[TermId, list[int]]:
        """Index the guards of a module by the calls that their tests hold."""
        found = self._guard_index.get(module)
        if found is None:
            found = self._guard_index[module] = {}
            for number, condition in enumerate(module.facts.conditions):
                if condition.kind in {"guard", "assert"} and condition.test >= 0:
                    for part in self.queries.containment(module).parts(condition.test):
                        if isinstance(module.terms[part], Call):
                            found.setdefault(part, []).append(number)
        return found

    def is_check(self, module: Module, test: TermId, leaf: TermId, positive: bool) -> bool:
        """Tell whether ``test``, being ``positive``, says that rows are the caller's or that a helper allows them."""
        if test < 0:
            return False
        holds = self.queries.containment(module).holds
        if not holds(test, leaf):
            return False
        held = module.terms[test]
        match held:
            case Compare(op=op, left=left, right=right):
                if (op in {"!=", "not in", "is not"}) is positive:
                    return False
                for row, other in ((left, right), (right, left)):
                    if holds(row, leaf) and not holds(other, leaf) and not isinstance(module.terms[other], Const):
                        if self.names_owner(module, row, leaf) or (
                            (self.principals.is_principal(module, other) or self.permits.vouched(module, other))
                            and not self._is_own_key(module, row, leaf)
                        ):
                            return True
                        if self._is_secret(module, row, leaf) or (
                            op in {"in", "not in"} and other == right and self._is_callers(module, other)
                        ):
                            return True
                return False
            case Logic(values=values):
                return any(self.is_check(module, value, leaf, positive) for value in values)
            case Not(value=value):
                return self.is_check(module, value, leaf, not positive)
            case Call():
                if test == leaf or self.permits.makes(module, test):
                    # That there is a row says nothing of whose it is, whatever else the query was given.
                    return False
                functions = self.inference.callees(module, held)
                return (
                    bool(CHECKING.search(called_name(module, held)))
                    or any(self.principals.is_principal(module, arg) for arg in held.arguments)
                    # Who is calling is known without being told: ``is_mine(note)``.
                    or (
                        bool(functions)
                        and all(_answers_yes_or_no(each) and self.regard.compares_caller(each) for each in functions)
                    )
                ) and self.regard.called(self.inference.term(module, held.func))
            case _:
                return any(self.is_check(module, child, leaf, positive) for child in children(held) if child >= 0)

    def _is_own_key(self, module: Module, row: TermId, leaf: TermId) -> bool:
        """``post.id == current_user.id`` says nothing of whose post it is."""
        held = module.terms[row]
        models = [chain.model for chain in self.queries.chains(module, leaf)]
        return (
            isinstance(held, Attr)
            and held.base == leaf
            and held.name in {"id", "pk"}
            and bool(models)
            and all(
                model is not None
                and not model.is_principal
                and not ((column := model.columns.get(held.name)) is not None and column.is_key)
                for model in models
            )
        )

    def _is_callers(self, module: Module, term: TermId) -> bool:
        """Tell whether a term holds what is asked for by the caller: ``Project.objects.filter(members=user)``."""
        parts = self.queries.containment(module).parts(term)
        return any(
            # set(readable_ids(user))
            isinstance(held := module.terms[part], Call)
            and any(self.principals.is_principal(module, given) for given in held.arguments)
            and self.regard.called(self.inference.term(module, held.func))
            for part in parts
        ) or any(
            query.leaf in parts
            and any(
                atom.value >= 0 and atom.op not in NEGATIVE and self.principals.is_principal(module, atom.value)
                for atom in self.queries.atoms(query)
            )
            for function in module.functions
            for query in self.queries.of(function)
        )

    def _is_secret(self, module: Module, value: TermId, leaf: TermId) -> bool:
        """``str(note.share_key)``: who knows what only the row holds was given it."""
        containment = self.queries.containment(module)
        return any(
            isinstance(held := module.terms[part], Attr)
            and CREDENTIAL.search(held.name)
            and containment.holds(held.base, leaf)
            for part in containment.parts(value)
        )

    def names_owner(self, module: Module, row: TermId, leaf: TermId) -> bool:
        """Tell whether a value is the owner of the rows of a query: ``note.user_id``, ``row["user_id"]``."""
        holds = self.queries.containment(module).holds
        at = row
        while at >= 0 and holds(at, leaf):
            held = module.terms[at]
            if isinstance(held, Attr):
                if self.ownership.column_kind(held.name) is not None or self.ownership.is_own_column(held.name):
                    return True
                at = held.base
            elif isinstance(held, Item):
                text = module.text(held.key)
                if text is not None and self.ownership.column_kind(text) is not None:
                    return True
                at = held.base
            elif isinstance(held, Call):
                if held.args and holds(held.args[0], leaf):
                    at = held.args[0]
                else:
                    # row.get("user_id")
                    text = module.text(held.args[0]) if held.args else None
                    if text is not None and self.ownership.column_kind(text) is not None:
                        return True
                    at = held.func
            else:
                return False
        return False

    def checking_call(self, module: Module, term: TermId, leaf: TermId) -> bool:
        """A call in statement position that leaves unless the rows are the caller's."""
        call = module.terms[term]
        if not isinstance(call, Call) or term == leaf:
            return False
        holds = self.queries.containment(module).holds
        func = module.terms[call.func]
        receiver = (func.base,) if isinstance(func, Attr) else ()
        arguments = call.arguments
        if not any(holds(term, leaf) for term in (*receiver, *arguments)):
            return False
        functions = self.inference.callees(module, call) or self._methods_of_row(module, call, leaf)
        if not functions:
            return bool(CHECKING.search(called_name(module, call)))
        if not self.regard.of_any(functions) or not any(map(self.regard.leaves, functions)):
            return False
        return bool(CHECKING.search(called_name(module, call))) or (
            any(self.tells_caller(module, arg) for arg in arguments)
            and any(map(self.regard.compares_caller, functions))
        )

    def _asks_itself(self, module: Module, term: TermId, leaf: TermId) -> bool:
        """``note.delete(user.id)``: the row is told who wants it changed, and compares that itself."""
        call = module.terms[term]
        func = module.terms[call.func] if isinstance(call, Call) else None
        if (
            not isinstance(call, Call)
            or not isinstance(func, Attr)
            or func.base != leaf
            or not any(self.principals.is_principal(module, argument) for argument in call.arguments)
        ):
            return False
        methods = self._methods_of_row(module, call, leaf)
        return bool(methods) and all(map(self.regard.compares_caller, methods))

    def _methods_of_row(self, module: Module, call: Call, leaf: TermId) -> list[FunctionInfo]:
        """``note.raise_unless_editable(user)``: the method of the rows' model."""
        name = called_name(module, call)
        models = (chain.model for chain in self.queries.chains(module, leaf))
        classes = (model.klass for model in models if model is not None and model.klass is not None)
        return [method for klass in classes if (method := self.inference.method(klass, name)) is not None]

    def tells_caller(self, module: Module, term: TermId) -> bool:
        """Tell whether who is given a value knows the caller: it is the caller, an owner, or the whole request."""
        return self.is_request(module, term) or self.is_ownerish(module, term)

    def is_request(self, module: Module, term: TermId) -> bool:
        """Tell whether a value is the whole request, with the caller in it, and not a body called so."""
        return name_of(module, term) == "request" and not self.principals.senders.is_body(module, term)

    def is_ownerish(self, module: Module, term: TermId) -> bool:
        """The caller's identity, or a value whose name says that it is an owner's."""
        if self.principals.is_principal(module, term):
            return True
        held = module.terms[term]
        name = (
            module.parameter_of(held).name if isinstance(held, Param) else held.name if isinstance(held, Attr) else ""
        )
        return bool(name) and self.ownership.column_kind(name) in {OwnerKind.OWNER, OwnerKind.TENANT}


def _answers_yes_or_no(function: FunctionInfo) -> bool:
    """Tell whether all that a function returns is true or false."""
    terms = function.module.terms
    returned = [terms[event.term] for event in function.events if event.op == "return" and event.term >= 0]
    return bool(returned) and all(
        isinstance(held, (Compare, Not, Logic)) or (isinstance(held, Const) and isinstance(held.value, bool))
        for held in returned
    )

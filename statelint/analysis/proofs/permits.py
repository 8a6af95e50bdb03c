"""Checks that ask something else about the caller than who owns the row: a membership, a permission, a valid set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.proofs.naming import is_read_from, raw_names
from statelint.analysis.proofs.published import is_hidden
from statelint.analysis.proofs.verdict import Proof
from statelint.analysis.proofs.words import DEMANDING, LOOKUP, MAKING, NEGATIVE
from statelint.analysis.roles import grants_role
from statelint.extract.facts import Attr, Call, Choice, Compare, Const, Logic, Not, Param

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.principals import Principals
    from statelint.analysis.proofs.rows import Rows
    from statelint.extract.facts import Event, TermId


class Permits:
    """Finds them among the tests of a function."""

    def __init__(self, rows: Rows, principals: Principals) -> None:
        self.rows = rows
        self.exits = rows.exits
        self.queries = rows.queries
        self.principals = principals

    def admits(self, module: Module, test: TermId, leaf: TermId, names: Iterable[str], *, positive: bool) -> bool:
        """Tell whether a test calls something with the caller and the row, or with the caller and the row's key.

        ``permission = get_permission(user.id, task_id)``, ``if permission is None: raise``. Who goes on when nothing
        was found was permitted nothing: ``cached = cache.get(f"{user.id}:{page}")``, ``if cached: return cached``.
        ``positive`` tells whether the test is true of who goes on.
        """
        if test < 0:
            return False
        wanted = set(names)
        # What the statement itself asks for is judged as its predicate.
        own = self.queries.containment(module).parts(leaf)
        for call, found in self._asked(module, test, positive=positive):
            inside = self._given(module, call, leaf)
            if (
                call != leaf
                and not self.makes(module, call)
                and (leaf in inside or wanted & self._names(module, inside))
                and any(self.principals.is_principal(module, other) for other in inside if other not in own)
                and self._is_read(module, call)
                and (found or not self._looks_up(module, call))
            ):
                return True
        return False

    def demanded(self, function: FunctionInfo, leaf: TermId) -> set[TermId]:
        """Return the calls that leave unless the caller has a row of their own under this one.

        ``get_object_or_404(Enrollment, student=request.user, course=course)``.
        """
        module = function.module
        holds = self.queries.containment(module).holds
        found = set()
        for query in self.queries.of(function):
            if query.leaf == leaf or not any(step.method in DEMANDING for step in query.chain.steps):
                continue
            asked = [atom for atom in self.queries.atoms(query) if atom.value >= 0 and atom.op not in NEGATIVE]
            if any(holds(atom.value, leaf) for atom in asked) and any(
                self.principals.is_principal(module, atom.value) for atom in asked
            ):
                found.add(query.leaf)
        return found

    def vouched(self, module: Module, term: TermId) -> bool:
        """Tell whether a guard before an entry point compares a parameter with the caller: ``/messages/<username>``."""
        held = module.terms[term]
        judge = self.rows.judge
        return (
            isinstance(held, Param)
            and (function := module.functions[held.function]) in judge.reach.entry_points
            and judge.guards.entrance(function, [term]) is Proof.GUARD
            and judge.guards.entrance(function, []) is None
        )

    def _is_read(self, module: Module, call: TermId) -> bool:
        held = module.terms[call]
        return isinstance(held, Call) and self.rows.regard.called(self.rows.inference.term(module, held.func))

    def _looks_up(self, module: Module, call: TermId) -> bool:
        """Tell whether a call asks a store for something: a cached answer, an earlier vote."""
        held = module.terms[call]
        return isinstance(held, Call) and (
            bool(LOOKUP.search(module.last_name(held.func))) or bool(self.queries.chains(module, call))
        )

    def makes(self, module: Module, call: TermId) -> bool:
        """Tell whether a call makes a row (``get_or_create(message=…, user=user)``): it asks for no permission."""
        held = module.terms[call]
        func = held.func if isinstance(held, Call) else call
        wrapped = module.terms[func]
        name = module.last_name(wrapped.args[0] if isinstance(wrapped, Call) and wrapped.args else func)
        return name in MAKING or name.endswith("or_create")

    def _given(self, module: Module, call: TermId, leaf: TermId) -> frozenset[TermId]:
        """Return what is in a call's arguments, and in the statement that it finishes."""
        held = module.terms[call]
        parts = self.queries.containment(module).parts
        if not isinstance(held, Call):
            return frozenset()
        found = frozenset(part for term in held.arguments for part in parts(term))
        func = module.terms[held.func]
        if isinstance(func, Call):
            # sync_to_async(room.members.filter(id=user.id).exists)()
            func = module.terms[func.args[0]] if func.args else func
        if isinstance(func, Attr):
            receiver = parts(func.base)
            own = parts(leaf)
            # room.members.filter(id=user.id).exists(), Member.objects.filter(room=room, user=user).exists()
            if is_read_from(module, func.base, leaf) or any(
                part not in own and self.queries.chains(module, part) for part in receiver
            ):
                found |= receiver
        return found

    def _asked(self, module: Module, test: TermId, *, positive: bool) -> Iterator[tuple[TermId, bool]]:
        """Yield the calls whose truth a test asks for, and whether they are true where it is ``positive``."""
        held = module.terms[test]
        match held:
            case Call():
                yield test, positive
            case Not(value=value):
                yield from self._asked(module, value, positive=not positive)
            case Attr(base=base):
                yield from self._asked(module, base, positive=positive)
            case Logic(values=values):
                for value in values:
                    yield from self._asked(module, value, positive=positive)
            case Compare(op=op, left=left, right=right) if (said := _truth(module, right)) is not None:
                if op in {"is", "==", "is not", "!="}:
                    found = (said is (op in {"is", "=="})) is positive
                    yield from self._asked(module, left, positive=found)
                else:
                    yield from self._asked(module, left, positive=True)
            case Choice(then=then, other=other):
                # member = False; if user: member = is_member(user, room)
                for answer, besides in ((then, other), (other, then)):
                    no = module.terms[besides]
                    if isinstance(no, Const) and not no.value:
                        yield from self._asked(module, answer, positive=positive)

    @staticmethod
    def _names(module: Module, terms: Iterable[TermId]) -> set[str]:
        found = set()
        for term in terms:
            held = module.terms[term]
            if isinstance(held, Param):
                found.add(module.parameter_of(held).name)
            elif isinstance(held, Attr) and isinstance(module.terms[held.base], Param):
                found.add(held.name)
        return found

    def excepted(self, function: FunctionInfo, leaf: TermId, names: Iterable[str]) -> int:
        """Return the place of the event after which whoever is no owner has passed another test, or a great number.

        ``if row.owner != user: membership = …; if membership is None: raise``.
        """
        module = function.module
        conditions = module.facts.conditions
        wanted = tuple(names)
        left = len(function.events)
        for number in self.exits.steps(function):
            condition = conditions[number]
            if condition.kind != "if" or condition.test < 0:
                continue
            of_owner = self.rows.is_check(module, condition.test, leaf, not condition.positive)
            # What is not private is for everybody: ``if room.is_private: if not is_member(user, room): raise``.
            private = is_hidden(self.queries, module, number, leaf)
            # Whoever has the role needs no permission: ``if not user.is_admin: if not is_member(user, room): raise``.
            if not (
                of_owner or private or grants_role(self.principals, module, condition.test, not condition.positive)
            ):
                continue
            inside = [
                place
                for place, event in enumerate(function.events)
                if number in self.exits.chain(module, event.condition)
            ]
            for place in inside:
                event = function.events[place]
                if self.leaves(module, event) and any(
                    step != number
                    and (
                        self.admits(module, conditions[step].test, leaf, wanted, positive=not conditions[step].positive)
                        or (
                            private
                            and self.rows.is_check(module, conditions[step].test, leaf, not conditions[step].positive)
                        )
                        or (
                            of_owner
                            and conditions[step].test >= 0
                            and self.principals.mentions_identity(module, conditions[step].test)
                        )
                    )
                    for step in self.exits.chain(module, event.condition)
                ):
                    left = min(left, max(inside))
        return left

    def branched(self, function: FunctionInfo, leaf: TermId, names: Iterable[str]) -> int:
        """Return the place of the event after which rows have passed a check in each of several branches.

        ``if row.team_id: check_member(row.team_id, user)``, ``elif row.user_id != user.id: raise``.
        """
        branches = _Branches(self, function, leaf, names)
        return min(
            (branches.end(pair) for pair in branches.pairs if branches.checked(pair)), default=len(function.events)
        )

    def leaves(self, module: Module, event: Event) -> bool:
        """Tell whether an event ends the function."""
        return event.op in {"raise", "return"} or self.exits.aborts(module, event)

    def among_own(self, function: FunctionInfo, names: Iterable[str], is_own: set[TermId]) -> bool:
        """Tell whether the function leaves unless a key is in a set of rows that are proven (``is_own``)."""
        module = function.module
        wanted = set(names)
        parts = self.queries.containment(module).parts
        for event in function.events:
            if not self.leaves(module, event):
                continue
            for step in self.exits.chain(module, event.condition):
                test = module.facts.conditions[step].test
                held = module.terms[test] if test >= 0 else None
                if (
                    isinstance(held, Compare)
                    and held.op in {"in", "not in"}
                    and wanted & set(raw_names(module, held.left))
                    and (
                        is_own & parts(held.right)
                        or any(self.principals.is_principal(module, part) for part in parts(held.right))
                    )
                ):
                    return True
        return False


class _Branches:
    """The tests of a function that both branches of an ``if`` stand for, as the events in them tell."""

    def __init__(self, permits: Permits, function: FunctionInfo, leaf: TermId, names: Iterable[str]) -> None:
        self.permits = permits
        self.rows = permits.rows
        self.exits = permits.exits
        self.function = function
        self.leaf = leaf
        self.names = tuple(names)
        self.conditions = function.module.facts.conditions
        self.chains = [set(self.exits.chain(function.module, event.condition)) for event in function.events]
        sides: dict[tuple[int, TermId], dict[bool, int]] = {}
        for step in set[int]().union(*self.chains):
            condition = self.conditions[step]
            if condition.kind == "if":
                sides.setdefault((condition.parent, condition.test), {})[condition.positive] = step
        self.pairs = [(held[True], held[False]) for held in sides.values() if len(held) == 2]

    def end(self, pair: tuple[int, int]) -> int:
        return max(place for place, chain in enumerate(self.chains) if chain & set(pair))

    def checked(self, pair: tuple[int, int]) -> bool:
        """Tell whether each branch checks the rows or leaves, and one of them does check."""
        checking = [self._checks(number) for number in pair]
        return any(checking) and all(
            checks or self._left(number) for number, checks in zip(pair, checking, strict=True)
        )

    def _left(self, number: int) -> bool:
        module = self.function.module
        return any(event.condition == number and self.permits.leaves(module, event) for event in self.function.events)

    def _checks(self, number: int) -> bool:
        """Tell whether a branch checks the rows, or asks again with a check in both branches."""
        module = self.function.module
        for event, chain in zip(self.function.events, self.chains, strict=True):
            condition = self.conditions[event.condition]
            if event.condition == number and event.op == "call":
                if self.rows.checking_call(module, event.term, self.leaf):
                    return True
                continue
            if (
                number in chain
                and condition.parent == number
                and self.permits.leaves(module, event)
                and (
                    self.rows.is_check(module, condition.test, self.leaf, not condition.positive)
                    or self.permits.admits(
                        module, condition.test, self.leaf, self.names, positive=not condition.positive
                    )
                )
            ):
                return True
        return any(self.conditions[pair[0]].parent == number and self.checked(pair) for pair in self.pairs)


def _truth(module: Module, term: TermId) -> bool | None:
    """Return the truth of a literal or of an enumeration's member (``Role.OWNER``), None for what is neither."""
    held = module.terms[term]
    if isinstance(held, Const):
        return bool(held.value)
    return True if isinstance(held, Attr) and held.name.isupper() else None

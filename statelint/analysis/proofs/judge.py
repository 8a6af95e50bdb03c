"""Tries the proofs on each query, in the function that asks and in its callers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.model import External
from statelint.analysis.proofs.alternatives import Alternatives
from statelint.analysis.proofs.branches import Branches
from statelint.analysis.proofs.changes import MAX_CALLERS, Changes
from statelint.analysis.proofs.closures import kept_lambda
from statelint.analysis.proofs.exits import Exits
from statelint.analysis.proofs.global_filters import GlobalFilters
from statelint.analysis.proofs.guards import Guards
from statelint.analysis.proofs.handed import Handed
from statelint.analysis.proofs.injected import Injected
from statelint.analysis.proofs.jobs import works_off_queue
from statelint.analysis.proofs.loaded import Loaded
from statelint.analysis.proofs.matches import Matches
from statelint.analysis.proofs.naming import raw_names
from statelint.analysis.proofs.parents import Parents
from statelint.analysis.proofs.passed import Passed
from statelint.analysis.proofs.regard import Regard
from statelint.analysis.proofs.rows import Rows
from statelint.analysis.proofs.sessionkeys import SessionKeys
from statelint.analysis.proofs.statement import Statement
from statelint.analysis.proofs.switches import is_const
from statelint.analysis.proofs.uses import Uses
from statelint.analysis.proofs.verdict import Proof, Verdict
from statelint.analysis.proofs.words import HANDLERS, NEGATIVE
from statelint.analysis.proofs.writes import Writes
from statelint.analysis.queries import beginning
from statelint.analysis.reach import Reach
from statelint.extract.facts import Const

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.analysis.calls import CallGraph, Edge
    from statelint.analysis.model import FunctionInfo
    from statelint.analysis.ownership import Model, Ownership
    from statelint.analysis.principals import Principals
    from statelint.analysis.proofs.made import Made
    from statelint.analysis.queries import Query, QueryFinder
    from statelint.analysis.reach import ReachMap
    from statelint.analysis.stores.policies import Policies
    from statelint.extract.facts import Event, TermId

MAX_TRIES = 2
"""How often a query is judged anew that hung on one which was being judged."""
MAX_OPEN = 1 << 30
"""More queries than can be judged on behalf of each other."""


class Judge:
    """Judges the queries of a project."""

    def __init__(
        self,
        graph: CallGraph,
        reach: ReachMap,
        ownership: Ownership,
        queries: QueryFinder,
        principals: Principals,
        *,
        admin_guards: Iterable[str] = (),
        policies: Policies | None = None,
        made: Made,
    ) -> None:
        self.graph = graph
        self.inference = graph.inference
        self.reach = reach
        self.ownership = ownership
        self.queries = queries
        self.principals = principals
        self.regard = Regard(self)
        self.exits = Exits(graph.inference)
        self.uses = Uses(self)
        self.rows = Rows(self)
        self.alternatives = Alternatives(self)
        self.branches = Branches(self)
        self.guards = Guards(self, admin_guards)
        self.loaded = Loaded(self)
        self.statement = Statement(self)
        self.writes = Writes(self)
        self.changes = Changes(self)
        self.parents = Parents(self)
        self.handed = Handed(self)
        self.passed = Passed(self)
        self.matches = Matches(self.rows)
        self.injected = Injected(self)
        self.global_filters = GlobalFilters(self)
        self.policies = policies
        self.made = made
        self.session_keys = SessionKeys(self)
        self._verdicts: dict[tuple[FunctionInfo, TermId], Verdict] = {}
        self._open: dict[tuple[FunctionInfo, TermId], int] = {}
        """The queries that are being judged, each on behalf of the one before."""
        self._asked = MAX_OPEN
        """The outermost of them that was asked for meanwhile."""
        self._tries: dict[tuple[FunctionInfo, TermId], int] = {}

    def verdicts(self) -> Iterator[Verdict]:
        """Yield the verdict on every query of the project."""
        for module in self.inference.modules:
            for function in module.functions:
                for query in self.queries.of(function):
                    yield self.judge(query)

    def judge(self, query: Query) -> Verdict:
        """Return the verdict on one query."""
        key = (query.function, query.leaf)
        found = self._verdicts.get(key)
        if found is not None:
            self._asked = min(self._asked, self._open.get(key, MAX_OPEN))
            return found
        before, self._asked = self._asked, MAX_OPEN
        self._open[key] = len(self._open)
        # While a query is being judged, what depends on itself is unproven.
        self._verdicts[key] = Verdict(query, None)
        found = self._verdicts[key] = self._judge(query)
        place = self._open.pop(key)
        if self._asked >= place:
            self._asked = before
            return found
        # It hangs on one that is still being judged: unproven for now is not unproven.
        if found.proof is None and self._tries.get(key, 0) < MAX_TRIES:
            self._tries[key] = self._tries.get(key, 0) + 1
            del self._verdicts[key]
        self._asked = min(self._asked, before)
        return found

    def of_row_above(self, query: Query) -> Verdict:
        """Return the verdict on a row under which others are made, even if it is shown to nobody."""
        return self._judge(query, kept_inside=False)

    def _judge(self, query: Query, *, kept_inside: bool = True) -> Verdict:
        query, proof = self._weakest(query)
        model = query.chain.model
        if model is not None and not model.owned:
            return Verdict(query, Proof.NOT_OWNED)
        if self.reach.of(query.function) is Reach.OFFLINE:
            return Verdict(query, Proof.OFFLINE)
        proof = proof or self.handed.proof(query) or (self._escapes_proof(query) if kept_inside else None)
        if proof is None and self.handed.finished_elsewhere(query):
            proof = Proof.CALLER
        if proof is None and self.writes.joins(query):
            proof = Proof.OWN_ROW
        if proof is None and self.alternatives.spared(query):
            proof = Proof.ADMIN
        if proof is None and (
            self.global_filters.restrict(query)
            or (model is not None and self.policies is not None and self.policies.keep(model.table))
        ):
            proof = Proof.FILTERED
        if proof is not None:
            return Verdict(query, proof)
        keys = self.keys(query)
        reads = kept_inside and query.verb == "read"
        proof, way = self._discharged(query.function, query.event, query.leaf, keys, (), model=model, reads=reads)
        if proof is None and self.handed.only_runs(query):
            proof = Proof.CALLER
        return Verdict(query, proof, way)

    def of_new_row(self, query: Query) -> Verdict:
        """Return the verdict on a row that is made for a parent: was the parent the caller's?"""
        function = query.function
        atoms = self.queries.atoms(query)
        keys = [atom.value for atom in atoms]
        if self.reach.of(function) is Reach.OFFLINE:
            return Verdict(query, Proof.OFFLINE)
        proof = self.statement.predicate(query, atoms)
        if proof is not None:
            return Verdict(query, proof)
        proof, way = self._discharged(function, query.event, query.leaf, keys, (), model=None)
        return Verdict(query, proof, way)

    def _weakest(self, query: Query) -> tuple[Query, Proof | None]:
        """Return the alternative of a statement that proves least, and what it proves.

        An alternative that only some callers get (``if user.is_admin: …``) proves itself.
        """
        weakest: tuple[Query, Proof] | None = None
        for chain in (query.chain, *query.others):
            this = query._replace(chain=chain, others=())
            if chain.model is not None and not chain.model.owned:
                proof: Proof | None = Proof.NOT_OWNED
            else:
                proof = self.statement.predicate(this, self.queries.atoms(this))
            if proof is None and (
                (chain.chosen >= 0 and self.principals.mentions_identity(query.module, chain.chosen))
                or (query.others and self._begun_by_admins(this))
            ):
                proof = Proof.ADMIN
            if proof is None:
                return this, None
            if weakest is None or weakest[1] in {Proof.NOT_OWNED, Proof.ADMIN}:
                weakest = (this, proof)
        return weakest or (query, None)

    def _begun_by_admins(self, query: Query) -> bool:
        """Tell whether an alternative of a statement begins in a branch for those who have a role."""
        begun = beginning(query)
        return begun is not None and self.rows.admitted(
            query.module, self.exits.chain(query.module, begun.condition), query.leaf
        )

    def keys(self, query: Query) -> list[TermId]:
        """Return the values, but constants, by which a query chooses rows."""
        values = (atom.value for atom in self.queries.atoms(query) if atom.value >= 0 and atom.op not in NEGATIVE)
        return [value for value in values if not isinstance(query.module.terms[value], Const)]

    def _escapes_proof(self, query: Query) -> Proof | None:
        if query.verb != "read":
            return None
        escapes = self.uses.escapes(query.function, query.leaf, query.event)
        kept = all(
            self.uses.only_tested(query.module, escape) or self._narrows_proven(query, escape) for escape in escapes
        )
        return Proof.NO_ESCAPE if kept else None

    def _narrows_proven(self, query: Query, escape: Event) -> bool:
        """Tell whether rows only choose among those of a statement that is proven without them: a subquery's."""
        containment = self.queries.containment(query.module)
        for around in self.queries.of(query.function):
            if around.leaf == query.leaf or not containment.holds(around.leaf, query.leaf):
                continue
            atoms = self.queries.atoms(around)
            others = [atom for atom in atoms if atom.value < 0 or not containment.holds(atom.value, query.leaf)]
            if (
                len(others) < len(atoms)
                and self.rows.chosen.only_in(query.module, escape.term, {around.leaf}, query.leaf)
                and self.statement.predicate(around, others) is not None
            ):
                return True
        return False

    def _discharged(
        self,
        function: FunctionInfo,
        event: Event,
        leaf: TermId,
        keys: list[TermId],
        way: tuple[Edge, ...],
        *,
        model: Model | None,
        reads: bool = False,
    ) -> tuple[Proof | None, tuple[Edge, ...]]:
        """Return what proves the rows that ``leaf`` stands for, here or in every caller, or the way to one in vain.

        ``reads`` tells whether they were read and given back, and nothing else, so far.
        """
        if function not in self.reach.entry_points and works_off_queue(function):
            return Proof.OFFLINE, way
        if reads:
            escapes = self.uses.escapes(function, leaf, event)
            if way and all(self.uses.only_tested(function.module, escape) for escape in escapes):
                return Proof.NO_ESCAPE, way
            reads = all(escape.op == "return" or self.uses.runs(function.module, escape, leaf) for escape in escapes)
        names = {name for key in keys for name in raw_names(function.module, key)}
        proof = (
            self.branches.prove(function, event.condition, keys)
            or self.rows.checked(function, event, leaf, names)
            or self.branches.prove_uses(function, self.uses.escapes(function, leaf, event), keys)
            or self.parents.prove(function, event, leaf, keys)
            or self.guards.guard_before(function, keys, model)
            or (Proof.ADMIN if self._asked_for_role(function, event, leaf, model) else None)
        )
        matched = self.matches.before(function, event, leaf) if proof is None else None
        if matched is not None:
            proof = self.of_parent(function, leaf, *matched)
        if proof is not None:
            return proof, way
        if (function in self.reach.entry_points and not self.is_helper(function)) or len(way) >= MAX_CALLERS:
            return None, way
        found = self._callers(function, event, keys, way, model, reads=reads)
        if found[0] is None and matched is not None:
            for value in matched[1]:
                by_parent = self._callers(function, event, [value], way, model, reads=reads)
                if by_parent[0] is not None:
                    return by_parent
        return found

    def _asked_for_role(self, function: FunctionInfo, event: Event, leaf: TermId, model: Model | None) -> bool:
        """Tell whether a function asks for a role before it asks for rows, or before it uses them."""
        uses = self.uses.escapes(function, leaf, event)
        return self.guards.asked_before(function, event, model) or (
            bool(uses) and all(self.guards.asked_before(function, use, model) for use in uses)
        )

    def of_parent(self, function: FunctionInfo, leaf: TermId, use: Event, values: list[TermId]) -> Proof | None:
        """What proves rows whose parent is judged itself, or whose parent's key was proven before they are used."""
        for value in values:
            if self.loaded.gives(function, value, leaf) or self.statement.of_loaded_row(function.module, value, ""):
                return Proof.PARENT
            proof = self.parents.prove(function, use, leaf, [value]) or self.guards.guard_before(function, [value])
            if proof is not None:
                return proof
        return None

    def is_helper(self, function: FunctionInfo) -> bool:
        """Tell whether a method of a view or consumer, any of which may be served, is one that its handlers call."""
        owner = function.owner
        if owner is None or function.name in HANDLERS:
            return False
        passthrough = self.inference.catalogue.passthrough
        plain = all(
            any(
                isinstance(value, External) and value.name in passthrough
                for value in self.inference.term(function.module, each)
            )
            for each in function.facts.decorators
        )
        return plain and any(
            edge.kind == "call"
            and edge.caller is not function
            and edge.caller.owner is not None
            and owner in self.inference.mro(edge.caller.owner)[0]
            for edge in self.graph.callers.get(function, ())
        )

    def _callers(
        self,
        function: FunctionInfo,
        event: Event,
        keys: list[TermId],
        way: tuple[Edge, ...],
        model: Model | None,
        *,
        reads: bool,
    ) -> tuple[Proof | None, tuple[Edge, ...]]:
        written = kept_lambda(self.queries, function)
        if written is not None:
            around, use, leaf = written
            outer = [given for key in keys for given in self.passed.around(around, function, key)]
            return self._discharged(around, use, leaf, outer, way, model=model, reads=reads)
        discharged: Proof | None = None
        empty = self.branches.empty(function, event.condition)
        for edge in self.asking(function, way):
            if self.passed.says_who(edge, function, empty):
                discharged = Proof.CALLER
                continue
            found = self.by_caller(edge, function, keys, way, model, reads=reads)
            if found is None:
                continue
            proof, longer = found
            if proof is None or (proof is Proof.SERVICE and self.passed.told_for_whom(function, keys)):
                return None, longer
            discharged = proof if proof in {Proof.ADMIN, Proof.SERVICE} else Proof.CALLER
        return discharged, way

    def asking(self, function: FunctionInfo, way: tuple[Edge, ...]) -> Iterator[Edge]:
        """Yield the calls by which requests reach a function, but those that are on the way already."""
        edges = self.graph.callers.get(function, ())
        # Where requests are known to come from, callers that nobody calls tell nothing.
        served = any(self.reach.of(edge.caller) is Reach.SERVED for edge in edges)
        for edge in edges:
            reach = self.reach.of(edge.caller)
            if not (
                edge.caller is function
                or reach is Reach.OFFLINE
                or (served and reach is Reach.UNKNOWN)
                or any(edge.caller is step.caller for step in way)
            ):
                yield edge

    def by_caller(
        self,
        edge: Edge,
        function: FunctionInfo,
        keys: list[TermId],
        way: tuple[Edge, ...],
        model: Model | None,
        *,
        reads: bool,
    ) -> tuple[Proof | None, tuple[Edge, ...]] | None:
        """Return what proves the rows in one caller, or the way to where nothing does; None if it has no say."""
        if edge.call < 0:
            arrival = self.injected.arrival(edge)
            if arrival is not None:
                return self._discharged(edge.caller, arrival, arrival.term, [], (edge, *way), model=model)
            if edge.kind == "dependency" and edge.caller in self.reach.entry_points:
                return self.guards.guard_before(edge.caller, [], model), (edge, *way)
            return None
        call_event = edge.caller.module.call_event(edge.call)
        if call_event is None:
            return None
        outer_keys = list(self.passed.arguments(edge, function, keys))
        module = edge.caller.module
        if outer_keys and all(is_const(module, key, None) for key in outer_keys):
            return None  # cart_of(user_id=me, session_id=None) asks for no session's rows
        if self.passed.names_owner(edge, function, keys) or any(
            self.principals.is_principal(module, key)
            or self.loaded.gives(edge.caller, key)
            or self.statement.of_loaded_row(module, key, "")
            or self.session_keys.chose(module, key)
            for key in outer_keys
        ):
            return Proof.CALLER, way
        return self._discharged(edge.caller, call_event, edge.call, outer_keys, (edge, *way), model=model, reads=reads)

"""How sure it is that a query which nothing ties to the caller reaches rows that are others' to see."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from statelint.analysis.assignments import PART
from statelint.analysis.ownership import OwnerKind, snake
from statelint.analysis.proofs.words import KEY, NAMES, RUNNING
from statelint.analysis.queries import asks_number, asks_whether, counts_each, leaves_unread, takes_any_one
from statelint.analysis.reach import Reach
from statelint.analysis.sharedwork import SharedWork
from statelint.extract.facts import Const

if TYPE_CHECKING:
    from collections.abc import Callable, Set

    from statelint.analysis.entrypoints import EntryPoint
    from statelint.analysis.model import Module
    from statelint.analysis.ownership import Model
    from statelint.analysis.proofs import Judge, Verdict
    from statelint.analysis.publicity import Publicity
    from statelint.analysis.queries import Atom, Query
    from statelint.analysis.views import GenericView

_PROBE = re.compile(r"(^|/)((metrics|ready\w*|readiness|live|livez|liveness|ping|status|heartbeat)/?$|health\w*(/|$))")
"""Paths that monitoring asks."""
_RANKING = re.compile(r"leader_?board|score_?board|standings|ranking|high_?score|hall_?of_?fame", re.IGNORECASE)
"""Names of lists in which users are compared."""

_HANDED_OUT = re.compile(r"((unique|public|shared?|embed|widget)_u?(id|uid)|share_link)$")
"""Columns besides the key by which rows are named to those who have no account."""
_SHARE = re.compile(r"(^|_)shar(e|es|ed|ing)(_|$)|public_link|^(permalink|embed)s?$")
"""Models of links that owners hand out."""
_ONE = re.compile(r"^(is_)?(singleton|default|system|built_?in)$")
"""Flags of rows that are there for everybody."""


class Certainty:
    """Weighs leaks: 2 for what is surely one, 1 for what looks like one, 0 for a hint."""

    def __init__(self, judge: Judge, publicity: Publicity, kept_apart: Callable[[], Set[Model]]) -> None:
        """``kept_apart`` gives the models whose rows are listed for their author alone."""
        self.judge = judge
        self.reach = judge.reach
        self._publicity = publicity
        self._kept_apart = kept_apart
        self._shared = SharedWork(judge)

    def of_query(self, verdict: Verdict, action: str, keyed: bool, sibling: bool) -> int:
        """Return how sure it is that a query reaches others' rows.

        ``keyed`` tells whether the rows are named by an id, ``sibling`` whether another query restricts the same model.
        """
        query = verdict.query
        model = query.chain.model
        reach = self.reach.of(query.function)
        if reach is Reach.SERVED:
            certainty = 1 if self.reach.loosely(query.function) else 2
        else:
            # Data layers written in SQL are often there for others to call; what no known request reaches is a hint.
            library = query.given is not None and bool(self.reach.entry_points)
            known = self.reach.in_sight(query.module) or self.reach.unused(query.module)
            certainty = 0 if library or known else 1
        entry = self.reach.root(verdict.way[0].caller if verdict.way else query.function)
        if entry is not None and self.judge.policies is not None and self.judge.policies.told(entry.function):
            # The database is told who is calling; policies that use it may be anywhere.
            certainty = 0
        if entry is not None and not self._is_mounted(entry):
            # Routes that no application has answer nobody.
            certainty = 0
        if keyed and entry is not None and entry.kind == "step":
            # Who runs a graph puts into its state what was checked before.
            certainty = 0
        if model is None:
            # Keys are often those of anonymous sessions; a caller who is known says otherwise.
            certainty = min(certainty, 1 if query.given is None or self.identified(verdict) else 0)
        kind = model.kind if model is not None else OwnerKind.OWNER
        if kind is OwnerKind.ATTRIBUTION:
            private = self._is_private(query.chain.name, model) or model in self._kept_apart()
            certainty = min(certainty, 1 if action != "read" or (private and keyed) else 0)
            if takes_any_one(query):
                # Of rows that somebody wrote, one that nothing names is the only one there is: settings, say.
                certainty = 0
            if self._anonymous and not _refers(model):
                # Where nobody logs in, an author is a word that somebody wrote.
                certainty = 0
        if leaves_unread(query) or self._shared.holds(model) or self.reach.given_back(query.function):
            certainty = 0
        if (kind is OwnerKind.MEMBERSHIP and not keyed) or (action == "read" and self._publicity.of(model)):
            certainty = 0
        if not keyed and action == "update" and self._is_told_rows(query):
            # session.execute(update(Note), rows): rows with the keys that are in them.
            certainty = 0
        if asks_number(query):
            # SELECT MAX(position) + 1: the number that the next row is given.
            certainty = 0
        if not keyed and asks_whether(query):
            # Whether there is any row tells nothing of them.
            certainty = 0
        if action == "read" and counts_each(query) and not self._is_private(query.chain.name, model):
            # How often each book was borrowed tells nobody who borrowed it.
            certainty = 0
        if action == "read" and _is_ranking(query, entry):
            certainty = 0
        if not keyed and any(_names_one(query.module, atom) for atom in self.judge.queries.atoms(query)):
            # The program itself says which row: one that is there for everybody.
            certainty = 0
        if action == "read" and (self._by_share(query) or (self._handed_out(query) and not self.identified(verdict))):
            # What nobody can guess, where nobody is asked: whoever was given the link may look.
            certainty = 0
        if not keyed and entry is not None and _PROBE.search(entry.path) and not self.identified(verdict):
            # What watches the service is told figures.
            certainty = 0
        if not keyed and action == "read":
            # A list nobody restricts may be meant for everybody; a caller who is known, or another query that
            # restricts the same rows, says otherwise, and so do rows that are nobody else's by their name.
            certainty = min(
                certainty,
                1
                if self.identified(verdict)
                or (sibling and kind is not OwnerKind.ATTRIBUTION)
                or (kind is OwnerKind.OWNER and self._is_private(query.chain.name, model))
                else 0,
            )
        return certainty

    def _is_told_rows(self, query: Query) -> bool:
        """Tell whether a statement is run for each of the rows that are handed to it."""
        module = query.module
        holds = self.judge.queries.containment(module).holds
        return any(
            module.last_name(call.func) in RUNNING
            and len(call.args) > 1
            and (call.args[0] == query.leaf or holds(call.args[0], query.leaf) or call.args[0] == query.chain.start)
            for _, call in query.function.calls
        )

    def _handed_out(self, query: Query) -> bool:
        """``Profile.unique_id == key``: tell whether a row is named by what its owner hands out, and not by its key."""
        return any(
            atom.op == "==" and _HANDED_OUT.match(snake(atom.column[-1])) for atom in self.judge.queries.atoms(query)
        )

    def _by_share(self, query: Query) -> bool:
        """``select(Chat).join(SharedChat).where(SharedChat.id == key)``: rows are reached by a link to them alone."""
        named = [
            atom.model for atom in self.judge.queries.atoms(query) if atom.op == "==" and KEY.search(atom.column[-1])
        ]
        return any(
            model is not None and model is not query.chain.model and _SHARE.search(snake(model.name)) for model in named
        )

    def _is_mounted(self, entry: EntryPoint) -> bool:
        routers = self.judge.guards.before.routers
        router = routers.of(entry.function)
        return router is None or routers.is_mounted(router)

    def of_view(self, view: GenericView) -> int:
        """Return how sure it is that a generic view shows or changes others' rows."""
        model = view.model
        if (
            (model.kind is OwnerKind.MEMBERSHIP and not view.keyed)
            or (view.action == "read" and self._publicity.of(model))
            or self._shared.holds(model)
            or self.reach.urlconfs.leaves_out(view.klass.module)
        ):
            return 0
        if model.kind is OwnerKind.ATTRIBUTION and view.action == "read":
            return 1 if view.keyed and self._is_private(model.name, model) else 0
        return 2 if view.action != "read" or view.keyed else 1

    def of_claim(self, verdict: Verdict) -> int:
        """Return how sure it is that rows of an owner whom the client names are not for everybody who may log in."""
        return int(not self._shared.holds(verdict.query.chain.model))

    def _is_private(self, name: str, model: Model | None) -> bool:
        """Tell whether rows are nobody's but their author's by their name, and not work that is handed on."""
        handed = model is not None and any(PART.search(snake(column)) for column in model.columns)
        return not handed and self.judge.ownership.is_private_name(name)

    @cached_property
    def _anonymous(self) -> bool:
        """Whether no entry point of the project knows its caller."""
        return not any(map(self.judge.guards.logins.knows_caller, self.reach.entry_points))

    def identified(self, verdict: Verdict) -> bool:
        """Tell whether the entry point that reaches the query knows its caller."""
        function = verdict.way[0].caller if verdict.way else verdict.query.function
        entry = self.reach.root(function)
        return entry is not None and self.judge.guards.logins.knows_caller(entry.function)


def _refers(model: Model | None) -> bool:
    """Tell whether rows, or those whose parts they are, name their owner by a foreign key."""
    if model is None or not model.paths:
        return False
    *above, last = model.paths[0].columns
    holder: Model | None = model
    for column in above:
        holder = holder.parents.get(column) if holder is not None else None
    named = holder.columns.get(last) if holder is not None else None
    return named is not None and bool(named.target)


def _names_one(module: Module, atom: Atom) -> bool:
    """Tell whether a comparison with a literal leaves one row: ``name == "default"``, ``singleton == True``."""
    held = module.terms[atom.value] if atom.value >= 0 else None
    if not isinstance(held, Const) or atom.op != "==":
        return False
    column = atom.column[-1]
    return (isinstance(held.value, str) and column in NAMES) or (held.value is True and bool(_ONE.search(column)))


def _is_ranking(query: Query, entry: EntryPoint | None) -> bool:
    """Tell whether a query is asked for a list in which users are shown to each other: a leaderboard."""
    names = (query.function.name, *((entry.function.name, entry.path) if entry is not None else ()))
    return any(_RANKING.search(name) for name in names)

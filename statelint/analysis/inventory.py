"""The isolation inventory: which entry point touches the rows of which owned model, and what keeps them apart."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.isolation import statement_place
from statelint.analysis.model import Place
from statelint.analysis.proofs import Proof
from statelint.analysis.reach import Reach
from statelint.analysis.views import generic_views
from statelint.extract.facts import Attr, Call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.entrypoints import EntryPoint
    from statelint.analysis.model import FunctionInfo
    from statelint.analysis.project import Project
    from statelint.analysis.proofs import Verdict


class State(StrEnum):
    """How rows are kept apart, worst first."""

    UNSCOPED = "unscoped"
    """Nothing ties the query to the caller: a finding."""
    UNKNOWN = "unknown"
    """Nothing was found, and not enough is known to report it."""
    PUBLIC = "public"
    """Everybody may see the model, says the configuration, or these rows, says one of their columns."""
    ADMIN = "admin"
    """Only administrators or machines come here."""
    CHECKED = "checked"
    """The owner is compared before the rows are used."""
    SCOPED = "scoped"
    """The statement asks for the caller's rows only."""


REASONS = {
    Proof.PREDICATE: (State.SCOPED, "owner in the query"),
    Proof.FILTERED: (State.SCOPED, "global filter on the owner"),
    Proof.RELATION: (State.SCOPED, "relation of the caller, or of a row loaded before"),
    Proof.PARENT: (State.SCOPED, "parent proven before"),
    Proof.PUBLIC: (State.PUBLIC, "published rows only"),
    Proof.OWN_ROW: (State.SCOPED, "credential or unique name"),
    Proof.NO_ESCAPE: (State.SCOPED, "rows stay inside"),
    Proof.CHECKED: (State.CHECKED, "owner compared before use"),
    Proof.GUARD: (State.CHECKED, "guard before the endpoint"),
    Proof.CALLER: (State.CHECKED, "callers prove it"),
    Proof.ADMIN: (State.ADMIN, "administrators only"),
    Proof.SERVICE: (State.ADMIN, "called by another service"),
}
"""What each proof means to a reader."""
_METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})


class Access(NamedTuple):
    """An entry point reads or changes rows of a model."""

    entry: str
    """How the entry point is called from outside: ``GET /conversations/{id}``."""
    symbol: str
    entry_place: Place
    model: str
    owner: str
    """The columns that lead to the owner, joined by dots."""
    action: str
    state: State
    proof: str
    """Name of the proof; empty if there is none."""
    reason: str
    place: Place
    """The query."""


def inventory(project: Project) -> list[Access]:
    """Return every access of an entry point to owned rows, by file and line of the entry points, worst state first."""
    found = {*_accesses(project), *_views(project)}
    order = list(State)
    return sorted(
        found,
        key=lambda item: (
            item.entry_place.module.path,
            item.entry_place.position.line,
            item.entry,
            order.index(item.state),
            item.model,
            item.place.module.path,
            item.place.position.line,
            item.action,
        ),
    )


def label(entry: EntryPoint, prefix: str = "") -> str:
    """Return how an entry point is called from outside; ``prefix`` is the path of its router."""
    function = entry.function
    if entry.kind == "route":
        module = function.module
        for decorator in function.facts.decorators:
            held = module.terms[decorator]
            func = module.terms[held.func] if isinstance(held, Call) else None
            if isinstance(func, Attr) and func.name in _METHODS:
                return f"{func.name.upper()} {(prefix + entry.path) or '/'}"
        if function.owner is not None and function.name in _METHODS:
            return f"{function.name.upper()} {entry.path or function.owner.name}"
    return f"{entry.kind} {(prefix + entry.path) or function.qualname}"


def _accesses(project: Project) -> Iterator[Access]:
    verdicts: dict[FunctionInfo, list[Verdict]] = {}
    for verdict in project.isolation.verdicts:
        model = verdict.query.chain.model
        if verdict.proof is not Proof.OFFLINE and (model is None or model.paths):
            verdicts.setdefault(verdict.query.function, []).append(verdict)
    certain = {leak.place for leak in project.isolation.everything if leak.certainty > 0}
    reach = project.callers_reach
    for function, entries in reach.entry_points.items():
        reached = _reached(project, function)
        for other in reached:
            for verdict in verdicts.get(other, ()):
                for entry in dict.fromkeys(entries):
                    yield _access(project, entry, verdict, reached, certain)


def _reached(project: Project, function: FunctionInfo) -> dict[FunctionInfo, None]:
    """Return what a function may run, itself first."""
    found = {function: None}
    queue = [function]
    for at in queue:
        for edge in project.calls.callees.get(at, ()):
            if edge.callee not in found and project.callers_reach.of(edge.callee) is Reach.SERVED:
                found[edge.callee] = None
                queue.append(edge.callee)
    return found


def _access(
    project: Project, entry: EntryPoint, verdict: Verdict, reached: dict[FunctionInfo, None], certain: set[Place]
) -> Access:
    query = verdict.query
    model = query.chain.model
    place = statement_place(query)
    chosen = project.isolation.chosen.get((entry.function, place))
    if model is not None and model.is_public:
        state, reason = State.PUBLIC, "public by configuration"
    elif chosen is not None:
        state, reason = State.UNSCOPED, f"the client's {chosen} says whose rows"
    elif verdict.proof is not None:
        state, reason = REASONS.get(verdict.proof, (State.UNKNOWN, str(verdict.proof)))
    elif verdict.way and verdict.way[0].caller not in reached:
        state, reason = State.UNKNOWN, f"{verdict.way[0].caller.qualname} reaches it unchecked"
    elif place in certain:
        state, reason = State.UNSCOPED, "nothing ties it to the caller"
    else:
        state, reason = State.UNKNOWN, "nothing found"
    return Access(
        entry=label(entry, project.judge.guards.prefix(entry.function)),
        symbol=entry.function.qualname,
        entry_place=Place(entry.function.module, entry.function.facts.position),
        model=query.chain.name,
        owner=str(model.paths[0]) if model is not None else "",
        action=project.judge.writes.of(query),
        state=state,
        proof=str(verdict.proof) if verdict.proof is not None and state is not State.UNSCOPED else "",
        reason=reason,
        place=place,
    )


def _views(project: Project) -> Iterator[Access]:
    """Generic views ask without a function of their own."""
    views = {view.place: view for view in generic_views(project.judge)}
    for leak in project.isolation.everything:
        view = views.get(leak.place)
        if view is None:
            continue
        name = view.klass.facts.qualname
        yield Access(
            entry=f"view {name}",
            symbol=name,
            entry_place=Place(view.klass.module, view.klass.facts.position),
            model=leak.model,
            owner=leak.owner,
            action=leak.action,
            state=State.UNSCOPED if leak.certainty > 0 else State.UNKNOWN,
            proof="",
            reason="nothing ties it to the caller",
            place=leak.place,
        )

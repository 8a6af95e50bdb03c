"""Statements that give figures over rows, and none of the rows: counts, sums, whether there is any."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.terms import walk
from statelint.extract.facts import NO_TERM, Attr, Binary, Call, Compare, Name

if TYPE_CHECKING:
    from statelint.analysis.model import Module
    from statelint.analysis.ownership import Model
    from statelint.analysis.queries.query import Query
    from statelint.extract.facts import TermId

_ENDS = frozenset(
    {"exists", "aexists", "count", "acount", "aggregate", "aaggregate", "count_documents", "estimated_document_count"}
)
"""Last calls of statements that give figures."""
_WHETHER = frozenset({"exists", "aexists"})
_FIGURES = frozenset({"count", "sum", "avg", "min", "max", "total", "exists", "stddev", "variance"})
_AROUND = frozenset(
    {
        "label", "filter", "within_group", "coalesce", "round", "cast", "ifnull", "alias", "scalar_subquery", "over",
        "as_",
    }
)  # fmt: skip
"""What is put around a figure and leaves it one."""
_KINDS = frozenset({"status", "type", "kind", "role", "state", "category", "priority", "severity", "level"})
"""Columns by which figures are given, a group each."""
_SLOTS = re.compile(
    r"(^|_)(date|time|day|hour|slot|start|starts|end|ends|begin|until|seat|table|check_?(in|out))s?($|_)(at|on|time|date|from|to)?$"
)
"""Columns that say when something is taken, or which part of it."""
NUMBER = re.compile(r"(^|_)(id|number|no|num|version|position|index|idx|order|seq|sequence|turn|rank|revision)$")
"""Columns that number rows."""
_BEGINS = re.compile(r"(^|_)(from|starts?|begins?|check_?in|arrival|arrives?|pick_?up)(_|$)")
_ENDS_AT = re.compile(r"(^|_)(to|ends?|until|check_?out|departure|departs?|return)(_|$)")
"""Columns that say since when, and until when, something is taken."""
_ORDER = frozenset({"<", ">", "<=", ">="})
_EMBEDDED = frozenset({"cte", "subquery"})
"""Steps that make a statement a part of others."""
_NAMING = frozenset({"select", "query", "with_entities", "with_only_columns", "select_from", "from_"})
"""Calls that say what is asked for."""


def gives_figures(query: Query) -> bool:
    """Tell whether a query's answer is figures alone: ``select(func.count(Note.id))``, ``.filter(…).count()``."""
    if query.figures or asks_whether(query):
        return True
    module, chain = query.module, query.chain
    leaf = module.terms[query.leaf]
    if (chain.steps and chain.steps[-1].method in _ENDS) or (
        isinstance(leaf, Call) and module.last_name(leaf.func) in _ENDS
    ):
        return True
    calls = [chain.start, *(step.call for step in chain.steps)]
    asked = [given for call in calls if (given := _named(module, call))]
    figures = [is_figure(module, term) for term in asked[-1]] if asked else []
    owners = chain.model.own_columns if chain.model is not None else frozenset()
    groups = {name for name in _groups(query) if name.endswith("_id") and name not in owners}
    return any(figures) and all(
        figure or _is_kind(module, term) or _column(module, term) in groups
        for figure, term in zip(figures, asked[-1], strict=True)
    )


def counts_each(query: Query) -> bool:
    """Tell whether a query counts rows for each of the things that they refer to, none of which is their owner.

    ``select(Loan.book_id, func.count(Loan.id)).group_by(Loan.book_id)``, ``query(Loan, func.count(Loan.book_id))…``.
    """
    module, model, groups = query.module, query.chain.model, _groups(query)
    asked = _named(module, query.chain.start)
    return (
        model is not None
        and bool(groups)
        and all(name.endswith("_id") and name not in model.own_columns for name in groups)
        and any(_is_count(module, term) for term in asked)
        and all(
            _is_count(module, term)
            or _column(module, term) in groups
            or (module.last_name(term) == model.name and _only_links(model))
            for term in asked
        )
    )


def _groups(query: Query) -> set[str]:
    """Return the columns of each of which a query gives one row."""
    steps = query.chain.steps
    return {query.module.last_name(column) for step in steps if step.method == "group_by" for column in step.args}


def _is_count(module: Module, term: TermId) -> bool:
    """Tell whether a term is a number of rows: ``func.count(Loan.id).label("loans")``."""
    return is_figure(module, term) and any(
        isinstance(held := module.terms[part], Call) and module.last_name(held.func).lower() == "count"
        for part in walk(module, term)
    )


def _only_links(model: Model) -> bool:
    """Tell whether rows hold nothing but their own key, those of others, and when."""
    return all(
        name == "id" or name.endswith("_id") or column.is_key or _SLOTS.search(name)
        for name, column in model.columns.items()
    )


def asks_whether(query: Query) -> bool:
    """Tell whether a query's answer is yes or no: ``.filter(…).exists()``, ``select(exists(Note).where(…))``."""
    module, chain = query.module, query.chain
    asked = _named(module, chain.start)
    return (bool(chain.steps) and chain.steps[-1].method in _WHETHER) or (
        bool(asked) and all(_begins(module, term) in _WHETHER for term in asked)
    )


def asks_number(query: Query) -> bool:
    """Tell whether a query asks for the highest number given so far: ``select(func.max(Message.position))``."""
    module = query.module
    asked = _named(module, query.chain.start)
    leaf = module.terms[query.leaf]
    if isinstance(leaf, Call) and module.last_name(leaf.func) == "aggregate":
        asked = leaf.arguments
    for step in query.chain.steps:
        if step.method == "aggregate":
            # Paper.objects.aggregate(Max("number")).get("number__max")
            asked = step.arguments
    return query.number or (bool(asked) and all(_is_number(module, term) for term in asked))


def _is_number(module: Module, term: TermId) -> bool:
    held = module.terms[term]
    if isinstance(held, Binary):
        return _is_number(module, held.left)
    if not isinstance(held, Call):
        return False
    func, name = module.terms[held.func], module.last_name(held.func).lower()
    if name in _AROUND:
        return any(_is_number(module, part) for part in (*held.args, *((func.base,) if isinstance(func, Attr) else ())))
    given = held.args[0] if name == "max" and held.args else NO_TERM
    return given >= 0 and NUMBER.search(module.text(given) or module.last_name(given)) is not None


def _begins(module: Module, term: TermId) -> str:
    """Return what a chain of calls begins with: ``exists`` of ``exists(Note).where(…)``."""
    held, name = module.terms[term], ""
    while isinstance(held, Call):
        name = module.last_name(held.func)
        func = module.terms[held.func]
        held = module.terms[func.base] if isinstance(func, Attr) else func
    return name


def tells_what_is_taken(query: Query) -> bool:
    """Tell whether a query asks when something is taken, or which things or how many are, and by whom of none of them.

    ``values_list("room_id", flat=True)``, ``select(Booking.starts_at)``, ``select(func.count(Booking.id)).where(…)``.
    """
    module, model = query.module, query.chain.model
    steps = [step for step in query.chain.steps if step.method in {"values", "values_list"}]
    asked = steps[-1].args if steps else _named(module, query.chain.start)
    names = [module.text(term) or module.last_name(term) for term in asked]
    return model is not None and ((bool(names) and all(is_slot(model, name) for name in names)) or _is_load(query))


def _is_load(query: Query) -> bool:
    """Tell whether a query counts what is taken at some time: rows that say since when and until when."""
    columns = [name for name in (query.chain.model.columns if query.chain.model else ()) if not name.endswith("_id")]
    parts = [
        query.module.terms[part]
        for step in query.chain.steps
        for argument in step.args
        for part in walk(query.module, argument)
    ]
    compared = {held.name for held in parts if isinstance(held, Attr)}
    # The bookings of seats may say when: Booking.start < until, Booking.end > since.
    joined = {
        side.name
        for held in parts
        if isinstance(held, Compare) and held.op in _ORDER
        for side in (query.module.terms[held.left], query.module.terms[held.right])
        if isinstance(side, Attr)
        and isinstance(model := query.module.terms[side.base], Name)
        and model.id[:1].isupper()
    }
    return all(
        any(end.search(name) and name in compared for name in columns) or any(map(end.search, joined))
        for end in (_BEGINS, _ENDS_AT)
    ) and (gives_figures(query) or _is_counted_elsewhere(query))


def _is_counted_elsewhere(query: Query) -> bool:
    """Tell whether of a subquery other statements ask for figures alone: ``func.count(taken.c.room_id)``."""
    module, steps = query.module, query.chain.steps
    if not steps or steps[-1].method not in _EMBEDDED:
        return False
    asked = [
        term
        for _, call in query.function.calls
        if module.last_name(call.func) in _NAMING
        for term in call.args
        if query.leaf in walk(module, term)
    ]
    return bool(asked) and all(is_figure(module, term) for term in asked)


def is_slot(model: Model, name: str) -> bool:
    """Tell whether a column says when something is taken, or which thing, and by nobody in particular."""
    column = model.columns.get(name) or model.columns.get(name.removesuffix("_id"))
    if column is not None and column.target:
        return column.is_key and name.removesuffix("_id") not in {own.removesuffix("_id") for own in model.own_columns}
    return _SLOTS.search(name) is not None


def _named(module: Module, term: TermId) -> tuple[TermId, ...]:
    """Return what ``select(…)``, ``select(…).select_from(Note)`` or ``db.query(…)`` asks for."""
    call = module.terms[term]
    if not isinstance(call, Call):
        return ()
    name = module.last_name(call.func)
    func = module.terms[call.func]
    if name in {"select_from", "from_"} and isinstance(func, Attr):
        return _named(module, func.base)
    return call.args if name in _NAMING else ()


def _column(module: Module, term: TermId) -> str:
    """Return the column that is asked for, also under another name: ``Solve.team_id.label("team")``."""
    held = module.terms[term]
    func = module.terms[held.func] if isinstance(held, Call) else None
    return module.last_name(func.base if isinstance(func, Attr) and func.name == "label" else term)


def _is_kind(module: Module, term: TermId) -> bool:
    """Tell whether a column is one by which rows are sorted into few groups: ``Note.status``."""
    name = module.last_name(term)
    return name in _KINDS or name.endswith(("_type", "_status", "_kind"))


def is_figure(module: Module, term: TermId) -> bool:
    """Tell whether a term is a figure over rows: ``func.count(Note.id).label("notes")``, ``Sum("amount")``."""
    held = module.terms[term]
    if isinstance(held, Binary):
        return is_figure(module, held.left) or is_figure(module, held.right)
    if not isinstance(held, Call):
        return False
    func = module.terms[held.func]
    name = module.last_name(held.func).lower()
    if name in _AROUND:
        inside = (*held.args, *((func.base,) if isinstance(func, Attr) else ()))
        return any(is_figure(module, part) for part in inside)
    return name in _FIGURES and (
        isinstance(func, Name) or module.last_name(func.base if isinstance(func, Attr) else -1).endswith(("func", "fn"))
    )

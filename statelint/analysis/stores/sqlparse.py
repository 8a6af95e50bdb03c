"""From an SQL text to what it asks: tables, verb and predicates."""

from __future__ import annotations

import logging
import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, cast

from statelint.analysis.ownership import MARKS_PUBLIC
from statelint.analysis.stores.sqlfigures import asks_figures, asks_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlglot import exp

MARK = re.compile(r"__[hp]\d+__")
"""Names that stand for values put into a text: holes (h) and placeholders (p)."""
_HOLE = re.compile(r"__h\d+__")
_OPEN_END = re.compile(r"(\w+|[=<>(,+*/%|-])\s*$")
_EXPECTING = frozenset(
    {
        "select", "from", "where", "and", "or", "in", "set", "by", "limit", "offset", "into", "join", "on", "values",
        "table", "update", "like", "ilike", "not", "having", "distinct", "as", "between", "then", "else", "when",
        "case", "returning", "using", "all", "any", "is", "interval", "fetch", "top", "exists", "only", "over", "with",
    }
)  # fmt: skip
"""Words after which a value or a name must follow."""
_BROKEN = (AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What sqlglot raises over broken text, and over the trees that it makes of it."""
_COMPARISONS = {"EQ": "==", "NEQ": "!=", "In": "in", "Is": "is", "Like": "like", "ILike": "like", "Between": "between",
                "GT": ">", "GTE": ">=", "LT": "<", "LTE": "<=", "NullSafeEQ": "==", "RegexpLike": "like"}  # fmt: skip


class Predicate(NamedTuple):
    """``table.column op value``; ``marks`` are the values in it (none: a function such as ``current_setting``)."""

    table: str
    column: str
    op: str
    marks: tuple[str, ...]


class Statement(NamedTuple):
    """What one SQL statement asks."""

    verb: str
    """``read``, ``update``, ``delete``, ``insert``, ``upsert`` or ``create``."""
    tables: tuple[str, ...]
    """The table asked, written or created first, then the joined ones."""
    predicates: tuple[Predicate, ...]
    columns: dict[str, tuple[str, ...]]
    """Columns created, inserted or set, with the values given to them."""
    references: dict[str, str]
    """Foreign keys that the statement declares: column to table."""
    constant: frozenset[str]
    """Columns that the statement declares with a constant for the rows that do not set them."""
    selected: tuple[tuple[str, str], ...]
    """Plain columns selected, each with its table; empty when anything else is selected too."""
    is_public: bool
    """Only rows that are marked as public are asked for."""
    is_open: bool
    """Predicates come from elsewhere, so what is not seen may still be there."""
    figures: bool = False
    """Nothing but figures over the rows is selected: counts, sums."""
    number: bool = False
    """Nothing but the highest number given so far is selected."""


def settle(text: str) -> tuple[str, bool]:
    """Drop the holes that stand where no single value or name can stand (appended clauses).

    Returns the text and whether a clause was dropped.
    """
    dropped = False
    parts: list[str] = []
    at = 0
    for hole in _HOLE.finditer(text):
        before = text[at : hole.start()]
        parts.append(before)
        at = hole.end()
        glued = before[-1:].strip() not in {""} or text[at : at + 1] in {".", "_"} or text[at : at + 1].isalnum()
        head = "".join(parts)
        last = _OPEN_END.search(head)
        word = last[1].lower() if last is not None else ""
        expecting = word in _EXPECTING or (word != "" and not (word[0].isalnum() or word[0] == "_"))
        if glued or expecting or not head.strip():
            parts.append(hole[0])
        else:
            dropped = True
            parts.append(" ")
    parts.append(text[at:])
    return "".join(parts), dropped


@lru_cache(maxsize=8192)
def parse(text: str) -> tuple[Statement, ...]:
    """Return the statements of an SQL text; those that are not understood are left out."""
    import sqlglot  # noqa: PLC0415 — a heavy import that most projects never need
    from sqlglot.errors import ErrorLevel, SqlglotError  # noqa: PLC0415

    settled, dropped = settle(text.replace("`", '"'))
    settled = re.sub(r"(?i)\bvalues\s+(__[hp]\d+__)", r"VALUES (\1)", settled)
    settled = (
        re.sub(r"(?i)\bor\s+(replace|ignore|rollback|abort|fail)\s+into\b", "INTO", settled)
        if _replaces(settled) is None
        else settled
    )
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    for level in (ErrorLevel.IMMEDIATE, ErrorLevel.IGNORE):
        try:
            trees = sqlglot.parse(settled, read="postgres", error_level=level)
        except (SqlglotError, *_BROKEN):
            continue
        partial = level is ErrorLevel.IGNORE
        found = (
            _read(cast("exp.Expression", tree), dropped or partial, _replaces(settled) is not None)
            for tree in trees
            if tree is not None
        )
        return tuple(statement for statement in found if statement is not None)
    return ()


def _read(tree: exp.Expression, is_open: bool, replaces: bool) -> Statement | None:
    """Read one statement; the tree of broken text, which sqlglot also gives, may lack any part."""
    from sqlglot.errors import SqlglotError  # noqa: PLC0415

    try:
        return _statement(tree, is_open, replaces)
    except (SqlglotError, *_BROKEN):
        return None


def _replaces(text: str) -> re.Match[str] | None:
    return re.match(r"(?i)\s*(?:insert\s+or\s+replace|replace)\s+into\b", text)


def _statement(tree: exp.Expression, is_open: bool, replaces: bool) -> Statement | None:
    from sqlglot import exp  # noqa: PLC0415

    if isinstance(tree, exp.Create):
        return _created(tree) if str(tree.args.get("kind", "")).upper() == "TABLE" else None
    if isinstance(tree, exp.Alter):
        return _altered(tree)
    if isinstance(tree, exp.Insert):
        return _inserted(tree, is_open, replaces)
    verb = {exp.Update: "update", exp.Delete: "delete"}.get(type(tree), "read")
    if verb == "read" and not isinstance(tree, exp.Query):
        return None
    aliases = _aliases(tree)
    tables = list(dict.fromkeys(_tables(tree)))
    if not tables:
        return None
    predicates, unknown = _predicates(tree, aliases, tables[0])
    columns = {}
    if isinstance(tree, exp.Update):
        if not tree.expressions:
            # "update note" is a sentence.
            return None
        for item in tree.expressions:
            if isinstance(item, exp.EQ) and isinstance(item.this, exp.Column):
                columns[item.this.name] = _marks(item.expression)
    return Statement(
        verb,
        tuple(tables),
        tuple(predicates),
        columns,
        {},
        frozenset(),
        _selected(tree, aliases, tables[0]),
        _asks_public(tree),
        is_open or unknown,
        asks_figures(tree),
        asks_number(tree),
    )


def _created(tree: exp.Expression) -> Statement | None:
    from sqlglot import exp  # noqa: PLC0415

    schema = tree.this
    if not isinstance(schema, exp.Schema):
        return None
    columns, references = _columns(schema)
    return Statement("create", (schema.this.name,), (), columns, references, _constant(schema), (), False, False)


def _altered(tree: exp.Expression) -> Statement | None:
    """Columns and foreign keys that are added to a table later, as dumps do."""
    columns, references = _columns(tree)
    if not (columns or references):
        return None
    columns.update(dict.fromkeys(references, ()))
    return Statement("create", (tree.this.name,), (), columns, references, _constant(tree), (), False, False)


def _columns(schema: exp.Expression) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Return the columns that a declaration names, and the tables to which some of them refer."""
    from sqlglot import exp  # noqa: PLC0415

    columns: dict[str, tuple[str, ...]] = {}
    references: dict[str, str] = {}
    for item in schema.find_all(exp.ColumnDef):
        columns[item.name] = ()
        target = item.find(exp.Reference)
        table = target.find(exp.Table) if target is not None else None
        if table is not None:
            references[item.name] = table.name
    for key in schema.find_all(exp.ForeignKey):
        target = key.args.get("reference")
        table = target.find(exp.Table) if target is not None else None
        if table is not None:
            for column in key.expressions:
                references[column.name] = table.name
    return columns, references


def _constant(schema: exp.Expression) -> frozenset[str]:
    """Return the columns declared with a default that is the same for all rows."""
    from sqlglot import exp  # noqa: PLC0415

    defaults = schema.find_all(exp.DefaultColumnConstraint)
    return frozenset(
        column.name
        for default in defaults
        if isinstance(default.this, (exp.Literal, exp.Boolean, exp.Neg))
        and (column := default.find_ancestor(exp.ColumnDef)) is not None
    )


def _inserted(tree: exp.Insert, is_open: bool, replaces: bool) -> Statement | None:
    from sqlglot import exp  # noqa: PLC0415

    schema = tree.this
    table = schema.find(exp.Table) if schema is not None else None
    if table is None or not table.name:
        return None
    names = [item.name for item in schema.expressions] if isinstance(schema, exp.Schema) else []
    values: list[exp.Expression] = []
    source = tree.args.get("expression")
    if isinstance(source, exp.Values) and source.expressions:
        row = source.expressions[0]
        values = list(row.expressions) if isinstance(row, exp.Tuple) else [row]
    columns = {
        name: _marks(values[index]) if index < len(values) else ()
        for index, name in enumerate(names)
        if not MARK.search(name)
    }
    verb = "insert"
    predicates: list[Predicate] = []
    conflict = tree.args.get("conflict")
    if conflict is not None and (
        conflict.args.get("action") is None or "UPDATE" in str(conflict.args.get("action")).upper()
    ):
        verb = "upsert"
        for key in conflict.args.get("conflict_keys") or ():
            name = next((column.name for column in key.find_all(exp.Column, exp.Identifier)), "")
            predicates += [Predicate(table.name, name, "==", columns.get(name, ()))] if name else []
        where = conflict.args.get("where")
        if where is not None:
            predicates += _predicates(where, {table.name: table.name}, table.name)[0]
    elif replaces and "id" in columns:
        verb = "upsert"
        predicates.append(Predicate(table.name, "id", "==", columns["id"]))
    is_open = is_open and verb != "upsert"
    return Statement(verb, (table.name,), tuple(predicates), columns, {}, frozenset(), (), False, is_open)


def _tables(tree: exp.Expression) -> Iterator[str]:
    """Yield the tables of a statement, the one that is asked or written first."""
    from sqlglot import exp  # noqa: PLC0415

    common = {cte.alias for cte in tree.find_all(exp.CTE)}
    first = tree.this if isinstance(tree, (exp.Update, exp.Delete)) else None
    ordered = [first] if isinstance(first, exp.Table) else []
    # Breadth first: what is nearest to the root is what is asked.
    ordered += tree.find_all(exp.Table, bfs=True)
    for table in ordered:
        if table.name and table.name not in common:
            yield table.name


def _aliases(tree: exp.Expression) -> dict[str, str]:
    from sqlglot import exp  # noqa: PLC0415

    found = {}
    for table in tree.find_all(exp.Table):
        found[table.name] = table.name
        if table.alias:
            found[table.alias] = table.name
    return found


def _predicates(tree: exp.Expression, aliases: dict[str, str], first: str) -> tuple[list[Predicate], bool]:
    """Return the comparisons in conditions, and whether conditions hold anything unknown."""
    from sqlglot import exp  # noqa: PLC0415

    found: list[Predicate] = []
    unknown = False
    roots = [where.this for where in tree.find_all(exp.Where, exp.Having)]
    roots += [join.args["on"] for join in tree.find_all(exp.Join) if join.args.get("on") is not None]
    if not roots and isinstance(tree, exp.Where):
        roots = [tree.this]
    seen: set[int] = set()
    for root in roots:
        for node in root.walk():
            if id(node) in seen:
                continue
            seen.add(id(node))
            op = _COMPARISONS.get(type(node).__name__)
            if op is not None:
                if isinstance(node.parent, exp.Not):
                    op = {"in": "not in", "==": "!=", "is": "is not"}.get(op, op)
                pairs = list(_sides(node, op, aliases, first))
                found += pairs
                unknown = unknown or (not pairs and node.this is not None and _HOLE.search(node.this.sql()) is not None)
            elif (
                isinstance(node, exp.Column)
                and _HOLE.fullmatch(node.name)
                and isinstance(node.parent, (exp.And, exp.Or, exp.Where, exp.Paren, exp.Not))
            ):
                unknown = True
    return found, unknown


def _sides(node: exp.Expression, op: str, aliases: dict[str, str], first: str) -> Iterator[Predicate]:
    from sqlglot import exp  # noqa: PLC0415

    left = node.this
    rights = [
        part for name in ("expression", "query", "field", "low", "high") if (part := node.args.get(name)) is not None
    ]
    rights += [part for part in node.args.get("expressions") or [] if part is not None]
    if left is None:
        # sqlglot leaves out what broken text lacks.
        return
    for column, others in ((left, rights), *((right, [left]) for right in rights)):
        named = _column(column)
        if named is None or MARK.search(named.name):
            continue
        marks = tuple(mark for other in others for mark in _marks(other))
        functions = any(isinstance(other, exp.Func) or other.find(exp.Anonymous) for other in others)
        inserted = any(
            other.find(exp.Column) is not None and getattr(other, "table", "").lower() == "excluded" for other in others
        )
        nested = any(isinstance(other, (exp.Subquery, exp.Query)) or other.find(exp.Select) for other in others)
        if nested or not (marks or inserted or (functions and not any(_column(other) is not None for other in others))):
            continue
        scope = node.find_ancestor(exp.Select, exp.Update, exp.Delete)
        near = next(_tables(scope), first) if scope is not None else first
        table = aliases.get(named.table, "") if named.table else near
        yield Predicate(table, named.name, op, marks)


def _asks_public(tree: exp.Expression) -> bool:
    """``WHERE is_public = true`` or ``WHERE is_public``; in an alternative (``OR``) too."""
    from sqlglot import exp  # noqa: PLC0415

    for where in tree.find_all(exp.Where):
        for column in where.find_all(exp.Column):
            held = column.parent
            if MARKS_PUBLIC.search(column.name) and not isinstance(held, exp.Not):
                return isinstance(held, (exp.And, exp.Where, exp.Or, exp.Paren)) or (
                    isinstance(held, (exp.EQ, exp.Is, exp.In)) and not MARK.search(held.sql())
                )
    return False


def _column(node: exp.Expression) -> exp.Column | None:
    """Return the column compared, also inside a cast or ``lower(column)``."""
    from sqlglot import exp  # noqa: PLC0415

    while isinstance(node, (exp.Cast, exp.Lower, exp.Upper, exp.Paren, exp.Trim)):
        node = node.this
    return (
        node
        if isinstance(node, exp.Column) and not MARK.fullmatch(node.name) and node.table.lower() != "excluded"
        else None
    )


def _marks(node: exp.Expression) -> tuple[str, ...]:
    """Return the marks in a value, in order."""
    return tuple(dict.fromkeys(MARK.findall(node.sql())))


def _selected(tree: exp.Expression, aliases: dict[str, str], first: str) -> tuple[tuple[str, str], ...]:
    from sqlglot import exp  # noqa: PLC0415

    if not isinstance(tree, exp.Select):
        return ()
    names = []
    for item in tree.expressions:
        column = item.unalias()
        if not isinstance(column, exp.Column) or not column.name:
            return ()
        names.append((aliases.get(column.table, "") if column.table else first, column.name))
    return tuple(names)

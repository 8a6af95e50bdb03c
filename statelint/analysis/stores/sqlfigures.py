"""What SQL statements select besides rows: figures over them, and the number that the next row is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.queries.figures import NUMBER

if TYPE_CHECKING:
    from sqlglot import exp


def asks_figures(tree: exp.Expression) -> bool:
    """Tell whether a statement selects figures over all rows that it finds, and none of the rows."""
    from sqlglot import exp  # noqa: PLC0415

    figures = (exp.Count, exp.Sum, exp.Avg, exp.Min, exp.Max, exp.Exists)
    return (
        isinstance(tree, exp.Select)
        and tree.args.get("group") is None
        and bool(tree.expressions)
        and all(item.find(*figures) is not None or isinstance(item, exp.Literal) for item in tree.expressions)
    )


def asks_number(tree: exp.Expression) -> bool:
    """Tell whether a statement asks for the highest number given so far: ``SELECT COALESCE(MAX(position), 0) + 1``."""
    from sqlglot import exp  # noqa: PLC0415

    return asks_figures(tree) and all(
        isinstance(item, exp.Literal)
        or (
            (highest := item.find(exp.Max)) is not None
            and item.find(exp.Count, exp.Sum, exp.Avg, exp.Min) is None
            and isinstance(highest.this, exp.Column)
            and NUMBER.search(highest.this.name) is not None
        )
        for item in tree.expressions
    )

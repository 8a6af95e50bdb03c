"""Foreign keys that nothing declares but their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.ownership.schema import snake

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.analysis.ownership.schema import Model


def guess_references(models: Iterable[Model], among: Iterable[Model]) -> None:
    """Have the columns of ``models`` refer to those of ``among`` that they are named after.

    ``thread_id`` refers to the table ``thread`` or ``threads``, or to the class ``Thread``, where there is one.
    """
    by_stem: dict[str, list[Model]] = {}
    for model in among:
        for stem in {*_stems(snake(model.table)), snake(model.name)}:
            by_stem.setdefault(stem, []).append(model)
    for model in models:
        for column in list(model.columns.values()):
            name = snake(column.name)
            if column.target or not name.endswith("_id"):
                continue
            parents = [other for other in by_stem.get(name.removesuffix("_id"), ()) if other is not model]
            if parents:
                # Tables of one style belong together ("Thread" and "Step", threads and steps).
                same = [other for other in parents if other.table[:1].isupper() == model.table[:1].isupper()]
                parent = (same or parents)[0]
                target = parent.name if parent.klass is not None else parent.table
                model.columns[column.name] = column._replace(target=target, is_key=True)


def _stems(table: str) -> Iterator[str]:
    yield table
    for plural, singular in (("ies", "y"), ("ses", "s"), ("s", "")):
        if table.endswith(plural):
            yield table.removesuffix(plural) + singular

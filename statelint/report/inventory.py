"""The isolation inventory as text and as JSON."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from statelint import __version__
from statelint.analysis.inventory import State
from statelint.report.text import cells, clean, json_text, pad, wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from statelint.analysis.inventory import Access
    from statelint.report.style import Style

COLOURS = {State.UNSCOPED: "error", State.UNKNOWN: "warning"}
MODEL_WIDTH = 24
"""Longer names of models push the columns behind them to the right."""


def as_json(accesses: Sequence[Access]) -> str:
    """Return the inventory for programs: entry points with what they touch, and the number of accesses by state."""
    entries: list[dict[str, Any]] = []
    for _, group in groupby(accesses, key=_entry):
        members = list(group)
        first = members[0]
        entries.append(
            {
                "entry": first.entry,
                "symbol": first.symbol,
                "path": first.entry_place.module.path,
                "line": first.entry_place.position.line,
                "accesses": [
                    {
                        "model": access.model,
                        "owner": access.owner,
                        "action": access.action,
                        "state": str(access.state),
                        "proof": access.proof or None,
                        "reason": access.reason,
                        "path": access.place.module.path,
                        "line": access.place.position.line,
                    }
                    for access in members
                ],
            }
        )
    return json_text({"version": 1, "statelint": __version__, "entries": entries, "states": _count(accesses)}) + "\n"


def as_text(accesses: Sequence[Access], style: Style, width: int) -> str:
    """Return the inventory as a table that fits ``width`` columns: each entry point with the models it touches."""
    lines: list[str] = []
    model = min(MODEL_WIDTH, max((cells(clean(access.model)) for access in accesses), default=0))
    for _, group in groupby(accesses, key=_entry):
        members = list(group)
        lines += [*([""] if lines else []), *_heading(members[0], style, width)]
        lines += (_row(same, style, model, width) for same in _merged(members))
    counts = ", ".join(f"{count} {state}" for state, count in _count(accesses).items() if count)
    entries = len({_entry(access) for access in accesses})
    closing = (
        f"{entries} entry point{'' if entries == 1 else 's'} touch{'es' if entries == 1 else ''} owned rows: {counts}."
    )
    if accesses:
        lines += ["", *(style("title", line) for line in wrap(closing, width))]
    else:
        lines.append("No entry point touches owned rows.")
    return "".join(f"{line}\n" for line in lines)


def _entry(access: Access) -> tuple[str, int, str]:
    return access.entry_place.module.path, access.entry_place.position.line, access.entry


def _count(accesses: Iterable[Access]) -> dict[str, int]:
    counts = dict.fromkeys(map(str, State), 0)
    for access in accesses:
        counts[str(access.state)] += 1
    return counts


def _merged(accesses: Sequence[Access]) -> list[list[Access]]:
    """Group what differs in its place only."""
    groups: dict[tuple[str, ...], list[Access]] = {}
    for access in accesses:
        key = (access.model, access.action, str(access.state), access.reason)
        groups.setdefault(key, []).append(access)
    return list(groups.values())


def _heading(access: Access, style: Style, width: int) -> list[str]:
    name, where = clean(access.entry), clean(_place(access.entry_place.module.path, access.entry_place.position.line))
    if cells(name) + 2 + cells(where) <= width:
        return [f"{style('title', name)}  {style('dim', where)}"]
    return [style("title", name), f"  {style('dim', where)}"]


def _row(same: Sequence[Access], style: Style, model: int, width: int) -> str:
    """One line, or more where the reason and the place do not fit behind the model."""
    first = same[0]
    state = pad(str(first.state), 8)
    colour = COLOURS.get(first.state)
    painted = style(colour, state) if colour else state
    name = pad(clean(first.model), model)
    head = f"  {painted}  {name}  {first.action:<6}"
    used = 2 + 8 + 2 + max(model, cells(name)) + 2 + 6
    where = clean(_place(first.place.module.path, first.place.position.line)) + (
        f" and {len(same) - 1} more" if len(same) > 1 else ""
    )
    if used + 2 + cells(first.reason) + 2 + cells(where) <= width:
        return f"{head}  {first.reason}  {style('dim', where)}"
    indent = " " * 12
    gap = "  " if len(indent) + cells(first.reason) + 2 + cells(where) <= width else f"\n{indent}"
    return f"{head.rstrip()}\n{indent}{first.reason}{gap}{style('dim', where)}"


def _place(path: str, line: int) -> str:
    return f"{path}:{line}"

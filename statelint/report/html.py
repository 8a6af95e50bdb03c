"""One self-contained page for people: what to fix, the path of each violation, who reaches whose rows, who keeps what.

It loads nothing, runs no script, and escapes all that comes from the code under lint.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from statelint import __version__
from statelint.analysis.inventory import State, inventory
from statelint.report.full import blocks
from statelint.report.pictures import state_map
from statelint.report.summary import badness, count_by_rule, severity_counts
from statelint.report.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from statelint.analysis.inventory import Access
    from statelint.lint.finding import Finding, LintResult, Location
    from statelint.report.context import ReportContext

_CODE = re.compile("`([^`]+)`")
_AROUND = 2
"""Lines of code shown before and after a finding."""
_LONGEST = 12
"""Of a longer stretch of code the first lines are shown."""
_SIGNS = {
    State.UNSCOPED: "✗",
    State.UNKNOWN: "?",
    State.PUBLIC: "○",
    State.ADMIN: "A",
    State.CHECKED: "✓",
    State.SCOPED: "✓",
}
_MEANING = {
    State.UNSCOPED: "nothing ties the rows to the caller",
    State.UNKNOWN: "not enough is known",
    State.PUBLIC: "public by configuration",
    State.ADMIN: "administrators only",
    State.CHECKED: "the owner is compared before use",
    State.SCOPED: "the query asks for the caller's rows",
}


class CodeLine(NamedTuple):
    """A line of source: what stands before, inside and after the marked stretch."""

    number: int
    before: str
    marked: str
    after: str


class Cell(NamedTuple):
    """What an entry point does with a model's rows, at worst."""

    state: str
    sign: str
    title: str


def render(result: LintResult, context: ReportContext) -> str:
    """Return the page."""
    environment = Environment(
        loader=PackageLoader("statelint.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["clean"] = lambda value: clean(str(value))
    environment.filters["prose"] = _prose
    project = context.project() if context.project is not None else None
    accesses = inventory(project) if project is not None else []
    found = [*result.findings, *(item.finding for item in result.suppressed)]
    groups = {finding.group for finding in found}
    kept = [held for held in project.state.kept if held.key in groups] if project is not None else []
    gathered = sorted(
        blocks(result.findings), key=lambda block: (badness(block[0])[:2], -len(block), badness(block[0]))
    )
    return environment.get_template("report.html").render(
        version=__version__,
        name=context.root.name,
        result=result,
        verdict=severity_counts(result.findings) if result.findings else "no findings",
        rules=count_by_rule(result.findings),
        blocks=[_block(block, context) for block in gathered],
        models=sorted({access.model for access in accesses}),
        rows=_matrix(accesses),
        legend=[(str(state), _SIGNS[state], _MEANING[state]) for state in State],
        picture=state_map(kept),
    )


def _prose(value: object) -> Markup:
    """Escape a message, and set what it quotes as code."""
    parts = _CODE.split(clean(str(value)))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part) for number, part in enumerate(parts)
    )


def _block(findings: Sequence[Finding], context: ReportContext) -> dict[str, Any]:
    first = findings[0]
    return {
        "first": first,
        "help": list(dict.fromkeys(finding.help for finding in findings if finding.help)),
        "places": [
            {
                "finding": finding,
                "code": _code(finding.location, context),
                "related": [place for place in finding.related if place.message],
            }
            for finding in findings
        ],
    }


def _code(at: Location, context: ReportContext) -> list[CodeLine]:
    """Return the lines around a place, the stretch in them marked."""
    lines = context.sources.lines(at.path)
    if not 1 <= at.line <= len(lines):
        return []
    last = min(at.end_line, at.line + _LONGEST, len(lines))
    shown = []
    for number in range(max(1, at.line - _AROUND), min(len(lines), last + _AROUND) + 1):
        text = lines[number - 1]
        start = end = len(text)
        if at.line <= number <= last:
            start = at.column - 1 if number == at.line else len(text) - len(text.lstrip())
            end = at.end_column - 1 if number == at.end_line else len(text)
        shown.append(CodeLine(number, *map(_visible, (text[:start], text[start:end], text[end:]))))
    return shown


def _visible(text: str) -> str:
    return clean(text.expandtabs(4))


def _matrix(accesses: Iterable[Access]) -> list[dict[str, Any]]:
    """Return the entry points with a cell for each model they touch."""
    order = list(State)
    rows: dict[tuple[str, int, str], dict[str, Any]] = {}
    for access in accesses:
        at = access.entry_place
        key = at.module.path, at.position.line, access.entry
        row = rows.setdefault(key, {"entry": access.entry, "place": f"{key[0]}:{key[1]}", "held": {}})
        row["held"].setdefault(access.model, []).append(access)
    for row in rows.values():
        row["cells"] = {}
        for model, held in row["held"].items():
            worst = min(held, key=lambda access: order.index(access.state))
            lines = [
                f"{access.action}: {access.state}, {access.reason} "
                f"({access.place.module.path}:{access.place.position.line})"
                for access in held
            ]
            row["cells"][model] = Cell(str(worst.state), _SIGNS[worst.state], "\n".join(dict.fromkeys(lines)))
    return list(rows.values())

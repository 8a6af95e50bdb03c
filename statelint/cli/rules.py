"""``statelint rules``."""

from __future__ import annotations

import json
import sys
from itertools import groupby
from typing import TYPE_CHECKING

import click

from statelint.cli.console import color_option, coloured, emit, width

if TYPE_CHECKING:
    from statelint.lint.rule import Rule
    from statelint.report.documents import RuleDocument


@click.command("rules")
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", help="How to print the list.")
@color_option
def command(output_format: str, color: str) -> None:
    """List every rule, with those of installed rule packs."""
    rules = load()
    if output_format == "json":
        emit(json.dumps([describe(rule) for rule in rules], indent=2) + "\n")
    else:
        emit(_table(rules, colour=coloured(color, sys.stdout)))


def load() -> list[Rule]:
    """Return every rule. Raises click.ClickException if the packs contradict each other or one cannot be imported."""
    from statelint.lint.packs import PackError, load_rules  # noqa: PLC0415 - imports LibCST

    try:
        return load_rules()
    except PackError as error:
        raise click.ClickException(str(error)) from error


def describe(rule: Rule) -> RuleDocument:
    """Return what lists say about a rule."""
    from statelint.lint.rule import FAMILIES, family  # noqa: PLC0415 - not for the command's help

    group = family(rule.code)
    return {
        "code": rule.code,
        "name": rule.name,
        "family": group,
        "family_name": FAMILIES.get(group, ""),
        "severity": rule.severity,
        "since": rule.since,
        "summary": rule.summary,
        "fix": None if rule.fixer is None else "safe" if rule.fixer.safe else "unsafe",
    }


def _table(rules: list[Rule], *, colour: bool) -> str:
    from statelint.report.style import Style  # noqa: PLC0415 - not for the command's help
    from statelint.report.text import clean, wrap  # noqa: PLC0415

    style = Style(colour)
    rows = [{key: clean(str(value)) for key, value in describe(rule).items()} for rule in rules]
    code, name = (max((len(row[key]) for row in rows), default=0) for key in ("code", "name"))
    indent = 2 + code + 2 + name + 2 + 7 + 2
    lines: list[str] = []
    for family, members in groupby(rows, key=lambda row: row["family"]):
        first, *others = list(members)
        title = f"{family} {first['family_name']}".rstrip()
        lines += [*([""] if lines else []), style("title", title)]
        for row in (first, *others):
            summary, *more = wrap(row["summary"], max(30, width() - indent))
            head = style("title", row["code"].ljust(code))
            level = style(row["severity"], row["severity"].ljust(7))
            lines.append(f"  {head}  {row['name']:<{name}}  {level}  {summary}")
            lines += (" " * indent + line for line in more)
    return "".join(f"{line}\n" for line in lines)

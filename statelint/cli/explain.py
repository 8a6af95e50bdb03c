"""``statelint explain``."""

from __future__ import annotations

import difflib
import json
import re
import sys
from typing import TYPE_CHECKING, Any

import click

from statelint.cli.console import color_option, coloured, emit, light, width
from statelint.cli.rules import describe, load

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from statelint.lint.rule import Rule

_TITLED_FENCE = re.compile(r'^(```\w+) .*?title="([^"]*)".*$', re.MULTILINE)

_PROSE = 100
"""Pages are not set wider than this: long lines read badly."""


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - only a completing shell needs it

    return [
        CompletionItem(word, help=rule.summary)
        for rule in load()
        for word in (rule.code, rule.name)
        if word.lower().startswith(incomplete.lower())
    ]


@click.command("explain")
@click.argument("rule", nargs=-1, required=True, shell_complete=_complete)
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", help="How to print the page.")
@color_option
def command(rule: tuple[str, ...], output_format: str, color: str) -> None:
    """Show the page of RULE: a code such as SL101, or a name such as process-state.

    Other words are searched for in the rules' names, summaries and pages, and the rules that hold them all are listed.
    On a terminal the page is laid out; elsewhere it is printed as the Markdown it is.
    """
    rules = load()
    words = " ".join(rule)
    matches = search(words, rules)
    if matches:
        if output_format == "json":
            emit(json.dumps([describe(match) for match in matches], indent=2) + "\n")
        else:
            emit("".join(f"{_line(match)}\n" for match in matches))
        return
    found = find(words, rules)
    page = _page(found)
    if output_format == "json":
        emit(json.dumps({**describe(found), "page": page}, indent=2) + "\n")
    elif coloured(color, sys.stdout):
        emit(laid_out(page))
    else:
        emit(page)


def search(words: str, rules: list[Rule]) -> list[Rule]:
    """Return the rules that hold all of ``words``, those that hold them in name or summary first.

    None if ``words`` is a rule's code or name, or close to one.
    """
    known = {key.lower() for rule in rules for key in (rule.code, rule.name)}
    if words.lower() in known or difflib.get_close_matches(words.lower(), known, n=1, cutoff=0.8):
        return []
    wanted = words.lower().split()

    def held(text: str) -> bool:
        return all(word in text.lower() for word in wanted)

    first = [rule for rule in rules if held(f"{rule.name} {rule.summary}")]
    return first + [rule for rule in rules if rule not in first and held(_page(rule))]


def _line(rule: Rule) -> str:
    return f"{rule.code}  {rule.name:<28}  {rule.summary}"


def find(word: str, rules: list[Rule]) -> Rule:
    """Return the rule with code or name ``word``. Raises click.UsageError that names the closest."""
    known = {key.lower(): rule for rule in rules for key in (rule.code, rule.name)}
    rule = known.get(word.lower())
    if rule is not None:
        return rule
    close = difflib.get_close_matches(word.lower(), known, n=1)
    hint = f" Did you mean {known[close[0]].code} ({known[close[0]].name})?" if close else ""
    raise click.UsageError(f"No rule {word!r}.{hint} 'statelint rules' lists all.")


def _page(rule: Rule) -> str:
    from statelint.lint.pages import PageError, shown  # noqa: PLC0415 - not for the command's help

    try:
        text = shown(rule)
    except PageError:
        text = f"# {rule.name} ({rule.code})\n\n{rule.summary}\n"
    return text if text.endswith("\n") else text + "\n"


def laid_out(page: str) -> str:
    """Return a page of Markdown as rich shows it on a terminal, whatever it holds."""
    from rich.console import Console  # noqa: PLC0415 - rich is slow to import
    from rich.markdown import Markdown  # noqa: PLC0415
    from rich.theme import Theme  # noqa: PLC0415

    from statelint.report.text import clean  # noqa: PLC0415

    safe = "\n".join(clean(line) for line in page.split("\n"))
    safe = _TITLED_FENCE.sub(r"*\2*\n\n\1", safe)  # the names of the files in an example of several
    options: dict[str, Any] = {"force_terminal": True, "width": min(width(), _PROSE), "color_system": "standard"}
    theme = "ansi_light" if light() else "ansi_dark"
    console = Console(**options, theme=Theme({"markdown.code": "bold"}))  # rich's own is a black box
    with console.capture() as capture:
        console.print(Markdown(safe, code_theme=theme, hyperlinks=False))
    return capture.get()

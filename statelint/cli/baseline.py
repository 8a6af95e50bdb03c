"""``statelint baseline``: keeps the file of findings that are put up with for now."""

from __future__ import annotations

import json
import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from statelint.cli.console import Progress, color_option, coloured, emit, say
from statelint.cli.project import config_options, configuration, mistakes

if TYPE_CHECKING:
    from statelint.cli.baselines import BaselineFile
    from statelint.lint.baseline import Entry, Stale
    from statelint.lint.finding import LintResult


@click.group("baseline")
def command() -> None:
    """Keep a list of findings to put up with for now, so that only new ones are reported.

    The list is a file to commit (statelint-baseline.jsonl, or what the setting 'baseline' says). 'statelint check'
    leaves out what is in it, and reports what has gone stale.
    """


def _options(function: Any) -> Any:
    function = click.option(
        "--baseline",
        "file",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="The baseline; that of the settings if not given.",
    )(config_options(function))
    return click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path))(function)


_note = click.option("--note", default="", metavar="TEXT", help="A note for the entries that are new.")


@command.command("create")
@_options
@_note
def create(*, folder: Path | None, file: Path | None, config: Path | None, isolated: bool, note: str) -> None:
    """Write all findings of the project in FOLDER (default: the current one) to a new baseline."""
    with mistakes():
        baseline, result = _check(folder, file, config, isolated=isolated)
        if baseline.exists:
            raise click.ClickException(f"{baseline.path} is there already; use 'statelint baseline update'.")
        _write(baseline, _collected(result, [], note))


@command.command("update")
@_options
@_note
def update(*, folder: Path | None, file: Path | None, config: Path | None, isolated: bool, note: str) -> None:
    """Make the baseline what the findings are now; notes stay."""
    with mistakes():
        baseline, result = _check(folder, file, config, isolated=isolated)
        _write(baseline, _collected(result, _known(baseline), note))


@command.command("prune")
@_options
def prune(*, folder: Path | None, file: Path | None, config: Path | None, isolated: bool) -> None:
    """Remove what is no longer found from the baseline; nothing is added."""
    from statelint.lint.baseline import apply, pruned  # noqa: PLC0415 - not for the command's help

    with mistakes():
        baseline, result = _check(folder, file, config, isolated=isolated)
        known = _known(baseline)
        _, stale = apply(result, known, baseline.path)
        _write(baseline, pruned(known, stale))


@command.command("show")
@_options
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", help="How to print the list.")
@color_option
def show(
    *, folder: Path | None, file: Path | None, config: Path | None, isolated: bool, output_format: str, color: str
) -> None:
    """List the baseline by file, with notes, and which entries are stale."""
    from statelint.lint.baseline import apply  # noqa: PLC0415 - not for the command's help

    with mistakes():
        baseline, result = _check(folder, file, config, isolated=isolated)
        known = sorted(_known(baseline), key=lambda entry: entry.key)
        _, stale = apply(result, known, baseline.path)
    gone = {id(item.entry): item.left for item in stale}
    if output_format == "json":
        rows = [
            {
                "path": entry.path,
                "rule": entry.rule,
                "symbol": entry.symbol,
                "fingerprint": entry.fingerprint,
                "count": entry.count,
                "note": entry.note,
                "stale": gone.get(id(entry), 0),
            }
            for entry in known
        ]
        emit(json.dumps({"version": 1, "entries": rows}, indent=2) + "\n")
    else:
        emit(_listed(known, gone, stale, colour=coloured(color, sys.stdout)))


def _listed(known: list[Entry], gone: dict[int, int], stale: list[Stale], *, colour: bool) -> str:
    from statelint.report.style import Style  # noqa: PLC0415 - not for the command's help
    from statelint.report.text import clean, counted, line_start  # noqa: PLC0415

    style = Style(colour)
    lines: list[str] = []
    for path, entries in groupby(known, key=lambda entry: entry.path):
        lines.append(style("title", line_start(clean(path))))
        for entry in entries:
            left = gone.get(id(entry), 0)
            times = f" ×{entry.count}" if entry.count > 1 else ""  # noqa: RUF001 - a times sign
            mark = f"  {style('warning', 'stale' if left == entry.count else f'{left} stale')}" if left else ""
            note = f"  {style('dim', clean(entry.note))}" if entry.note else ""
            lines.append(f"  {clean(entry.rule)}{times}  {clean(entry.symbol)}{mark}{note}")
    total = sum(entry.count for entry in known)
    left = sum(item.left for item in stale)
    ending = f"; {left:,} stale, which 'statelint baseline prune' removes" if left else ""
    lines.append(f"{counted(total, 'finding')} in the baseline{ending}.")
    return "".join(f"{line}\n" for line in lines)


def _check(
    folder: Path | None, file: Path | None, config: Path | None, *, isolated: bool
) -> tuple[BaselineFile, LintResult]:
    """Return the baseline and what is found without it."""
    from statelint.cli.baselines import BaselineFile  # noqa: PLC0415 - not for the command's help
    from statelint.lint.rulebook import RuleBook  # noqa: PLC0415
    from statelint.run.cache import find_folder  # noqa: PLC0415
    from statelint.run.pipeline import CheckRequest, check  # noqa: PLC0415

    root, configured = configuration((folder,) if folder else (), config, isolated=isolated)
    settings = configured.settings
    with Progress(wanted=True) as progress:
        request = CheckRequest(
            root=root, paths=(), settings=settings, rules=RuleBook(), progress=progress, cache=find_folder(root)
        )
        result = check(request)
    if result.crashes:
        raise click.ClickException(f"Rule {result.crashes[0].rule} failed, so the findings are incomplete.")
    return BaselineFile(root, settings, file), result


def _known(baseline: BaselineFile) -> list[Entry]:
    if not baseline.exists:
        raise click.ClickException(f"There is no {baseline.path}; 'statelint baseline create' makes it.")
    return baseline.read()


def _collected(result: LintResult, known: list[Entry], note: str) -> list[Entry]:
    from statelint.lint.baseline import collect  # noqa: PLC0415 - not for the command's help

    return collect(result.findings, known, note)


def _write(baseline: BaselineFile, entries: list[Entry]) -> None:
    """Write the baseline and say what has changed."""
    from statelint.report.text import clean, counted  # noqa: PLC0415 - not for the command's help

    old = {entry.fingerprint: entry.count for entry in baseline.read()}
    new = {entry.fingerprint: entry.count for entry in entries}
    added = sum(max(0, count - old.get(key, 0)) for key, count in new.items())
    removed = sum(max(0, count - new.get(key, 0)) for key, count in old.items())
    baseline.write(entries)
    say(f"{clean(baseline.path)}: {counted(sum(new.values()), 'finding')} ({added:,} added, {removed:,} removed).")

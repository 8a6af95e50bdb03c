"""``statelint map``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from statelint.cli.console import Progress, color_option, coloured, emit, width
from statelint.cli.project import config_options, configuration, mistakes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.analysis.inventory import Access


@click.command("map")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--model", "models", multiple=True, metavar="NAME", help="Show this model only. May be given several times."
)
@click.option(
    "--entry",
    "entries",
    multiple=True,
    metavar="TEXT",
    help="Show entry points whose route or name holds TEXT only. May be given several times.",
)
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", help="How to print the map.")
@config_options
@color_option
def command(
    *,
    paths: tuple[Path, ...],
    models: tuple[str, ...],
    entries: tuple[str, ...],
    output_format: str,
    config: Path | None,
    isolated: bool,
    color: str,
) -> None:
    """Show which entry point touches whose rows, and what isolates them.

    For every route, tool or job that reads or changes rows with an owner: the model, what is done, whether the rows are
    scoped, checked, for administrators, public or unscoped, by what, and where. The whole project is read; with PATHS,
    what is shown are the entry points and queries in these files.
    """
    accesses = [access for access in _accesses(paths, config, isolated=isolated) if _wanted(access, models, entries)]
    from statelint.report import inventory  # noqa: PLC0415 - imports the engine, which the command's help does not need
    from statelint.report.style import Style  # noqa: PLC0415

    if output_format == "json":
        emit(inventory.as_json(accesses))
    else:
        emit(inventory.as_text(accesses, Style(coloured(color, sys.stdout)), width()))


def _wanted(access: Access, models: tuple[str, ...], entries: tuple[str, ...]) -> bool:
    named = access.model.casefold() in {model.casefold() for model in models}
    called = any(text.casefold() in f"{access.entry} {access.symbol}".casefold() for text in entries)
    return (named or not models) and (called or not entries)


def _accesses(paths: tuple[Path, ...], config: Path | None, *, isolated: bool) -> Iterable[Access]:
    """Analyse the project. Raises click.ClickException for what the user has to put right."""
    from statelint.analysis.inventory import inventory  # noqa: PLC0415 - the engine
    from statelint.run.pipeline import CheckRequest, survey  # noqa: PLC0415

    with mistakes(), Progress(wanted=True) as progress:
        root, configured = configuration(paths, config, isolated=isolated)
        request = CheckRequest(root=root, paths=paths, settings=configured.settings, rules=[], progress=progress)
        project, named = survey(request)
    return [
        access
        for access in inventory(project)
        if not paths or access.entry_place.module.path in named or access.place.module.path in named
    ]

"""``statelint map``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from statelint.cli.console import Progress, color_option, coloured, emit, width

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
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Use this pyproject.toml or statelint.toml.",
)
@click.option("--isolated", is_flag=True, help="Ignore all configuration files.")
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
    if isolated and config is not None:
        raise click.UsageError("--isolated reads no configuration, so --config makes no sense with it.")
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
    from statelint.catalogue.loader import CatalogueError  # noqa: PLC0415
    from statelint.config.load import ConfigError, load  # noqa: PLC0415
    from statelint.run.pipeline import CheckRequest, survey  # noqa: PLC0415
    from statelint.source.files import PathError, find_root  # noqa: PLC0415
    from statelint.source.globs import GlobError  # noqa: PLC0415

    try:
        root = find_root(paths)
        settings = load(root, config=config, isolated=isolated).settings
        with Progress(wanted=True) as progress:
            project, named = survey(
                CheckRequest(root=root, paths=paths, settings=settings, rules=[], progress=progress)
            )
    except (CatalogueError, ConfigError, GlobError, PathError) as error:
        raise click.ClickException(str(error)) from error
    return [
        access
        for access in inventory(project)
        if not paths or access.entry_place.module.path in named or access.place.module.path in named
    ]

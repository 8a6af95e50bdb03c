"""``statelint clean``, and the option that says where the cache is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from statelint.cli.console import say


def cache_option(function: Any) -> Any:
    """Add ``--cache-dir``."""
    return click.option(
        "--cache-dir",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="FOLDER",
        envvar="STATELINT_CACHE_DIR",
        show_envvar=True,
        help="Where to remember what was read; .statelint_cache in the project if not given.",
    )(function)


@click.command("clean")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@cache_option
def command(paths: tuple[Path, ...], cache_dir: Path | None) -> None:
    """Remove the cache of the project that PATHS (default: the current folder) belong to."""
    from statelint.run.cache import clean, places  # noqa: PLC0415 - not for the command's help
    from statelint.source.files import PathError, find_root  # noqa: PLC0415

    try:
        root = find_root(paths)
        for folder in places(root, cache_dir):
            if clean(folder):
                say(f"Removed the cache in {folder}.")
    except PathError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"the cache cannot be removed: {error}") from error

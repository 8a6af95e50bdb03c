"""What commands that read a project share: options, and mistakes of the user's as messages."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.config.load import Configuration


def config_options(function: Any) -> Any:
    """Add ``--config`` and ``--isolated``."""
    function = click.option("--isolated", is_flag=True, help="Ignore all configuration files.")(function)
    return click.option(
        "--config",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Use this pyproject.toml or statelint.toml.",
    )(function)


def configuration(paths: tuple[Path, ...], config: Path | None, *, isolated: bool) -> tuple[Path, Configuration]:
    """Return the root of the project that ``paths`` belong to, and its settings.

    Raises PathError or ConfigError, and click.UsageError for options that contradict each other.
    """
    if isolated and config is not None:
        raise click.UsageError("--isolated reads no configuration, so --config makes no sense with it.")
    from statelint.config.load import load  # noqa: PLC0415 - not for a command's help
    from statelint.source.files import find_root  # noqa: PLC0415

    root = find_root(paths)
    return root, load(root, config=config, isolated=isolated)


@contextmanager
def mistakes() -> Iterator[None]:
    """Turn what the user has to put right into click.ClickException."""
    from statelint.catalogue.patterns import CatalogueError  # noqa: PLC0415 - not for a command's help
    from statelint.config.load import ConfigError  # noqa: PLC0415
    from statelint.lint.baseline import BaselineError  # noqa: PLC0415
    from statelint.lint.rulebook import PackError  # noqa: PLC0415
    from statelint.lint.selection import SelectionError  # noqa: PLC0415
    from statelint.report.text import clean  # noqa: PLC0415
    from statelint.run.errors import ExecutorError, RepositoriesError, ShardError  # noqa: PLC0415
    from statelint.source.files import PathError  # noqa: PLC0415
    from statelint.source.globs import GlobError  # noqa: PLC0415
    from statelint.source.revisions import RevisionError  # noqa: PLC0415

    errors = (
        BaselineError, CatalogueError, ConfigError, ExecutorError, GlobError, PackError, PathError, RevisionError,
        RepositoriesError, SelectionError, ShardError,
    )  # fmt: skip
    try:
        yield
    except errors as error:
        raise click.ClickException("\n".join(map(clean, str(error).splitlines()))) from error

"""``statelint merge``."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from statelint.cli import check
from statelint.cli.check import Options

_LEFT_OUT = frozenset({"paths", "shard", "repos", "watch", "no_cache", "stdin_filename", "show_files", "show_settings"})
"""What only ``check`` can be told."""


def _command(**values: Any) -> int:
    """Check the project in the current folder with the facts that shards have read.

    SHARDS are files that 'statelint check --shard' wrote, of the same commit with the same version of statelint. What
    none of them holds is read now, so the findings are those of one 'statelint check' in any case.
    """
    shards = values.pop("shards")
    unset: dict[str, Any] = {field.name: None for field in fields(Options)} | {
        "paths": (), "watch": False, "no_cache": False, "show_files": False, "show_settings": False,
    }  # fmt: skip
    options = Options(**(unset | values | {"shards": shards}))
    from statelint.cli import session  # noqa: PLC0415 - imports the engine, which the command's help does not need

    return session.check(options)


command = click.Command(
    "merge",
    callback=_command,
    help=_command.__doc__,
    params=[
        click.Argument(
            ["shards"], nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
        ),
        *(option for option in check.command.params if option.name not in _LEFT_OUT),
    ],
)

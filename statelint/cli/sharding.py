"""``--shard`` and ``statelint merge``: the reading of one project on several machines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from statelint.cli.console import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from statelint.run.pipeline import CheckRequest
    from statelint.run.shards import Shard

    _Type = click.ParamType[Any]  # generic for type checkers; at run time in new versions of click only
else:
    _Type = click.ParamType


class ShardType(_Type):
    """``N/COUNT``."""

    name = "N/COUNT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Shard:
        """Parse the value of the option."""
        from statelint.run.shards import Shard, parse_shard  # noqa: PLC0415 - not for the command's help

        if isinstance(value, Shard):
            return value
        try:
            return parse_shard(value)
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)


def write(request: CheckRequest, shard: Shard, output: Path | None, *, quiet: bool) -> int:
    """Read a share, write its file, and return the exit code. Raises ShardError and what ``check`` raises."""
    from statelint.run.shards import write_shard  # noqa: PLC0415 - few runs need it

    file = output or Path(f"statelint-{shard.number}-of-{shard.total}.shard")
    mine, everything = write_shard(request, shard, file)
    if not quiet:
        say(f"Read {mine:,} of {everything:,} files; 'statelint merge' makes the report of this and the other shards.")
    return 0


def gather(request: CheckRequest, shards: Sequence[Path]) -> None:
    """Put what shards have read where the run that ``request`` describes will find it. Raises ShardError."""
    from statelint.run.errors import ShardError  # noqa: PLC0415 - few runs need it
    from statelint.run.shards import take_in  # noqa: PLC0415

    if request.cache is None:
        raise ShardError("what the shards have read needs a folder that can be written: give one with --cache-dir")
    missing = take_in(shards, request.cache, request.root)
    if missing:
        say(f"statelint: warning: no file of shard {', '.join(map(str, missing))} was given")


__all__ = ["ShardType", "gather", "write"]

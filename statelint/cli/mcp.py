"""``statelint mcp``."""

from __future__ import annotations

import gc

import click


@click.command("mcp")
def command() -> None:
    """Serve coding assistants over standard input and output: check, explain and map as MCP tools.

    Needs the extra statelint[mcp].
    """
    try:
        from statelint.server.tools import serve  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{error.name} is missing: pip install 'statelint[mcp]'") from error
    gc.enable()  # this process goes on for long
    serve()

"""``statelint server``."""

from __future__ import annotations

import gc

import click


@click.command("server")
def command() -> None:
    """Serve editors over standard input and output: diagnostics while typing, hover, fixes.

    Needs the extra statelint[lsp].
    """
    try:
        from statelint.server.language import make  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{error.name} is missing: pip install 'statelint[lsp]'") from error
    gc.enable()  # this process goes on for long
    make().start_io()

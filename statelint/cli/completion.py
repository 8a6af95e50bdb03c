"""``statelint completion``."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from statelint.cli.app import cli
from statelint.cli.console import emit


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the script that completes statelint's commands and options in SHELL.

    \b
    bash:  echo 'eval "$(statelint completion bash)"' >> ~/.bashrc
    zsh:   echo 'eval "$(statelint completion zsh)"' >> ~/.zshrc
    fish:  statelint completion fish > ~/.config/fish/completions/statelint.fish
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"click does not know the shell {shell}")
    emit(kind(cli, {}, "statelint", "_STATELINT_COMPLETE").source().strip() + "\n")

"""The ``statelint`` command: finds the subcommand, and turns what can go wrong into messages and exit codes.

Exit codes: 0 clean, 1 findings, 2 usage or configuration error, 3 internal error.
"""

from __future__ import annotations

import gc
import importlib
import io
import signal
import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click

from statelint import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

USAGE_ERROR = 2
INTERNAL_ERROR = 3
INTERRUPTED = 130

COMMANDS = {
    "baseline": "Keep a list of findings to put up with for now.",
    "check": "Find stateful code and missing user isolation.",
    "clean": "Remove what statelint remembers of a project.",
    "completion": "Print the script that completes statelint's commands in a shell.",
    "explain": "Show a rule's page: what it finds, why, and what to write instead.",
    "init": "Look at a project and write a configuration to start from.",
    "map": "Show which entry point touches whose rows, and what isolates them.",
    "mcp": "Serve coding assistants: check, explain and map as MCP tools.",
    "merge": "Check with what the shards of a CI matrix have read.",
    "rules": "List the rules.",
    "server": "Serve editors: diagnostics while typing.",
    "why-not": "Say why a rule does not report a line.",
}
"""Subcommands with their line in ``--help``; ``statelint.cli.<name>`` defines ``command``."""


class LazyGroup(click.Group):
    """Imports a subcommand's module when it is needed, so that ``--help`` and ``--version`` stay quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's interface
        """Return the names of all subcommands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's interface
        """Import the subcommand ``cmd_name``; None if there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"statelint.cli.{cmd_name.replace('-', '')}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of subcommands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand; an unknown one is an error that names the closest."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            from difflib import get_close_matches  # noqa: PLC0415 - only for the error

            close = get_close_matches(name, COMMANDS, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            ctx.fail(f"No such command {name!r}.{hint}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with: statelint check",
)
@click.version_option(__version__, "-V", "--version", message="statelint %(version)s")
def cli() -> None:
    """Find code that makes a Python web service stateful, or lets one user reach another user's data."""


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit."""
    signal.signal(signal.SIGTERM, _terminated)
    # What a command makes is needed until its end, and goes with the process: to search it for garbage takes long.
    gc.disable()
    code = run(args)
    gc.freeze()
    sys.exit(code)


def _terminated(number: int, _: object) -> NoReturn:
    """Exit in good order, with what is temporary removed; as the first process of a container, too."""
    raise SystemExit(128 + number)


def run(args: Sequence[str] | None = None) -> int:
    """Run the command line with ``args`` (default: those of the process) and return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        _never_fail(stream)
    try:
        code = cli.main(None if args is None else list(args), prog_name="statelint", standalone_mode=False)
    except click.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        from statelint.cli.console import say  # noqa: PLC0415 - only for the error

        shown = io.StringIO()
        error.show(shown)
        say(shown.getvalue().rstrip("\n"))
        return USAGE_ERROR
    except Exception:
        import traceback  # noqa: PLC0415 - only for the error

        click.echo(traceback.format_exc(), err=True, nl=False)
        click.echo(
            "statelint: internal error. This is a bug in statelint: please report it with the lines above.", err=True
        )
        return INTERNAL_ERROR
    return code if isinstance(code, int) else 0


def _never_fail(stream: Any) -> None:
    """Have ``stream`` escape what its encoding cannot express instead of raising."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")

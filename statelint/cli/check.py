"""``statelint check``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from statelint.cli.clean import cache_option
from statelint.cli.console import color_option
from statelint.cli.sharding import ShardType
from statelint.cli.targets import Target, TargetType
from statelint.run.executors import is_executor

if TYPE_CHECKING:
    from statelint.run.shards import Shard

STDIN = Path("-")
_NOT_SINCE = "--diff previews fixes; for findings since a git revision, use --since {}"
_SELECTORS = "Separated by commas; may be given several times. Codes (SL101), prefixes (SL1), names or ALL."


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of the command as they were given."""

    paths: tuple[Path, ...]
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    extend_select: tuple[str, ...]
    min_severity: str | None
    min_confidence: str | None
    pedantic: bool
    output_format: tuple[Target, ...]
    output: Path | None
    exit_zero: bool
    since: str | None
    baseline: Path | None
    no_baseline: bool
    add_ignore: str | None
    fix: bool
    unsafe_fixes: bool
    show_fixes: bool
    diff: bool
    explain: bool
    watch: bool
    statistics: bool
    show_suppressed: bool
    show_files: bool
    show_settings: bool
    config: Path | None
    isolated: bool
    no_cache: bool
    cache_dir: Path | None
    jobs: int | None
    executor: str
    shard: Shard | None
    repos: Path | None
    stdin_filename: str | None
    quiet: bool
    verbose: bool
    profile: bool
    color: str
    shards: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        """Refuse options that contradict each other."""
        if self.quiet and self.verbose:
            raise click.UsageError("--quiet and --verbose contradict each other.")
        if self.pedantic and self.min_severity is not None:
            raise click.UsageError("--pedantic means --min-severity note; give one of them.")
        if self.isolated and self.config is not None:
            raise click.UsageError("--isolated reads no configuration, so --config makes no sense with it.")
        if self.stdin and len(self.paths) > 1:
            raise click.UsageError("'-' (standard input) cannot be combined with other paths.")
        if self.no_baseline and self.baseline is not None:
            raise click.UsageError("--baseline and --no-baseline contradict each other.")
        if self.add_ignore is not None and not self.add_ignore.isprintable():
            raise click.UsageError("The reason for --add-ignore must be one line of text.")
        if self.unsafe_fixes and not (self.fix or self.diff):
            raise click.UsageError("--unsafe-fixes goes with --fix, or with --diff to look at them.")
        missing = next((path for path in self.paths if not path.exists()), None) if self.diff else None
        if missing is not None and not self.stdin:
            raise click.UsageError(f"{missing}: no such file or folder. {_NOT_SINCE.format(missing)}")
        if self.watch and (self.stdin or self.fix or self.diff or self.add_ignore is not None):
            raise click.UsageError("--watch goes with reports only.")
        if self.add_ignore is not None and (self.fix or self.diff):
            raise click.UsageError("--add-ignore does not go with --fix or --diff.")
        if self.stdin and (self.since or self.add_ignore is not None or self.fix or self.diff or self.show_fixes):
            raise click.UsageError("'-' (standard input) does not go with --since, --add-ignore or fixes.")
        if self.shard and (self.output_format or self.stdin or self.since or self.fix or self.diff or self.watch):
            raise click.UsageError("--shard reports nothing: give these options to 'statelint merge'.")
        if self.repos and (self.paths or self.output_format or self.since or self.fix or self.diff or self.watch):
            raise click.UsageError("--repos goes with settings only: every repository gets its JSON and SARIF report.")
        if self.repos and (self.shard or self.baseline or self.add_ignore is not None):
            raise click.UsageError("--repos does not go with --shard, --baseline or --add-ignore.")
        if not is_executor(self.executor):
            raise click.UsageError(f"--executor is processes, dask or dask://HOST:PORT, not {self.executor!r}.")
        if self.stdin_filename is not None and not self.stdin:
            raise click.UsageError("--stdin-filename needs '-' as the path.")

    @property
    def stdin(self) -> bool:
        """Whether the code comes from standard input."""
        return STDIN in self.paths

    @property
    def stdin_alone(self) -> bool:
        """Whether standard input belongs to no project."""
        return self.stdin and self.stdin_filename is None


class _Command(click.Command):
    """Says what ``--diff=REVISION`` is called here.

    Lets ``--add-ignore`` stand without a reason: what follows it is a path, not the reason."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        end = args.index("--") if "--" in args else len(args)
        given = next((arg for arg in args[:end] if arg.startswith("--diff=")), None)
        if given is not None:
            raise click.UsageError(_NOT_SINCE.format(given.removeprefix("--diff=")), ctx)
        bare = [f"{arg}=" if arg == "--add-ignore" else arg for arg in args[:end]]
        return super().parse_args(ctx, bare + args[end:])


@click.command("check", cls=_Command)
@click.argument("paths", nargs=-1, type=click.Path(allow_dash=True, path_type=Path))
@click.option("--select", multiple=True, metavar="RULES", help=f"Run these rules only. {_SELECTORS}")
@click.option("--ignore", multiple=True, metavar="RULES", help="Do not run these rules.")
@click.option("--extend-select", multiple=True, metavar="RULES", help="Run these rules as well.")
@click.option(
    "--min-severity", type=click.Choice(["note", "warning", "error"]), help="Hide findings below this severity."
)
@click.option(
    "--min-confidence", type=click.Choice(["low", "medium", "high"]), help="Hide findings below this confidence."
)
@click.option("--pedantic", is_flag=True, help="Show notes, too: the same as --min-severity note.")
@click.option(
    "--output-format",
    type=TargetType(),
    multiple=True,
    help="How to report; full if not given. With =FILE the report goes to that file instead of standard output. May be "
    "given several times: --output-format full --output-format sarif=out.sarif",
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the report of the one format without =FILE to FILE.",
)
@click.option(
    "--since",
    metavar="REVISION",
    help="Show only findings that are new since the branch left this git revision, or that touch lines changed since.",
)
@click.option(
    "--baseline",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Leave out what is in this baseline; that of the settings if not given.",
)
@click.option("--no-baseline", is_flag=True, help="Show what is in the baseline, too.")
@click.option("--explain", is_flag=True, help="Say with each finding why it was made and what would silence it.")
@click.option("--fix", is_flag=True, help="Mend what can be mended without changing what the program does.")
@click.option(
    "--unsafe-fixes", is_flag=True, help="With --fix or --diff: mend more; read the result before you commit."
)
@click.option("--diff", is_flag=True, help="Print what --fix would change as a diff, and write nothing.")
@click.option("--show-fixes", is_flag=True, help="Say what was fixed; without --fix, what can be.")
@click.option(
    "--add-ignore",
    metavar="[=REASON]",
    help="Instead of reporting, write a comment into the code that silences each finding, with the reason.",
)
@click.option("--watch", "-w", is_flag=True, help="Check again whenever a file changes; needs statelint[watch].")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even if there are findings.")
@click.option("--statistics", is_flag=True, help="Count findings by rule instead of showing them.")
@click.option("--show-suppressed", is_flag=True, help="Show what comments suppress, too, and their reasons.")
@click.option("--show-files", is_flag=True, help="List the files that would be read, and stop.")
@click.option("--show-settings", is_flag=True, help="Print the settings in force, and stop.")
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Use this pyproject.toml or statelint.toml.",
)
@click.option("--isolated", is_flag=True, help="Ignore all configuration files.")
@click.option("--no-cache", is_flag=True, help="Read every file anew, and remember nothing.")
@cache_option
@click.option(
    "--jobs", "-j", type=click.IntRange(min=1), metavar="N", help="Use N processes; as many as cores if not given."
)
@click.option(
    "--executor",
    default="processes",
    metavar="[processes|dask|dask://HOST:PORT]",
    help="Where the processes are: on this machine, or workers of a Dask cluster; needs statelint[dask].",
)
@click.option(
    "--shard",
    type=ShardType(),
    help="Read the Nth of COUNT shares of the project only, and write what is found to --output "
    "(statelint-N-of-COUNT.shard) for 'statelint merge'.",
)
@click.option(
    "--repos",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="LIST",
    help="Check every repository that this file lists, a folder a line, each on its own; reports go to the folder "
    "--output (statelint-repos). After an interruption the same command goes on.",
)
@click.option("--stdin-filename", metavar="FILE", help="The name of what is read from standard input.")
@click.option("--quiet", "-q", is_flag=True, help="Print findings and errors only.")
@click.option("--verbose", "-v", is_flag=True, help="Say more on standard error.")
@click.option("--profile", is_flag=True, help="Say on standard error where the time went.")
@color_option
def command(**values: Any) -> int:
    """Check PATHS, files or folders (default: the current folder; -: standard input).

    The whole project is read in any case, because a finding may need several files; what is shown are the findings that
    touch PATHS.

    Exit codes: 0 no findings, 1 findings at or above the severity fail-on, 2 wrong usage or configuration, 3 internal
    error.
    """
    options = Options(**values)
    from statelint.cli import session  # noqa: PLC0415 - imports the engine, which the command's help does not need

    return session.check(options)

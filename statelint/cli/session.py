"""One run of ``statelint check``: settings, the engine, the reports, the exit code."""

from __future__ import annotations

import importlib
import os
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from statelint.cli import targets
from statelint.cli.app import INTERNAL_ERROR
from statelint.cli.console import PIPED_WIDTH, Progress, coloured, emit, linked, say, width
from statelint.cli.narrow import narrow
from statelint.cli.project import mistakes
from statelint.cli.sharding import gather, write
from statelint.cli.show import show_files, show_settings
from statelint.config.load import Configuration, load, override
from statelint.lint.finding import Severity
from statelint.lint.rulebook import RuleBook
from statelint.report.context import ReportContext
from statelint.report.style import Style
from statelint.report.summary import closing
from statelint.report.text import clean
from statelint.run.cache import find_folder
from statelint.run.pipeline import STDIN_NAME, CheckRequest, survey
from statelint.run.pipeline import check as run_check
from statelint.run.profile import Profile
from statelint.source.files import find_root
from statelint.source.sources import Sources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from statelint.analysis.project import Project
    from statelint.cli.check import Options
    from statelint.cli.targets import Target
    from statelint.config.settings import Settings
    from statelint.lint.finding import LintResult

_TEXT_FORMATS = ("full", "concise", "grouped")


def check(options: Options) -> int:
    """Run the command and return its exit code. Raises click.ClickException for what the user has to put right."""
    if options.watch:
        from statelint.cli.watch import watch  # noqa: PLC0415 - few runs need it

        with mistakes():
            root = find_root(options.paths)
        return watch(root, lambda: check(replace(options, watch=False)))
    with mistakes():
        if options.repos is not None:
            from statelint.cli import repositories  # noqa: PLC0415 - few runs check more than one

            return repositories.check(options, options.repos)
        return _check(options)


def _check(options: Options) -> int:
    reports = targets.resolve(options.output_format, options.output)
    root, configuration = _configuration(options)
    settings = configuration.settings
    paths = () if options.stdin else options.paths
    if options.show_settings:
        emit(show_settings(root, configuration))
        return 0
    if options.show_files:
        emit(show_files(root, paths, settings))
        return 0
    rules = RuleBook()
    profile = Profile()
    stdin = sys.stdin.buffer.read() if options.stdin else None
    started = time.perf_counter()
    with Progress(wanted=not options.quiet) as progress:
        request = CheckRequest(
            root=root,
            paths=paths,
            settings=settings,
            rules=rules,
            stdin=stdin,
            stdin_filename=options.stdin_filename,
            progress=progress,
            jobs=options.jobs,
            executor=options.executor,
            cache=None if options.no_cache or options.stdin_alone else find_folder(root, options.cache_dir),
            profile=profile,
        )
        if options.shard is not None:
            return write(request, options.shard, options.output, quiet=options.quiet)
        if options.shards:
            gather(request, options.shards)
        result = narrow(run_check(request), request, options)
    if options.shards and progress.total and not options.quiet:
        what = "1 file was" if progress.total == 1 else f"{progress.total:,} files were"
        say(f"statelint: {what} in no shard as it is here, and read now")
    if options.diff:
        from statelint.cli.fixing import diff  # noqa: PLC0415 - few runs fix anything

        changes = diff(result, request, options, Style(coloured(options.color, sys.stdout)))
        emit(changes)
        return int(bool(changes))
    if options.fix or options.show_fixes:
        from statelint.cli.fixing import fix, with_fixes  # noqa: PLC0415

        if not options.fix:
            result = with_fixes(result, request)
        elif fix(result, request, options):
            result = narrow(run_check(request), request, options)
    if options.add_ignore is not None:
        from statelint.cli.ignoring import add  # noqa: PLC0415 - parses, as reports do not

        add(result, root, options.add_ignore)
        return 0
    if not result.files and not result.findings and not options.quiet:
        say(f"statelint: warning: there is no Python file to check in {clean(str(root))}")
    if options.verbose:
        say(f"settings: {clean(str(configuration.path or 'defaults'))}; project root: {clean(str(root))}")
        say(f"checked in {time.perf_counter() - started:.2f} s with {len(rules)} rules")
    context = ReportContext(
        root=root,
        sources=Sources(root, {} if stdin is None else {_stdin_path(options, root): stdin}),
        rules=rules,
        settings=settings,
        arguments=tuple(str(path) for path in options.paths),
        summary=not options.quiet,
        statistics=options.statistics,
        show_suppressed=options.show_suppressed,
        explain=options.explain,
        since=options.since or "",
        project=partial(_project, request),
        repository=_inside_repository(root),
    )
    with profile.stage("report"):
        _report(result, reports, context, options)
    if options.profile:
        say("\n".join(profile.lines()))
    _report_crashes(result, verbose=options.verbose)
    return _exit_code(result, settings, exit_zero=options.exit_zero)


def _project(request: CheckRequest) -> Project:
    """Analyse the project anew: what is kept of a run are its findings only."""
    return survey(replace(request, progress=None))[0]


def _report_crashes(result: LintResult, *, verbose: bool) -> None:
    for crash in result.crashes:
        say(f"statelint: rule {clean(crash.rule)} of {clean(crash.pack)} failed: {clean(crash.error)}")
        if verbose:
            say("\n".join(map(clean, crash.traceback.splitlines())))


def _exit_code(result: LintResult, settings: Settings, *, exit_zero: bool) -> int:
    if result.crashes:
        return INTERNAL_ERROR
    floor = Severity(settings.fail_on).rank
    failing = any(finding.severity.rank >= floor for finding in result.findings)
    return int(failing and not exit_zero)


def _configuration(options: Options) -> tuple[Path, Configuration]:
    """Find the project's root and its settings, those of the command line included."""
    if options.stdin:
        start = _existing(Path(options.stdin_filename or ".").absolute())
        root = find_root([start])
    else:
        root = find_root(options.paths)
    configuration = load(root, config=options.config, isolated=options.isolated)
    changes = {
        "select": _split(options.select),
        "ignore": _split(options.ignore),
        "extend_select": _split(options.extend_select),
        "min_severity": "note" if options.pedantic else options.min_severity,
        "min_confidence": options.min_confidence,
    }
    settings = override(configuration.settings, changes)
    return root, Configuration(settings, configuration.path)


def _existing(path: Path) -> Path:
    """Return the nearest folder at or above ``path``, which may be a file that is not saved yet."""
    return next(folder for folder in (path, *path.parents) if folder.is_dir())


def _split(values: Sequence[str]) -> tuple[str, ...] | None:
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip()) if values else None


def _report(result: LintResult, reports: Sequence[Target], context: ReportContext, options: Options) -> None:
    for report in reports:
        render = importlib.import_module(f"statelint.report.{report.format}").render
        if report.file is None:
            emit(render(result, _for_terminal(context, options)))
        else:
            colour = Style(options.color == "always")
            text = render(result, replace(context, style=colour, width=PIPED_WIDTH))
            targets.write(report.file, text)
    if any(report.format == "github" for report in reports):
        _step_summary(result, context)
    if not options.quiet and not any(report.file is None and report.format in _TEXT_FORMATS for report in reports):
        _close_on_stderr(result, context, options)


def _for_terminal(context: ReportContext, options: Options) -> ReportContext:
    colour = coloured(options.color, sys.stdout)
    style = Style(colour, links=colour and linked(sys.stdout))
    return replace(context, style=style, width=width(), digest=sys.stdout.isatty())


def _close_on_stderr(result: LintResult, context: ReportContext, options: Options) -> None:
    """Say on standard error what text formats end with."""
    context = replace(context, style=Style(coloured(options.color, sys.stderr)), width=width())
    for line in closing(result, context):
        say(line)


def _stdin_path(options: Options, root: Path) -> str:
    """Return the path by which findings name standard input."""
    if options.stdin_filename is None:
        return STDIN_NAME
    name = Path(options.stdin_filename)
    return (name.parent.resolve() / name.name).relative_to(root.resolve()).as_posix()


def _inside_repository(root: Path) -> str:
    """Return the root relative to the top of its git work tree; empty if it is the top or in none."""
    for folder in (root, *root.parents):
        if (folder / ".git").exists():
            return "" if folder == root else root.relative_to(folder).as_posix()
    return ""


def _step_summary(result: LintResult, context: ReportContext) -> None:
    """Append the findings to the summary page of a GitHub job; annotations show ten of a kind only."""
    file = os.environ.get("GITHUB_STEP_SUMMARY")
    if not file:
        return
    from statelint.report.markdown import SUMMARY_SIZE, page  # noqa: PLC0415 - on GitHub only

    try:
        with Path(file).open("a", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(page(result, context, SUMMARY_SIZE))
    except OSError as error:
        say(f"statelint: the job summary cannot be written: {error.strerror or error}")

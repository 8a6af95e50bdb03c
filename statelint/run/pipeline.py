"""A check from end to end: discover, extract, analyse, lint."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from statelint.run.cache import Cache
from statelint.run.executors import PROCESSES
from statelint.run.memory import Memory
from statelint.run.profile import Profile
from statelint.source.files import Discovery, PathError, belongs, discover
from statelint.source.globs import Globs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from statelint.analysis.project import Project
    from statelint.config.settings import Settings
    from statelint.extract.facts import ModuleFacts
    from statelint.lint.finding import LintResult
    from statelint.lint.rule import Rule

_FEW = 0.2
"""The share of files that may be new for an earlier result to be worth asking for."""
STDIN_NAME = "<stdin>"
"""How standard input is called in findings when no file name is given for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRequest:
    """What to check and how.

    ``stdin`` is the content of an editor's buffer: it stands for the file ``stdin_filename`` of the project, or for a
    project of its own if there is no name, and findings are shown for it alone. ``jobs`` limits the processes used,
    and ``executor`` says where they run (see ``extract_files``).
    ``cache`` is the folder to remember in what was read and found; nothing is remembered without one. ``profile`` notes
    where the time goes. ``overlay`` has contents that stand for those of files on disk, by path from the root; None
    stands for a file that is not there.
    """

    root: Path
    paths: tuple[Path, ...]
    settings: Settings
    rules: Sequence[Rule]
    stdin: bytes | None = None
    stdin_filename: str | None = None
    progress: Callable[[int, int], None] | None = None
    jobs: int | None = None
    executor: str = PROCESSES
    cache: Path | None = None
    profile: Profile = field(default_factory=Profile)
    overlay: Mapping[str, bytes | None] = field(default_factory=dict)


def check(request: CheckRequest) -> LintResult:
    """Run the selected rules over the project and return what they find.

    A file that cannot be read or parsed becomes a finding. Raises PathError, GlobError, SelectionError, CatalogueError,
    PackError or ExecutorError for a request that cannot be carried out.
    """
    stage = request.profile.stage
    with stage("discover"):
        files, buffers = _files(request)
    with _cache(request) as cache:
        with stage("cache"):
            memory = Memory(cache, files, request.settings, left_out=buffers)
            result = memory.result(request.rules)
        if result is None:
            result = _lint(request, memory, files, buffers)
            with stage("cache"):
                memory.keep_result(request.rules, result)
    return result


def survey(request: CheckRequest) -> tuple[Project, frozenset[str]]:
    """Return the analysed project, and the paths of the files that were named; no rule runs.

    Raises PathError, GlobError, CatalogueError or ExecutorError for a request that cannot be carried out.
    """
    files, buffers = _files(request)
    with _cache(request) as cache:
        memory = Memory(cache, files, request.settings, left_out=buffers)
        return _analyse(request, memory, files, buffers, []), files.named


def visitors_of(request: CheckRequest) -> list[type[Rule]]:
    """Return the rules that look at syntax trees. Raises SelectionError."""
    from statelint.lint.selection import Selection  # noqa: PLC0415 - not needed where a result is at hand

    selection = Selection(request.rules, request.settings)
    return [type(rule) for rule in request.rules if rule.visitor is not None and rule in selection]


def _cache(request: CheckRequest) -> Cache | nullcontext[None]:
    return nullcontext() if request.cache is None else Cache(request.cache, request.root)


def _lint(request: CheckRequest, memory: Memory, files: Discovery, buffers: Mapping[str, bytes]) -> LintResult:
    stage = request.profile.stage
    with stage("import"):
        visitors = visitors_of(request)  # before the work, which a wrong selector makes vain
    echo = _echo(request, memory, files, visitors)
    if echo is not None:
        return echo
    with stage("import"):
        from statelint.lint.runner import lint  # noqa: PLC0415 - the engine, which a kept result makes superfluous
        from statelint.run.reader import collector_off  # noqa: PLC0415
        from statelint.source.sources import Sources  # noqa: PLC0415
    project = _analyse(request, memory, files, buffers, visitors)
    with collector_off(), stage("lint"):
        sources = Sources(request.root, buffers)
        result = lint(project, request.rules, request.settings, files.named, lines=sources.lines, stage=stage)
    with stage("cache"):
        memory.keep_statements()
    return result


def _echo(request: CheckRequest, memory: Memory, files: Discovery, visitors: list[type[Rule]]) -> LintResult | None:
    """Return the result of an earlier run if nothing that matters to it has changed since; new files are read."""
    from statelint.run.extraction import extract_files  # noqa: PLC0415 - the engine
    from statelint.run.limits import Limits  # noqa: PLC0415
    from statelint.run.reader import Reader  # noqa: PLC0415

    stage = request.profile.stage
    with stage("cache"):
        unread = memory.unread(visitors)
    if unread is None or len(unread) > len(files.files) * _FEW:
        return None
    if unread:
        with stage("catalogue"):
            catalogue = memory.catalogue
        with stage("extract"):
            reader = Reader(request.root, catalogue, visitors, Limits.of(request.settings))
            sizes = {path: files.files[path] for path in unread}
            extract_files(
                reader,
                sizes,
                jobs=request.jobs,
                executor=request.executor,
                progress=request.progress,
                keep=memory.keep_facts,
            )
    with stage("cache"):
        return memory.echo(request.rules)


def _analyse(
    request: CheckRequest,
    memory: Memory,
    files: Discovery,
    buffers: Mapping[str, bytes],
    visitors: list[type[Rule]],
) -> Project:
    stage = request.profile.stage
    with stage("import"):
        from statelint.analysis.project import analyse  # noqa: PLC0415 - the engine
        from statelint.run.reader import collector_off  # noqa: PLC0415
    with collector_off():
        modules = _facts(request, memory, files, buffers, visitors)
        launches = memory.launches(request.root)
        with stage("analyse"):
            project = analyse(modules, memory.catalogue, request.settings, launches, memory.statements)
        with stage("calls"):
            _ = project.calls
        with stage("reach"):
            _ = project.reach
    return project


def _facts(
    request: CheckRequest,
    memory: Memory,
    files: Discovery,
    buffers: Mapping[str, bytes],
    visitors: list[type[Rule]],
) -> list[ModuleFacts]:
    """Return the facts of all files, in order of their paths."""
    from statelint.extract.extractor import failed  # noqa: PLC0415 - the engine
    from statelint.extract.facts import Failure  # noqa: PLC0415
    from statelint.run.extraction import extract_files  # noqa: PLC0415
    from statelint.run.limits import Limits  # noqa: PLC0415
    from statelint.run.reader import Reader  # noqa: PLC0415

    stage = request.profile.stage
    with stage("catalogue"):
        catalogue = memory.catalogue
    with stage("cache"):
        known = memory.facts(visitors)
    with stage("extract"):
        new = {path: size for path, size in files.files.items() if path not in buffers and path not in known}
        reader = Reader(request.root, catalogue, visitors, Limits.of(request.settings))
        modules = [*known.values()]
        modules += extract_files(
            reader,
            new,
            jobs=request.jobs,
            executor=request.executor,
            progress=request.progress,
            keep=memory.keep_facts if memory else None,
        )
        modules += (reader.extract(path, b"", data)[0] for path, data in buffers.items())
    for path, reason in files.closed.items():
        modules.append(failed(path, Failure("unreadable", f"the folder cannot be opened: {reason}", 1, 1)))
    modules.sort(key=lambda module: module.path)
    return modules


def _files(request: CheckRequest) -> tuple[Discovery, dict[str, bytes]]:
    """Return the files to read, and the contents of those that are not to be read from disk."""
    root, settings = request.root, request.settings
    if request.stdin is None:
        return _overlaid(discover(root, request.paths, settings), request)
    if request.stdin_filename is None:
        alone = Discovery(root, files={}, named=frozenset({STDIN_NAME}), closed={}, left_out=())
        return alone, {STDIN_NAME: request.stdin}
    place = Path(request.stdin_filename)
    if place.exists():
        files = discover(root, (place,), settings)
        return files, dict.fromkeys(files.named, request.stdin)
    try:
        path = (place.parent.resolve() / place.name).relative_to(root.resolve()).as_posix()
    except ValueError:
        raise PathError(f"{place} lies outside the project root {root}") from None
    excluded = settings.force_exclude and Globs((*settings.exclude, *settings.extend_exclude))(path)
    named = frozenset[str]() if excluded else frozenset({path})
    return replace(discover(root, (), settings), named=named), dict.fromkeys(named, request.stdin)


def _overlaid(files: Discovery, request: CheckRequest) -> tuple[Discovery, dict[str, bytes]]:
    """Return the files with those of the overlay in place of theirs."""
    if not request.overlay:
        return files, {}
    absent = {path for path, data in request.overlay.items() if data is None}
    buffers = {
        path: data
        for path, data in request.overlay.items()
        if data is not None and (path in files.files or belongs(path, request.settings))
    }
    sizes = {path: size for path, size in files.files.items() if path not in absent}
    sizes |= {path: len(data) for path, data in buffers.items()}
    named = files.named - absent
    if not request.paths:
        named |= buffers.keys()
    return replace(files, files=dict(sorted(sizes.items())), named=named), buffers

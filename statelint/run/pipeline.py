"""A check from end to end: discover, extract, analyse, lint."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from statelint.analysis.project import analyse
from statelint.catalogue.loader import load
from statelint.extract.extractor import extract, failed
from statelint.extract.facts import Failure
from statelint.lint.runner import lint
from statelint.lint.selection import Selection
from statelint.run.extraction import Reader, collector_off, extract_files
from statelint.source.files import Discovery, PathError, discover
from statelint.source.globs import Globs
from statelint.source.sources import Sources

if TYPE_CHECKING:
    from collections.abc import Callable

    from statelint.analysis.project import Project
    from statelint.catalogue.loader import Catalogue
    from statelint.config.settings import Settings
    from statelint.extract.facts import ModuleFacts
    from statelint.lint.finding import LintResult
    from statelint.lint.rule import Rule

STDIN_NAME = "<stdin>"
"""How standard input is called in findings when no file name is given for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRequest:
    """What to check and how.

    ``stdin`` is the content of an editor's buffer: it stands for the file ``stdin_filename`` of the project, or for a
    project of its own if there is no name, and findings are shown for it alone. ``jobs`` limits the processes used.
    """

    root: Path
    paths: tuple[Path, ...]
    settings: Settings
    rules: list[Rule]
    stdin: bytes | None = None
    stdin_filename: str | None = None
    progress: Callable[[int, int], None] | None = None
    jobs: int | None = None


def check(request: CheckRequest) -> LintResult:
    """Run the selected rules over the project and return what they find.

    A file that cannot be read or parsed becomes a finding. Raises PathError, GlobError, SelectionError or
    CatalogueError for a request that cannot be carried out.
    """
    settings = request.settings
    selection = Selection(request.rules, settings)  # before the work, which a wrong selector would make vain
    visitors = [type(rule) for rule in request.rules if rule.visitor is not None and rule in selection]
    catalogue = load(settings.catalogue)
    files, buffers = _files(request)
    modules = _extract(request, catalogue, visitors, files, buffers)
    with collector_off():
        project = analyse(modules, catalogue, settings)
        sources = Sources(request.root, buffers)
        return lint(project, request.rules, settings, files.named, lines=sources.lines)


def survey(request: CheckRequest) -> tuple[Project, frozenset[str]]:
    """Return the analysed project, and the paths of the files that were named; no rule runs.

    Raises PathError, GlobError or CatalogueError for a request that cannot be carried out.
    """
    catalogue = load(request.settings.catalogue)
    files, buffers = _files(request)
    modules = _extract(request, catalogue, [], files, buffers)
    with collector_off():
        return analyse(modules, catalogue, request.settings), files.named


def _extract(
    request: CheckRequest,
    catalogue: Catalogue,
    visitors: list[type[Rule]],
    files: Discovery,
    buffers: dict[str, bytes],
) -> list[ModuleFacts]:
    """Return the facts of all files, in order of their paths."""
    reader = Reader(request.root, catalogue, visitors)
    on_disk = {path: size for path, size in files.files.items() if path not in buffers}
    modules = extract_files(reader, request.settings.catalogue, on_disk, jobs=request.jobs, progress=request.progress)
    modules += (extract(path, data, catalogue, visitors) for path, data in buffers.items())
    modules += (failed(path, _closed(reason)) for path, reason in files.closed.items())
    modules.sort(key=lambda module: module.path)
    return modules


def _closed(reason: str) -> Failure:
    return Failure("unreadable", f"the folder cannot be opened: {reason}", 1, 1)


def _files(request: CheckRequest) -> tuple[Discovery, dict[str, bytes]]:
    """Return the files to read, and the contents of those that are not to be read from disk."""
    root, settings = request.root, request.settings
    if request.stdin is None:
        return discover(root, request.paths, settings), {}
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

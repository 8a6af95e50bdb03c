"""Which files a run reads, and which of them its findings are shown for."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from statelint.config.load import find_settings
from statelint.source import git
from statelint.source.deployment import MAX_FILES, SIZE_LIMIT, kind_of
from statelint.source.globs import Globs
from statelint.source.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from statelint.config.settings import Settings

MAX_SCRIPT_BYTES = 1_000_000
"""Larger SQL scripts are dumps of data."""
_VENV_PARTS = frozenset({"bin", "etc", "include", "Include", "lib", "Lib", "lib64", "man", "Scripts", "share"})
_SITE_PACKAGES = re.compile(r"(?P<venv>(?:.*/)?)(?:Lib|lib(?:64)?/python[\d.]*)/site-packages/")


class PathError(ValueError):
    """A path on the command line cannot be used."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """The files of a project, as posix paths relative to ``root``."""

    root: Path
    files: Mapping[str, int]
    """Every file to read with its size in bytes, sorted by path."""
    named: frozenset[str]
    """The files that were given, or lie below a folder that was; closed folders, too."""
    closed: Mapping[str, str]
    """Folders that could not be opened, with the reason."""
    left_out: tuple[str, ...]
    """Given paths that add no file: excluded, ignored by git, or without Python files."""
    deployment: frozenset[str] = frozenset()
    """Files that say how the service is run: they are read, too, but have no findings of their own."""


class _Given(NamedTuple):
    path: str
    is_folder: bool


def find_root(paths: Sequence[Path]) -> Path:
    """Return the folder of the project that ``paths`` (by default the working directory) belong to.

    It is the nearest folder with statelint settings, else the top of the git work tree, else the nearest folder with a
    ``pyproject.toml``, else what the paths have in common. Raises PathError for paths that do not exist.
    """
    places = [_absolute(path) for path in paths] or [Path.cwd()]
    start = Path(os.path.commonpath([place if place.is_dir() else place.parent for place in places]))
    settings = find_settings(start)
    if settings is not None:
        return settings.parent
    folders = (start, *start.parents)
    top = next((folder for folder in folders if (folder / ".git").exists()), None)
    if top is not None and (top == start or not git.is_ignored(start)):
        return top
    return next((folder for folder in folders if (folder / "pyproject.toml").is_file()), start)


def discover(root: Path, paths: Sequence[Path], settings: Settings) -> Discovery:
    """Find the files of the project at ``root`` and which of them ``paths`` name (none given: all of them).

    Files are what git lists, or what a walk finds without git, less the excludes and committed virtual environments.
    Under pre-commit (``PRE_COMMIT=1``) untracked files do not count. Raises PathError for a path that does not exist,
    is neither file nor folder, or lies outside the root; GlobError for a broken pattern.
    """
    root = root.resolve()
    given = [_given(root, path) for path in paths] or [_Given("", is_folder=True)]
    finder = _Finder(settings, wanted={path for path, is_folder in given if not is_folder})
    finder.add(root, "")
    if not settings.force_exclude:
        for path, is_folder in given:
            if is_folder and not any(_below(file, path) for file in finder.files):
                finder.add(root / path, f"{path}/" if path else "")
            elif not is_folder and path not in finder.deployment:
                finder.files.setdefault(path, (root / path).stat().st_size)
    files = dict(sorted(finder.files.items()))
    closed = dict(sorted(finder.closed.items()))
    explicit = {path for path, is_folder in given if not is_folder}
    folders = tuple(f"{path}/" if path else "" for path, is_folder in given if is_folder)
    deployment = sorted(finder.deployment)[:MAX_FILES]
    named = [path for path in (*files, *closed) if path in explicit or f"{path}/".startswith(folders)]
    named += explicit.intersection(deployment)
    return Discovery(
        root,
        files,
        named=frozenset(named),
        closed=closed,
        left_out=tuple(path or "." for path, _ in given if not any(_below(file, path) for file in named)),
        deployment=frozenset(deployment),
    )


def belongs(path: str, settings: Settings) -> bool:
    """Tell whether a file of this name, if it were there, would be read. Raises GlobError."""
    return Globs(settings.include)(path) and not Globs((*settings.exclude, *settings.extend_exclude))(path)


class _Finder:
    def __init__(self, settings: Settings, wanted: set[str]) -> None:
        self.files: dict[str, int] = {}
        self.closed: dict[str, str] = {}
        self.deployment: set[str] = set()
        self._wanted = wanted
        self._include = Globs(settings.include)
        self._exclude = Globs((*settings.exclude, *settings.extend_exclude))
        self._gitignore = settings.respect_gitignore
        self._tracked_only = os.environ.get("PRE_COMMIT") == "1"

    def add(self, folder: Path, prefix: str) -> None:
        """Add the files below ``folder``, whose path from the root is ``prefix``."""
        listing = self._list(folder)
        included = {path for path in listing.files if self._include(path)}
        deployment = {path for path in listing.files if path not in included and kind_of(path)}
        wanted = {path for path in listing.files if prefix + path in self._wanted} - deployment
        for path in _without_venvs(folder, sorted(included | deployment | wanted)):
            if not self._exclude(path):
                try:
                    status = os.lstat(f"{folder}/{path}")
                except OSError:
                    continue  # tracked, but deleted or out of reach: a path component is gone
                if path in deployment:
                    if stat.S_ISREG(status.st_mode) and status.st_size <= SIZE_LIMIT:
                        self.deployment.add(prefix + path)
                elif path.endswith(".sql") and status.st_size > MAX_SCRIPT_BYTES and prefix + path not in self._wanted:
                    continue
                elif stat.S_ISREG(status.st_mode) or (stat.S_ISLNK(status.st_mode) and prefix + path in self._wanted):
                    self.files[prefix + path] = status.st_size
        for path, reason in listing.closed.items():
            if not self._exclude(f"{path}/"):
                self.closed[prefix + path] = reason
        for path in listing.nested:
            if not self._exclude(f"{path}/") and (folder / path).is_dir() and not (folder / path).is_symlink():
                self.add(folder / path, f"{prefix}{path}/")

    def _list(self, folder: Path) -> git.Listing:
        if self._gitignore or self._tracked_only:
            listing = git.list_files(folder, untracked=not self._tracked_only)
            # An empty list also comes from a folder that an outer repository ignores.
            if listing is not None and (self._tracked_only or listing.files or listing.nested or listing.closed):
                return listing
        return walk(folder, gitignore=self._gitignore, skip=lambda path: self._exclude(f"{path}/"))


def _without_venvs(root: Path, paths: Iterable[str]) -> list[str]:
    """Leave out what belongs to virtual environments: ``site-packages``, and their folders beside a ``pyvenv.cfg``.

    The rest of such a folder stays, for an environment may have been made in the midst of a project.
    """
    paths = list(paths)
    venvs = {match["venv"] for path in paths if (match := _SITE_PACKAGES.match(path))}
    folders = {""}
    for path in paths:
        while (path := path[: path.rstrip("/").rfind("/") + 1]) not in folders:
            folders.add(path)
    venvs.update(folder for folder in folders if os.path.isfile(f"{root}/{folder}pyvenv.cfg"))  # noqa: PTH113
    parts = tuple(f"{venv}{part}/" for venv in venvs for part in _VENV_PARTS)
    return [path for path in paths if not path.startswith(parts) and "site-packages" not in path.split("/")]


def _below(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")


def _given(root: Path, path: Path) -> _Given:
    place = _absolute(path)
    try:
        relative = place.relative_to(root).as_posix()
    except ValueError:
        raise PathError(f"{path} lies outside the project root {root}") from None
    return _Given("" if relative == "." else relative, place.is_dir())


def _absolute(path: Path) -> Path:
    """Return the real place of a folder, or a file's name in the real place of its folder."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        reason = "no such file or folder" if isinstance(error, FileNotFoundError) else error.strerror or str(error)
        raise PathError(f"{path}: {reason}") from None
    except ValueError:
        raise PathError(f"{str(path)!r} is not a path") from None  # an embedded NUL
    if stat.S_ISDIR(mode):
        return path.resolve()
    if stat.S_ISREG(mode):
        return path.parent.resolve() / path.name
    raise PathError(f"{path} is neither a file nor a folder")

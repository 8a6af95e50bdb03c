"""Asks git which files belong to a project, without letting the project's own configuration run anything."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

_TIMEOUT = 60
_SAFE = ("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}")
_LOCAL = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_CONFIG", "GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS",
        "GIT_DIR", "GIT_GRAFT_FILE", "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_NAMESPACE", "GIT_NO_REPLACE_OBJECTS", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_REPLACE_REF_BASE",
        "GIT_SHALLOW_FILE", "GIT_WORK_TREE",
    }
)  # fmt: skip
"""What a calling git (a hook, for instance) sets for its own repository, which need not be the one we look at."""
_STAGED = re.compile(rb"([0-7]{6}) [0-9a-f]{40,64} [0-3]\t(.*)", re.DOTALL)
_SUBMODULE = b"160000"
_LINK = b"120000"
_CLOSED_FOLDER = re.compile(r"could not open directory '(.+?)/?': (.+)")


class Listing(NamedTuple):
    """Paths below a folder, relative to it.

    ``files`` may hold names that are gone or no regular files; ``nested`` are repositories inside, of which nothing is
    listed; ``closed`` are folders that could not be opened, with the reason.
    """

    files: list[str]
    nested: list[str]
    closed: dict[str, str]


def list_files(folder: Path, *, untracked: bool) -> Listing | None:
    """List the tracked files below ``folder`` and, if wanted, the untracked ones that are not ignored.

    Returns None where git is missing, declines or knows no work tree.
    """
    kinds = ("--others", "--exclude-standard") if untracked else ()
    done = run(folder, "ls-files", "-z", "--cached", "--stage", *kinds)
    if done is None or done.returncode != 0:
        return None
    files: set[str] = set()
    nested: set[str] = set()
    for entry in done.stdout.split(b"\0"):
        staged = _STAGED.fullmatch(entry)
        mode, name = staged.groups() if staged else (b"", entry)
        path = os.fsdecode(name)
        if mode == _SUBMODULE or path.endswith("/"):
            nested.add(path.removesuffix("/"))
        elif path and mode != _LINK:
            files.add(path)
    closed = dict(_CLOSED_FOLDER.findall(os.fsdecode(done.stderr)))
    return Listing(sorted(files), sorted(nested), closed)


def is_ignored(folder: Path) -> bool:
    """Tell whether an enclosing repository ignores ``folder``."""
    done = run(folder, "check-ignore", "--quiet", ".")
    return done is not None and done.returncode == 0


def has_tracked(folder: Path) -> bool:
    """Tell whether an enclosing repository tracks anything in ``folder``."""
    done = run(folder, "ls-files", "--cached", "-z", ".")
    return done is not None and done.returncode == 0 and bool(done.stdout)


def run(folder: Path, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes] | None:
    """Run git in ``folder`` with ``stdin``. Returns None where git is missing or takes too long."""
    program = shutil.which("git")
    if program is None or not Path(program).is_absolute():  # never a program of the project itself
        return None
    environment = {key: value for key, value in os.environ.items() if key not in _LOCAL}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        return subprocess.run(
            [program, *_SAFE, "-C", str(folder), *arguments],
            env=environment,
            input=stdin,
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None

"""What has changed in a git work tree since a revision, and the contents of that time, read from git's objects."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from statelint.source import git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LINK = b"120000"
_SUBMODULE = b"160000"


class RevisionError(ValueError):
    """There is no such revision, or no git work tree."""


class Change(NamedTuple):
    """A file that is not what it was: its path now and then, and its content then; None for what is not there."""

    path: str | None
    old_path: str | None
    old: bytes | None


def changes(root: Path, revision: str) -> list[Change]:
    """Return the files below ``root`` that changed since its branch left ``revision``, untracked ones included.

    Paths are relative to ``root``. Raises RevisionError.
    """
    base = _base(root, revision)
    raw = _run(root, "diff", "--raw", "-z", "--no-abbrev", "-M", "--no-ext-diff", "--relative", base, "--", ".")
    rows = list(_rows(raw))
    blobs = _blobs(root, sorted({blob for _, _, blob in rows if blob}))
    found = [Change(path, old_path, blobs.get(blob) if blob else None) for path, old_path, blob in rows]
    untracked = _run(root, "ls-files", "-z", "--others", "--exclude-standard")
    found += [Change(os.fsdecode(name), None, None) for name in untracked.split(b"\0") if name]
    return found


def _base(root: Path, revision: str) -> str:
    done = git.run(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if done is None:
        raise RevisionError("git is needed to compare with a revision, and it cannot be run")
    if done.returncode != 0:
        inside = git.run(root, "rev-parse", "--is-inside-work-tree")
        if inside is None or inside.returncode != 0:
            raise RevisionError(f"{root} is in no git repository, so nothing can be compared with {revision!r}")
        raise RevisionError(f"git knows no commit {revision!r}; a shallow clone may have to be deepened (git fetch)")
    commit = done.stdout.decode().strip()
    merged = git.run(root, "merge-base", commit, "HEAD")
    return merged.stdout.decode().strip() if merged is not None and merged.returncode == 0 else commit


def _rows(raw: bytes) -> Iterator[tuple[str | None, str | None, str]]:
    """Yield path, old path and old blob of each row of ``git diff --raw -z``."""
    parts = iter(raw.split(b"\0"))
    for head in parts:
        if not head.startswith(b":"):
            continue
        old_mode, new_mode, old_blob, _, status = head[1:].split(b" ")
        first = os.fsdecode(next(parts))
        second = os.fsdecode(next(parts)) if status[:1] in b"RC" else first
        if _SUBMODULE in (old_mode, new_mode):
            continue
        was = old_mode.strip(b"0") != b"" and old_mode != _LINK
        old_path = first if was and status[:1] != b"C" else None
        yield (None if status == b"D" else second), old_path, old_blob.decode() if old_path else ""


def _blobs(root: Path, names: list[str]) -> dict[str, bytes]:
    """Return the contents of git's blobs."""
    if not names:
        return {}
    output = _run(root, "cat-file", "--batch", stdin="".join(f"{name}\n" for name in names).encode())
    blobs = {}
    at = 0
    while at < len(output):
        end = output.index(b"\n", at)
        name, kind, *size = output[at:end].split(b" ")
        at = end + 1
        if kind == b"blob":
            length = int(size[0])
            blobs[name.decode()] = output[at : at + length]
            at += length + 1
    return blobs


def _run(root: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    done = git.run(root, *arguments, stdin=stdin)
    if done is None or done.returncode != 0:
        why = "it cannot be run" if done is None else done.stderr.decode(errors="replace").strip()
        raise RevisionError(f"git {arguments[0]} failed: {why}")
    return done.stdout

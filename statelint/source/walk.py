"""Lists a folder's files without git, reading ``.gitignore`` files ourselves."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeAlias

from statelint.source.git import Listing
from statelint.source.globs import Patterns
from statelint.source.text import SourceError, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_Rules: TypeAlias = tuple[tuple[str, Patterns], ...]
"""Patterns with the folder (absolute, posix, ending in a slash) that they are relative to, outermost first."""


def walk(root: Path, *, gitignore: bool, skip: Callable[[str], bool]) -> Listing:
    """List the files and symbolic links below ``root``.

    Folders that ``skip`` names (by relative path) and ``.git`` are left out, and with ``gitignore`` what ``.gitignore``
    files exclude. Links are not followed, so there are no loops.
    """
    files: list[str] = []
    closed: dict[str, str] = {}
    base = f"{root.as_posix().rstrip('/')}/"  # strings, for objects cost more than the reading of folders
    stack: list[tuple[str, _Rules]] = [("", _outer_rules(root) if gitignore else ())]
    while stack:
        folder, rules = stack.pop()
        try:
            with os.scandir(base + folder) as scan:
                entries = list(scan)
        except OSError as error:
            closed[folder.rstrip("/") or "."] = error.strerror or str(error)
            continue
        if gitignore and any(entry.name == ".gitignore" for entry in entries):
            rules = (*rules, *_rules_of(root / folder))
        for entry in entries:
            path = folder + entry.name
            if entry.is_dir(follow_symlinks=False):
                if entry.name != ".git" and not skip(path) and not _ignored(f"{base}{path}/", rules):
                    stack.append((f"{path}/", rules))
            elif not _ignored(base + path, rules):
                files.append(path)
    return Listing(sorted(files), [], closed)


def _rules_of(folder: Path) -> _Rules:
    try:
        lines = read(folder / ".gitignore").decode("utf-8", "surrogateescape").splitlines()
        return ((f"{folder.as_posix().rstrip('/')}/", Patterns(lines)),)
    except (SourceError, ValueError):
        return ()  # git, too, goes on without a file that it cannot use


def _outer_rules(root: Path) -> _Rules:
    """Return the rules of folders above ``root``, up to the top of its work tree."""
    above: list[Path] = []
    if not (root / ".git").exists():
        for folder in root.parents:
            above.append(folder)
            if (folder / ".git").exists():
                rules = tuple(rule for outer in reversed(above) for rule in _rules_of(outer))
                # A project inside an ignored folder is looked at on purpose.
                return () if _ignored(f"{root.as_posix()}/", rules) else rules
    return ()


def _ignored(path: str, rules: _Rules) -> bool:
    for base, patterns in reversed(rules):
        verdict = patterns.verdict(path[len(base) :])
        if verdict is not None:
            return verdict
    return False

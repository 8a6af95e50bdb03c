"""Checks many repositories, each on its own in a process of its own, and goes on where an earlier run was interrupted.

The output folder gets ``report.json`` with everything, ``sarif/NAME.sarif`` for each repository, and while the work is
not done ``unfinished/`` with what is known of each repository so far.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import msgspec

from statelint import __version__
from statelint.run.errors import RepositoriesError
from statelint.source.atomic import write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

VERSION = 1
REPORT = "report.json"
_UNFINISHED = "unfinished"
_RUN = "run.json"
_OUTCOMES = "outcomes"
_CHECKED = (0, 1)
"""Exit codes of a check that has a report."""
_NOT_CHECKED = 2
"""The exit code of one that cannot begin."""


class Outcome(msgspec.Struct):
    """What came of one repository: the exit code of its check, and the JSON report or else what went wrong."""

    name: str
    path: str
    status: int
    error: str = ""
    report: dict[str, Any] | None = None


def read_list(file: Path) -> dict[str, Path]:
    """Return folders by name: a line each in ``file``; those that begin with ``#`` and empty ones are passed over.

    A folder's name is its path from the folder that all of them are in. Raises RepositoriesError.
    """
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8-sig").split("\n")]
    except (OSError, UnicodeDecodeError) as error:
        raise RepositoriesError(f"cannot read {file}: {error}") from error
    folders = list(dict.fromkeys(_folder(line) for line in lines if line and not line.startswith("#")))
    if not folders:
        raise RepositoriesError(f"{file} lists no repository")
    missing = [folder for folder in folders if not os.path.isdir(folder)]  # noqa: PTH112 - never raises
    if missing:
        raise RepositoriesError(f"{file}: no such folder: {', '.join(map(str, missing))}")
    try:
        above = os.path.commonpath([folder.parent for folder in folders])
    except ValueError as error:
        raise RepositoriesError(f"{file}: {error}") from error
    return {folder.relative_to(above).as_posix(): folder for folder in folders}


def _folder(line: str) -> Path:
    """Return the folder that a line names; without ``..``, as reports are named after it."""
    path = Path(line).absolute()
    with suppress(OSError, RuntimeError, ValueError):  # it is no folder, then
        return path.resolve() if ".." in path.parts else path
    return path


def check_all(
    folders: Mapping[str, Path],
    arguments: Sequence[str],
    output: Path,
    *,
    jobs: int,
    progress: Callable[[Outcome, int, int], None],
) -> list[Outcome]:
    """Check ``folders`` with these ``arguments`` of ``statelint check``, ``jobs`` at a time; return outcomes by name.

    What an interrupted run with the same folders and arguments has finished is taken over. ``progress`` hears each
    outcome, how many there are and how many there will be. Raises RepositoriesError.
    """
    unfinished = output / _UNFINISHED
    run = json.dumps([__version__, list(arguments), {name: str(folder) for name, folder in folders.items()}])
    try:
        outcomes = {outcome.name: outcome for outcome in _resume(unfinished, run)}
        (output / "sarif").mkdir(exist_ok=True)
        for outcome in list(outcomes.values()):
            progress(outcome, len(outcomes), len(folders))
        with ThreadPoolExecutor(jobs) as threads:
            try:
                running: set[Future[tuple[Outcome, bytes]]] = {
                    threads.submit(_check, name, folder, arguments)
                    for name, folder in folders.items()
                    if name not in outcomes
                }
                while running:
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        outcome, sarif = future.result()
                        outcomes[outcome.name] = outcome
                        if outcome.report is not None:
                            _write(output / "sarif" / f"{outcome.name}.sarif", sarif)
                            _write(unfinished / _OUTCOMES / f"{outcome.name}.json", msgspec.json.encode(outcome))
                        progress(outcome, len(outcomes), len(folders))
            except BaseException:
                threads.shutdown(wait=False, cancel_futures=True)
                raise
        found = [outcomes[name] for name in sorted(outcomes)]
        document = {"version": VERSION, "repositories": msgspec.to_builtins(found)}
        write_atomically(output / REPORT, (json.dumps(document, indent=2) + "\n").encode())
        shutil.rmtree(unfinished)
    except OSError as error:
        raise RepositoriesError(f"cannot write to {output}: {error}") from error
    return found


def _resume(unfinished: Path, run: str) -> list[Outcome]:
    """Return what an interrupted run of the same kind has found; begin anew if there was none."""
    mark = unfinished / _RUN
    if not mark.is_file() or mark.read_text(encoding="utf-8") != run:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        write_atomically(mark, run.encode())
        return []
    found = []
    for file in sorted((unfinished / _OUTCOMES).rglob("*.json")):
        with suppress(msgspec.MsgspecError):
            found.append(msgspec.json.decode(file.read_bytes(), type=Outcome))
    return found


def _write(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, data)


def _check(name: str, folder: Path, arguments: Sequence[str]) -> tuple[Outcome, bytes]:
    """Check one repository; what goes wrong there, be it a crash of the process, is its own outcome."""
    with TemporaryDirectory(prefix="statelint-") as reports:
        report, sarif = Path(reports, "report.json"), Path(reports, "report.sarif")
        # -P: what lies in the repository is not to be imported.
        command = [sys.executable, "-P", "-m", "statelint", "check", *arguments, "--jobs", "1", "--quiet"]
        command += ["--output-format", f"json={report}", "--output-format", f"sarif={sarif}", "."]
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        except OSError as error:  # the folder is closed, or has gone by now
            return Outcome(name, str(folder), _NOT_CHECKED, f"{folder}: {error.strerror or error}"), b""
        outcome = Outcome(name, str(folder), done.returncode)
        if done.returncode in _CHECKED and sarif.exists():
            outcome.report = msgspec.json.decode(report.read_bytes())
            return outcome, sarif.read_bytes()
        said = done.stderr.decode(errors="backslashreplace").strip().splitlines()
        outcome.error = said[-1] if said else f"the process ended with {done.returncode}"
        return outcome, b""


__all__ = ["REPORT", "Outcome", "check_all", "read_list"]

#!/usr/bin/env python3
"""statelint over a package, cold, warm and after one edit, against its peers on the same machine.

    cold.py                      Django 5.1's package, fetched by pip
    cold.py --package FOLDER     another one

All take turns (A B C A B C …), so that what else the machine does falls on all of them; each starts a fresh process.
Cold runs and peers have no cache. Prints medians, and statelint's times as ratios of each other's, paired by round.
Ends with status 0 and a word on standard error when the package or a peer cannot be fetched, with 1 when a tool fails.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).resolve().parent
DJANGO = "Django==5.1"
PEERS = ("ruff", "bandit", "semgrep", "flake8-bugbear", "pylint", "fixit")
COMMANDS = {"flake8-bugbear": "flake8"}
"""Where the command is not called like the package."""
COLD, WARM, EDIT = OWN = ("statelint", "statelint, warm", "statelint, one edit")


class UnavailableError(Exception):
    """Something that is fetched from a package index is not there."""


def django(work: Path) -> Path:
    """Return the folder of Django's package, fetched into ``work`` once."""
    package = work / "django-5.1" / "django"
    if not package.is_dir():
        unpacked = work / "unpacked"
        pip(sys.executable, "install", "--quiet", "--no-deps", "--no-compile", "--target", str(unpacked), DJANGO)
        # The package alone: statelint reads the whole project that the named folder belongs to, peers only the folder.
        package.parent.mkdir()
        (unpacked / "django").rename(package)
    return package


def peer(name: str, work: Path) -> Path:
    """Return the command of ``name``, installed into an environment of its own below ``work`` once."""
    folder = work / name
    command = folder / "bin" / COMMANDS.get(name, name)
    if not command.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip(str(folder / "bin" / "python"), "install", "--quiet", name)
    return command


def pip(python: str, *arguments: str) -> None:
    done = subprocess.run([python, "-m", "pip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise UnavailableError(f"pip {' '.join(arguments)}: {done.stderr.strip().splitlines()[-1]}")


def commands(work: Path, jobs: int, peers: Sequence[str] = PEERS) -> dict[str, list[str]]:
    """Return what is run, by name: statelint first, then the peers that could be fetched."""
    report = str(work / "report.json")
    statelint = str(Path(sys.executable).with_name("statelint"))
    run = [statelint, "check", "--isolated", "--exit-zero", "--output-format", "json", "--output", report]
    cached = [*run, "--cache-dir", str(work / "cache"), "."]
    found = {COLD: [*run, "--no-cache", "."], WARM: cached, EDIT: cached}
    for name in peers:
        try:
            command = str(peer(name, work))
        except UnavailableError as reason:
            print(f"skipped {name}: {reason}", file=sys.stderr)
            continue
        if name == "ruff":
            found[name] = [command, "check", "--no-cache", "--isolated", "--exit-zero", "--output-format=json"]
            found[name] += ["--output-file", report, "."]
        elif name == "bandit":
            found[name] = [command, "-r", "-q", "-f", "json", "-o", report, "--exit-zero", "."]
        elif name == "flake8-bugbear":
            found[name] = [
                command,
                "--isolated",
                "--exit-zero",
                "--select=B",
                f"--jobs={jobs}",
                "--output-file",
                report,
            ]
            found[name] += ["."]
        elif name == "pylint":
            found[name] = [command, "--rcfile", os.devnull, "--exit-zero", "--recursive=y", f"--jobs={jobs}"]
            found[name] += ["--output-format=json", f"--output={report}", "."]
        elif name == "fixit":
            found[name] = ["sh", "-c", f"'{command}' lint . > '{report}' || [ $? -le 1 ]"]  # 1: something was found
        else:
            found[name] = [command, "scan", "--config", str(HERE / "semgrep_rules.yml"), "--metrics=off", "--quiet"]
            found[name] += ["--disable-version-check", "--no-git-ignore", f"--jobs={jobs}", "--json", "-o", report, "."]
    return found


def compiled(work: Path) -> None:
    """Have Python keep compiled modules, and those of this checkout compiled, as pip does with what it installs."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(work / "bytecode")
    places = [place for name in ("statelint", "statelint_rules") for place in _places(name)]
    subprocess.run([sys.executable, "-m", "compileall", "-q", *places], check=True)


def _places(package: str) -> list[str]:
    spec = find_spec(package)
    return list(spec.submodule_search_locations or []) if spec is not None else []


def prepare(name: str, command: list[str], folder: Path, number: int) -> None:
    """Bring about what the run ``name`` starts from: a cache that knows the files, all or all but one."""
    if name in {WARM, EDIT}:
        measure(command, folder)
    if name == EDIT:
        files = sorted(folder.rglob("*.py"), key=lambda file: file.stat().st_size)
        with files[len(files) // 2].open("a") as file:
            file.write(f"\n\ndef edited_{number}():\n    return {number}\n")


def measure(command: list[str], folder: Path) -> float:
    """Run ``command`` in ``folder`` and return the seconds it took. Raises CalledProcessError when it fails."""
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return time.perf_counter() - start


def table(runs: dict[str, list[float]]) -> str:
    """Return the medians, and the shares that statelint's runs take of each one's time."""
    rows = [
        "| run | seconds (median) | seconds (each round) | statelint takes | warm | one edit |",
        "|---|---|---|---|---|---|",
    ]
    for name, own in runs.items():
        each = " ".join(f"{seconds:.2f}" for seconds in own)
        shares = [share(runs[ours], own) if ours in runs and ours != name else "" for ours in OWN]
        rows.append(f"| {name} | {statistics.median(own):.2f} | {each} | {' | '.join(shares)} |")
    return "\n".join(rows)


def share(ours: list[float], theirs: list[float]) -> str:
    return f"{statistics.median(our / their for our, their in zip(ours, theirs, strict=True)):.2f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--package", type=Path, help="folder to lint instead of Django 5.1's package")
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=PEERS, help="whom to compare with")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each tool (default: %(default)s)")
    parser.add_argument(
        "--work",
        type=Path,
        default=Path(tempfile.gettempdir()) / "statelint-benchmarks",
        help="where packages and tools are kept between calls (default: %(default)s)",
    )
    arguments = parser.parse_args()
    work = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    try:
        package = (arguments.package or django(work)).resolve()
    except UnavailableError as reason:
        print(f"skipped: {reason}", file=sys.stderr)
        return 0
    files = list(package.rglob("*.py"))
    size = sum(file.stat().st_size for file in files) / 1e6
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    tools = commands(work, cores, arguments.peers)
    compiled(work)
    copy = Path(tempfile.mkdtemp(dir=work)) / package.name  # one that may be edited
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__"))
    runs: dict[str, list[float]] = {name: [] for name in tools}
    for number in range(arguments.rounds):
        for name, command in tools.items():
            print(f"round {number + 1}: {name}", file=sys.stderr)
            try:
                prepare(name, command, copy, number)
                runs[name].append(measure(command, copy))
            except subprocess.CalledProcessError as error:
                print(f"{error}\n{error.stderr}", file=sys.stderr)
                return 1
    shutil.rmtree(copy.parent)
    print(f"{package.name}: {len(files)} Python files, {size:.1f} MB; {cores} cores; {arguments.rounds} rounds\n")
    print(table(runs))
    return 0


if __name__ == "__main__":
    sys.exit(main())

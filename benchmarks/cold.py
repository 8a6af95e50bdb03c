#!/usr/bin/env python3
"""Cold runs over a package, statelint against bandit and semgrep, paired in one session on one machine.

    cold.py                      Django 5.1's package, fetched by pip
    cold.py --package FOLDER     another one

The tools take turns (A B C A B C …), so that what else the machine does falls on all of them; each starts a fresh
process without any cache. Prints medians, and statelint's time as a ratio of each peer's, paired by round. Ends with
status 0 and a word on standard error when the package or a peer cannot be fetched, with 1 when a tool fails.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
DJANGO = "Django==5.1"
PEERS = ("bandit", "semgrep")


class UnavailableError(Exception):
    """Something that is fetched from a package index is not there."""


def django(work: Path) -> Path:
    """Return the folder of Django's package, fetched into ``work`` once."""
    package = work / "django-5.1" / "django"
    if not package.is_dir():
        arguments = [
            "download",
            "--quiet",
            "--no-deps",
            "--no-binary=Django",
            "--dest",
            str(work),
        ]
        pip(sys.executable, *arguments, DJANGO)
        (archive,) = work.glob("[Dd]jango-5.1.tar.gz")
        with tarfile.open(archive) as tar:
            tar.extractall(work / "unpacked", filter="data")
        (unpacked,) = (work / "unpacked").iterdir()
        # The package alone: statelint reads the whole project that the named folder belongs to, peers only the folder.
        package.parent.mkdir()
        (unpacked / "django").rename(package)
    return package


def peer(name: str, work: Path) -> Path:
    """Return the command of ``name``, installed into an environment of its own below ``work`` once."""
    folder = work / name
    command = folder / "bin" / name
    if not command.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip(str(folder / "bin" / "python"), "install", "--quiet", name)
    return command


def pip(python: str, *arguments: str) -> None:
    done = subprocess.run([python, "-m", "pip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise UnavailableError(f"pip {' '.join(arguments)}: {done.stderr.strip().splitlines()[-1]}")


def commands(work: Path, jobs: int) -> dict[str, list[str]]:
    """Return what is run, by name: statelint first, then the peers that could be fetched."""
    report = str(work / "report.json")
    statelint = str(Path(sys.executable).with_name("statelint"))
    options = ["--isolated", "--no-cache", "--exit-zero", "--output-format", "json", "--output", report]
    found = {"statelint": [statelint, "check", *options, "."]}
    for name in PEERS:
        try:
            command = str(peer(name, work))
        except UnavailableError as reason:
            print(f"skipped {name}: {reason}", file=sys.stderr)
            continue
        if name == "bandit":
            found[name] = [command, "-r", "-q", "-f", "json", "-o", report, "--exit-zero", "."]
        else:
            found[name] = [command, "scan", "--config", str(HERE / "semgrep_rules.yml"), "--metrics=off", "--quiet"]
            found[name] += ["--disable-version-check", "--no-git-ignore", f"--jobs={jobs}", "--json", "-o", report, "."]
    return found


def measure(command: list[str], folder: Path) -> float:
    """Run ``command`` in ``folder`` and return the seconds it took. Raises CalledProcessError when it fails."""
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return time.perf_counter() - start


def table(runs: dict[str, list[float]]) -> str:
    """Return the medians, and statelint's share of each tool's time."""
    rows = ["| tool | seconds (median) | seconds (each round) | statelint takes |", "|---|---|---|---|"]
    for name, own in runs.items():
        ratios = [ours / theirs for ours, theirs in zip(runs["statelint"], own, strict=True)]
        ratio = "" if name == "statelint" else f"{statistics.median(ratios):.2f} of its time"
        each = " ".join(f"{seconds:.1f}" for seconds in own)
        rows.append(f"| {name} | {statistics.median(own):.1f} | {each} | {ratio} |")
    return "\n".join(rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--package", type=Path, help="folder to lint instead of Django 5.1's package")
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
    tools = commands(work, cores)
    runs: dict[str, list[float]] = {name: [] for name in tools}
    for number in range(arguments.rounds):
        for name, command in tools.items():
            print(f"round {number + 1}: {name}", file=sys.stderr)
            try:
                runs[name].append(measure(command, package))
            except subprocess.CalledProcessError as error:
                print(f"{error}\n{error.stderr}", file=sys.stderr)
                return 1
    print(f"{package.name}: {len(files)} Python files, {size:.1f} MB; {cores} cores; {arguments.rounds} rounds\n")
    print(table(runs))
    return 0


if __name__ == "__main__":
    sys.exit(main())

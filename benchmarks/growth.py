#!/usr/bin/env python3
"""How time and memory grow with the code: generated services of 10,000, 100,000 and 1,000,000 lines, in four shapes.

    growth.py                                  all shapes and sizes; takes half an hour
    growth.py --lines 10000 100000 --shapes wide deep

Each run is `statelint check --jobs 1`, cold, in a fresh process: its peak is all the memory there is.
Prints a table, and for every stage of a run how fast it grows: 1 is linear, 2 is quadratic.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import generated

SIZES = (10_000, 100_000, 1_000_000)
_STAGE = re.compile(r"^(\S.*?) +([\d,]+) ms +\d+%$", re.MULTILINE)
_READING = frozenset({"import", "discover", "catalogue", "cache", "extract", "report"})
_COLOURS = ("#c0392b", "#2471a3", "#b9770e", "#1e8449")
_WORTH = 0.2
"""Seconds; how a stage that takes less grows says nothing."""


@dataclass
class Run:
    """One run: seconds of all, of extraction and of the analysis with the rules; megabytes at the peak."""

    shape: str
    lines: int
    seconds: float
    megabytes: float
    stages: dict[str, float]

    @property
    def extraction(self) -> float:
        """Seconds that reading the files took."""
        return self.stages.get("extract", 0.0)

    @property
    def analysis(self) -> float:
        """Seconds that the analysis and the rules took."""
        return sum(taken for stage, taken in self.stages.items() if stage not in _READING)


def measure(shape: str, lines: int) -> Run:
    """Write a service of the shape and check it. Raises CalledProcessError when that fails."""
    with tempfile.TemporaryDirectory(prefix="statelint-growth-") as name:
        folder = Path(name)
        count = generated.write(shape, lines, folder)
        command = [str(Path(sys.executable).with_name("statelint")), "check", "--isolated", "--no-cache", "--jobs", "1"]
        command += ["--exit-zero", "--profile", "--output-format", "json", "--output", str(folder / "report.json"), "."]
        start = time.perf_counter()
        with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            said = process.stderr.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command, stderr=said)
        if not json.loads((folder / "report.json").read_text())["findings"]:
            raise ValueError(f"nothing was found in the shape {shape}: it does not exercise the rules")
    stages = {stage: int(taken.replace(",", "")) / 1000 for stage, taken in _STAGE.findall(said)}
    scale = 1 if sys.platform == "darwin" else 1024
    return Run(shape, count, seconds, usage.ru_maxrss * scale / 1e6, stages)


def exponents(small: Run, large: Run) -> dict[str, float]:
    """Return by stage the power of the number of lines with which its time grows."""
    growth = math.log(large.lines / small.lines)
    return {
        stage: math.log(taken / max(small.stages.get(stage, 0), 0.001)) / growth
        for stage, taken in large.stages.items()
        if taken >= _WORTH
    }


def table(runs: list[Run]) -> str:
    rows = [
        "| shape | lines | seconds | of which extraction | analysis and rules | MB at the peak |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    rows += [
        f"| {run.shape} | {run.lines:,} | {run.seconds:.1f} | {run.extraction:.1f} | {run.analysis:.1f} "
        f"| {run.megabytes:,.0f} |"
        for run in runs
    ]
    return "\n".join(rows)


def picture(runs: list[Run]) -> str:
    """Return a chart of seconds by lines as SVG, both axes logarithmic; a straight line at the slope of the grid's."""
    width, height, margin = 640, 400, 56
    most_lines, most = max(run.lines for run in runs), max(run.seconds for run in runs)
    left, right = math.floor(math.log10(min(run.lines for run in runs))), math.ceil(math.log10(most_lines))
    low, high = math.floor(math.log10(min(run.seconds for run in runs))), math.ceil(math.log10(most))

    def place(lines: float, seconds: float) -> tuple[float, float]:
        x = margin + (math.log10(lines) - left) / max(1, right - left) * (width - 2 * margin)
        y = height - margin - (math.log10(seconds) - low) / max(1, high - low) * (height - 2 * margin)
        return round(x, 1), round(y, 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'aria-label="Seconds of a cold run by lines of code" font-family="sans-serif" font-size="13" fill="#555">'
    ]
    for power in range(left, right + 1):
        x, y = place(10**power, 10**low)
        parts.append(f'<path d="M{x} {y}V{margin}" stroke="#8884"/><text x="{x}" y="{y + 20}" text-anchor="middle">')
        parts.append(f"{10**power:,} lines</text>")
    for power in range(low, high + 1):
        x, y = place(10**left, 10**power)
        parts.append(f'<path d="M{x} {y}H{width - margin}" stroke="#8884"/><text x="{x - 8}" y="{y + 4}" ')
        parts.append(f'text-anchor="end">{10**power:g} s</text>')
    for number, shape in enumerate(dict.fromkeys(run.shape for run in runs)):
        colour = _COLOURS[number % len(_COLOURS)]
        points = [place(run.lines, run.seconds) for run in runs if run.shape == shape]
        line = " ".join(f"{x},{y}" for x, y in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += (f'<circle cx="{x}" cy="{y}" r="3.5" fill="{colour}"/>' for x, y in points)
        parts.append(f'<text x="{margin + 12}" y="{margin + 18 + 18 * number}" fill="{colour}">{shape}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--lines", type=int, nargs="+", default=SIZES)
    parser.add_argument("--shapes", nargs="+", choices=generated.SHAPES, default=list(generated.SHAPES))
    parser.add_argument("--json", type=Path, help="keep what was measured in this file, too")
    parser.add_argument("--svg", type=Path, help="draw the growth into this file")
    arguments = parser.parse_args()
    runs: list[Run] = []
    for shape in arguments.shapes:
        for lines in sorted(arguments.lines):
            print(f"{shape}, {lines:,} lines", file=sys.stderr)
            runs.append(measure(shape, lines))
            if arguments.json:
                arguments.json.write_text(json.dumps([asdict(run) for run in runs], indent=1))
    if arguments.svg:
        arguments.svg.write_text(picture(runs))
    print(table(runs))
    for small, large in pairwise(runs):
        if small.shape == large.shape:
            steep = {stage: power for stage, power in exponents(small, large).items() if power > 1.25}
            found = ", ".join(f"{stage} {power:.2f}" for stage, power in steep.items()) or "none"
            print(f"\n{large.shape}, {small.lines:,} to {large.lines:,} lines: stages that grow faster: {found}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

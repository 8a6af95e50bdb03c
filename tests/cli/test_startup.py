"""Help and version are instant: they import click and nothing heavier."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

from .conftest import command

HEAVY = ("libcst", "msgspec", "rich", "sqlglot", "statelint.extract", "statelint.lint", "statelint_rules")


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_nothing_heavy_is_imported(argument: str) -> None:
    code = (
        "import sys\n"
        "from statelint.cli import main\n"
        f"try: main([{argument!r}])\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "print('\\n'.join(sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "statelint" in done.stdout
    imported = done.stderr.split()
    assert "statelint.cli.app" in imported
    assert not [name for name in imported if name.startswith(HEAVY)]


def cpu_seconds(args: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(args, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_it_takes_less_than_twice_the_import_of_click(argument: str) -> None:
    click = [sys.executable, "-c", "import click"]
    pairs = [(cpu_seconds(click), cpu_seconds([command(), argument])) for _ in range(8)]
    assert min(ours for _, ours in pairs) < 2 * min(theirs for theirs, _ in pairs)

"""Nothing of the project under lint is executed or imported, whatever it is called and wherever it lies."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from .conftest import command, environment

if TYPE_CHECKING:
    from pathlib import Path

TRAPPED = (
    "app.py", "conftest.py", "setup.py", "noxfile.py", "manage.py", "gunicorn.conf.py", "__main__.py", "__init__.py",
    "sitecustomize.py", "usercustomize.py", "click.py", "json.py", "libcst.py", "msgspec.py", "pathspec.py", "rich.py",
    "sqlglot.py", "yaml.py", "multiprocessing.py", "socket.py", "statelint_rules/__init__.py", "evil/__init__.py",
)  # fmt: skip
"""What tools import of a project, and what statelint imports of others."""

POOL = "ROWS = [\n{}]\n".format('    "0123456789012345678901234567890123456789",\n' * 30_000)
"""With two such files a run starts further processes."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project in which every file leaves a mark when it is executed."""
    root = tmp_path / "project"
    sprung = tmp_path / "sprung"
    trap = f"open({str(sprung)!r}, 'a').write(__file__ + '\\n')\n"
    for name in TRAPPED:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(trap)
    (root / "evil.pth").write_text(f"import sys; {trap}")
    metadata = root / "evil-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[statelint.rules]\nevil = evil\n")
    for number in range(2):
        (root / f"rows{number}.py").write_text(POOL)
    (root / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "setup"\nbackend-path = ["."]\n'
    )
    return root


def run(args: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(args, cwd=folder, env=environment(), capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("start", [[command()], [sys.executable, "-m", "statelint"]], ids=["command", "module"])
@pytest.mark.parametrize("args", [["check"], ["check", "--jobs", "2", "--no-cache"], ["map"], ["rules"]], ids=" ".join)
def test_nothing_is_executed(start: list[str], args: list[str], project: Path) -> None:
    done = run([*start, *args], project)
    assert done.returncode == 0, done.stderr
    sprung = project.parent / "sprung"
    assert not sprung.exists(), sprung.read_text()


SPAWNING = """\
import sys
del sys.path[0]  # of -c
import multiprocessing
from statelint.cli import main
multiprocessing.get_all_start_methods = lambda: ["spawn"]
if __name__ == "__main__":
    main(["check", "--jobs", "3", "--no-cache"])
"""


def test_nothing_is_executed_where_each_process_is_a_new_python(project: Path) -> None:
    for number in range(2, 6):
        (project / f"rows{number}.py").write_text(POOL)
    done = run([sys.executable, "-c", SPAWNING], project)
    assert done.returncode == 0, done.stderr
    sprung = project.parent / "sprung"
    assert not sprung.exists(), sprung.read_text()


@pytest.mark.parametrize("key", ["plugins", "packs", "rule-packs"])
def test_a_project_cannot_name_code_to_run(key: str, project: Path) -> None:
    with (project / "pyproject.toml").open("a") as file:
        file.write(f'[tool.statelint]\n{key} = ["evil"]\n')
    done = run([command(), "check"], project)
    assert done.returncode == 2
    assert key in done.stderr
    assert not (project.parent / "sprung").exists()


def test_the_traps_work(project: Path) -> None:
    run([sys.executable, "-c", "import click, evil"], project)
    assert len((project.parent / "sprung").read_text().splitlines()) >= 2

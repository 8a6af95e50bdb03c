"""``check --repos``: many repositories in one go, each on its own."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from cli.conftest import command, environment

from statelint.run.errors import RepositoriesError
from statelint.run.repositories import Outcome, check_all, read_list

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Run


@pytest.fixture
def listed(service: Path) -> Path:
    """Put copies of the service beside each other, one of them with a broken configuration, and list them."""
    parent = service / "all"
    for name in ("team/one", "team/two", "three", "broken"):
        shutil.copytree(service / "app", parent / name / "app")
        (parent / name / "pyproject.toml").write_text("[tool.statelint]\n")
    (parent / "two").mkdir()
    (parent / "broken" / "pyproject.toml").write_text("[tool.statelint]\nselekt = 1\n")
    file = service / "list.txt"
    file.write_text("# ours\nall/team/one\n\nall/team/two\nall/three\nall/broken\n")
    return file


def test_every_repository_has_its_report(run: Run, listed: Path, service: Path) -> None:
    done = run("check", "--repos", str(listed), "-o", "out", "--jobs", "2")
    assert done.returncode == 2, done.stderr
    report = json.loads((service / "out" / "report.json").read_text())
    found = {entry["name"]: entry for entry in report["repositories"]}
    assert list(found) == ["broken", "team/one", "team/two", "three"]
    assert found["broken"]["report"] is None
    assert "selekt" in found["broken"]["error"]
    alone = run("check", "-q", "--no-cache", "--output-format", "json", "--output-format", "sarif=alone.sarif",
                cwd=service / "all" / "team" / "one")  # fmt: skip
    assert found["team/one"]["report"] == json.loads(alone.stdout)
    assert found["team/one"]["status"] == 1
    sarif = service / "out" / "sarif" / "team" / "one.sarif"
    assert sarif.read_bytes() == (service / "all" / "team" / "one" / "alone.sarif").read_bytes()
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["errors", "warnings", "notes", "repository"],
        ["not", "checked", "broken"],
        *(["1", "0", "0", name] for name in ("team/one", "team/two", "three")),
        ["3", "0", "0", "all", "4"],
    ]  # fmt: skip


def test_an_interrupted_run_goes_on_where_it_was(listed: Path, run: Run, service: Path) -> None:
    process = subprocess.Popen(
        [command(), "check", "--repos", str(listed), "-o", "out", "--jobs", "1"],
        cwd=service, env=environment(), stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stderr is not None
    first = process.stderr.readline()
    assert first.startswith("[1/4] team/one")
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stderr.close()
    time.sleep(0.1)
    # What is done is done, whatever the repository holds by now.
    shutil.rmtree(service / "all" / "team" / "one" / "app")
    again = run("check", "--repos", str(listed), "-o", "out", "--jobs", "1")
    assert again.stderr.splitlines()[0] == first.rstrip()
    assert again.stdout.splitlines()[-1].split() == ["3", "0", "0", "all", "4"]
    assert not (service / "out" / "unfinished").exists()
    # A run after a finished one begins anew.
    third = run("check", "--repos", str(listed), "-o", "out")
    assert third.stdout.splitlines()[-1].split() == ["2", "0", "0", "all", "4"]


def test_settings_reach_every_repository(run: Run, listed: Path) -> None:
    listed.write_text("all/three\n")
    assert run("check", "--repos", str(listed), "--ignore", "SL101", "-q").returncode == 0
    assert run("check", "--repos", str(listed), "--exit-zero").returncode == 0
    done = run("check", "--repos", str(listed), "app")
    assert done.returncode == 2
    assert "--repos goes with settings only" in done.stderr


def test_lists_that_cannot_be_used(tmp_path: Path) -> None:
    file = tmp_path / "list"
    file.write_text("# nothing\n")
    with pytest.raises(RepositoriesError, match="lists no repository"):
        read_list(file)
    file.write_text(f"{tmp_path / 'gone'}\n")
    with pytest.raises(RepositoriesError, match=r"no such folder: .*gone"):
        read_list(file)
    file.write_bytes(b"\xff\n")
    with pytest.raises(RepositoriesError, match="cannot read"):
        read_list(file)
    file.write_text("x" * 10_000 + "\na\0b\n")
    with pytest.raises(RepositoriesError, match="no such folder: "):
        read_list(file)


def test_lines_may_be_odd(tmp_path: Path) -> None:
    for name in ("a", "b", "page\x0cbreak"):
        (tmp_path / name).mkdir()
    file = tmp_path / "list"
    lines = ["\ufeff# ours", f"{tmp_path}/a/../../{tmp_path.name}/b\r", f"{tmp_path}/a", f"{tmp_path}/./a/", "", " "]
    file.write_text("\n".join([*lines, f"{tmp_path}/page\x0cbreak"]))
    assert read_list(file) == {name: tmp_path / name for name in ("b", "a", "page\x0cbreak")}


def test_a_repository_that_cannot_be_entered_costs_itself_alone(tmp_path: Path, listed: Path) -> None:
    folders = {"three": tmp_path / "all" / "three", "gone": tmp_path / "gone"}
    outcomes = {each.name: each for each in check_all(folders, [], tmp_path, jobs=2, progress=lambda *_: None)}
    assert outcomes["three"].status == 1
    assert (outcomes["gone"].status, outcomes["gone"].error) == (2, f"{tmp_path / 'gone'}: No such file or directory")


def test_any_name_will_do_for_a_repository(tmp_path: Path, service: Path) -> None:
    names = ("run", "run.json", "outcomes/run")
    for name in names:
        shutil.copytree(service / "app", tmp_path / "all" / name)
    folders = {name: tmp_path / "all" / name for name in names}
    half: list[str] = []

    def stop(outcome: Outcome, *_: int) -> None:
        half.append(outcome.name)
        if len(half) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check_all(folders, [], tmp_path, jobs=1, progress=stop)
    shutil.rmtree(tmp_path / "all")
    again = check_all(folders, [], tmp_path, jobs=1, progress=lambda *_: None)
    assert sorted(each.name for each in again if each.status == 1) == sorted(half)

"""Disks that are full, paths beyond all measure, files that are none."""

from __future__ import annotations

import json
import os
import resource
import stat
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from .conftest import SERVICE, command, environment

if TYPE_CHECKING:
    from pathlib import Path


def found(root: Path, *args: str, **options: object) -> dict[str, list[str]]:
    """Return the rules that are reported, by file."""
    done = subprocess.run(
        [command(), "check", "--output-format", "json", *args],
        cwd=root, env=environment(), capture_output=True, text=True, timeout=120, check=False, **options,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    rules: dict[str, list[str]] = {}
    for finding in json.loads(done.stdout)["findings"]:
        rules.setdefault(finding["path"], []).append(finding["rule"])
    return rules


def below(root: Path, length: int, text: str) -> str:
    """Write ``main.py`` in folders within folders, the path of which has about so many characters; return that."""
    folder = os.open(root, os.O_RDONLY)
    path = ""
    while len(str(root / path)) < length:
        os.mkdir("d" * 180, dir_fd=folder)
        inner = os.open("d" * 180, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder, path = inner, f"{path}{'d' * 180}/"
    file = os.open("main.py", os.O_WRONLY | os.O_CREAT, dir_fd=folder)
    os.write(file, text.encode())
    os.close(file)
    os.close(folder)
    return f"{path}main.py"


@pytest.mark.parametrize("with_git", [False, True], ids=["walk", "git"])
def test_a_path_of_nearly_four_thousand_characters_is_read(service: Path, with_git: bool) -> None:
    if with_git:
        subprocess.run(["git", "init", "-q"], cwd=service, check=True)
    path = below(service, 3800, SERVICE)
    assert found(service) == {"app/chat.py": ["SL101"], path: ["SL101"]}


@pytest.mark.parametrize("with_git", [False, True], ids=["walk", "git"])
def test_a_path_longer_than_the_system_opens_costs_itself_alone(service: Path, with_git: bool) -> None:
    if with_git:
        subprocess.run(["git", "init", "-q"], cwd=service, check=True)
    below(service, 5000, SERVICE)
    assert found(service)["app/chat.py"] == ["SL101"]


def test_names_that_differ_in_case_are_files_of_their_own(service: Path) -> None:
    (service / "App").mkdir()
    (service / "App" / "Chat.py").write_text(SERVICE)
    if (service / "app" / "Chat.py").exists():
        pytest.skip("the file system takes them for one")
    assert found(service) == {"App/Chat.py": ["SL101"], "app/chat.py": ["SL101"]}


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_full_disk_changes_no_output(service: Path, jobs: int) -> None:
    for number in range(4 * (jobs - 1)):  # enough for further processes
        (service / f"rows{number}.py").write_text(f'"""{" " * 600_000}"""\n')
    plain = found(service, "--no-cache")

    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    for _ in range(2):
        assert found(service, "--jobs", str(jobs), preexec_fn=no_room) == plain
    assert found(service) == plain
    assert found(service) == plain


def test_devices_are_passed_over(service: Path) -> None:
    (service / "zero.py").symlink_to("/dev/zero")
    with suppress(PermissionError):  # for the superuser alone
        os.mknod(service / "zero2.py", 0o600 | stat.S_IFCHR, os.makedev(1, 5))
    assert found(service) == {"app/chat.py": ["SL101"]}

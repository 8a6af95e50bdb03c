from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from statelint.run import processors as module
from statelint.run.processors import processors

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.os, "sched_getaffinity", lambda _: set(range(16)), raising=False)


def groups(folder: Path, own: str, **files: str) -> int:
    (folder / "own").write_text(own)
    for name, content in files.items():
        file = folder / name.replace("__", "/").replace("_dot_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return processors(folder, folder / "own")


@pytest.mark.parametrize(
    ("limit", "expected"),
    [("max 100000", 16), ("200000 100000", 2), ("150000 100000", 2), ("50000 100000", 1), ("rubbish", 16)],
)
def test_a_control_group_limits(tmp_path: Path, limit: str, expected: int) -> None:
    assert groups(tmp_path, "0::/\n", cpu_dot_max=limit) == expected


def test_the_tightest_group_on_the_way_counts(tmp_path: Path) -> None:
    found = groups(tmp_path, "0::/a/b\n", a__cpu_dot_max="300000 100000", a__b__cpu_dot_max="max 100000")
    assert found == 3


def test_the_first_version_of_control_groups(tmp_path: Path) -> None:
    own = "5:cpu,cpuacct:/job\n1:name=systemd:/\n"
    files = {"cpu,cpuacct__job__cpu_dot_cfs_quota_us": "400000", "cpu,cpuacct__job__cpu_dot_cfs_period_us": "100000"}
    assert groups(tmp_path, own, **files) == 4


def test_no_limit_in_the_first_version(tmp_path: Path) -> None:
    own = "5:cpu,cpuacct:/\n"
    files = {"cpu,cpuacct__cpu_dot_cfs_quota_us": "-1", "cpu,cpuacct__cpu_dot_cfs_period_us": "100000"}
    assert groups(tmp_path, own, **files) == 16


def test_without_control_groups_affinity_decides(tmp_path: Path) -> None:
    assert processors(tmp_path, tmp_path / "absent") == 16


def test_here_it_is_at_least_one_and_no_more_than_the_machine_has() -> None:
    assert 1 <= processors() <= max(16, os.cpu_count() or 1)

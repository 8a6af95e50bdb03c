"""Extraction on a Dask cluster: a real scheduler and real workers, each a process of its own, on loopback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from run.killer import HoarderRule, KillerRule

from statelint.catalogue.loader import load
from statelint.run import extraction
from statelint.run.errors import ExecutorError
from statelint.run.executors import is_executor
from statelint.run.extraction import extract_files
from statelint.run.limits import Limits
from statelint.run.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest.importorskip("distributed", reason="the extra statelint[dask] is not installed")
pytestmark = pytest.mark.filterwarnings("default")  # not ours to mend

CATALOGUE = load()
TESTS = Path(__file__).parents[1]


class Cluster:
    """A scheduler and two workers, as an administrator starts them: with no nanny to replace who dies."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "scheduler.json"
        self._folder = folder
        self.processes = [self._start("scheduler", "--port", "0", "--host", "127.0.0.1", "--no-dashboard", "--no-show")]
        self.workers = [self._start("worker", "--no-nanny", "--nthreads", "1", "--no-dashboard") for _ in range(2)]
        self.processes += self.workers

    def _start(self, kind: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "distributed.cli.dask_" + kind, "--scheduler-file", str(self._file), *options]
        paths = [str(TESTS), os.environ.get("PYTHONPATH", "")]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
        return subprocess.Popen(command, cwd=self._folder, env=environment, stderr=subprocess.DEVNULL)

    @property
    def address(self) -> str:
        """The scheduler's, once both workers are there."""
        from distributed import Client

        deadline = time.monotonic() + 60
        while not self._file.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        with Client(scheduler_file=str(self._file), set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
            return str(client.scheduler.address).replace("tcp://", "dask://")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    folder = tmp_path / "cluster"
    folder.mkdir()
    started = Cluster(folder)
    try:
        yield started
    finally:
        for process in reversed(started.processes):
            process.kill()
            process.wait()


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    monkeypatch.setattr(extraction, "POOL_BYTES", 0)
    monkeypatch.setattr(extraction, "_BATCH_FILES", 2)
    contents = {f"m{i:02}.py": f"import os\nX{i} = {{}}\ndef f{i}(a): X{i}[a] = {i}\n" * 10 for i in range(60)}
    for name, text in (contents | {"broken.py": "def (", "empty.py": "", "nul.py": "\0"}).items():
        (tmp_path / name).write_text(text)
    return {file.name: file.stat().st_size for file in tmp_path.glob("*.py")} | {"gone.py": 3}


def test_the_facts_are_the_same_when_a_worker_is_killed_amid_the_work(
    tmp_path: Path, files: dict[str, int], cluster: Cluster
) -> None:
    reader = Reader(tmp_path, CATALOGUE, [])
    alone = extract_files(reader, files, jobs=1)
    address = cluster.address
    kept: list[str] = []

    def kill(done: int, total: int) -> None:
        if done < total // 2 and cluster.workers[0].poll() is None:
            cluster.workers[0].send_signal(signal.SIGKILL)
            cluster.workers[0].wait()

    found = extract_files(
        reader, files, executor=address, progress=kill, keep=lambda records: kept.extend(r.path for r in records)
    )
    assert found == alone
    assert cluster.workers[0].returncode == -signal.SIGKILL
    assert cluster.workers[1].poll() is None
    assert sorted(kept) == sorted(files.keys() - {"gone.py"})


def test_a_cluster_of_this_run_reads_the_same(tmp_path: Path, files: dict[str, int]) -> None:
    reader = Reader(tmp_path, CATALOGUE, [KillerRule])
    assert extract_files(reader, files, jobs=2, executor="dask") == extract_files(reader, files, jobs=1)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere only the parsers' memory is limited")
def test_limits_count_on_workers_too(tmp_path: Path, files: dict[str, int], cluster: Cluster) -> None:
    (tmp_path / "m00.py").write_text("hoard_me\n")
    (tmp_path / "m01.py").write_text("dwell_here\n")
    reader = Reader(tmp_path, CATALOGUE, [HoarderRule], Limits(seconds=3, megabytes=200))
    found = extract_files(reader, files, executor=cluster.address)
    failures = {facts.path: facts.failure.message for facts in found if facts.failure}
    assert len(found) == len(files)
    assert "file-memory-limit" in failures["m00.py"]
    assert "file-time-limit" in failures["m01.py"]


def test_workers_with_other_code_are_refused(
    tmp_path: Path, files: dict[str, int], cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("statelint.run.cluster._identity", lambda packages: b"another version")
    with pytest.raises(ExecutorError, match="another version of Python, statelint"):
        extract_files(Reader(tmp_path, CATALOGUE, []), files, executor=cluster.address)


def test_a_cluster_without_workers_is_given_up(
    tmp_path: Path, files: dict[str, int], cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("statelint.run.workers._PATIENCE", 1)
    address = cluster.address

    def kill(*_: int) -> None:
        for worker in cluster.workers:
            worker.kill()

    with pytest.raises(ExecutorError, match="no worker left"):
        extract_files(Reader(tmp_path, CATALOGUE, []), files, executor=address, progress=kill)


def test_no_scheduler_is_an_error(tmp_path: Path, files: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("statelint.run.cluster._PATIENCE", 1)
    with pytest.raises(ExecutorError, match=r"dask://127\.0\.0\.1:9: no Dask scheduler"):
        extract_files(Reader(tmp_path, CATALOGUE, []), files, executor="dask://127.0.0.1:9")


def test_without_the_extra_it_says_what_to_install(
    tmp_path: Path, files: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ExecutorError, match=r"install statelint\[dask\]"):
        extract_files(Reader(tmp_path, CATALOGUE, []), files, executor="dask")


@pytest.mark.parametrize("name", ["processes", "dask", "dask://host:8786", "dask://[::1]:8786"])
def test_names_of_executors(name: str) -> None:
    assert is_executor(name)


@pytest.mark.parametrize("name", ["", "ray", "dask://", "dask://host", "dask://:1", "dask://host:port", "tcp://host:1"])
def test_other_names(name: str) -> None:
    assert not is_executor(name)

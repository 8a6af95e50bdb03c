from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from run.killer import HoarderRule, KillerRule, TruncatorRule

from statelint.catalogue.loader import load
from statelint.run import extraction, pool
from statelint.run.extraction import extract_files
from statelint.run.limits import Limits, limited
from statelint.run.reader import Reader, collector_off

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from statelint.extract.facts import ModuleFacts

CATALOGUE = load()


@pytest.fixture
def small_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extraction, "POOL_BYTES", 0)
    monkeypatch.setattr(extraction, "_BATCH_FILES", 4)


def write(root: Path, contents: Mapping[str, str]) -> dict[str, int]:
    for name, text in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return {name: (root / name).stat().st_size for name in contents}


def many(count: int = 30) -> dict[str, str]:
    return {
        f"pkg{i % 3}/m{i:02}.py": f"import os\nX{i} = {{}}\ndef f{i}(a): X{i}[a] = {i}\n" * (i + 1)
        for i in range(count)
    }


@pytest.mark.usefixtures("small_pool")
def test_the_facts_do_not_depend_on_the_number_of_processes(tmp_path: Path) -> None:
    files = write(tmp_path, many() | {"broken.py": "def (", "empty.py": ""})
    reader = Reader(tmp_path, CATALOGUE, [])
    alone = extract_files(reader, files, jobs=1)
    assert [facts.path for facts in alone] == sorted(files)
    for jobs in (2, 3):
        backwards = dict(reversed(files.items()))
        assert extract_files(reader, backwards, jobs=jobs) == alone


@pytest.mark.usefixtures("small_pool")
def test_a_dead_process_costs_its_file_alone(tmp_path: Path) -> None:
    files = write(tmp_path, many() | {"a/fatal.py": "kill_me = 1\n", "z/fatal.py": "kill_me = 2\n"})
    found = {facts.path: facts for facts in extract_files(Reader(tmp_path, CATALOGUE, [KillerRule]), files, jobs=2)}
    assert found.keys() == files.keys()
    failures = {path: facts.failure.message for path, facts in found.items() if facts.failure}
    assert failures == dict.fromkeys(("a/fatal.py", "z/fatal.py"), "the process that read the file died")


@pytest.mark.usefixtures("small_pool")
def test_a_process_that_dies_while_it_hands_over_a_result_holds_up_nothing(tmp_path: Path) -> None:
    names = "\n".join(f"name_{i} = {i}" for i in range(2_000))
    files = write(tmp_path, many() | {"a/cut.py": f"cut_me = 1\n{names}\n"})
    reader = Reader(tmp_path, CATALOGUE, [TruncatorRule])
    results: list[list[str]] = []

    def work() -> None:
        results.append([facts.path for facts in extract_files(reader, files, jobs=2)])

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(timeout=180)
    assert results == [sorted(files)]


def test_an_error_in_a_visitor_costs_its_file_alone(tmp_path: Path) -> None:
    files = write(tmp_path, {"a.py": "x = 1\n", "b.py": "fail_me = 1\n"})
    first, second = extract_files(Reader(tmp_path, CATALOGUE, [KillerRule]), files, jobs=1)
    assert first.failure is None
    assert second.failure is not None
    assert "ZeroDivisionError: as asked" in second.failure.message


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_file_that_takes_too_long_costs_itself_alone(tmp_path: Path, jobs: int, small_pool: None) -> None:
    files = write(tmp_path, {"slow.py": "f(a, b)\n" * 40_000, "quick.py": "x = 1\n"})
    quick, slow = extract_files(Reader(tmp_path, CATALOGUE, [], Limits(seconds=0.2)), files, jobs=jobs)
    assert quick.failure is None
    assert slow.failure is not None
    assert "file-time-limit" in slow.failure.message


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_file_whose_trees_would_be_too_large_costs_itself_alone(tmp_path: Path, jobs: int, small_pool: None) -> None:
    dense = {"dense.py": "a\n" * 6_000, "newer.py": f"type T = int\n{'a; ' * 3_000}\n"}
    roomy = {"doc.py": f"'''{'a b ' * 10_000}'''\n", "names.py": f"{'a' * 30_000} = 1  # {'b ' * 10_000}\n"}
    files = write(tmp_path, dense | roomy)
    found = extract_files(Reader(tmp_path, CATALOGUE, [], Limits(megabytes=10)), files, jobs=jobs)
    failures = {facts.path: facts.failure.message for facts in found if facts.failure}
    expected = dense if sys.version_info < (3, 12) else {"dense.py": ""}  # later Pythons need no LibCST for it
    assert failures == dict.fromkeys(expected, "reading it takes more than 10 MB (file-memory-limit)")
    assert not [facts for facts in extract_files(Reader(tmp_path, CATALOGUE, []), files, jobs=jobs) if facts.failure]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere only the parsers' memory is limited")
@pytest.mark.usefixtures("small_pool")
@pytest.mark.parametrize("where", ["here", "pool", "thread"])
def test_what_takes_ever_more_memory_or_time_is_stopped(tmp_path: Path, where: str) -> None:
    files = write(tmp_path, many(8) | {"a.py": "hoard_me\n", "b.py": "dwell_here\n"})
    reader = Reader(tmp_path, CATALOGUE, [HoarderRule], Limits(seconds=3, megabytes=200))
    if where == "thread":
        results: list[list[ModuleFacts]] = []
        thread = threading.Thread(target=lambda: results.append(extract_files(reader, files, jobs=1)))
        thread.start()
        thread.join()
        (found,) = results
    else:
        found = extract_files(reader, files, jobs=1 if where == "here" else 2)
    assert {facts.path: facts.failure.message for facts in found if facts.failure} == {
        "a.py": "reading it takes more than 200 MB (file-memory-limit)",
        "b.py": "reading it takes more than 3 s (file-time-limit)",
    }


def test_a_limit_that_is_not_passed_leaves_nothing_behind() -> None:
    before = signal.getsignal(signal.SIGVTALRM)

    def work() -> None:
        for _ in range(20):
            with suppress(ZeroDivisionError), limited(Limits(seconds=0.01)):
                raise ZeroDivisionError
        until = time.process_time() + 0.3
        while time.process_time() < until:
            pass

    thread = threading.Thread(target=work)
    for run in (work, thread.start, thread.join):
        run()
    assert signal.getsignal(signal.SIGVTALRM) == before
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)
    assert not [thread for thread in threading.enumerate() if thread.name == "statelint limits"]


def test_files_that_cannot_be_read_are_failures(tmp_path: Path) -> None:
    files = write(tmp_path, {"a.py": "x = 1\n", "nul.py": "x\0", "big.py": "#" * 5_000_000})
    os.mkfifo(tmp_path / "pipe.py")
    files |= {"gone.py": 3, "pipe.py": 0}
    found = extract_files(Reader(tmp_path, CATALOGUE, []), files, jobs=1)
    failures = {facts.path: facts.failure.message for facts in found if facts.failure}
    assert failures == {
        "big.py": "the file has 4.8 MB, more than the 2 MB that are read; leave it out with extend-exclude",
        "gone.py": "the file vanished while it was to be read",
        "nul.py": "the file contains a NUL byte",
        "pipe.py": "not a regular file",
    }
    assert {facts.failure.kind for facts in found if facts.failure} == {"unreadable"}


@pytest.mark.usefixtures("small_pool")
@pytest.mark.parametrize("missing", ["ProcessPoolExecutor", "TemporaryDirectory"])
def test_where_no_process_starts_this_one_does_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("not in this sandbox")

    monkeypatch.setattr(pool, missing, refuse)
    files = write(tmp_path, many(8))
    assert len(extract_files(Reader(tmp_path, CATALOGUE, []), files, jobs=2)) == 8


@pytest.mark.usefixtures("small_pool")
@pytest.mark.parametrize("jobs", [1, 2])
def test_progress_counts_every_file(tmp_path: Path, jobs: int) -> None:
    heard: list[tuple[int, int]] = []
    files = write(tmp_path, many(20))
    extract_files(Reader(tmp_path, CATALOGUE, []), files, jobs=jobs, progress=lambda *step: heard.append(step))
    assert heard == sorted(heard)
    assert heard[-1] == (20, 20)
    assert {total for _, total in heard} == {20}


def test_batches_hold_every_file_once_and_the_largest_first() -> None:
    files = {f"{i}.py": i * 7_000 for i in range(100)}
    batches = extraction._batches(files)
    assert sorted(path for batch in batches for path in batch) == sorted(files)
    sizes = [files[path] for batch in batches for path in batch]
    assert sizes == sorted(sizes, reverse=True)
    assert all(sum(files[path] for path in batch) <= extraction._BATCH_BYTES for batch in batches if len(batch) > 1)
    assert max(map(len, batches)) <= extraction._BATCH_FILES


def test_the_collector_is_off_only_meanwhile() -> None:
    with collector_off():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_ctrl_c_stops_at_once_and_leaves_no_process(tmp_path: Path) -> None:
    write(tmp_path / "project", {f"m{i}.py": "x = [1, 2]\n" * 10_000 for i in range(120)})
    script = tmp_path / "main.py"
    script.write_text(
        textwrap.dedent("""
        import sys
        from pathlib import Path
        from statelint.catalogue.loader import load
        from statelint.run.extraction import extract_files
        from statelint.run.reader import Reader

        if __name__ == "__main__":
            root = Path(sys.argv[1])
            files = {path.name: path.stat().st_size for path in root.iterdir()}
            tell = lambda done, total: print(done, flush=True)
            try:
                extract_files(Reader(root, load(), []), files, jobs=2, progress=tell)
            except KeyboardInterrupt:
                sys.exit(130)
        """)
    )
    process = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "project")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    done = int(process.stdout.readline())
    os.killpg(process.pid, signal.SIGINT)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    assert all(int(later) < done + 40 for later in output.split()), "at once: what is under way is left, or finished"
    assert "Traceback" not in errors
    with pytest.raises(ProcessLookupError):
        _wait_for_group(process.pid)


def _wait_for_group(group: int) -> None:
    """Wait until no process of ``group`` is left, which raises ProcessLookupError."""
    for _ in range(600):
        os.killpg(group, 0)
        time.sleep(0.05)

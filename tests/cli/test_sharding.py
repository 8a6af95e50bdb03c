"""``check --shard`` and ``merge``: several machines read, one reports, and nobody can tell."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statelint.run.shards import Shard, parse_shard, share

if TYPE_CHECKING:
    from cli.conftest import Run

PROGRAMS = Path(__file__).parents[2] / "fixtures" / "anti_patterns"


@pytest.fixture
def matrix(tmp_path: Path, run: Run) -> list[str]:
    """Make the project one of many files, and let two machines read it: copies, as checkouts in other jobs are."""
    shutil.copytree(PROGRAMS, tmp_path / "programs", ignore=shutil.ignore_patterns("*.toml", ".statelint_cache"))
    (tmp_path / "app" / "broken.py").write_text("def (")
    files = [str(tmp_path / f"{number}.shard") for number in (1, 2)]
    for number, file in enumerate(files, 1):
        job = tmp_path.with_name(f"{tmp_path.name}-job-{number}")
        shutil.copytree(tmp_path, job, ignore=shutil.ignore_patterns("*.shard"))
        done = run("check", "--shard", f"{number}/2", "--output", file, cwd=job)
        assert done.returncode == 0, done.stderr
        assert done.stdout == ""
    return files


def test_merged_shards_are_the_report_of_one_run(run: Run, matrix: list[str], tmp_path: Path) -> None:
    reports = ["--output-format", "json=other.json", "--output-format", "sarif=other.sarif", "--output-format", "full"]
    merged = run("merge", *matrix, "--pedantic", *reports)
    assert "in no shard" not in merged.stderr
    whole = run("check", "--no-cache", "--pedantic", *(report.replace("other", "whole") for report in reports))
    assert "SL101" in whole.stdout
    assert "SL003" in whole.stdout
    assert (merged.returncode, merged.stdout, merged.stderr) == (whole.returncode, whole.stdout, whole.stderr)
    for form in ("json", "sarif"):
        assert (tmp_path / f"other.{form}").read_bytes() == (tmp_path / f"whole.{form}").read_bytes()


def test_what_changed_since_or_was_in_no_shard_is_read(run: Run, matrix: list[str], tmp_path: Path) -> None:
    (tmp_path / "app" / "health.py").write_text("x = 1\n")
    whole = run("check", "--no-cache", "--output-format", "json", "-q")
    merged = run("merge", *matrix, "--output-format", "json")
    assert "1 file was in no shard" in merged.stderr
    assert merged.stdout == whole.stdout
    shutil.rmtree(tmp_path / ".statelint_cache")
    half = run("merge", matrix[1], "--output-format", "json")
    assert "no file of shard 1/2 was given" in half.stderr
    assert half.stdout == whole.stdout


def test_what_is_no_shard_is_refused(run: Run, matrix: list[str], tmp_path: Path) -> None:
    other = tmp_path / "other.shard"
    other.write_bytes(b"\x81\xa4type\xb1statelint shard 0")
    done = run("merge", matrix[0], str(other))
    assert done.returncode == 2
    assert "is no shard" in done.stderr
    assert run("check", "--shard", "1/3", "-o", str(other)).returncode == 0
    done = run("merge", matrix[0], str(other))
    assert done.returncode == 2
    assert "different divisions: 1/2, 1/3" in done.stderr


@pytest.mark.parametrize("share", [(1, 10**12), (0, 2), (3, 2), (1, -1)])
def test_a_shard_of_an_impossible_division_is_refused(run: Run, tmp_path: Path, share: tuple[int, int]) -> None:
    other = tmp_path / "other.shard"
    assert run("check", "--shard", "1/2", "-o", str(other)).returncode == 0
    document = msgspec.msgpack.decode(other.read_bytes())
    other.write_bytes(msgspec.msgpack.encode(document | {"shard": share}))
    done = run("merge", str(other))
    assert done.returncode == 2
    assert f"is no shard: {share[0]}/{share[1]} is no share" in done.stderr


@pytest.mark.parametrize("options", [["--shard", "0/2"], ["--shard", "3/2"], ["--shard", "x"], ["--shard", "1/99999"]])
def test_shares_that_are_none(run: Run, options: list[str]) -> None:
    done = run("check", *options)
    assert done.returncode == 2
    assert "is not a share such as 2/4" in done.stderr


def test_a_shard_reports_nothing(run: Run) -> None:
    done = run("check", "--shard", "1/2", "--output-format", "json")
    assert done.returncode == 2
    assert "statelint merge" in done.stderr


@given(
    sizes=st.dictionaries(st.text(min_size=1, max_size=5), st.integers(0, 1000), max_size=40), count=st.integers(1, 7)
)
def test_every_file_is_in_one_share_and_no_share_is_much_larger(sizes: dict[str, int], count: int) -> None:
    shares = [share(sizes, Shard(number, count)) for number in range(1, count + 1)]
    assert sorted(path for mine in shares for path in mine) == sorted(sizes)
    assert shares == [share(dict(reversed(sizes.items())), Shard(number, count)) for number in range(1, count + 1)]
    loads = [sum(size + 1 for size in mine.values()) for mine in shares]
    assert max(loads) - min(loads) <= max(sizes.values(), default=0) + 1


def test_parsing() -> None:
    assert parse_shard("2/4") == Shard(2, 4)
    assert str(Shard(2, 4)) == "2/4"

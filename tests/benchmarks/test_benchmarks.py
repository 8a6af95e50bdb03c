"""The benchmarks end cleanly where what they need is missing, and add up what they measure."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def cold(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("cold")


def test_accuracy_is_skipped_without_labels(tmp_path: Path) -> None:
    command = [sys.executable, str(BENCHMARKS / "accuracy.py"), "--score", str(tmp_path / "missing.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stderr.startswith("skipped: --score")


def test_accuracy_hands_over_to_the_score_script(tmp_path: Path) -> None:
    score = tmp_path / "score.py"
    score.write_text("import sys\nprint(sys.argv[1:])\nsys.exit(5)\n")
    options = ["--score", str(score), "--labels", str(tmp_path), "--corpora", str(tmp_path), "--", "--show", "fp"]
    command = [sys.executable, str(BENCHMARKS / "accuracy.py"), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 5
    assert done.stdout.rstrip().endswith("'--show', 'fp']")


def test_cold_pairs_the_rounds(cold: ModuleType) -> None:
    runs = {"statelint": [1.0, 3.0, 2.0], "statelint, warm": [0.5, 0.5, 0.5], "other": [4.0, 6.0, 4.0]}
    rows = cold.table(runs).splitlines()
    assert rows[2] == "| statelint | 2.00 | 1.00 3.00 2.00 |  | 0.25 |  |"
    assert rows[4] == "| other | 4.00 | 4.00 6.00 4.00 | 0.50 | 0.12 |  |"


def test_cold_edits_one_file_of_a_known_project(cold: ModuleType, tmp_path: Path) -> None:
    for name in ("a.py", "b.py", "c.py"):
        (tmp_path / name).write_text(f"{name[0]} = 1\n" * ord(name[0]))
    log = tmp_path / "log"
    command = [sys.executable, "-c", f"open({str(log)!r}, 'a').write('run ')"]
    cold.prepare("other", command, tmp_path, 7)
    assert not log.exists()
    cold.prepare("statelint, warm", command, tmp_path, 7)
    cold.prepare("statelint, one edit", command, tmp_path, 7)
    assert log.read_text() == "run run "
    assert [name for name in ("a.py", "b.py", "c.py") if "edited_7" in (tmp_path / name).read_text()] == ["b.py"]


def test_cold_measures_only_what_succeeds(cold: ModuleType, tmp_path: Path) -> None:
    assert cold.measure([sys.executable, "-c", "pass"], tmp_path) > 0
    with pytest.raises(subprocess.CalledProcessError):
        cold.measure([sys.executable, "-c", "raise SystemExit(3)"], tmp_path)


def test_cold_goes_on_without_a_peer(
    cold: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def offline(name: str, work: Path) -> Path:
        raise cold.UnavailableError("no network")

    monkeypatch.setattr(cold, "peer", offline)
    assert list(cold.commands(tmp_path, 1)) == ["statelint", "statelint, warm", "statelint, one edit"]
    assert "skipped bandit: no network" in capsys.readouterr().err


def test_every_hostile_shape_is_judged_without_a_crash() -> None:
    command = [sys.executable, str(BENCHMARKS / "hostile.py"), "--size", "3000"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert len(done.stdout.splitlines()) > 20


@pytest.fixture
def growth(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("growth")


@pytest.mark.parametrize("shape", ["wide", "deep", "imports", "huge"])
def test_generated_services_are_as_long_as_asked_and_parse(growth: ModuleType, tmp_path: Path, shape: str) -> None:
    count = growth.generated.write(shape, 3_000, tmp_path)
    assert 0.7 * 3_000 < count < 1.5 * 3_000
    texts = [file.read_text() for file in tmp_path.rglob("*.py")]
    assert sum(text.count("\n") for text in texts) == count
    for text in texts:
        compile(text, shape, "exec")


def test_growth_tells_linear_from_quadratic(growth: ModuleType) -> None:
    small = growth.Run("wide", 1_000, 1.0, 50.0, {"even": 0.1, "square": 0.1, "extract": 0.5})
    large = growth.Run("wide", 10_000, 12.0, 90.0, {"even": 1.0, "square": 10.0, "extract": 0.1})
    assert growth.exponents(small, large) == pytest.approx({"even": 1, "square": 2})
    assert large.analysis == pytest.approx(11)
    assert growth.table([large]).splitlines()[-1] == "| wide | 10,000 | 12.0 | 0.1 | 11.0 | 90 |"
    assert growth.picture([small, large]).count("<circle") == 2


def test_growth_measures_a_run(growth: ModuleType) -> None:
    run = growth.measure("deep", 8_000)  # a chain of 400 calls: deeper than Python would recurse
    assert run.seconds > 0
    assert run.megabytes > 20
    assert run.stages["extract"] > 0

"""A rule pack from elsewhere is a citizen like ours: a real package, installed beside statelint."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PACK = Path(__file__).parent / "example_pack"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the pack was installed into by pip."""
    work = tmp_path_factory.mktemp("pack")
    source = shutil.copytree(PACK, work / "source")
    target = work / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), str(source)]
    subprocess.run(pip, check=True)
    return target


def statelint(installed: Path | None, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(installed or "")}
    command = [sys.executable, "-m", "statelint", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_its_rules_are_listed(installed: Path, tmp_path: Path) -> None:
    listed = json.loads(statelint(installed, "rules", "--output-format", "json", cwd=tmp_path).stdout)
    rules = listed["rules"] if isinstance(listed, dict) else listed
    (ours,) = [rule for rule in rules if rule["code"] == "XP001"]
    assert ours["name"] == "print-call"
    assert "SL101" in {rule["code"] for rule in rules}


def test_without_it_nothing_is_listed(tmp_path: Path) -> None:
    assert "XP001" not in statelint(None, "rules", cwd=tmp_path).stdout


def test_its_visitor_finds(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def main():\n    print('hello')\n")
    run = statelint(installed, "check", "--select", "XP001", "--output-format", "json", cwd=tmp_path)
    assert run.returncode == 1, run.stderr
    (finding,) = json.loads(run.stdout)["findings"]
    assert (finding["rule"], finding["path"], finding["line"], finding["column"]) == ("XP001", "app.py", 2, 5)
    assert (finding["end_line"], finding["end_column"]) == (2, 19)


def test_it_can_be_suppressed_by_name(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("print('hello')  # statelint: ignore[print-call] a script\n")
    assert statelint(installed, "check", "--select", "print-call", cwd=tmp_path).returncode == 0


def test_its_page_is_explained(installed: Path, tmp_path: Path) -> None:
    explained = statelint(installed, "explain", "XP001", cwd=tmp_path)
    assert explained.returncode == 0, explained.stderr
    assert "A service's output is collected from its log" in " ".join(explained.stdout.split())


def test_its_page_runs_in_the_harness(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from examples import mismatches

    from statelint.lint.packs import load_rules
    from statelint.lint.pages import load_page

    monkeypatch.syspath_prepend(str(installed))
    rules = load_rules()
    (ours,) = [rule for rule in rules if rule.code == "XP001"]
    page = load_page(ours)
    assert [example.bad for example in page.examples] == [True, True, True, False, False, False]
    for example in page.examples:
        assert mismatches(example, "XP001", rules) == []


def test_a_pack_that_repeats_a_code_is_a_clear_error(installed: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(installed, tmp_path / "site")
    module = copy / "example_pack" / "print_call.py"
    module.write_text(module.read_text().replace('code = "XP001"', 'code = "SL101"'))
    run = statelint(copy, "rules", cwd=tmp_path)
    assert run.returncode == 2
    assert "SL101" in run.stderr
    assert "Traceback" not in run.stderr

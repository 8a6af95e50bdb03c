"""The document as acceptance: the anti-patterns are reported where they are marked, what is well made is not."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).parents[2]
FIXTURES = CHECKOUT / "fixtures"
SEEDS = CHECKOUT.parent / "shared" / "seeds"
EXPECTED = re.compile(r"# expect: (SL\d{3})")
EVERYTHING = ("--select", "ALL", "--min-severity", "note", "--min-confidence", "low")


def check(folder: str | Path, *options: str) -> tuple[int, dict[str, Any]]:
    """Run statelint in a folder (of the fixtures, if relative); return its exit status and its JSON report."""
    isolated = [] if "--config" in options else ["--isolated"]
    command = [sys.executable, "-m", "statelint", "check", *isolated, "--output-format", "json", *options, "."]
    ended = subprocess.run(command, cwd=FIXTURES / folder, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode in (0, 1), ended.stderr
    return ended.returncode, json.loads(ended.stdout)


def marked(folder: Path) -> set[tuple[str, int, str]]:
    return {
        (path.relative_to(folder).as_posix(), number, found[1])
        for path in folder.rglob("*.py")
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if (found := EXPECTED.search(line))
    }


def test_anti_patterns_are_reported_at_the_marked_lines_and_nowhere_else() -> None:
    status, report = check("anti_patterns")

    found = {(finding["path"], finding["line"], finding["rule"]) for finding in report["findings"]}
    assert found == marked(FIXTURES / "anti_patterns")
    assert status == 1


@pytest.mark.parametrize("folder", ["patterns", "chat_service"])
def test_what_is_well_made_is_clean_with_every_rule_and_no_suppression(folder: str) -> None:
    status, report = check(folder, *EVERYTHING)

    assert report["findings"] == []
    assert report["suppressed"] == 0
    assert report["coverage"]["entry_points"] > 5
    assert report["coverage"]["owned_models"] > 2
    assert status == 0


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the document itself is not at hand")
@pytest.mark.parametrize("profile", ["default", "document"])
def test_the_code_of_the_document_is_judged_as_the_document_judges_it(profile: str, tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n# (GOOD|BAD)(.*?)```", next(SEEDS.glob("*.txt")).read_text(), re.DOTALL)
    for number, (verdict, code) in enumerate(blocks):
        (tmp_path / f"{verdict.lower()}_{number}.py").write_text(f"#{code}")
    settings = tmp_path / "settings.toml"
    settings.write_text(f'profile = "{profile}"\n')

    _, report = check(tmp_path, "--config", str(settings))

    found = {(finding["path"], finding["rule"]) for finding in report["findings"]}
    assert found == {("bad_3.py", "SL101"), ("bad_4.py", "SL201"), ("bad_5.py", "SL301")}
    assert len(blocks) == 6

"""Every format through the installed command, several at once, and a project that means harm."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from statelint.cli.targets import FORMATS

from .conftest import SERVICE

if TYPE_CHECKING:
    from .conftest import Run

SCHEMAS = {
    name: json.loads((Path(__file__).parents[2] / "docs" / "schemas" / f"{name}.schema.json").read_text())
    for name in ("check", "explain")
}


@pytest.mark.parametrize("format_", FORMATS)
def test_each_format_names_the_finding(format_: str, run: Run) -> None:
    done = run("check", "--output-format", format_)
    assert done.returncode == 1, done.stderr
    assert "SL101" in done.stdout
    assert "chat.py" in done.stdout


def test_all_at_once(run: Run, service: Path) -> None:
    targets = [part for name in FORMATS for part in ("--output-format", f"{name}=report.{name}")]
    done = run("check", *targets)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Found 1 error in 1 file." in done.stderr
    assert all("SL101" in (service / f"report.{name}").read_text() for name in FORMATS)


def test_json_follows_its_schema(run: Run) -> None:
    done = run("check", "--output-format", "json", "--show-suppressed", "--statistics")
    jsonschema.Draft202012Validator(SCHEMAS["check"]).validate(json.loads(done.stdout))


@pytest.mark.parametrize("args", [["explain", "SL301"], ["explain", "SL003"], ["explain", "time", "limit"], ["rules"]])
def test_explanations_follow_their_schema(args: list[str], run: Run) -> None:
    document = json.loads(run(*args, "--output-format", "json").stdout)
    jsonschema.Draft202012Validator(SCHEMAS["explain"]).validate(document)
    if args[-1] == "SL301":
        assert "--fix --unsafe-fixes` can mend it: restrict the query to the caller's rows" in document["page"]


def test_documents_stay_whole_over_hostile_names(run: Run, service: Path) -> None:
    folder = service / "##vso[x]<b>&"
    folder.mkdir()
    (folder / "a\x1b[2J\n|`b;.py").write_text(SERVICE)
    for format_ in FORMATS:
        text = run("check", "--output-format", format_).stdout
        assert "\x1b[2J" not in text, format_
        if format_ in ("json", "sarif", "gitlab", "rdjson"):
            json.loads(text)
        elif format_ == "junit":
            ET.fromstring(text.partition("\n")[2])
        elif format_ in ("github", "azure", "jsonl"):
            assert text.count("\n") == 2, format_


def test_an_unknown_format_is_answered_with_the_known_ones(run: Run) -> None:
    done = run("check", "--output-format", "junitxml")
    assert done.returncode == 2
    assert "junit" in done.stderr


def test_notebooks_and_markdown_on_request(run: Run, service: Path) -> None:
    (service / "app" / "chat.py").unlink()
    (service / "doc.md").write_text(f"# Example\n\n```python\n{SERVICE}```\n")
    cell = {"cell_type": "code", "source": SERVICE.splitlines(keepends=True)}
    (service / "try.ipynb").write_text(json.dumps({"cells": [cell]}, indent=1))
    assert run("check").returncode == 0
    (service / "statelint.toml").write_text('include = ["*.py", "*.ipynb", "*.md"]\n')
    document = json.loads(run("check", "--output-format", "json").stdout)
    places = {finding["path"]: finding["line"] for finding in document["findings"]}
    assert places["doc.md"] == 12
    line = (service / "try.ipynb").read_text().splitlines()[places["try.ipynb"] - 1]
    assert "USER_CONVERSATIONS.setdefault" in line
    assert "USER_CONVERSATIONS.setdefault(user_id, []).append(message)" in run("check").stdout

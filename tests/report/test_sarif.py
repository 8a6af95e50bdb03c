from __future__ import annotations

import importlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import msgspec
import pytest

from statelint.lint.finding import LintResult, Location, RuleCrash, Severity
from statelint.lint.rule import Rule
from statelint.report.line_hash import line_hashes
from statelint.report.sarif import render

from .conftest import CHAT, FINDINGS, place

if TYPE_CHECKING:
    from collections.abc import Callable

    from statelint.report.context import ReportContext

    Context = Callable[..., ReportContext]

SCHEMA = json.loads((Path(__file__).parent / "data" / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
URI_REFERENCE = re.compile(r"(?:[\w.~!$&'()*+,;=:@/-]|%[0-9A-F]{2})+", re.ASCII)


def run_of(text: str) -> dict[str, Any]:
    """Validate a log and return its one run."""
    document = json.loads(text)
    jsonschema.Draft4Validator(SCHEMA).validate(document)
    (run,) = document["runs"]
    assert isinstance(run, dict)
    for uri in re.findall(r'"uri": "([^"]*)"', text):
        assert URI_REFERENCE.fullmatch(uri), uri
        assert not re.match(r"/|\w+:", uri), uri
    return run


class PlainRule(Rule):
    code = "SL101"
    name = "process-state"
    summary = "State kept in the process"
    severity = Severity.ERROR
    since = "0.1.0"


@pytest.fixture
def paged_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rule:
    package = tmp_path / "a_rule_pack"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from statelint.lint.finding import Severity\n"
        "from statelint.lint.rule import Rule\n"
        "class UnscopedRead(Rule):\n"
        "    code, name, summary, since = 'SL301', 'unscoped-read', 'Reads without owner', '0.1.0'\n"
        "    severity = Severity.ERROR\n"
    )
    (package / "SL301-unscoped-read.md").write_text(
        "# unscoped-read (SL301)\n\n## What it finds\n\nQueries that do\nnot ask for the owner.\n\n## Example\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    rule = importlib.import_module("a_rule_pack").UnscopedRead()
    assert isinstance(rule, Rule)
    return rule


def test_the_log_is_valid_with_and_without_findings(result: LintResult, context: Context) -> None:
    assert len(run_of(render(result, context()))["results"]) == 4
    assert run_of(render(LintResult(findings=[], suppressed=[]), context()))["results"] == []


def test_rules_carry_their_page_and_their_metadata(result: LintResult, context: Context, paged_rule: Rule) -> None:
    run = run_of(render(result, context(rules=[PlainRule(), paged_rule])))
    assert run["columnKind"] == "unicodeCodePoints"
    plain, paged = run["tool"]["driver"]["rules"]
    assert plain["fullDescription"]["text"] == "State kept in the process"
    assert plain["properties"] == {"precision": "high", "problem.severity": "error", "tags": ["process state"]}
    assert paged["id"] == "SL301"
    assert paged["name"] == "UnscopedRead"
    assert paged["shortDescription"]["text"] == "Reads without owner"
    assert paged["fullDescription"]["text"] == "Queries that do not ask for the owner."
    assert paged["help"]["markdown"].startswith("# unscoped-read (SL301)\n")
    assert paged["help"]["text"] == paged["help"]["markdown"]
    assert paged["defaultConfiguration"] == {"level": "error"}
    assert paged["properties"]["security-severity"] == "8.1"
    assert "security" in paged["properties"]["tags"]
    assert [entry["ruleIndex"] for entry in run["results"]] == [0, 0, 0, 1]


def test_a_finding_of_an_unknown_rule_is_described_all_the_same(result: LintResult, context: Context) -> None:
    run = run_of(render(result, context()))
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["SL101", "SL301"]


def test_the_path_of_the_violation_is_a_code_flow_and_linked_places(result: LintResult, context: Context) -> None:
    result.findings = [FINDINGS[1]]
    (entry,) = run_of(render(result, context()))["results"]
    assert entry["level"] == "error"
    assert entry["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "app/chat.py"},
        "region": {"startLine": 18, "startColumn": 5, "endLine": 18, "endColumn": 28},
    }
    assert entry["message"]["text"].splitlines()[1:] == [
        "1. [lives here as long as the process](1)",
        "2. [`DELETE /api/{user_id}/chat` is served by `forget`](2)",
    ]
    related = [(item["id"], item["physicalLocation"]["region"]["startLine"]) for item in entry["relatedLocations"]]
    assert related == [(1, 3), (2, 17)]
    (flow,) = entry["codeFlows"][0]["threadFlows"]
    lines = [step["location"]["physicalLocation"]["region"]["startLine"] for step in flow["locations"]]
    assert lines == [17, 18]


def test_a_code_flow_that_ends_at_the_finding_gets_no_second_end(result: LintResult, context: Context) -> None:
    result.findings = [FINDINGS[2]]
    (entry,) = run_of(render(result, context()))["results"]
    assert len(entry["codeFlows"][0]["threadFlows"][0]["locations"]) == 3


def test_fingerprints_are_ours_and_githubs(result: LintResult, context: Context) -> None:
    result.findings = FINDINGS[:1]
    (entry,) = run_of(render(result, context()))["results"]
    assert entry["partialFingerprints"] == {
        "primaryLocationLineHash": line_hashes(CHAT.encode())[10],
        "statelint/v1": "print-chat",
    }


def test_suppressed_findings_are_left_out(result: LintResult, context: Context) -> None:
    result.findings = []
    assert run_of(render(result, context(show_suppressed=True)))["results"] == []


def test_uris_are_relative_to_the_repository_and_encoded(result: LintResult, context: Context) -> None:
    paths = ["a b/ü%#?.py", "c:x.py", "\udcff.py"]
    result.findings = [msgspec.structs.replace(FINDINGS[0], location=place(path, 1, 1, 2)) for path in paths]

    def uris(**options: str) -> list[str]:
        results = run_of(render(result, context(**options)))["results"]
        return [entry["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for entry in results]

    assert uris() == ["a%20b/%C3%BC%25%23%3F.py", "c%3Ax.py", "%FF.py"]
    assert uris(repository="services/my api")[1] == "services/my%20api/c%3Ax.py"


def test_a_place_at_the_very_start_has_valid_numbers(result: LintResult, context: Context) -> None:
    result.findings = [msgspec.structs.replace(FINDINGS[0], location=Location("x.py", 0, 0, 0, 0), trace=())]
    (entry,) = run_of(render(result, context()))["results"]
    assert set(entry["locations"][0]["physicalLocation"]["region"].values()) == {1}


def test_messages_hold_no_links_but_ours(result: LintResult, context: Context) -> None:
    evil = "[click](https://evil) \\ \x1b[2J\n"
    related = (place("x.py", 1, 1, 2, evil),)
    result.findings = [msgspec.structs.replace(FINDINGS[0], message=evil, trace=(), related=related)]
    (entry,) = run_of(render(result, context()))["results"]
    harmless = r"\[click\](https://evil) \\ \\x1b\[2J\\n"
    assert entry["message"]["text"] == f"{harmless}\n1. [{harmless}](1)"
    assert entry["relatedLocations"][0]["message"]["text"] == harmless


def test_related_places_are_limited_to_what_github_keeps(result: LintResult, context: Context) -> None:
    many = tuple(place("x.py", line, 1, 2, "here") for line in range(1, 200))
    result.findings = [msgspec.structs.replace(FINDINGS[0], related=many)]
    (entry,) = run_of(render(result, context()))["results"]
    assert len(entry["relatedLocations"]) == 100


def test_a_rule_that_failed_makes_the_run_unsuccessful(result: LintResult, context: Context) -> None:
    assert run_of(render(result, context()))["invocations"] == [{"executionSuccessful": True}]
    result.crashes = [RuleCrash("SL999", "pack", "KeyError", "Traceback")]
    (invocation,) = run_of(render(result, context()))["invocations"]
    assert invocation["executionSuccessful"] is False
    assert "SL999" in invocation["toolExecutionNotifications"][0]["message"]["text"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["c129715d7a2bc9a3:1"]),
        (" a\nb\n  \t\tc\n d", ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]),
        (
            " hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n",
            [
                "e9496ae3ebfced30:1",
                "fb7c023a8b9ccb3f:1",
                "ce8ba1a563dcdaca:1",
                "e20e36e16fcb0cc8:1",
                "b3edc88f2938467e:1",
                "c8e28b0b4002a3a0:1",
                "c129715d7a2bc9a3:1",
            ],
        ),
        (
            "Lorem ipsum dolor sit amet.\n" * 10,
            [
                *(f"a7f2ff13bc495cf2:{number}" for number in range(1, 7)),
                "a7f2ff1481e87703:1",
                "a9cf91f7bbf1862b:1",
                "55ec222b86bcae53:1",
                "cc97dc7b1d7d8f7b:1",
                "c129715d7a2bc9a3:1",
            ],
        ),
    ],
)
def test_line_hashes_are_those_of_github(text: str, expected: list[str]) -> None:
    """The expected values are the ones that GitHub's own upload action is tested with."""
    assert line_hashes(text.encode()) == expected

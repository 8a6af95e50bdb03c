"""The formats that CI services read: gitlab, azure, junit, rdjson; and grouped and jsonl."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import jsonschema
import msgspec
import pytest

from statelint.lint.finding import Edit, Fix, Location, Severity
from statelint.report import azure, documents, gitlab, grouped, jsonl, junit, rdjson
from statelint.report import json as json_format

from .conftest import FINDINGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from statelint.lint.finding import Finding, LintResult
    from statelint.report.context import ReportContext

    Context = Callable[..., ReportContext]

CHECKOUT = Path(__file__).parents[2]
EVIL = "\x1b[2J\n##vso[task.x]y;z]%0A<b>&\ufffe\udcff"


def evil() -> Finding:
    at = Location(EVIL, 1, 1, 1, 2, EVIL)
    return msgspec.structs.replace(FINDINGS[0], location=at, message=EVIL, help=EVIL, trace=(at,), related=(at,))


class TestGrouped:
    def test_findings_stand_below_their_file(self, result: LintResult, context: Context) -> None:
        lines = grouped.render(result, context(summary=False, width=120)).splitlines()
        assert lines[0] == "app/chat.py"
        assert lines[1].startswith("  11:9  error    SL101  process-state: `USER_CONVERSATIONS`")
        assert lines.count("app/chat.py") == 1
        assert "app/queries.py" in lines

    def test_it_ends_with_the_closing_lines(self, result: LintResult, context: Context) -> None:
        assert "\n\nFound 4 errors in 2 files.\n" in grouped.render(result, context())

    def test_counts_and_suppressed_findings(self, result: LintResult, context: Context) -> None:
        text = grouped.render(result, context(summary=False, statistics=True, show_suppressed=True))
        assert text.startswith("3  SL101  process-state  error\n")
        assert text.endswith("(reason: the caller has checked the conversation)\n")

    def test_a_path_cannot_act(self, result: LintResult, context: Context) -> None:
        result.findings = [evil()]
        text = grouped.render(result, context())
        assert "\x1b" not in text
        assert "##vso" not in text


def test_jsonl_is_a_finding_a_line(result: LintResult, context: Context) -> None:
    lines = jsonl.render(result, context()).splitlines()
    whole = json.loads(json_format.render(result, context()))
    assert [json.loads(line) for line in lines] == whole["findings"]
    result.findings = [evil()]
    assert jsonl.render(result, context()).count("\n") == 1


class TestSchema:
    @pytest.mark.parametrize("name", documents.NAMES)
    def test_the_committed_schema_is_current(self, name: str) -> None:
        file = f"docs/schemas/{name}.schema.json"
        assert (CHECKOUT / file).read_text() == documents.text(name), (
            f"run: python -m statelint.report.documents {name} > {file}"
        )

    @pytest.mark.parametrize("options", [{}, {"show_suppressed": True, "statistics": True}])
    def test_reports_follow_it(self, options: dict[str, bool], result: LintResult, context: Context) -> None:
        fix = Fix("m", safe=True, edits=(Edit(Location("a.py", 1, 2, 3, 4), "new"),))
        result.findings.append(msgspec.structs.replace(FINDINGS[0], fix=fix))
        document = json.loads(json_format.render(result, context(**options)))
        jsonschema.Draft202012Validator(documents.schema("check")).validate(document)

    def test_it_knows_every_field(self, result: LintResult, context: Context) -> None:
        defs = documents.schema("check")["$defs"]
        document = json.loads(json_format.render(result, context(show_suppressed=True, statistics=True)))
        assert set(document) == set(defs["CheckDocument"]["properties"])
        assert set(document["findings"][0]) == set(defs["FindingDocument"]["properties"])
        del document["findings"][0]["fingerprint"]
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.Draft202012Validator(documents.schema("check")).validate(document)


class TestGitlab:
    def test_an_issue(self, result: LintResult, context: Context) -> None:
        issues = json.loads(gitlab.render(result, context(repository="services/api")))
        assert issues[3] == {
            "description": "SL301 unscoped-read: " + FINDINGS[3].message,
            "check_name": "SL301",
            "fingerprint": "print-read",
            "severity": "critical",
            "location": {"path": "services/api/app/queries.py", "lines": {"begin": 3, "end": 5}},
        }

    def test_a_clean_run_is_an_empty_list(self, result: LintResult, context: Context) -> None:
        result.findings = []
        assert json.loads(gitlab.render(result, context())) == []


class TestAzure:
    def test_a_command(self, result: LintResult, context: Context) -> None:
        result.findings = [msgspec.structs.replace(FINDINGS[3], severity=Severity.NOTE)]
        assert azure.render(result, context()) == (
            "##vso[task.logissue type=warning;sourcepath=app/queries.py;linenumber=3;columnnumber=9;code=SL301;]"
            f"unscoped-read: {FINDINGS[3].message} (help: {FINDINGS[3].help})\n"
        )

    def test_nothing_ends_a_property_or_starts_a_command(self, result: LintResult, context: Context) -> None:
        result.findings = [evil()]
        text = azure.render(result, context())
        assert text.count("\n") == 1
        assert text.count("##vso") == 1
        head, _, _ = text.partition("]")
        assert "code=SL101;" in head
        assert "%0A" not in text.replace("%AZP250A", "")


class TestJunit:
    def test_suites_and_cases(self, result: LintResult, context: Context) -> None:
        root = ET.fromstring(junit.render(result, context()).partition("\n")[2])
        assert root.attrib == {"name": "statelint", "tests": "4", "failures": "4", "errors": "0"}
        assert [suite.get("name") for suite in root] == ["app/chat.py", "app/queries.py"]
        case = root[1][0]
        assert case.attrib == {
            "classname": "app/queries.py",
            "name": "SL301 unscoped-read 3:9",
            "file": "app/queries.py",
            "line": "3",
        }
        assert case[0].get("message") == FINDINGS[3].message
        assert "help: filter by the verified user" in (case[0].text or "")

    def test_a_clean_run_has_a_test_that_passed(self, result: LintResult, context: Context) -> None:
        result.findings = []
        root = ET.fromstring(junit.render(result, context()).partition("\n")[2])
        assert root.get("failures") == "0"
        assert [len(case) for case in root.iter("testcase")] == [0]

    def test_hostile_text_leaves_it_well_formed(self, result: LintResult, context: Context) -> None:
        result.findings = [evil()]
        text = junit.render(result, context())
        root = ET.fromstring(text.partition("\n")[2].encode())
        assert root[0][0][0].get("message", "").endswith("<b>&\\ufffe\\udcff")


class TestRdjson:
    def test_a_diagnostic(self, result: LintResult, context: Context) -> None:
        document = json.loads(rdjson.render(result, context()))
        diagnostic = document["diagnostics"][3]
        assert document["source"] == {"name": "statelint"}
        assert diagnostic["severity"] == "ERROR"
        assert diagnostic["code"] == {"value": "SL301"}
        assert diagnostic["location"] == {
            "path": "app/queries.py",
            "range": {"start": {"line": 3, "column": 9}, "end": {"line": 5, "column": 17}},
        }
        assert document["diagnostics"][0]["related_locations"][0]["location"]["path"] == "app/state.py"

    def test_columns_count_bytes(self, result: LintResult, context: Context, project: Path) -> None:
        (project / "app" / "chat.py").write_text("é = '漢'; x()\n")
        result.findings = [msgspec.structs.replace(FINDINGS[0], location=Location("app/chat.py", 1, 10, 1, 13))]
        place = json.loads(rdjson.render(result, context()))["diagnostics"][0]["location"]["range"]
        assert (place["start"]["column"], place["end"]["column"]) == (13, 16)

    def test_a_fix_is_a_suggestion(self, result: LintResult, context: Context) -> None:
        fix = Fix("m", safe=True, edits=(Edit(Location("app/chat.py", 1, 2, 1, 4), "new"),))
        result.findings = [msgspec.structs.replace(FINDINGS[0], fix=fix)]
        (suggestion,) = json.loads(rdjson.render(result, context()))["diagnostics"][0]["suggestions"]
        assert suggestion["text"] == "new"

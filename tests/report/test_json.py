from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from statelint.lint.finding import Edit, Fix, Location, RuleCrash
from statelint.report.json import render

from .conftest import FINDINGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from statelint.lint.finding import LintResult
    from statelint.report.context import ReportContext

    Context = Callable[..., ReportContext]


def test_the_contract(result: LintResult, context: Context) -> None:
    result.findings = [FINDINGS[2]]
    document = json.loads(render(result, context()))
    assert {key: document[key] for key in ("version", "suppressed", "hidden", "elsewhere", "files", "lines")} == {
        "version": 1,
        "suppressed": 1,
        "hidden": 4,
        "elsewhere": 2,
        "files": 14,
        "lines": 1204,
    }
    (finding,) = document["findings"]
    steps = finding.pop("trace")
    assert finding == {
        "rule": "SL101",
        "name": "process-state",
        "severity": "error",
        "confidence": "high",
        "message": FINDINGS[2].message,
        "path": "app/chat.py",
        "line": 22,
        "column": 5,
        "end_line": 22,
        "end_column": 39,
        "label": "written here for every request",
        "help": FINDINGS[2].help,
        "symbol": "app.state.USER_CONVERSATIONS:app.chat.remember",
        "group": "app.state.USER_CONVERSATIONS",
        "related": [
            {
                "path": "app/state.py",
                "line": 3,
                "column": 1,
                "end_line": 3,
                "end_column": 19,
                "message": "lives here as long as the process",
            }
        ],
        "fingerprint": "print-remember",
        "fix": None,
    }
    assert [(step["path"], step["line"], step["message"]) for step in steps] == [
        ("app/chat.py", 9, "`POST /api/{user_id}/chat` is served by `chat`"),
        ("app/chat.py", 12, "`chat` calls `remember`"),
        ("app/chat.py", 22, "`remember` writes `USER_CONVERSATIONS`"),
    ]


def test_what_was_understood_and_what_failed(result: LintResult, context: Context) -> None:
    result.crashes = [RuleCrash("SL999", "pack", "KeyError: 'x'", "Traceback …")]
    document = json.loads(render(result, context()))
    assert document["coverage"] == {
        "frameworks": ["fastapi", "sqlalchemy"],
        "entry_points": 7,
        "models": 3,
        "owned_models": 2,
        "functions": 80,
    }
    assert document["crashes"] == [{"rule": "SL999", "pack": "pack", "error": "KeyError: 'x'"}]


def test_a_fix_is_given_with_its_edits(result: LintResult, context: Context) -> None:
    fix = Fix("add the condition", safe=True, edits=(Edit(Location("a.py", 1, 2, 3, 4), "new"),))
    result.findings = [msgspec.structs.replace(FINDINGS[0], fix=fix)]
    assert json.loads(render(result, context()))["findings"][0]["fix"] == {
        "message": "add the condition",
        "safe": True,
        "edits": [{"path": "a.py", "line": 1, "column": 2, "end_line": 3, "end_column": 4, "content": "new"}],
    }


def test_suppressed_findings_and_statistics_on_request(result: LintResult, context: Context) -> None:
    plain = json.loads(render(result, context()))
    assert "suppressed_findings" not in plain
    assert "statistics" not in plain
    document = json.loads(render(result, context(show_suppressed=True, statistics=True)))
    (item,) = document["suppressed_findings"]
    assert item["rule"] == "SL301"
    assert item["suppression"]["line"] == 2
    assert item["suppression"]["reason"] == "the caller has checked the conversation"
    assert document["statistics"] == [
        {"rule": "SL101", "name": "process-state", "severity": "error", "count": 3},
        {"rule": "SL301", "name": "unscoped-read", "severity": "error", "count": 1},
    ]


def test_hostile_text_comes_back_whole_but_never_raw(result: LintResult, context: Context) -> None:
    evil = "\x1b[2J\n\x9b漢\udcff.py"
    result.findings = [msgspec.structs.replace(FINDINGS[0], message=evil)]
    text = render(result, context())
    assert text.isascii()
    assert "\x1b" not in text
    assert json.loads(text)["findings"][0]["message"] == evil

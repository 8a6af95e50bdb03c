from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
import pytest

from statelint.lint.finding import Coverage, Edit, Finding, Fix, LintResult, Location, Severity
from statelint.report.full import render
from statelint.report.style import Style
from statelint.report.text import cells

from .conftest import FINDINGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from statelint.report.context import ReportContext

    Context = Callable[..., ReportContext]

SGR = re.compile(r"\x1b\[[\d;]*m|\x1b\]8;;[^\x1b]*\x1b\\")


def test_writers_of_one_object_share_a_header_and_the_definition(result: LintResult, context: Context) -> None:
    text = render(result, context())
    assert text.count("[SL101]") == 1
    assert text.count("lives here as long as the process") == 1
    assert "(3 places)" in text
    assert "\n11 |         USER_CONVERSATIONS[user_id] = []\n" in text
    assert "\n22 |     USER_CONVERSATIONS[user_id].append(message)\n" in text
    assert "  ::: app/state.py:3:1\n" in text
    assert "`remember` writes it while serving requests (app/chat.py:22)" in text.replace("\n           ", " ")


def test_objects_of_one_name_in_two_files_stay_apart(result: LintResult, context: Context) -> None:
    def finding(path: str, group: str) -> Finding:
        at = Location(path, 1, 1, 1, 2)
        return msgspec.structs.replace(FINDINGS[3], location=at, symbol="read:Conversation", group=group)

    result.findings = [finding("a.py", "read:Conversation"), finding("b.py", "read:Conversation")]
    assert render(result, context()).count("[SL301]") == 2
    result.findings = [finding("a.py", "app.models::STORE"), finding("b.py", "app.models::STORE")]
    assert render(result, context()).count("[SL301]") == 1


def test_the_path_runs_from_the_entry_point_to_the_write(result: LintResult, context: Context) -> None:
    result.findings = [FINDINGS[2]]
    assert (
        "   = path:\n"
        "       1 app/chat.py:9   `POST /api/{user_id}/chat` is served by `chat`\n"
        "       2 app/chat.py:12  `chat` calls `remember`\n"
        "       3 app/chat.py:22  `remember` writes `USER_CONVERSATIONS`\n"
    ) in render(result, context())


def test_a_path_that_goes_nowhere_is_left_out(result: LintResult, context: Context) -> None:
    at = FINDINGS[0].location
    result.findings = [msgspec.structs.replace(FINDINGS[0], trace=(at,))]
    assert "path:" not in render(result, context())


def test_a_finding_ends_with_doubt_remedy_and_the_way_to_the_page(result: LintResult, context: Context) -> None:
    fix = Fix("add the condition", safe=False, edits=(Edit(FINDINGS[3].location, "x"),))
    result.findings = [msgspec.structs.replace(FINDINGS[3], fix=fix)]
    assert (
        "  = note: medium confidence: some link of the chain could not be followed\n"
        "  = help: filter by the verified user as well: `.filter_by(id=conversation_id, user_id=user_id)`\n"
        "  = fix: add the condition\n"
        "  = more: statelint explain SL301\n"
    ) in render(result, context(width=110))


def test_each_rule_is_explained_once(result: LintResult, context: Context) -> None:
    result.findings = [msgspec.structs.replace(FINDINGS[0], group=group) for group in ("a", "b", "c")]
    assert render(result, context()).count("statelint explain SL101") == 1


@pytest.mark.parametrize("width", [40, 80, 200])
def test_lines_fit_the_width(width: int, result: LintResult, context: Context) -> None:
    text = render(result, context(width=width, style=Style(colour=True, links=True), show_suppressed=True))
    for line in SGR.sub("", text).splitlines():
        assert cells(line) <= width or len(line.split()) <= 2, line


def test_without_colour_there_is_no_escape_sequence(result: LintResult, context: Context) -> None:
    assert "\x1b" not in render(result, context())


def test_colours_and_links_change_nothing_but_looks(result: LintResult, context: Context) -> None:
    painted = render(result, context(style=Style(colour=True, links=True)))
    assert "\x1b[1;31merror[SL101]\x1b[0m" in painted
    assert "\x1b]8;;file://" in painted
    assert SGR.sub("", painted) == render(result, context())


def test_the_closing_lines_count_apart(result: LintResult, context: Context) -> None:
    text = render(result, context(width=200))
    assert text.endswith(
        "Found 4 errors in 2 files.\n"
        "Not counted: 1 suppressed (--show-suppressed), 4 notes (--pedantic), "
        "2 elsewhere (touching none of the given paths).\n"
        "Read 14 files with 1,204 lines: fastapi; sqlalchemy; 7 entry points, 3 models (2 with an owner).\n"
    )


def test_the_worst_severity_is_counted_first(result: LintResult, context: Context) -> None:
    result.findings = [msgspec.structs.replace(FINDINGS[3], severity=severity) for severity in reversed(Severity)]
    assert "Found 1 error, 1 warning and 1 note in 1 file." in render(result, context())


def test_quiet_output_is_findings_only(result: LintResult, context: Context) -> None:
    text = render(result, context(summary=False))
    assert text.endswith("statelint explain SL301\n")
    assert render(LintResult(findings=[], suppressed=[]), context(summary=False)) == ""


def test_suppressed_findings_are_shown_with_their_reason(result: LintResult, context: Context) -> None:
    text = render(result, context(show_suppressed=True, width=120))
    assert "suppressed[SL301] unscoped-read: any user" in text
    assert "= reason: the caller has checked the conversation (app/queries.py:2)" in text


def test_statistics_replace_the_findings(result: LintResult, context: Context) -> None:
    lines = render(result, context(statistics=True)).splitlines()
    assert lines[:2] == ["3  SL101  process-state  error", "1  SL301  unscoped-read  error"]


def test_a_clean_run_says_so(context: Context) -> None:
    text = render(LintResult(findings=[], suppressed=[], files=1, lines=1), context())
    assert text == "No findings.\nRead 1 file with 1 line: no known web framework; 0 entry points.\n"


def test_a_web_framework_without_entry_points_is_a_loud_warning(context: Context) -> None:
    result = LintResult(findings=[], suppressed=[], coverage=Coverage(frameworks=("flask", "django")))
    text = render(result, context())
    assert "\nwarning: 0 entry points found, although the project imports flask and django" in text
    result.coverage = Coverage(frameworks=("flask",), entry_points=1)
    assert "warning" not in render(result, context())
    result.coverage = Coverage(frameworks=())
    assert "warning" not in render(result, context())
    result.coverage = Coverage(frameworks=("MCP",), own_tools=3)
    assert render(result, context()).endswith("MCP; 0 entry points, 3 tools for one user (stdio).\n")


def many(number: int) -> list[msgspec.Struct]:
    return [
        msgspec.structs.replace(
            FINDINGS[index % 4], group=f"object{index}", severity=Severity.ERROR if index % 2 else Severity.WARNING
        )
        for index in range(number)
    ]


def test_very_many_findings_are_digested_on_a_terminal(result: LintResult, context: Context) -> None:
    result.findings = many(40)  # type: ignore[assignment]
    text = render(result, context(digest=True, arguments=("my app",)))
    assert len(re.findall(r"^(?:error|warning)\[", text, re.MULTILINE)) == 10
    assert "warning[" not in text
    assert "These were the worst 10; 30 more findings not shown here." in text
    assert "  10  SL301  unscoped-read  error\n" in text
    assert "  statelint check 'my app' --output-format concise" in text
    assert "  statelint check 'my app' --select SL101" in text
    assert "  statelint explain SL101" in text


def test_elsewhere_every_finding_is_shown(result: LintResult, context: Context) -> None:
    result.findings = many(40)  # type: ignore[assignment]
    assert len(re.findall(r"^(?:error|warning)\[", render(result, context()), re.MULTILINE)) == 40


def test_a_block_of_many_writers_stays_short(result: LintResult, context: Context) -> None:
    result.findings = [
        msgspec.structs.replace(
            FINDINGS[0],
            message=f"writer {number}",
            location=Location("app/chat.py", 1 + number, 1, 1 + number, 4),
            trace=(Location("app/chat.py", number, 1, number, 4, f"step {number}"),),
        )
        for number in range(1, 22)
    ]
    text = render(result, context(summary=False))
    assert len(re.findall(r"^ *\| +\^+", text, re.MULTILINE)) == 4
    assert "(21 places)" in text
    assert "= also: 9 more places" in text
    assert "= also: 12 more findings" in text
    assert "= path: 18 more paths" in text


def test_a_file_that_is_gone_leaves_the_place(result: LintResult, context: Context) -> None:
    result.findings = [
        msgspec.structs.replace(FINDINGS[0], location=Location("gone.py", 3, 1, 3, 2, "label"), related=(), trace=())
    ]
    assert " --> gone.py:3:1  label\n" in render(result, context())


def test_hostile_text_never_reaches_the_terminal(result: LintResult, context: Context) -> None:
    evil = "\x1b]0;x\x07\n::error::owned \x9b2J ##[group]"
    location = Location(f"app/{evil}.py", 1, 1, 1, 2, evil)
    result.findings = [
        msgspec.structs.replace(
            FINDINGS[0],
            name=evil,
            message=evil,
            help=evil,
            group=evil,
            location=location,
            related=(location, Location(evil, 1, 1, 1, 1, evil)),
            trace=(location,),
        )
    ]
    result.coverage = Coverage(frameworks=(evil, "flask"))
    for width in (40, 80, 200):
        text = render(result, context(width=width))
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
        assert "##[" not in text
        assert not any(line.lstrip().startswith("::error") for line in text.splitlines())

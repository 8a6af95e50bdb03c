"""The formats of one line a finding: concise and github."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from statelint.lint.finding import Confidence, Location, Severity
from statelint.report import concise, github

from .conftest import FINDINGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from statelint.lint.finding import LintResult
    from statelint.report.context import ReportContext

    Context = Callable[..., ReportContext]


def test_concise_is_one_line_a_finding(result: LintResult, context: Context) -> None:
    lines = concise.render(result, context(summary=False)).splitlines()
    assert len(lines) == 4
    assert lines[3] == (
        "app/queries.py:3:9: SL301 [error/medium] any user can read every `Conversation`: "
        "the query does not ask for the owner"
    )


def test_concise_shows_suppressed_findings_with_reason(result: LintResult, context: Context) -> None:
    last = concise.render(result, context(summary=False, show_suppressed=True)).splitlines()[-1]
    assert last.startswith("app/queries.py:3:9: SL301 [error/suppressed] any user")
    assert last.endswith("(reason: the caller has checked the conversation)")


def test_concise_ends_with_the_closing_lines(result: LintResult, context: Context) -> None:
    assert "\nFound 4 errors in 2 files.\n" in concise.render(result, context())


def test_concise_counts_by_rule(result: LintResult, context: Context) -> None:
    assert concise.render(result, context(summary=False, statistics=True)) == (
        "3  SL101  process-state  error\n1  SL301  unscoped-read  error\n"
    )


def test_concise_lines_cannot_be_forged(result: LintResult, context: Context) -> None:
    at = Location("::error::\x1b[2J\nx.py", 1, 1, 1, 2)
    result.findings = [msgspec.structs.replace(FINDINGS[0], location=at, message="a\nb ##[error]c")]
    assert concise.render(result, context(summary=False)) == (
        "\\x3a:error::\\x1b[2J\\nx.py:1:1: SL101 [error/high] a\\nb #\\x23[error]c\n"
    )


def test_github_commands_carry_place_title_path_and_remedy(result: LintResult, context: Context) -> None:
    result.findings = [FINDINGS[2]]
    assert github.render(result, context()) == (
        "::error title=SL101 process-state,file=app/chat.py,line=22,endLine=22,col=5,endColumn=38::"
        "`USER_CONVERSATIONS` keeps user data in this process: `remember` writes it while serving requests"
        "%0A1. app/chat.py:9 `POST /api/{user_id}/chat` is served by `chat`"
        "%0A2. app/chat.py:12 `chat` calls `remember`"
        "%0A3. app/chat.py:22 `remember` writes `USER_CONVERSATIONS`"
        "%0Aapp/state.py:3 lives here as long as the process"
        "%0Ahelp: keep it in the database, in rows that carry the user's id, and load it in each request\n"
    )


def test_github_knows_columns_within_one_line_only(result: LintResult, context: Context) -> None:
    result.findings = [FINDINGS[3]]
    assert ",line=3,endLine=5::" in github.render(result, context())


def test_github_paths_start_at_the_top_of_the_repository(result: LintResult, context: Context) -> None:
    assert ",file=services/api/app/chat.py," in github.render(result, context(repository="services/api"))


def test_github_shows_the_worst_first(result: LintResult, context: Context) -> None:
    def finding(severity: Severity, confidence: Confidence, line: int) -> object:
        return msgspec.structs.replace(
            FINDINGS[0], severity=severity, confidence=confidence, location=Location("x.py", line, 1, line, 2)
        )

    result.findings = [  # type: ignore[assignment]
        finding(Severity.NOTE, Confidence.HIGH, 1),
        finding(Severity.WARNING, Confidence.HIGH, 2),
        finding(Severity.ERROR, Confidence.MEDIUM, 3),
        finding(Severity.ERROR, Confidence.HIGH, 4),
    ]
    heads = [line.split("::")[1] for line in github.render(result, context()).splitlines()]
    assert [(head.split()[0], head[head.index("line=") + 5]) for head in heads] == [
        ("error", "4"),
        ("error", "3"),
        ("warning", "2"),
        ("notice", "1"),
    ]


def test_github_escapes_what_could_end_a_property_or_a_command(result: LintResult, context: Context) -> None:
    result.findings = [
        msgspec.structs.replace(
            FINDINGS[0],
            message="100%\n::set-output::x\r",
            location=Location("a,b:c%.py", 1, 1, 1, 2),
            related=(),
            trace=(),
            help="",
        )
    ]
    assert github.render(result, context()) == (
        "::error title=SL101 process-state,file=a%2Cb%3Ac%25.py,line=1,endLine=1,col=1,endColumn=1"
        "::100%25\\n::set-output::x\\r\n"
    )

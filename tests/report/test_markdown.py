from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from markdown_it import MarkdownIt

from statelint.report.markdown import COMMENT_SIZE, page, render

from .conftest import FINDINGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from statelint.lint.finding import LintResult
    from statelint.report.context import ReportContext

    Context = Callable[..., ReportContext]


def test_a_table_that_cannot_be_broken(result: LintResult, context: Context) -> None:
    result.findings = [
        msgspec.structs.replace(FINDINGS[0], message="a | b\n<img src=x> [l](https://x) @all `c` www.x.org")
    ]
    rows = render(result, context()).splitlines()
    assert rows[0] == "### statelint: 1 error"
    assert rows[4] == (
        r"| error | SL101 process-state | app/chat.py:11 | a \| b\\n&lt;img src=x&gt; \[l\]\(https:&#47;/x\) "
        r"&#64;all \`c\` www&#46;x.org |"
    )


def test_the_way_to_each_finding_is_folded_away(result: LintResult, context: Context) -> None:
    text = render(result, context())
    assert text.count("<details><summary>SL101 process-state at app/chat.py:") == 3
    assert "1. app/chat.py:9 \\`POST /api/\\{user\\_id\\}/chat\\` is served" in text
    assert "Help: keep it in the database" in text


def test_nothing_hostile_becomes_markup(result: LintResult, context: Context) -> None:
    evil = "</details><script>x</script> ![i](https://x) <!--\n# h"
    finding = msgspec.structs.replace(
        FINDINGS[0],
        message=evil,
        help=evil,
        name=evil,
        trace=tuple(msgspec.structs.replace(step, path=evil, message=evil) for step in FINDINGS[0].trace),
    )
    result.findings = [finding]
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(render(result, context()))
    for markup in ("<script", "<img", "<!--", "<h1", "<a "):
        assert markup not in html
    assert html.count("<details>") == html.count("</details>") == 1


def test_it_fits_into_a_comment_and_says_what_is_left_out(result: LintResult, context: Context) -> None:
    result.findings = [msgspec.structs.replace(FINDINGS[0], help="x" * 100)] * 2000
    text = render(result, context())
    assert COMMENT_SIZE * 0.9 < len(text) <= COMMENT_SIZE
    assert " more\n" in text
    assert "\nand " not in page(result, context(), 10**7)


def test_a_clean_run(result: LintResult, context: Context) -> None:
    result.findings = []
    assert render(result, context()) == "### statelint: no findings\n"

"""One JSON document a line, each a finding as in the format ``json``: for tools that read as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.report.json import finding_document
from statelint.report.text import json_text

if TYPE_CHECKING:
    from statelint.lint.finding import LintResult
    from statelint.report.context import ReportContext


def render(result: LintResult, context: ReportContext) -> str:  # noqa: ARG001 - the formats' interface
    """Return the findings, in ASCII."""
    return "".join(f"{json_text(finding_document(finding), indent=None)}\n" for finding in result.findings)

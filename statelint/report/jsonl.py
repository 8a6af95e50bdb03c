"""One JSON document a line, each a finding as in the format ``json``: for tools that read as it comes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from statelint.report.json import finding_document

if TYPE_CHECKING:
    from statelint.lint.finding import LintResult
    from statelint.report.context import ReportContext


def render(result: LintResult, context: ReportContext) -> str:  # noqa: ARG001 - the formats' interface
    """Return the findings, in ASCII."""
    return "".join(f"{json.dumps(finding_document(finding))}\n" for finding in result.findings)

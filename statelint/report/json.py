"""The stable machine format; ``documents`` holds its types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.report.summary import count_by_rule
from statelint.report.text import json_text

if TYPE_CHECKING:
    from statelint.lint.finding import Finding, Fix, LintResult, Location, SuppressedFinding
    from statelint.report.context import ReportContext
    from statelint.report.documents import (
        CheckDocument,
        FindingDocument,
        FixDocument,
        LocationDocument,
        RegionDocument,
        SuppressedDocument,
    )

VERSION = 1


def render(result: LintResult, context: ReportContext) -> str:
    """Return one JSON document, in ASCII so that nothing in it can act on a terminal."""
    document: CheckDocument = {
        "version": VERSION,
        "findings": [finding_document(finding) for finding in result.findings],
        "suppressed": len(result.suppressed),
        "hidden": result.hidden,
        "elsewhere": result.elsewhere,
        "baselined": result.baselined,
        "older": result.older,
        "files": result.files,
        "lines": result.lines,
        "coverage": {
            "frameworks": list(result.coverage.frameworks),
            "entry_points": result.coverage.entry_points,
            "models": result.coverage.models,
            "owned_models": result.coverage.owned_models,
            "functions": result.coverage.functions,
        },
        "crashes": [{"rule": crash.rule, "pack": crash.pack, "error": crash.error} for crash in result.crashes],
    }
    if context.show_suppressed:
        document["suppressed_findings"] = [_suppressed(item) for item in result.suppressed]
    if context.statistics:
        document["statistics"] = [
            {"rule": row.rule, "name": row.name, "severity": row.severity, "count": row.number}
            for row in count_by_rule(result.findings)
        ]
    return json_text(document) + "\n"


def finding_document(finding: Finding) -> FindingDocument:
    """Return what JSON formats say about a finding."""
    return {
        "rule": finding.rule,
        "name": finding.name,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "message": finding.message,
        **_region(finding.location),
        "label": finding.location.message,
        "help": finding.help,
        "symbol": finding.symbol,
        "group": finding.group,
        "related": [_location(location) for location in finding.related],
        "trace": [_location(location) for location in finding.trace],
        "fingerprint": finding.fingerprint,
        "fix": _fix(finding.fix) if finding.fix else None,
    }


def _region(location: Location) -> RegionDocument:
    return {
        "path": location.path,
        "line": location.line,
        "column": location.column,
        "end_line": location.end_line,
        "end_column": location.end_column,
    }


def _location(location: Location) -> LocationDocument:
    return {**_region(location), "message": location.message}


def _fix(fix: Fix) -> FixDocument:
    return {
        "message": fix.message,
        "safe": fix.safe,
        "edits": [{**_region(edit.location), "content": edit.content} for edit in fix.edits],
    }


def _suppressed(item: SuppressedFinding) -> SuppressedDocument:
    return {**finding_document(item.finding), "suppression": {**_region(item.comment), "reason": item.reason}}

"""SARIF 2.1.0, made for GitHub code scanning and valid for every other reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from statelint import __version__
from statelint.lint.finding import Severity
from statelint.lint.pages import PageError, load_page
from statelint.lint.rule import FAMILIES, family
from statelint.report.line_hash import line_hashes
from statelint.report.text import clean, json_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from statelint.lint.finding import Finding, LintResult, Location
    from statelint.lint.rule import Rule
    from statelint.report.context import ReportContext

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_MOST_LOCATIONS = 100
"""GitHub keeps so many related locations of a result."""

_PROBLEM = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "recommendation"}
_SECURITY = {Severity.ERROR: "8.1", Severity.WARNING: "5.5", Severity.NOTE: "3.0"}
"""Scores in the manner of CVSS: 7 and above reads as high, 4 and above as medium."""
_SECURITY_TAGS = {"SL3": ["security", "external/cwe/cwe-639"], "SL4": ["security"]}
"""The families whose findings are security alerts."""


def render(result: LintResult, context: ReportContext) -> str:
    """Return one SARIF log with one run. Suppressed findings are left out: they would come back as open alerts."""
    described = {rule.code: _rule(rule) for rule in context.rules}
    for finding in result.findings:
        described.setdefault(finding.rule, _unknown_rule(finding))
    index = {code: number for number, code in enumerate(described)}
    hashes: dict[str, list[str]] = {}
    for path in {finding.location.path for finding in result.findings}:
        data = context.sources.data(path)
        hashes[path] = [] if data is None else line_hashes(data)
    run = {
        "tool": {
            "driver": {
                "name": "statelint",
                "semanticVersion": __version__,
                "rules": list(described.values()),
            }
        },
        "automationDetails": {"id": "statelint/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(result)],
        "results": [
            _result(finding, index[finding.rule], hashes[finding.location.path], context) for finding in result.findings
        ],
    }
    return json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    try:
        page = load_page(rule).text
    except PageError:
        page = rule.summary
    return {
        "id": rule.code,
        "name": _pascal(rule.name),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": _first_paragraph(page) or rule.summary},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": str(rule.severity)},
        "properties": _properties(rule.code, rule.severity),
    }


def _unknown_rule(finding: Finding) -> dict[str, Any]:
    """Describe the rule of a finding that none of the loaded rules made."""
    text = finding.name.replace("-", " ")
    return {
        "id": finding.rule,
        "name": _pascal(finding.name),
        "shortDescription": {"text": text},
        "fullDescription": {"text": text},
        "help": {"text": finding.help or text},
        "defaultConfiguration": {"level": str(finding.severity)},
        "properties": _properties(finding.rule, finding.severity),
    }


def _properties(code: str, severity: Severity) -> dict[str, Any]:
    group = family(code)
    properties: dict[str, Any] = {
        "precision": "high",
        "problem.severity": _PROBLEM[severity],
        "tags": [FAMILIES.get(group, "statelessness"), *_SECURITY_TAGS.get(group, [])],
    }
    if group in _SECURITY_TAGS:
        properties["security-severity"] = _SECURITY[severity]
    return properties


def _pascal(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))


def _first_paragraph(page: str) -> str:
    """Return the first paragraph of a page that is neither heading nor code."""
    for paragraph in page.split("\n\n"):
        lines = [line for line in paragraph.strip().splitlines() if not line.startswith("#")]
        if lines and not lines[0].startswith(("```", "|")):
            return " ".join(line.strip() for line in lines)
    return ""


def _invocation(result: LintResult) -> dict[str, Any]:
    invocation: dict[str, Any] = {"executionSuccessful": not result.crashes}
    if result.crashes:
        invocation["toolExecutionNotifications"] = [
            {
                "level": "error",
                "message": {"text": _literal(f"rule {crash.rule} of {crash.pack} failed: {crash.error}")},
            }
            for crash in result.crashes
        ]
    return invocation


def _result(finding: Finding, rule: int, hashes: Sequence[str], context: ReportContext) -> dict[str, Any]:
    places = [*finding.related, *finding.trace]
    related = list(dict.fromkeys(place for place in places if place != finding.location))[:_MOST_LOCATIONS]
    links = [
        f"{number}. [{_literal(place.message)}]({number})" for number, place in enumerate(related, 1) if place.message
    ]
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": str(finding.severity),
        "message": {"text": "\n".join([_literal(finding.message), *links])},
        "locations": [_location(finding.location, context)],
        "partialFingerprints": _fingerprints(finding, hashes),
        "properties": {"confidence": str(finding.confidence), "symbol": finding.symbol},
    }
    if related:
        result["relatedLocations"] = [
            {"id": number, **_location(place, context)} for number, place in enumerate(related, start=1)
        ]
    if finding.trace:
        result["codeFlows"] = [{"threadFlows": [{"locations": _flow(finding, context)}]}]
    return result


def _flow(finding: Finding, context: ReportContext) -> list[dict[str, Any]]:
    """Return the steps of the trace, which ends at the finding itself."""
    steps = list(finding.trace)
    last = steps[-1]
    if (last.path, last.line) != (finding.location.path, finding.location.line):
        steps.append(finding.location)
    return [{"location": _location(step, context)} for step in steps]


def _fingerprints(finding: Finding, hashes: Sequence[str]) -> dict[str, str]:
    prints = {}
    if 1 <= finding.location.line <= len(hashes):
        prints["primaryLocationLineHash"] = hashes[finding.location.line - 1]
    if finding.fingerprint:
        prints["statelint/v1"] = finding.fingerprint
    return prints


def _location(location: Location, context: ReportContext) -> dict[str, Any]:
    place: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": context.uri(location.path)},
            "region": {
                "startLine": max(1, location.line),
                "startColumn": max(1, location.column),
                "endLine": max(1, location.line, location.end_line),
                "endColumn": max(1, location.end_column),
            },
        }
    }
    if location.message:
        place["message"] = {"text": _literal(location.message)}
    return place


def _literal(text: str) -> str:
    """Escape what SARIF readers take for a link inside a message."""
    return clean(text).replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")

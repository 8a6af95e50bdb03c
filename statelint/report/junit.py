"""JUnit XML, which nearly every CI system shows: a test suite a file, a failed test case a finding."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from statelint.report.text import clean

if TYPE_CHECKING:
    from statelint.lint.finding import Finding, LintResult
    from statelint.report.context import ReportContext


def render(result: LintResult, context: ReportContext) -> str:
    """Return one document; without findings it holds one test case that passed, as some readers refuse none."""
    count = len(result.findings)
    root = Element("testsuites", name="statelint", tests=str(max(1, count)), failures=str(count), errors="0")
    for path, group in groupby(result.findings, key=lambda finding: finding.location.path):
        findings = list(group)
        suite = _suite(root, context.from_top(path), len(findings))
        for finding in findings:
            _case(suite, finding, context)
    if not count:
        SubElement(_suite(root, "statelint", 0), "testcase", classname="statelint", name="check")
    indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root, encoding="unicode")}\n'


def _suite(root: Element, name: str, failures: int) -> Element:
    counts = {"tests": str(max(1, failures)), "failures": str(failures), "errors": "0"}
    return SubElement(root, "testsuite", {"name": _text(name), **counts})


def _case(suite: Element, finding: Finding, context: ReportContext) -> None:
    at = finding.location
    path = _text(context.from_top(at.path))
    name = f"{finding.rule} {finding.name} {at.line}:{at.column}"
    case = SubElement(suite, "testcase", {"classname": path, "name": _text(name), "file": path, "line": str(at.line)})
    failure = SubElement(case, "failure", {"type": str(finding.severity), "message": _text(finding.message)})
    lines = [f"{at.path}:{at.line}:{at.column}: {finding.message}"]
    lines += (f"{number}. {s.path}:{s.line} {s.message}" for number, s in enumerate(finding.trace, start=1))
    if finding.help:
        lines.append(f"help: {finding.help}")
    failure.text = "\n".join(map(_text, lines))


def _text(text: str) -> str:
    """Escape what XML 1.0 cannot hold; markup is escaped by the writer."""
    return "".join(char if char not in "\ufffe\uffff" else f"\\u{ord(char):04x}" for char in clean(text))

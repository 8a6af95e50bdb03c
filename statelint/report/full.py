"""Findings as a compiler shows them: message, code frames with carets, the path of the violation, the remedy.

Findings of one rule about one object stand under one header. Of very many findings on a terminal only the worst are
shown so, followed by a table and the commands that show the rest.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from statelint.lint.finding import Confidence
from statelint.report.explained import explained
from statelint.report.frame import Mark, frame, visible
from statelint.report.summary import badness, closing, count_by_rule, rule_table
from statelint.report.text import cells, clean, counted, pad, wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from statelint.lint.finding import Finding, LintResult, Location, SuppressedFinding
    from statelint.report.context import ReportContext

MANY = 30
"""More findings than this are digested on a terminal."""
WORST = 10
"""Of a digest, so many blocks are shown in full."""
_MEMBERS = 4
"""Findings of one block that get a frame; the others get a line."""
_RELATED = 6
"""Related places of one block that get a frame."""
_OTHERS = 8
"""Lines about further findings or places of one block."""
_PATHS = 3
"""Paths of the violation shown in one block."""

_DOUBT = {
    Confidence.MEDIUM: "medium confidence: some link of the chain could not be followed",
    Confidence.LOW: "low confidence: a hint",
}


def render(result: LintResult, context: ReportContext) -> str:
    """Return the findings (or their counts by rule), the suppressed ones if asked for, and the closing lines."""
    if context.statistics:
        lines = rule_table(result.findings, context.style)
        lines += [""] if lines else []
    else:
        lines = _findings(result.findings, context)
    if context.show_suppressed:
        for item in result.suppressed:
            lines += [*_suppressed(item, context), ""]
    if context.summary:
        lines += closing(result, context)
    elif lines:
        lines.pop()
    return "".join(f"{line}\n" for line in lines)


def blocks(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Gather the findings of one rule about one object, in the order of their first places; in each the worst first.

    A group that is no more than the finding's symbol names something inside its file, so it does not reach beyond it.
    """
    found: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        within = finding.location.path if finding.group in ("", finding.symbol) else ""
        found.setdefault((finding.rule, finding.group or finding.symbol, within), []).append(finding)
    return [sorted(block, key=badness) for block in found.values()]


def _findings(findings: Sequence[Finding], context: ReportContext) -> list[str]:
    shown = blocks(findings)
    digest = context.digest and len(findings) > MANY and len(shown) > WORST
    if digest:
        shown = sorted(shown, key=lambda block: (badness(block[0])[:2], -len(block), badness(block[0])))[:WORST]
    lines: list[str] = []
    explained: set[str] = set()
    for block in shown:
        lines += [*_Block(block, context).lines(explain=block[0].rule not in explained), ""]
        explained.add(block[0].rule)
    return lines + _digest(findings, shown, context) if digest else lines


def _digest(findings: Sequence[Finding], shown: list[list[Finding]], context: ReportContext) -> list[str]:
    """Return the table by rule and the three commands that lead on."""
    style = context.style
    rest = len(findings) - sum(map(len, shown))
    first = count_by_rule(findings)[0]
    command = shlex.join(["statelint", "check", *context.arguments])
    commands = [
        (f"{command} --output-format concise", "one line each"),
        (f"{command} --select {first.rule}", f"only {first.name} ({first.number:,})"),
        (f"statelint explain {first.rule}", "what to do about it"),
    ]
    width = max(cells(clean(text)) for text, _ in commands)
    return [
        *wrap(
            f"These were the worst {len(shown)}; {counted(rest, 'more finding')} not shown here. By rule:",
            context.width,
        ),
        "",
        *(f"  {row}" for row in rule_table(findings, style)),
        "",
        "Go on with:",
        "",
        *(_hint(text, why, width, context) for text, why in commands),
        "",
    ]


def _hint(command: str, why: str, width: int, context: ReportContext) -> str:
    """Return a command with a comment if there is room for it; commands are never broken."""
    style, text = context.style, clean(command)
    comment = f"  # {clean(why)}"
    if 2 + width + cells(comment) > context.width:
        return f"  {style('command', text)}"
    return f"  {style('command', pad(text, width))}{style('dim', comment)}"


def _suppressed(item: SuppressedFinding, context: ReportContext) -> list[str]:
    finding, style = item.finding, context.style
    head = f"suppressed[{clean(finding.rule)}] {clean(finding.name)}: {clean(finding.message)}"
    reason = f"{item.reason or 'no reason given'} ({item.comment.path}:{item.comment.line})"
    return [
        *(style("dim", line) for line in wrap(head, context.width)),
        f"  {style('gutter', '-->')} {_place(finding.location, context)}",
        *_note("reason", reason, 2, context),
    ]


def _place(location: Location, context: ReportContext) -> str:
    text = f"{clean(location.path)}:{location.line}:{location.column}"
    return context.style.link(text, context.url(location.path))


def _note(title: str, text: str, gutter: int, context: ReportContext) -> list[str]:
    """Return ``= title: text`` below a frame, wrapped with a hanging indent."""
    style = context.style
    indent = gutter + 3 + len(title) + 2
    role = "help" if title in ("help", "fix") else "title"
    first, *others = wrap(clean(text), context.width - indent)
    return [
        f"{' ' * gutter} {style('gutter', '=')} {style(role, title + ':')} {first}",
        *(" " * indent + line for line in others),
    ]


class _Block:
    """The findings of one rule about one object, the worst first."""

    def __init__(self, findings: list[Finding], context: ReportContext) -> None:
        self._findings = findings
        self._context = context
        self._style = context.style
        self._first = findings[0]
        self._rest: list[tuple[str, Location]] = []
        self._marks = self._collect()
        self._gutter = max(len(str(line)) for line in self._line_numbers())

    def lines(self, *, explain: bool) -> list[str]:
        """Return the block; ``explain`` adds the command that explains the rule."""
        lines = self._header()
        for number, (path, marks) in enumerate(self._marks.items()):
            lines += self._frame(path, marks, first=number == 0)
        for arrow, place in self._rest[:_OTHERS]:
            label = f"  {clean(place.message)}" if place.message else ""
            lines.append(f"{self._arrow(arrow)} {_place(place, self._context)}{label}")
        lines += self._more("also", len(self._rest) - _OTHERS, "more place")
        others = [finding for finding in self._findings[1:] if finding.message != self._first.message]
        for finding in others[:_OTHERS]:
            lines += self._note("also", f"{finding.message} ({finding.location.path}:{finding.location.line})")
        lines += self._more("also", len(others) - _OTHERS, "more finding")
        lines += self._paths()
        for confidence in dict.fromkeys(finding.confidence for finding in self._findings):
            if confidence in _DOUBT:
                lines += self._note("note", _DOUBT[confidence])
        for help_ in dict.fromkeys(finding.help for finding in self._findings if finding.help):
            lines += self._note("help", help_)
        for fix in dict.fromkeys(finding.fix.message for finding in self._findings if finding.fix):
            lines += self._note("fix", fix)
        if self._context.explain:
            for title, text in explained(self._first, self._context):
                lines += self._note(title, text)
        return lines + self._note("more", f"statelint explain {self._first.rule}") if explain else lines

    def _header(self) -> list[str]:
        finding = self._first
        level = f"{finding.severity}[{clean(finding.rule)}]"
        count = f" ({len(self._findings)} places)" if len(self._findings) > 1 else ""
        text = wrap(f"{level} {clean(finding.name)}: {clean(finding.message)}{count}", self._context.width)
        head = text[0].removeprefix(level)
        first = self._style(finding.severity, level) + self._style("title", head) if head != text[0] else text[0]
        return [first, *(self._style("title", line) for line in text[1:])]

    def _collect(self) -> dict[str, list[Mark]]:
        """Choose what is framed, by file (the worst finding's first); the rest goes to ``self._rest``."""
        marks: dict[str, list[Mark]] = {}
        seen: set[tuple[str, int, int]] = set()

        def add(location: Location, role: str, *, primary: bool, framed: bool) -> None:
            key = location.path, location.line, location.column
            if key in seen:
                return
            seen.add(key)
            if framed:
                marks.setdefault(location.path, []).append(Mark(location, role, location.message, primary))
            else:
                self._rest.append(("-->" if primary else ":::", location))

        for number, finding in enumerate(self._findings):
            add(finding.location, finding.severity, primary=True, framed=number < _MEMBERS)
        related = [location for finding in self._findings for location in finding.related]
        for number, location in enumerate(dict.fromkeys(related)):
            add(location, "secondary", primary=False, framed=number < _RELATED)
        return marks

    def _line_numbers(self) -> Iterable[int]:
        for marks in self._marks.values():
            for mark in marks:
                yield mark.location.line
                yield mark.location.end_line

    def _arrow(self, arrow: str) -> str:
        return " " * self._gutter + self._style("gutter", arrow)

    def _frame(self, path: str, marks: list[Mark], *, first: bool) -> list[str]:
        context = self._context
        lead = next((mark for mark in marks if mark.primary), marks[0])
        arrow = f"{self._arrow('-->' if first or lead.primary else ':::')} {_place(lead.location, context)}"
        source = context.sources.lines(path)
        shown = visible(marks, source)
        if not shown:
            label = f"  {clean(lead.label)}" if lead.label else ""
            return [arrow + label]
        return [arrow, *frame(shown, source, self._gutter, self._style, context.width)]

    def _paths(self) -> list[str]:
        """Return the traces as numbered lists; equal ones once, and none that leads from the finding to itself."""
        traces: dict[tuple[Location, ...], Finding] = {}
        for finding in self._findings:
            at = finding.location
            if any((step.path, step.line) != (at.path, at.line) for step in finding.trace):
                traces.setdefault(finding.trace, finding)
        lines: list[str] = []
        for number, (trace, finding) in enumerate(list(traces.items())[:_PATHS]):
            title = "path"
            if number:
                title = f"path to {clean(finding.location.path)}:{finding.location.line}"
            lines += self._trace(title, trace)
        return lines + self._more("path", len(traces) - _PATHS, "more path")

    def _trace(self, title: str, trace: Sequence[Location]) -> list[str]:
        places = [f"{clean(step.path)}:{step.line}" for step in trace]
        digits = len(str(len(trace)))
        indent = self._gutter + 5
        widest = max(map(cells, places))
        aligned = widest <= (self._context.width - indent - digits) // 2
        lines = [f"{self._arrow(' =')} {self._style('title', title + ':')}"]
        for number, (step, place) in enumerate(zip(trace, places, strict=True), start=1):
            link = self._style.link(place, self._context.url(step.path))
            head = f"{' ' * indent}{self._style('gutter', f'{number:>{digits}}')} {link}"
            if aligned:
                column = indent + digits + widest + 3
                text = wrap(clean(step.message), self._context.width - column)
                head += " " * (widest - cells(place) + 2) + text.pop(0)
            else:
                column = indent + digits + 3
                text = wrap(clean(step.message), self._context.width - column) if step.message else []
            lines += [head.rstrip(), *(" " * column + line for line in text)]
        return lines

    def _more(self, title: str, number: int, noun: str) -> list[str]:
        return self._note(title, counted(number, noun)) if number > 0 else []

    def _note(self, title: str, text: str) -> list[str]:
        return _note(title, text, self._gutter, self._context)

"""``statelint why-not``: why a rule does not report a line."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from statelint.cli.console import Progress, emit, flowed
from statelint.cli.project import config_options, configuration, mistakes
from statelint.source.suppressions import statement_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.project import Project
    from statelint.config.settings import Settings
    from statelint.lint.finding import Finding
    from statelint.lint.rule import Rule
    from statelint.run.pipeline import CheckRequest

_PLACE = re.compile(r"(?P<path>.+?):(?P<line>[0-9]+)(?::[0-9]+)?")


@click.command("why-not")
@click.argument("place", metavar="PATH:LINE")
@click.argument("rule")
@config_options
def command(*, place: str, rule: str, config: Path | None, isolated: bool) -> None:
    """Say why RULE does not report the line at PATH:LINE: what was seen there, and what excused it."""
    parts = _PLACE.fullmatch(place)
    if parts is None:
        raise click.UsageError(f"{place!r} is not of the form PATH:LINE.")
    from statelint.cli.explain import find  # noqa: PLC0415 - not for the command's help
    from statelint.cli.rules import load  # noqa: PLC0415
    from statelint.report.text import clean  # noqa: PLC0415
    from statelint.run.pipeline import CheckRequest  # noqa: PLC0415

    path = Path(parts["path"])
    rules = load()
    wanted = find(rule, rules)
    with mistakes(), Progress(wanted=True) as progress:
        root, configured = configuration((path,), config, isolated=isolated)
        request = CheckRequest(root=root, paths=(), settings=configured.settings, rules=rules, progress=progress)
        relative = (path.parent.resolve() / path.name).relative_to(root.resolve()).as_posix()
        answers = dict.fromkeys(_answers(request, relative, int(parts["line"]), wanted))
    emit("".join(f"{flowed(clean(answer), sys.stdout)}\n" for answer in answers))


def _answers(request: CheckRequest, path: str, line: int, rule: Rule) -> Iterator[str]:
    """Yield the reasons, one a line."""
    from statelint.run.pipeline import survey  # noqa: PLC0415 - not for the command's help

    project, _ = survey(request)
    facts = project.facts.get(path)
    if facts is None:
        yield f"{path} is not read: it is excluded, ignored by git, or no Python file (see --show-files)."
        return
    if facts.failure is not None:
        yield f"{path} could not be read: {facts.failure.message}."
        return
    said = list(_of_findings(request, path, line, rule))
    if said:
        yield from said
        return
    first, last = statement_at(line, facts.statements)
    lines = set(range(first, last + 1))
    seen = [*_of_queries(project, path, lines, rule), *_of_writes(project, path, lines, rule)]
    yield from seen or [f"{path}:{line}: nothing was seen there that {rule.code} {rule.name} looks at."]


def _of_findings(request: CheckRequest, path: str, line: int, rule: Rule) -> Iterator[str]:
    """Yield what keeps findings of the rule at the line from being shown."""
    from dataclasses import replace  # noqa: PLC0415

    import msgspec  # noqa: PLC0415

    from statelint.cli.baselines import BaselineFile  # noqa: PLC0415
    from statelint.lint.baseline import family_of  # noqa: PLC0415
    from statelint.lint.selection import Selection  # noqa: PLC0415
    from statelint.run.pipeline import check  # noqa: PLC0415

    settings = request.settings
    everything = msgspec.structs.replace(
        settings,
        min_severity="note",
        min_confidence="low",
        per_file_ignores={},
        ignore=(),
        extend_select=(rule.code,),
    )
    result = check(replace(request, settings=everything, progress=None))
    for item in result.suppressed:
        if _at(item.finding, path, line, rule):
            reason = f": {item.reason}" if item.reason else ""
            yield f"{path}:{line}: a comment silences it ({item.comment.path}:{item.comment.line}){reason}."
    known = {entry.fingerprint for entry in BaselineFile(request.root, settings).read()}
    selection = Selection(request.rules, settings)
    for finding in result.findings:
        if not _at(finding, path, line, rule):
            continue
        place = f"{path}:{line}"
        if rule not in selection:
            yield f"{place}: {rule.code} is not selected (select, ignore)."
        elif rule.code in selection.ignored_in(path):
            yield f"{place}: per-file-ignores switches {rule.code} off in {path}."
        elif family_of(finding.fingerprint) in known:
            yield f"{place}: it is in the baseline ({settings.baseline})."
        elif _below(finding, settings):
            yield f"{place}: it is hidden: {_below(finding, settings)}."
        else:
            yield f"{place}: it is reported: {finding.message}."


def _at(finding: Finding, path: str, line: int, rule: Rule) -> bool:
    at = finding.location
    return finding.rule == rule.code and at.path == path and at.line <= line <= at.end_line


def _below(finding: Finding, settings: Settings) -> str:
    """Say what a finding lacks to be shown; nothing if it is."""
    from statelint.lint.finding import Confidence, Severity  # noqa: PLC0415 - not for the command's help

    lacks = []
    if finding.severity.rank < Severity(settings.min_severity).rank:
        lacks.append(f"its severity is {finding.severity}, and --pedantic shows it")
    if finding.confidence.rank < Confidence(settings.min_confidence).rank:
        lacks.append(f"its confidence is {finding.confidence}, and --min-confidence {finding.confidence} shows it")
    return "; ".join(lacks)


def _of_queries(project: Project, path: str, lines: set[int], rule: Rule) -> Iterator[str]:
    """Yield what excuses the queries in the lines."""
    from statelint.analysis.inventory import REASONS  # noqa: PLC0415 - the engine

    if not rule.code.startswith("SL3"):
        return
    for verdict in project.isolation.verdicts:
        query = verdict.query
        line = query.event.position.line
        if query.module.path != path or line not in lines:
            continue
        name = query.chain.name
        if verdict.proof is None:
            yield f"{path}:{line}: the query for {name} is open, but it is another rule's matter or not sure enough."
        elif str(verdict.proof) == "not-owned":
            yield f"{path}:{line}: {name} has no owner, or is public (owner-columns, principal-models, public-models)."
        elif str(verdict.proof) == "offline":
            yield f"{path}:{line}: no request reaches the query for {name}."
        else:
            state, reason = REASONS.get(verdict.proof, ("excused", str(verdict.proof)))
            yield f"{path}:{line}: the query for {name} is {state}: {reason} ({verdict.proof})."


def _of_writes(project: Project, path: str, lines: set[int], rule: Rule) -> Iterator[str]:
    """Yield what excuses the changes of long-lived objects in the lines."""
    if not rule.code.startswith(("SL1", "SL2")):
        return
    for write in project.state.writes:
        line = write.event.position.line
        if write.module.path == path and line in lines:
            reason = project.state.harmless.reason(write)
            yield f"{path}:{line}: a long-lived object is changed there, {_worded(reason)}."


def _worded(reason: str) -> str:
    return f"which is excused: {reason}" if reason else "but it is another rule's matter, or not kept as state"

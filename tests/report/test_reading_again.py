"""Whatever findings say, those who read a JSON format get it back, and a run finds again what it has kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from statelint.lint.finding import (
    Confidence,
    Edit,
    Finding,
    Fix,
    LintResult,
    Location,
    RuleCrash,
    Severity,
    SuppressedFinding,
)
from statelint.report import json as json_format
from statelint.report import jsonl
from statelint.report.context import ReportContext
from statelint.run.cache import Cache
from statelint.source.sources import Sources

if TYPE_CHECKING:
    from typing import Any

    import pytest

TEXTS = st.sampled_from(
    ["", "plain", "é\U0001f600", "##[error]", "##vso[x]", "\udc80", "\0\x1b", "\u2028\n\r", '"\\</script>']
)
NUMBERS = st.integers(1, 2**31)
LOCATIONS = st.builds(Location, TEXTS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, TEXTS)
PLACES = st.lists(LOCATIONS, max_size=2).map(tuple)
FIXES = st.builds(Fix, TEXTS, st.booleans(), st.lists(st.builds(Edit, LOCATIONS, TEXTS), max_size=2).map(tuple))
FINDINGS = st.builds(
    Finding,
    rule=TEXTS, name=TEXTS, severity=st.sampled_from(Severity), confidence=st.sampled_from(Confidence), message=TEXTS,
    location=LOCATIONS, symbol=TEXTS, help=TEXTS, group=TEXTS, related=PLACES, trace=PLACES, fingerprint=TEXTS,
    fix=st.none() | FIXES, details=st.lists(st.tuples(TEXTS, TEXTS), max_size=2).map(tuple),
)  # fmt: skip
RESULTS = st.builds(
    LintResult,
    findings=st.lists(FINDINGS, max_size=1),
    suppressed=st.lists(st.builds(SuppressedFinding, FINDINGS, LOCATIONS, TEXTS), max_size=1),
    hidden=NUMBERS, unsure=NUMBERS, elsewhere=NUMBERS, baselined=NUMBERS, older=NUMBERS, files=NUMBERS, lines=NUMBERS,
    crashes=st.lists(st.builds(RuleCrash, TEXTS, TEXTS, TEXTS, TEXTS), max_size=1),
)  # fmt: skip
CONTEXT = ReportContext(root=Path(), sources=Sources(Path()), show_suppressed=True)


def location(read: dict[str, Any], message: str = "message") -> Location:
    at = (read[key] for key in ("path", "line", "column", "end_line", "end_column"))
    return Location(*at, read.get(message, ""))


def finding(read: dict[str, Any]) -> Finding:
    fix = read["fix"]
    edits = tuple(Edit(location(each), each["content"]) for each in fix["edits"]) if fix else ()
    return Finding(
        **{key: read[key] for key in ("rule", "name", "message", "symbol", "help", "group", "fingerprint")},
        severity=Severity(read["severity"]),
        confidence=Confidence(read["confidence"]),
        location=location(read, "label"),
        related=tuple(map(location, read["related"])),
        trace=tuple(map(location, read["trace"])),
        fix=Fix(fix["message"], fix["safe"], edits) if fix else None,
    )


def known(value: Any) -> Any:
    """Return what JSON knows of a finding: no details, and no labels of edits."""
    edits = value.fix and tuple(
        msgspec.structs.replace(edit, location=msgspec.structs.replace(edit.location, message=""))
        for edit in value.fix.edits
    )
    fix = value.fix and msgspec.structs.replace(value.fix, edits=edits)
    return msgspec.structs.replace(value, fix=fix, details=())


@settings(max_examples=30)
@given(RESULTS)
def test_json_gives_back_what_is_found(found: LintResult) -> None:
    document = json.loads(json_format.render(found, CONTEXT))
    assert [known(finding(each)) for each in document["findings"]] == [known(each) for each in found.findings]
    silenced = document["suppressed_findings"]
    assert [known(finding(each)) for each in silenced] == [known(each.finding) for each in found.suppressed]
    assert [each["suppression"]["reason"] for each in silenced] == [each.reason for each in found.suppressed]
    for key in ("hidden", "elsewhere", "baselined", "older", "files", "lines"):
        assert document[key] == getattr(found, key)
    lines = jsonl.render(found, CONTEXT).splitlines()
    assert [known(finding(json.loads(line))) for line in lines] == [known(each) for each in found.findings]


@settings(max_examples=30)
@given(found=RESULTS)
def test_what_is_kept_is_found_again_or_nothing_is(found: LintResult, tmp_path_factory: pytest.TempPathFactory) -> None:
    with Cache(tmp_path_factory.mktemp("cache"), Path()) as cache:
        cache.add_result(b"key", found)
        assert cache.result(b"key") in (found, None)

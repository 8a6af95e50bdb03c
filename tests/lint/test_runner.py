from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from lint.projects import FakeProject, at, finds_word, make_rule

from statelint.config.settings import Settings
from statelint.extract.facts import Failure
from statelint.lint.finding import Confidence, Coverage, LintResult, Severity
from statelint.lint.runner import lint
from statelint.lint.selection import SelectionError
from statelint_rules.housekeeping.malformed_suppression import MalformedSuppression
from statelint_rules.housekeeping.syntax_error import SyntaxErrors
from statelint_rules.housekeeping.unreadable_file import UnreadableFile
from statelint_rules.housekeeping.unused_suppression import UnusedSuppression

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.lint.finding import Finding, Location
    from statelint.lint.rule import Rule

STATE = make_rule("SL101", "process-state", finds_word("STORE"))
SESSION = make_rule("SL201", "session-manager", finds_word("SESSION"))
RULES: list[Rule] = [STATE, SESSION, UnusedSuppression(), MalformedSuppression(), SyntaxErrors(), UnreadableFile()]


def run(
    *text: str,
    rules: list[Rule] = RULES,
    named: Iterable[str] | None = None,
    texts: dict[str, str] | None = None,
    **settings: Any,
) -> LintResult:
    project = FakeProject(texts or {"a.py": "\n".join(text) + "\n"})
    return lint(project, rules, Settings(**settings), None if named is None else set(named), lines=project.lines)


def shown(result: LintResult) -> list[str]:
    return [f"{it.location.path}:{it.location.line} {it.rule}" for it in result.findings]


def reports(code: str, *locations: tuple[str, int, Location | None]) -> Rule:
    """A rule that reports lines, each with a related location."""

    def check(rule: Rule, project: object) -> Iterable[Finding]:
        for path, line, related in locations:
            yield rule.finding("found", at(path, line), symbol=f"{path}{line}", related=[related] if related else [])

    return make_rule(code, f"test-{code.lower()}", check)


# --- running --------------------------------------------------------------------------------------------------------


def test_findings_are_sorted_whatever_the_order_of_rules() -> None:
    texts = {"b.py": "SESSION\nSTORE\n", "a.py": "x = SESSION, STORE\n"}
    result = run(texts=texts)
    assert shown(result) == ["a.py:1 SL201", "a.py:1 SL101", "b.py:1 SL201", "b.py:2 SL101"]
    backwards = run(texts=dict(reversed(texts.items())), rules=RULES[::-1])
    assert backwards.findings == result.findings


def test_the_result_counts_files_and_lines() -> None:
    project = FakeProject({"a.py": "x\ny\n", "b.py": "z\n"}, coverage=Coverage(frameworks=("flask",)))
    result = lint(project, RULES, Settings())
    assert (result.files, result.lines, result.coverage.frameworks) == (2, 3, ("flask",))


def test_a_rule_that_raises_does_not_end_the_run() -> None:
    def check(rule: Rule, project: object) -> Iterable[Finding]:
        yield rule.finding("before", at("a.py", 1), symbol="x")
        raise KeyError("gone")

    result = run("STORE", rules=[make_rule("SL102", "crashing", check), STATE])
    assert shown(result) == ["a.py:1 SL101", "a.py:1 SL102"]
    (crash,) = result.crashes
    assert (crash.rule, crash.error) == ("SL102", "KeyError: 'gone'")
    assert "in check" in crash.traceback


def test_what_is_no_finding_is_a_crash() -> None:
    result = run("STORE", rules=[make_rule("SL102", "sloppy", lambda rule, project: ["text"]), STATE])
    assert [crash.error for crash in result.crashes] == ["TypeError: a rule yields findings, not str"]
    assert shown(result) == ["a.py:1 SL101"]


def test_rules_that_are_not_selected_do_not_run() -> None:
    def check(rule: Rule, project: object) -> Iterable[Finding]:
        raise AssertionError

    rules = [make_rule("SL102", "other", check), STATE]
    assert shown(run("STORE", rules=rules, ignore=("SL102",))) == ["a.py:1 SL101"]
    with pytest.raises(SelectionError):
        run("STORE", ignore=("SL9999",))


def test_floors_hide_and_count() -> None:
    doubtful = make_rule("SL102", "doubtful", finds_word("STORE", confidence=Confidence.LOW))
    slight = make_rule("SL103", "slight", finds_word("STORE", severity=Severity.NOTE))
    result = run("STORE", rules=[STATE, doubtful, slight])
    assert (shown(result), result.hidden) == (["a.py:1 SL101"], 2)
    everything = run("STORE", rules=[STATE, doubtful, slight], min_severity="note", min_confidence="low")
    assert (len(everything.findings), everything.hidden) == (3, 0)


def test_per_file_ignores_drop() -> None:
    texts = {"app/a.py": "STORE\n", "tests/b.py": "STORE\nSESSION\n"}
    result = run(texts=texts, per_file_ignores={"tests": ("SL1",)})
    assert shown(result) == ["app/a.py:1 SL101", "tests/b.py:2 SL201"]
    assert (result.hidden, result.suppressed) == (0, [])


def test_findings_belong_to_every_file_they_touch() -> None:
    rule = reports("SL102", ("a.py", 1, at("b.py", 1)), ("a.py", 2, None))
    texts = {"a.py": "x\ny\n", "b.py": "z\n", "c.py": ""}
    assert shown(run(texts=texts, rules=[rule], named=["a.py"])) == ["a.py:1 SL102", "a.py:2 SL102"]
    result = run(texts=texts, rules=[rule], named=["b.py"])
    assert (shown(result), result.elsewhere) == (["a.py:1 SL102"], 1)
    result = run(texts=texts, rules=[rule], named=["c.py"])
    assert (shown(result), result.elsewhere) == ([], 2)


def test_naming_files_does_not_change_fingerprints() -> None:
    texts = {"a.py": "STORE\nSTORE\n", "b.py": "STORE\n"}
    everything = {finding.location: finding.fingerprint for finding in run(texts=texts).findings}
    (narrowed,) = run(texts=texts, named=["b.py"]).findings
    assert everything[narrowed.location] == narrowed.fingerprint


# --- suppressions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "STORE  # statelint: ignore[SL101] why",
        "STORE  # statelint: ignore[process-state] why",
        "STORE  # statelint: ignore[SL1] why",
        "STORE  # statelint: ignore[SL201, SL101] why",
        "STORE  # noqa: SL101 why",
        "STORE  # noqa why",
        "# statelint: ignore[SL101] why\nSTORE",
        "# statelint: ignore[SL101] why\n# and more\nSTORE",
        "x = 1\n# statelint: ignore-file[SL101] why\nSTORE",
        "x = [  # statelint: ignore[SL101] why\n    STORE,\n]",
        "x = [\n    STORE,\n]  # statelint: ignore[SL101] why",
        "x = [\n    1,  # statelint: ignore[SL101] why\n    STORE,\n]",
        "# statelint: ignore[SL101] why\nx = [\n    STORE,\n]",
        "@a  # statelint: ignore[SL101] why\n@b\ndef STORE(): pass",
        "@a\n@b  # statelint: ignore[SL101] why\ndef STORE(): pass",
        "@a\ndef STORE(): pass  # statelint: ignore[SL101] why",
        "@STORE\ndef f(\n    x,\n):  # statelint: ignore[SL101] why\n    pass",
        "# statelint: ignore[SL101] why\n@a\ndef STORE(): pass",
        "@a\n# statelint: ignore[SL101] why\ndef STORE(): pass",
    ],
)
def test_what_silences_a_finding(text: str) -> None:
    result = run(text, rules=[STATE])
    assert shown(result) == []
    (silenced,) = result.suppressed
    assert (silenced.finding.rule, silenced.reason) == ("SL101", "why")
    assert text.split("\n")[silenced.comment.line - 1][silenced.comment.column - 1 :].rstrip().endswith("why")
    assert silenced.finding.fingerprint


@pytest.mark.parametrize(
    "text",
    [
        "STORE  # statelint: ignore[SL201]",
        "STORE  # statelint: ignore",
        "STORE  # noqa: E501",
        "# noqa: SL101\nSTORE",
        "# statelint: ignore[SL101]\n\nSTORE",
        "# statelint: ignore[SL101]\nx = 1\nSTORE",
        "x = 1  # statelint: ignore[SL101]\nSTORE",
        "STORE\n# statelint: ignore[SL101]",
        "def f():  # statelint: ignore[SL101]\n    STORE",
        "x = STORE, '# statelint: ignore[SL101]'",
    ],
)
def test_what_does_not(text: str) -> None:
    assert [it.rule for it in run(text, rules=[STATE, SESSION]).findings] == ["SL101"]


TWO = {"a.py": "x\ny\n", "state.py": "KEPT = {}  # statelint: ignore[SL102] one user\n"}


def test_a_comment_at_the_definition_silences_all() -> None:
    defined = at("state.py", 1, message="defined here")
    rule = reports("SL102", ("a.py", 1, defined), ("a.py", 2, defined))
    result = run(texts=TWO, rules=[rule, UnusedSuppression()])
    assert (shown(result), len(result.suppressed)) == ([], 2)
    assert {(it.comment.path, it.comment.line) for it in result.suppressed} == {("state.py", 1)}


def test_the_first_related_place_is_the_definition_unless_another_says_so() -> None:
    def check(rule: Rule, project: object) -> Iterable[Finding]:
        writer, definition = at("state.py", 1, message="also written here"), at("a.py", 2, message="defined here")
        yield rule.finding("found", at("a.py", 1), symbol="marked", related=[writer, definition])
        yield rule.finding("found", at("a.py", 1), symbol="first", related=[writer])

    result = run(texts=TWO, rules=[make_rule("SL102", "other", check)])
    assert [it.symbol for it in result.findings] == ["marked"]
    assert [it.finding.symbol for it in result.suppressed] == ["first"]


def test_suppressed_findings_below_the_floor_or_elsewhere_are_not_listed() -> None:
    doubtful = make_rule("SL102", "doubtful", finds_word("STORE", confidence=Confidence.LOW))
    text = "STORE  # statelint: ignore[SL102]"
    result = run(text, rules=[doubtful, UnusedSuppression()])
    assert (result.findings, result.suppressed, result.hidden) == ([], [], 0)
    assert run(text, rules=[doubtful], min_confidence="low", named=["b.py"]).suppressed == []


# --- housekeeping ---------------------------------------------------------------------------------------------------


def test_unused_suppressions_are_findings() -> None:
    result = run("x = 1  # statelint: ignore[SL101] old", "STORE  # statelint: ignore[SL101, SL201]")
    first, second = result.findings
    assert (first.rule, first.location.line, first.location.column) == ("SL001", 1, 8)
    assert (first.severity, first.help) == (Severity.WARNING, "remove the comment")
    assert (second.message, second.help) == (
        "the suppression of SL201 silences nothing here",
        "remove SL201 from the comment",
    )


@pytest.mark.parametrize(
    "text",
    [
        "x = 1  # noqa",
        "x = 1  # noqa: E501",
        "x = 1  # statelint: ignore[SL001]",
        "x = 1  # statelint: ignore[SL001, SL101]",
        "# statelint: ignore-file[SL001]\nx = 1  # statelint: ignore[SL101]",
        "STORE  # statelint: ignore[SL1]\n# statelint: ignore-file[SL101]",
    ],
)
def test_what_is_not_called_unused(text: str) -> None:
    assert "SL001" not in [it.rule for it in run(text).findings]


def test_rules_that_did_not_run_might_have_found_something() -> None:
    text = "x = 1  # statelint: ignore[SL101]"
    assert shown(run(text, ignore=("SL101",))) == []
    assert shown(run(text.replace("SL101", "SL"), ignore=("SL101",))) == []

    def check(rule: Rule, project: object) -> Iterable[Finding]:
        raise KeyError

    crashing = make_rule("SL101", "process-state", check)
    assert shown(run(text, rules=[crashing, UnusedSuppression()])) == []


def test_a_suppression_in_a_file_that_is_ignored_is_still_of_use() -> None:
    assert shown(run("STORE  # statelint: ignore[SL101]", per_file_ignores={"a.py": ("SL101",)})) == []


def test_malformed_suppressions_are_findings() -> None:
    result = run("STORE  # statelint: ignore", "SESSION  # statelint: ignore[SL201, proces-state, SL999]")
    assert shown(result) == ["a.py:1 SL101", "a.py:1 SL002", "a.py:2 SL002", "a.py:2 SL002"]
    assert {it.message: it.help for it in result.findings[2:]} == {
        "there is no rule 'proces-state' to suppress": "did you mean 'process-state'?",
        "there is no rule 'SL999' to suppress": "`statelint rules` lists the rules",
    }
    assert len(result.suppressed) == 1


def test_files_that_cannot_be_checked_are_findings() -> None:
    project = FakeProject(
        {"a.py": "", "b.py": "", "c.py": ""},
        failures={
            "a.py": Failure("syntax", "invalid syntax", 3, 5),
            "b.py": Failure("unreadable", "it vanished", 1, 1),
        },
    )
    first, second = lint(project, RULES, Settings()).findings
    assert (first.rule, first.severity, first.location.line, first.location.column) == ("SL003", Severity.ERROR, 3, 5)
    assert (second.rule, second.message) == ("SL004", "cannot be read: it vanished")


def test_a_broken_file_can_be_silenced() -> None:
    project = FakeProject(
        {"a.py": "# statelint: ignore-file[SL003] a template\n"}, failures={"a.py": Failure("syntax", "bad", 2, 1)}
    )
    result = lint(project, RULES, Settings())
    assert (result.findings, len(result.suppressed)) == ([], 1)

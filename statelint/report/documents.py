"""The shapes of the JSON that commands print. ``python -m statelint.report.documents check`` prints the schema of one.

The types are the contract: fields are only ever added.
"""

import json
import sys
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import msgspec
from msgspec import Meta

from statelint.lint.finding import Confidence, Severity

Path = Annotated[str, Meta(description="Relative to the project's root, with slashes.")]
Line = Annotated[int, Meta(ge=1, description="Counted from 1.")]
Column = Annotated[int, Meta(ge=1, description="Counted from 1, in code points; that of an end is exclusive.")]


class RegionDocument(TypedDict):
    """A stretch of text in a file."""

    path: Path
    line: Line
    column: Column
    end_line: Line
    end_column: Column


class LocationDocument(RegionDocument):
    """A stretch of text and what is to be seen there."""

    message: str


class EditDocument(RegionDocument):
    """Replace the stretch by ``content``."""

    content: str


class FixDocument(TypedDict):
    """A change that removes the finding."""

    message: str
    safe: Annotated[bool, Meta(description="It cannot change what correct callers see.")]
    edits: list[EditDocument]


class FindingDocument(RegionDocument):
    """One thing to judge, at its primary place."""

    rule: Annotated[str, Meta(description="Code of the rule.")]
    name: Annotated[str, Meta(description="Name of the rule.")]
    severity: Severity
    confidence: Confidence
    message: str
    label: Annotated[str, Meta(description="What is to be seen at the primary place.")]
    help: Annotated[str, Meta(description="The remedy in one sentence.")]
    symbol: Annotated[str, Meta(description="Dotted name of the thing found.")]
    group: Annotated[str, Meta(description="Findings of a rule with the same group have one remedy.")]
    related: Annotated[list[LocationDocument], Meta(description="Definitions, other writers and the like.")]
    trace: Annotated[list[LocationDocument], Meta(description="The path from an entry point to the effect.")]
    fingerprint: Annotated[str, Meta(description="The same after the lines around have moved.")]
    fix: FixDocument | None


class SuppressionDocument(RegionDocument):
    """The comment that silences a finding."""

    reason: str


class SuppressedDocument(FindingDocument):
    """A finding that a comment silences."""

    suppression: SuppressionDocument


class CoverageDocument(TypedDict):
    """What the analysis understood of the project."""

    frameworks: list[str]
    entry_points: int
    models: int
    owned_models: int
    functions: int


class CrashDocument(TypedDict):
    """A rule that failed."""

    rule: str
    pack: str
    error: str


class StatisticDocument(TypedDict):
    """How many findings a rule has."""

    rule: str
    name: str
    severity: Severity
    count: int


class CheckDocument(TypedDict):
    """The outcome of a run."""

    version: Annotated[int, Meta(description="Version of this format.")]
    findings: list[FindingDocument]
    suppressed: Annotated[int, Meta(description="Findings that comments silence.")]
    hidden: Annotated[int, Meta(description="Findings below the minimum severity or confidence.")]
    elsewhere: Annotated[int, Meta(description="Findings that touch none of the given paths.")]
    baselined: Annotated[int, Meta(description="Findings in the baseline.")]
    older: Annotated[int, Meta(description="With --since: findings that are older and untouched.")]
    files: int
    lines: int
    coverage: CoverageDocument
    crashes: list[CrashDocument]
    suppressed_findings: NotRequired[
        Annotated[list[SuppressedDocument], Meta(description="Given with --show-suppressed.")]
    ]
    statistics: NotRequired[Annotated[list[StatisticDocument], Meta(description="Given with --statistics.")]]


class RuleDocument(TypedDict):
    """A rule, as lists show it."""

    code: str
    name: str
    family: Annotated[str, Meta(description="What the codes of its kind begin with.")]
    family_name: Annotated[str, Meta(description="Empty for the families of other rule packs.")]
    severity: Annotated[Severity, Meta(description="The usual one; a finding may carry another.")]
    since: Annotated[str, Meta(description="The first version that has the rule.")]
    summary: str
    fix: Annotated[
        Literal["safe", "unsafe"] | None,
        Meta(description="Whether findings can be mended: with --fix, with --unsafe-fixes, or not."),
    ]


class RulePageDocument(RuleDocument):
    """A rule with its page."""

    page: Annotated[str, Meta(description="Markdown: what it finds, why, what to write instead.")]


_DOCUMENTS: dict[str, tuple[str, Any]] = {
    "check": ("What 'statelint check --output-format json' prints.", CheckDocument),
    "explain": (
        "What 'statelint explain RULE --output-format json' prints; for words to search for a list of rules, as "
        "'statelint rules --output-format json' does.",
        RulePageDocument | list[RuleDocument],
    ),
}
NAMES = tuple(_DOCUMENTS)
"""The commands whose JSON has a schema."""


def schema(name: str) -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of what the command ``name`` prints.

    A line of ``jsonl`` is ``$defs/FindingDocument`` of ``check``.
    """
    description, document = _DOCUMENTS[name]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"statelint {name}",
        "description": f"{description} Fields are only ever added.",
        **msgspec.json.schema(document),
    }


def text(name: str) -> str:
    """Return the schema as it is committed."""
    return json.dumps(schema(name), indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text(sys.argv[1]))

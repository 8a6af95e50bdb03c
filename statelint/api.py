"""What rule packs build on. Everything else in statelint may change without notice."""

from __future__ import annotations

from statelint.analysis.deployment import Evidence
from statelint.analysis.exposure import Exposure
from statelint.analysis.leak import Leak
from statelint.analysis.model import FunctionInfo, Place
from statelint.analysis.ownership import OwnerKind
from statelint.analysis.practices import Flaw
from statelint.analysis.project import Project
from statelint.analysis.proofs.misplaced import Fault, Misplaced
from statelint.analysis.state.kept import Change, Kept
from statelint.analysis.state.memos import Remembered
from statelint.analysis.state.resources import Resource
from statelint.analysis.state.writes import Write
from statelint.extract.facts import ModuleFacts, Observation, Position, Suppression
from statelint.lint.baseline import Stale
from statelint.lint.finding import Confidence, Edit, Finding, Fix, Location, Severity
from statelint.lint.fixers import Edits, Fixer, SourceFile
from statelint.lint.housekeeping import BaselineRule, SuppressionRule, SuppressionUse
from statelint.lint.rule import Rule


def location(place: Place, message: str = "") -> Location:
    """Return a place of the analysis as a finding's location, labelled ``message``."""
    position = place.position
    return Location(place.module.path, position.line, position.column, position.end_line, position.end_column, message)


__all__ = [
    "BaselineRule",
    "Change",
    "Confidence",
    "Edit",
    "Edits",
    "Evidence",
    "Exposure",
    "Fault",
    "Finding",
    "Fix",
    "Fixer",
    "Flaw",
    "FunctionInfo",
    "Kept",
    "Leak",
    "Location",
    "Misplaced",
    "ModuleFacts",
    "Observation",
    "OwnerKind",
    "Place",
    "Position",
    "Project",
    "Remembered",
    "Resource",
    "Rule",
    "Severity",
    "SourceFile",
    "Stale",
    "Suppression",
    "SuppressionRule",
    "SuppressionUse",
    "Write",
    "location",
]

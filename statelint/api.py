"""What rule packs build on. Everything else in statelint may change without notice."""

from __future__ import annotations

from statelint.analysis.project import Project
from statelint.extract.facts import ModuleFacts, Observation, Position, Suppression
from statelint.lint.finding import Confidence, Edit, Finding, Fix, Location, Severity
from statelint.lint.housekeeping import SuppressionRule, SuppressionUse
from statelint.lint.rule import Rule

__all__ = [
    "Confidence",
    "Edit",
    "Finding",
    "Fix",
    "Location",
    "ModuleFacts",
    "Observation",
    "Position",
    "Project",
    "Rule",
    "Severity",
    "Suppression",
    "SuppressionRule",
    "SuppressionUse",
]

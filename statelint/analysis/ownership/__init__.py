"""Stored models, and whom their rows belong to."""

from statelint.analysis.ownership.owners import Ownership
from statelint.analysis.ownership.schema import MARKS_PUBLIC, Column, Model, OwnerKind, OwnerPath, snake

__all__ = ["MARKS_PUBLIC", "Column", "Model", "OwnerKind", "OwnerPath", "Ownership", "snake"]

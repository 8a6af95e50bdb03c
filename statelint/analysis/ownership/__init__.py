"""Stored models, and whom their rows belong to."""

from statelint.analysis.ownership.owners import Ownership
from statelint.analysis.ownership.schema import Column, Model, OwnerKind, OwnerPath, snake

__all__ = ["Column", "Model", "OwnerKind", "OwnerPath", "Ownership", "snake"]

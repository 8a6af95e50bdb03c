"""SL102: class attributes that requests change."""

from __future__ import annotations

from statelint.api import Severity
from statelint_rules.state.keeping import KeptRule


class ClassState(KeptRule):
    """Attributes of classes, shared by all their instances, that code changes while serving requests."""

    code = "SL102"
    name = "class-state"
    summary = "A class attribute is changed while requests are served."
    severity = Severity.ERROR
    since = "0.1.0"
    kinds = ("class",)
    remedy = "set it on the instance in __init__, or keep it in a database or in Redis"

"""SL103: closures, function attributes and default arguments that requests change."""

from __future__ import annotations

from statelint.api import Severity
from statelint_rules.state.keeping import KeptRule


class ClosureState(KeptRule):
    """Variables of factories, attributes of functions and default arguments that code changes while serving."""

    code = "SL103"
    name = "closure-state"
    summary = "A closure, function attribute or default argument is changed while requests are served."
    severity = Severity.ERROR
    since = "0.1.0"
    kinds = ("closure", "function", "default", "memo")
    remedy = "keep it in a database, in Redis or in the client's token, and load it per request"

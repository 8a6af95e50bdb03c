"""SL101: module-level objects that requests change."""

from __future__ import annotations

from statelint.api import Severity
from statelint_rules.state.keeping import KeptRule


class ProcessState(KeptRule):
    """Module-level objects and rebound globals that code changes while serving requests."""

    code = "SL101"
    name = "process-state"
    summary = "A module-level object is changed while requests are served."
    severity = Severity.ERROR
    since = "0.1.0"
    kinds = ("global",)
    remedy = "keep it in a database, in Redis or in the client's token, and load it per request"

"""SL104: application objects, settings and the environment changed by requests."""

from __future__ import annotations

from statelint.api import Severity
from statelint_rules.state.keeping import KeptRule


class AppState(KeptRule):
    """Attributes of application objects, settings and the process environment that code changes while serving."""

    code = "SL104"
    name = "app-state"
    summary = "An application object, a settings object or the environment is changed while requests are served."
    severity = Severity.WARNING
    since = "0.1.0"
    kinds = ("app", "library")
    remedy = "keep it in a database or in Redis, or on the request (request.state, g)"

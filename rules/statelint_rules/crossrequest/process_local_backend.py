"""SL207: caches, limiters, token stores and buses whose backend is the process's own memory."""

from __future__ import annotations

from statelint.api import Severity
from statelint_rules.crossrequest.resource_rule import ResourceRule


class ProcessLocalBackend(ResourceRule):
    """In-memory backends of libraries that a served application uses."""

    code = "SL207"
    name = "process-local-backend"
    summary = "A cache, limiter, store or bus keeps its data in this process."
    severity = Severity.WARNING
    since = "0.1.0"
    role = "backend"
    remedy = "choose the library's Redis or database backend"

    def message(self, name: str, kind: str) -> str:
        """Say what differs between workers."""
        return f"`{name}` keeps its data in this process ({kind}): every worker has its own"

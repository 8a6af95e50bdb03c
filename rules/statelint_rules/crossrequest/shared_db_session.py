"""SL203: database sessions, connections and cursors shared by requests."""

from __future__ import annotations

from statelint.api import Severity
from statelint_rules.crossrequest.resource_rule import ResourceRule


class SharedDbSession(ResourceRule):
    """Database sessions, connections and cursors that are made once and used by all requests."""

    code = "SL203"
    name = "shared-db-session"
    summary = "A database session, connection or cursor is shared by requests."
    severity = Severity.ERROR
    since = "0.1.0"
    role = "session"
    remedy = "open it per request from an engine, a pool or a sessionmaker, and close it when the request ends"

    def message(self, name: str, kind: str) -> str:
        """Say what mixes."""
        return f"`{name}` is one {kind} for all requests: their transactions mix, and one failure breaks the others"

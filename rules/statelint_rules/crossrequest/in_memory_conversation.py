"""SL202: conversation memories, checkpointers and agent sessions that live in the process."""

from __future__ import annotations

from statelint.api import Severity
from statelint_rules.crossrequest.resource_rule import ResourceRule


class InMemoryConversation(ResourceRule):
    """Memories of LLM and agent frameworks that the process keeps between requests."""

    code = "SL202"
    name = "in-memory-conversation"
    summary = "A conversation memory or checkpointer of this process is kept between requests."
    severity = Severity.ERROR
    since = "0.1.0"
    role = "memory"
    remedy = "use a checkpointer, store or session that a database or Redis backs, keyed by user and conversation"

    def message(self, name: str, kind: str) -> str:
        """Say what is lost."""
        return f"`{name}` keeps conversations in this process ({kind}): other workers lack them, a restart loses them"

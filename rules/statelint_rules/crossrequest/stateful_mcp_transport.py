"""SL205: MCP over HTTP with sessions that live in one process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.deployed import STEP, deployed
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.api import Finding, Flaw, Project


class StatefulMcpTransport(FlawRule):
    """HTTP transports of MCP servers that keep a session for each client."""

    code = "SL205"
    name = "stateful-mcp-transport"
    summary = "An MCP server keeps its clients' sessions in this process."
    severity = Severity.NOTE
    label = "keeps a session for each client"

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Transports with sessions."""
        return project.practices.mcp_sessions.stateful()

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each transport: a warning where several processes serve."""
        return (deployed(project, finding, STEP) for finding in super().check(project))

    def message(self, flaw: Flaw) -> str:
        """Say who does not know the session."""
        how = "over server-sent events" if flaw.what == "sse" else "in sessions"
        return f"`{flaw.detail}` serves MCP {how} that only this process knows: another worker answers 404"

    def remedy_for(self, flaw: Flaw) -> str:
        """Say how to do without."""
        if flaw.what == "sse":
            return 'serve streamable HTTP in stateless mode (transport="streamable-http", stateless_http=True)'
        return "pass stateless_http=True (StreamableHTTPSessionManager: stateless=True), or keep sessions outside"

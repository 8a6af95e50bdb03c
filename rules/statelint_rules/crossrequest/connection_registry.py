"""SL204: registries of the websocket connections that this process holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.state.keeping import KeptRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.api import Change, Finding, Kept, Project


class ConnectionRegistry(KeptRule):
    """Objects that keep open connections: what is sent to them from another worker arrives nowhere."""

    code = "SL204"
    name = "connection-registry"
    summary = "Open connections are kept in this process; messages of other workers do not reach them."
    severity = Severity.WARNING
    since = "0.1.0"
    kinds = ("global", "class", "closure", "default", "function", "memo", "app", "instance")
    remedy = "publish messages through Redis or another broker, and let every worker deliver to its own connections"

    def concerns(self, kept: Kept) -> bool:
        """Tell whether the object keeps connections and nothing else."""
        return kept.registers_sockets

    def judge(self, project: Project, kept: Kept) -> Iterator[Finding]:
        """Yield one finding for the registry."""
        message = f"`{kept.name}` knows the connections of this process only: a message sent by another worker is lost"
        yield self.whole(project, kept, message, "connections of this process")

    def severity_of(self, kept: Kept, changes: list[Change]) -> Severity:  # noqa: ARG002 - the same for all
        """Nothing leaks; messages are lost with a second worker."""
        return Severity.WARNING

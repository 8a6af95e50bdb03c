"""SL403: one machine remembers who is logged in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.api import Flaw, Project


class ServerSideLoginState(FlawRule):
    """Sessions that the configuration puts into local files."""

    code = "SL403"
    name = "server-side-login-state"
    summary = "Login sessions are kept in files of one machine."
    severity = Severity.ERROR
    label = "on this machine"
    remedy = "keep sessions in Redis or the database, or sign them and give them to the client"

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Settings that mean this machine."""
        return project.practices.sessions.local()

    def message(self, flaw: Flaw) -> str:
        """Name the setting."""
        return f"`{flaw.symbol}` keeps sessions in files (`{flaw.detail}`): other replicas do not know them"

"""SL406: one worker remembers which tokens are no longer good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.state.keeping import KeptRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.api import Change, Finding, Kept, Project


class BlocklistInProcess(KeptRule):
    """Objects of the process that list the tokens which were revoked: other workers go on taking them."""

    code = "SL406"
    name = "blocklist-in-process"
    summary = "Revoked tokens are remembered by one process; the others go on taking them."
    severity = Severity.ERROR
    since = "0.1.0"
    kinds = ("global", "class", "closure", "default", "function", "memo", "app", "instance")
    remedy = "keep revoked tokens in Redis or the database until they expire, or make tokens short-lived and renew them"

    def concerns(self, kept: Kept) -> bool:
        """Tell whether the object lists barred tokens and nothing else."""
        return kept.bars_tokens and not kept.registers_sockets

    def judge(self, project: Project, kept: Kept) -> Iterator[Finding]:
        """Yield one finding for the list."""
        message = (
            f"`{kept.name}` lists revoked tokens in this process: other workers, and this one restarted, take them"
        )
        yield self.whole(project, kept, message, "revoked tokens of this process")

    def severity_of(self, kept: Kept, changes: list[Change]) -> Severity:  # noqa: ARG002 - the same for all
        """A token that was stolen, or that its user logged out, stays good."""
        return Severity.ERROR

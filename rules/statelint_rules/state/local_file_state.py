"""SL106: local files that one request writes and another reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.deployed import STEP, WORSE, deployed
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.api import Finding, Flaw, Project


class LocalFileState(FlawRule):
    """Files in which handlers keep what later requests need."""

    code = "SL106"
    name = "local-file-state"
    summary = "A request writes a local file that another request reads."
    severity = Severity.WARNING
    label = "written by one replica"
    remedy = "keep it in a database, in Redis or in an object storage that all replicas share"

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Files that are written and read while serving."""
        return project.practices.files.kept()

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each file and function. Workers of one machine share it, replicas do not."""
        for finding in super().check(project):
            evidence = project.deployment.several(finding.location.path)
            if evidence is None or evidence.unit == "workers":
                yield finding
            else:
                yield deployed(project, finding, STEP if finding.severity is Severity.NOTE else WORSE)

    def severity_of(self, flaw: Flaw) -> Severity:
        """Uploads that are sent back as they are may well lie on a disk that replicas share."""
        return Severity.NOTE if flaw.what == "served" else Severity.WARNING

    def message(self, flaw: Flaw) -> str:
        """Say who does not find the file."""
        return f"`{flaw.detail}` keeps what later requests need on this machine's disk: other replicas do not have it"

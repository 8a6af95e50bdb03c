"""What it means for a finding that its service runs in several processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from statelint.api import Location, Severity

if TYPE_CHECKING:
    from statelint.api import Finding, Project

WORSE = {Severity.NOTE: Severity.NOTE, Severity.WARNING: Severity.ERROR, Severity.ERROR: Severity.ERROR}
"""What breaks with a second worker is broken where there is one."""
STEP = {Severity.NOTE: Severity.WARNING, Severity.WARNING: Severity.ERROR, Severity.ERROR: Severity.ERROR}
"""The same for rules whose notes only ask whether there are several."""


def deployed(project: Project, finding: Finding, worse: dict[Severity, Severity] = WORSE) -> Finding:
    """Return ``finding`` graver (as ``worse`` says) and with the proof, if its module's service has several workers."""
    evidence = project.deployment.several(finding.location.path)
    if evidence is None or worse[finding.severity] is Severity.NOTE:
        return finding
    at = evidence.position
    proof = Location(evidence.path, at.line, at.column, at.end_line, at.end_column, f"runs with {evidence.text}")
    severity = worse[finding.severity]
    return msgspec.structs.replace(finding, severity=severity, related=(*finding.related, proof))

"""Fingerprints: what makes a finding the same one after the lines around it have moved."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from statelint.lint.finding import Finding, Location


def with_fingerprints(findings: Sequence[Finding], code: Callable[[Location], str]) -> list[Finding]:
    """Return ``findings``, which must be sorted, with their fingerprints.

    A fingerprint is a hash of rule, path, symbol and the normalised code of the statement (as ``code`` gives it); of
    findings that agree in all these, the second and further ones have their ordinal behind it. It holds no line
    numbers.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    result: list[Finding] = []
    for finding in findings:
        key = (finding.rule, finding.location.path, finding.symbol, code(finding.location))
        seen[key] += 1
        digest = hashlib.blake2b("\0".join(key).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        ordinal = f":{seen[key]}" if seen[key] > 1 else ""
        result.append(msgspec.structs.replace(finding, fingerprint=digest + ordinal))
    return result

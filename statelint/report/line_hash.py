"""The hash by which GitHub recognises an alert again when lines move, computed as code scanning computes it."""

from __future__ import annotations

import re
from itertools import accumulate

_WINDOW = 100
_FACTOR = 37
_MASK = 2**64 - 1
_END_OF_FILE = 0xFFFF
_DROP = pow(_FACTOR, _WINDOW, 2**64)


def line_hashes(data: bytes) -> list[str]:
    """Return the hash of every line of a file: ``primaryLocationLineHash`` of a finding there.

    It is a polynomial hash of the hundred UTF-16 units from the line's start, blanks left out and line ends
    normalised, followed by a count that tells lines with equal hashes apart.
    """
    text = re.sub(r"\r\n?", "\n", data.decode("utf-8", "replace"))
    text = text.replace(" ", "").replace("\t", "")
    encoded = text.encode("utf-16-le", "surrogatepass")
    units = [int.from_bytes(encoded[i : i + 2], "little") for i in range(0, len(encoded), 2)]
    starts = [0, *(at + 1 for at, unit in enumerate(units) if unit == 0x0A)]
    units += [_END_OF_FILE, *[0] * _WINDOW]
    sums = list(accumulate(units, lambda total, unit: (total * _FACTOR + unit) & _MASK, initial=0))
    seen: dict[int, int] = {}
    hashes = []
    for start in starts:
        value = (sums[start + _WINDOW] - sums[start] * _DROP) & _MASK
        seen[value] = seen.get(value, 0) + 1
        hashes.append(f"{value:x}:{seen[value]}")
    return hashes

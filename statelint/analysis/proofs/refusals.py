"""What refusals say: that somebody has no access, or that what they ask for makes no sense."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.extract.facts import Attr, Const, Name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.analysis.model import Module
    from statelint.extract.facts import TermId

_OWN = re.compile(r"\b(your|their|his|her|its) own\b|\b(your|my|them|one)sel(f|ves)\b", re.IGNORECASE)
_ACCESS = re.compile(
    r"40[134]|forbid|unauthori[sz]ed|authenticat|permission|denied|access|not_?found|http404", re.IGNORECASE
)
_NONSENSE = re.compile(r"4(00|09|22)|bad_?request|conflict|unprocessable|validation|value_?error", re.IGNORECASE)


def bars_own(module: Module, parts: Iterable[TermId]) -> bool:
    """Tell whether a refusal made of ``parts`` says that nobody may do this to their own: nobody buys from themselves.

    It names them, or is about the request (400, 409, 422, ``ValidationError``) instead of somebody's access.
    """
    words: list[str] = []
    for part in parts:
        held = module.terms[part]
        if isinstance(held, Const):
            if isinstance(held.value, str) and _OWN.search(held.value):
                return True
            if isinstance(held.value, int):
                words.append(str(held.value))
        elif isinstance(held, Attr):
            words.append(held.name)
        elif isinstance(held, Name):
            words.append(held.id)
    return any(map(_NONSENSE.search, words)) and not any(map(_ACCESS.search, words))


__all__ = ["bars_own"]

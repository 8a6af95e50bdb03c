"""Which models others read to choose whom or what to deal with: doctors, profiles, job offers, courses on sale."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.ownership.schema import OwnerKind, snake

if TYPE_CHECKING:
    from collections.abc import Mapping

    from statelint.analysis.ownership.schema import Model

_AROUND = re.compile(r"_(profile|user|account|model|table|orm|info|detail|details|data)$")
_INTIMATE = re.compile(
    r"phone|mobile|address|street|zip|birth|dob|salary|income|balance|weight|height|blood|medical|health|ssn|passport"
    r"|bank|iban|card|token|secret|key$"
)
"""Columns of profiles that are not for the other users to read."""
_OFFER = re.compile(
    r"^(job|internship)(_(post|posting|offer|listing|opening|ad))?s?$|^(vacancy|vacancies|job_vacancy)$"
)
_OF_OFFERS = re.compile(
    r"salary|location|company|employer|deadline|vacanc|experience|requirement|qualification|employment|job_type|title|applicant|applied|candidate"
)
"""Columns of jobs that people apply for, and not of those that machines work off."""
_THEIRS = re.compile(
    r"(^|_)(pay(out|ment|slip)?s?|earnings?|revenues?|balances?|wallets?|bank|withdrawals?|invoices?|reports?|messages?"
    r"|notes?|drafts?|statistics|analytics|subscriptions?|notifications?|sales?|transactions?|settings?|tickets?)(_|$)"
)
"""Rows of who offers something that are not for who looks for it."""


class Directories:
    """Knows them by name, by their columns, and by what their owner is to others."""

    def __init__(self, words: Mapping[str, frozenset[str]]) -> None:
        """``words`` are the catalogue's names of ownership."""
        self._names = words["directory_models"]
        self._offering = words["offering_columns"]
        self._private = words["private_models"]
        self._users = words["principal_models"]

    def holds(self, model: Model) -> bool:
        """Tell whether everybody may read a model's rows, whoever owns them."""
        if any(path.kind is OwnerKind.TENANT for path in model.paths):
            return False
        name = snake(model.name)
        plain = _AROUND.sub("", name)
        if plain == "profile" or (plain in self._users and name.endswith("profile")):
            return not any(_INTIMATE.search(snake(column)) for column in model.columns)
        return (
            bool({plain, plain.removesuffix("s")} & self._names)
            or (_OFFER.search(name) is not None and any(_OF_OFFERS.search(snake(each)) for each in model.columns))
            or self._is_offered(model, name)
        )

    def _is_offered(self, model: Model, name: str) -> bool:
        """``Course.instructor``: tell whether rows belong to nobody but who offers them to others."""
        return (
            bool(model.paths)
            and all(re.sub(r"_(id|profile)$", "", snake(path.columns[0])) in self._offering for path in model.paths)
            and not _THEIRS.search(name)
            and not {name, name.removesuffix("s")} & self._private
        )

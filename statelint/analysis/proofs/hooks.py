"""Endpoints that machines call, with a signature or a secret path instead of a user."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.ownership import snake

if TYPE_CHECKING:
    from statelint.analysis.model import FunctionInfo
    from statelint.analysis.proofs.guards import Guards

_NAME = re.compile(r"(^|_)web_?hook(_|$)|(^|_)cron(_|$)", re.IGNORECASE)
_PATH = re.compile(r"(^|/)web[-_]?hooks?([-_/]|$)", re.IGNORECASE)


def answers_service(guards: Guards, function: FunctionInfo) -> bool:
    """Tell whether an endpoint is named after what another service calls.

    So is a path that the other service is told, unless the endpoint asks for a caller of its own: who manages webhooks.
    """
    if _NAME.search(snake(function.qualname.replace(".", "_"))):
        return True
    paths = [guards.prefix(function) + entry.path for entry in guards.entry_points.get(function, ())]
    return any(map(_PATH.search, paths)) and not guards.logins.knows_caller(function)

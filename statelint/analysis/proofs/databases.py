"""Databases of which each user has one: whoever asks one asks for nobody else's rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.extract.facts import Format

if TYPE_CHECKING:
    from statelint.analysis.principals import Principals
    from statelint.analysis.queries import Query, QueryFinder

_FILE = re.compile(r"\.(db|sqlite3?|duckdb)$")


def in_own_database(queries: QueryFinder, principals: Principals, query: Query) -> bool:
    """Tell whether the caller's name is that of the file: ``connect(f"databases/{session['username']}.db")``."""
    module = query.module
    parts = queries.containment(module).parts
    return query.given is not None and any(
        isinstance(held := module.terms[part], Format)
        and held.parts
        and _FILE.search(module.text(held.parts[-1]) or "") is not None
        and any(principals.is_principal(module, inner) for inner in parts(part))
        for part in parts(query.event.term)
    )

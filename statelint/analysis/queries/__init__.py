"""Questions to the database: where a function reads, changes or deletes rows of a model, and under which predicates."""

from statelint.analysis.queries.figures import (
    asks_number,
    asks_whether,
    counts_each,
    gives_figures,
    is_slot,
    tells_what_is_taken,
)
from statelint.analysis.queries.finder import QueryFinder
from statelint.analysis.queries.query import (
    Atom,
    Chain,
    Finder,
    Query,
    Step,
    beginning,
    leaves_unread,
    takes_any_one,
)

__all__ = [
    "Atom",
    "Chain",
    "Finder",
    "Query",
    "QueryFinder",
    "Step",
    "asks_number",
    "asks_whether",
    "beginning",
    "counts_each",
    "gives_figures",
    "is_slot",
    "leaves_unread",
    "takes_any_one",
    "tells_what_is_taken",
]

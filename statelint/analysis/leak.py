"""What is known of a query through which one user may reach another's rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from statelint.analysis.entrypoints import EntryPoint
    from statelint.analysis.model import Place
    from statelint.analysis.ownership import OwnerKind
    from statelint.analysis.proofs.misplaced import Misplaced


class Stop(NamedTuple):
    """One station on the way from an entry point to a query."""

    place: Place
    label: str


class Leak(NamedTuple):
    """A question about owned rows that nothing ties to the caller.

    ``action`` is ``read``, ``update`` or ``delete``; ``keyed`` tells whether the rows are named by an id (as opposed to
    a list of all of them); ``certainty`` is 2 for shown end to end, 1 where a link is unknown, 0 for a hint.
    """

    place: Place
    symbol: str
    model: str
    owner: str
    kind: OwnerKind | None
    action: str
    keyed: bool
    certainty: int
    entry: EntryPoint | None
    way: tuple[Stop, ...]
    definition: Place | None
    sibling: Place | None
    store: str = "table"
    """``vector`` for a search in a vector store."""
    given: str = ""
    """The parameter in which the client names the owner."""
    parent: str = ""
    """The column that holds the parent, where a parent alone names the rows."""
    receivers: tuple[Place, ...] = ()
    """The endpoints that receive it."""
    check: Misplaced | None = None
    """A check of the owner that misses the rows."""
    origin: str = ""
    """Where the id comes from that names the rows: ``path parameter `note_id```."""
    predicate: str = ""
    """The condition that the query lacks, in its own style."""
    changed: tuple[Place, ...] = ()
    """Where callers ask for the rows and change them."""
    figures: bool = False
    """Whether counts and sums over all rows are read, and none of the rows."""
    also: tuple[Place, ...] = ()
    """Where the same function reads further figures over the same rows."""

"""SL304: a vector store that holds several users' texts is searched without an owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint_rules.isolation.leak_rule import LeakRule

if TYPE_CHECKING:
    from statelint.api import Leak


class UnscopedVectorSearch(LeakRule):
    """A search in a vector store whose entries carry an owner is not restricted to one."""

    code = "SL304"
    name = "unscoped-vector-search"
    summary = "A vector search reaches all users' texts."

    def covers(self, leak: Leak) -> bool:
        """Searches in vector stores."""
        return leak.store == "vector"

    def message(self, leak: Leak) -> str:
        """Name the store and the owner field."""
        return f"`{leak.model}` is searched without a filter on `{leak.owner}`: the answer may quote any user's texts"

    def remedy(self, leak: Leak) -> str:
        """Name the field that the search has to filter on."""
        return (
            f"filter the search on `{leak.owner}`, with the authenticated user's id, or keep a collection for each user"
        )

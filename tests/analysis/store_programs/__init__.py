"""Two handlers on each store that statelint knows: one stays with the caller's rows, its twin reaches everybody's."""

from .documents import DOCUMENTS
from .orms import ORMS
from .sql import SQL
from .store import Store
from .vectors import VECTORS

STORES = (*ORMS, *SQL, *DOCUMENTS, *VECTORS)

__all__ = ["STORES", "Store"]

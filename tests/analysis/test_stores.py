"""On every store, a handler that stays with the caller's rows is silent, and its twin that does not is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from statelint.analysis.project import analyse
from statelint.catalogue.loader import load
from statelint.config.settings import Settings
from statelint.extract.extractor import extract

from .store_programs import STORES

if TYPE_CHECKING:
    from .store_programs import Store

CATALOGUE = load()
VIEWS = "app/views.py"


@pytest.mark.parametrize(
    ("store", "body"),
    [
        pytest.param(store, body, id=f"{store.name}-{number}")
        for store in STORES
        for number, body in enumerate(store.bodies)
    ],
)
def test_exactly_the_leak_is_found(store: Store, body: str) -> None:
    files = store.program(body)
    facts = [extract(path, text.encode(), CATALOGUE) for path, text in files.items()]
    assert [module.failure for module in facts] == [None] * len(facts)
    leaking = (
        files[VIEWS].splitlines().index("async def leaking(note_id: str, text: str, user=Depends(get_current_user)):")
    )
    leaks = [leak for leak in analyse(facts, CATALOGUE, Settings()).isolation.leaks if leak.certainty > 0]
    assert [(leak.place.module.path, leak.place.position.line > leaking) for leak in leaks] == [(VIEWS, True)]


def test_names_are_unique() -> None:
    assert len({store.name for store in STORES}) == len(STORES)

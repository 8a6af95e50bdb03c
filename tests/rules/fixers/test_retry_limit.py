from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Mend

APP = """\
import httpx
from fastapi import FastAPI
{}

app = FastAPI()


@{}
def load() -> dict:
    return httpx.get("https://prices.example").json()


@app.get("/prices")
def prices() -> dict:
    return load()
"""


@pytest.mark.parametrize(
    ("imports", "before", "imported", "after"),
    [
        (
            "from tenacity import retry, wait_fixed",
            "retry(wait=wait_fixed(1))",
            "from tenacity import retry, wait_fixed, stop_after_attempt",
            "retry(wait=wait_fixed(1), stop=stop_after_attempt(5))",
        ),
        ("import tenacity", "tenacity.retry", "import tenacity", "tenacity.retry(stop=tenacity.stop_after_attempt(5))"),
        (
            "import backoff",
            "backoff.on_exception(backoff.expo, Exception)",
            "import backoff",
            "backoff.on_exception(backoff.expo, Exception, max_tries=5)",
        ),
    ],
)
def test_a_decorator_gives_up(imports: str, before: str, imported: str, after: str, mended: Mend) -> None:
    expected = APP.format(imported, after)
    assert mended(APP.format(imports, before), rule="SL706") == expected

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Mend


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1  # statelint: ignore[SL101] why\n", "x = 1\n"),
        ("# statelint: ignore[SL101]\nx = 1\n", "x = 1\n"),
        ("if y:\n    # statelint: ignore[SL101]\n    x = 1\n", "if y:\n    x = 1\n"),
        ("x = 1  # noqa: E501, SL101\n", "x = 1  # noqa: E501\n"),
        ("x = 1  # noqa: SL101\n", "x = 1\n"),
        ("x = 1  # statelint: ignore[SL101] # type: ignore\n", "x = 1  # type: ignore\n"),
        ("# statelint: ignore-file[SL101, SL102]\nx = 1\n", "x = 1\n"),
        ("x = 1  # statelint: ignore[SL101]", "x = 1"),
        ("y = 1\r\n# statelint: ignore[SL101]\r\nx = 1\r\n", "y = 1\r\nx = 1\r\n"),
    ],
)
def test_it_goes_safely(before: str, after: str, mended: Mend) -> None:
    assert mended(before, rule="SL001", unsafe=False) == after


def test_what_is_of_use_stays(mended: Mend) -> None:
    text = (
        "from fastapi import FastAPI\n\napp = FastAPI()\nCARTS = {}\n\n\n@app.post('/cart/{user_id}')\n"
        "def add(user_id: str):\n    CARTS[user_id] = 1  # statelint: ignore[SL101, SL201] known\n"
    )
    assert mended(text, rule="SL001") == text.replace("[SL101, SL201]", "[SL101]")

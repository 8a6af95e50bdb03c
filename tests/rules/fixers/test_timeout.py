from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Mend

APP = """\
import httpx
import requests
from flask import Flask

app = Flask(__name__)


@app.get("/prices")
def prices():
    return {}
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('requests.get("https://x.example")', 'requests.get("https://x.example", timeout=10)'),
        ('requests.get("https://x.example",)', 'requests.get("https://x.example", timeout=10,)'),
        ('httpx.get("https://x.example", timeout=None)', 'httpx.get("https://x.example", timeout=10)'),
        ('requests.get(("https://x.example"))  # )', 'requests.get(("https://x.example"), timeout=10)  # )'),
        (
            'requests.post(\n        "https://x.example",  # where\n        json={},\n    )',
            'requests.post(\n        "https://x.example",  # where\n        json={},\n        timeout=10,\n    )',
        ),
    ],
)
def test_a_call_gets_a_time_limit(before: str, after: str, mended: Mend) -> None:
    assert mended(APP.format(before), rule="SL704") == APP.format(after)


def test_nothing_is_done_by_safe_fixes_alone(mended: Mend) -> None:
    text = APP.format('requests.get("https://x.example")')
    assert mended(text, rule="SL704", unsafe=False) == text


def test_line_endings_and_marks_stay(mended: Mend) -> None:
    text = "\ufeff" + APP.format('requests.get("https://é.example")').replace("\n", "\r\n")
    assert mended(text, rule="SL704") == text.replace('example")', 'example", timeout=10)')

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Mend

APP = """\
import functools

import httpx
import redis
from aiocache import cached
from django.core.cache import cache
from fastapi import FastAPI

app = FastAPI()
client = redis.Redis()


@app.get("/rates")
def rates(currency: str) -> dict:
    STORE
    return {}
"""
DECORATED = """\
import functools

import httpx
from aiocache import cached
from fastapi import FastAPI

app = FastAPI()


DECORATOR
def rate(currency: str) -> float:
    return httpx.get(f"https://rates.example/{currency}", timeout=5).json()["rate"]


@app.get("/rates/{currency}")
def rates(currency: str) -> float:
    return rate(currency)
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('client.set(f"cache:{currency}", "1")', 'client.set(f"cache:{currency}", "1", ex=300)'),
        ('cache.set("rates", "1", timeout=None)', 'cache.set("rates", "1", timeout=300)'),
        ('cache.set("rates", "1", None)', 'cache.set("rates", "1", 300)'),
    ],
)
def test_an_entry_gets_a_lifetime(before: str, after: str, mended: Mend) -> None:
    assert mended(APP.replace("STORE", before), rule="SL601") == APP.replace("STORE", after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("@cached()", "@cached(ttl=300)"),
        ("@cached  # for ever", "@cached(ttl=300)  # for ever"),
        ('@cached(\n    key="rate",\n)', '@cached(\n    key="rate",\n    ttl=300,\n)'),
    ],
)
def test_a_decorator_gets_a_lifetime(before: str, after: str, mended: Mend) -> None:
    assert mended(DECORATED.replace("DECORATOR", before), rule="SL601") == DECORATED.replace("DECORATOR", after)


def test_a_cache_that_knows_no_lifetime_is_left_alone(mended: Mend) -> None:
    text = APP.replace("STORE", 'client.hset(f"cache:{currency}", "rate", "1")')
    assert mended(text, rule="SL601") == text

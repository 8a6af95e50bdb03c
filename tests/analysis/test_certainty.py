"""How sure a leak is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Sample

    Make = Callable[[dict[str, str]], Sample]

SERVER = """
import sqlite3

from fastmcp import FastMCP

mcp = FastMCP("memory")
SCHEMA = "CREATE TABLE goals (id INTEGER PRIMARY KEY, goal TEXT, created_by TEXT NOT NULL)"


@mcp.tool()
def finish(goal_id: int):
    with sqlite3.connect("memory.db") as db:
        db.execute("UPDATE goals SET progress = 1 WHERE id = ?", (goal_id,))
"""
CALLER = """

@mcp.tool()
def mine(current_user: str):
    return current_user
"""


def certainties(sample: Make, text: str) -> list[int]:
    return [leak.certainty for leak in sample({"server.py": text}).project.isolation.everything]


def test_where_nobody_is_known_an_author_is_a_word_that_somebody_wrote(sample: Make) -> None:
    assert certainties(sample, SERVER) == [0]
    assert certainties(sample, SERVER + CALLER) == [1]

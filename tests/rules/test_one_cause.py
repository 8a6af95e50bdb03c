"""One cause, one finding: where two rules could speak, one does."""

from __future__ import annotations

import pytest
from examples import findings_of

from statelint.config.settings import Settings
from statelint.lint.packs import load_rules

RULES = load_rules()
LATE = """
import asyncio
from fastapi import FastAPI
app = FastAPI()
async def store(collection, order: dict) -> None:
    await collection.{call}
@app.post("/orders")
async def order(collection, order: dict) -> str:
    asyncio.create_task(store(collection, order))
    return "accepted"
"""
LATE_ROW = """
import threading
from fastapi import Depends, FastAPI
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
app = FastAPI()
class Base(DeclarativeBase): ...
class Message(Base):
    __tablename__ = "messages"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int]
def get_db() -> Session: ...
def store(db: Session, user_id: int) -> None:
    db.add(Message(user_id=user_id))
    db.commit()
@app.post("/messages")
def say(user_id: int, db: Session = Depends(get_db)) -> str:
    threading.Thread(target=store, args=(db, user_id)).start()
    return "said"
"""
TOKENS = """
from fastapi import FastAPI
app = FastAPI()
{definition}
@app.post("/logout")
def logout({parameter}: str) -> None:
    {write}
"""

GAME = """
from fastapi import FastAPI
app = FastAPI()
class Player:
    def __init__(self):
        self.score = 0
    def won(self):
        self.score += 1
class Game:
    def __init__(self):
        self.players = {}
        self.question = None
    def join(self, name: str):
        self.players[name] = Player()
    def won(self, name: str):
        self.players[name].won()
game = Game()
@app.post("/join")
def join(name: str) -> None:
    game.join(name)
@app.post("/won")
def won(name: str) -> None:
    game.won(name)
@app.post("/ask")
def ask(question: str) -> None:
    game.question = question
"""
STORES = """
from fastapi import FastAPI{imported}
from langchain_chroma import Chroma
app = FastAPI()
class ConnectionCache:
    def __init__(self):
        self._connections = {{}}
    def store(self, key: str):
        if key not in self._connections:
            self._connections[key] = (Chroma(collection_name=key), 0)
        return self._connections[key][0]
connection_cache = ConnectionCache()
@app.get("/search")
def search(key: str, query: str) -> list:
    return connection_cache.store(key).similarity_search(query)
"""


def codes(text: str) -> set[str]:
    result, _ = findings_of({"app.py": text}, Settings(), RULES)
    return {finding.rule for finding in result.findings}


@pytest.mark.parametrize(
    ("text", "reported"),
    [(LATE_ROW, {"SL504"}), (LATE.format(call="insert_one(order)"), {"SL108"})],
    ids=["a row whose model is known", "something stored"],
)
def test_late_work(text: str, reported: set[str]) -> None:
    assert codes(text) & {"SL108", "SL504"} == reported


@pytest.mark.parametrize(
    ("definition", "parameter", "write", "reported"),
    [
        ("REVOKED_TOKENS = set()", "token", "REVOKED_TOKENS.add(token)", {"SL406"}),
        ("BLACKLIST = []", "jti", "BLACKLIST.append(jti)", {"SL406"}),
        ("DENY_LIST: dict = {}", "token", "DENY_LIST[token] = True", {"SL406"}),
        ("REVOKED_TOKENS = set()", "token", "REVOKED_TOKENS.discard(token)", {"SL101"}),
        ("ACTIVE_TOKENS = set()", "token", "ACTIVE_TOKENS.add(token)", {"SL101"}),
        ("BLACKLIST = set()", "address", "BLACKLIST.add(address)", {"SL101"}),
        ("STORE = {'revoked': set()}", "user_id", "STORE[user_id] = 1", {"SL101"}),
        ("class Store:\n    revoked_tokens = set()", "token", "Store.revoked_tokens.add(token)", {"SL406"}),
    ],
)
def test_revoked_tokens(definition: str, parameter: str, write: str, reported: set[str]) -> None:
    assert codes(TOKENS.format(definition=definition, parameter=parameter, write=write)) == reported


def test_what_an_object_holds_is_reported_with_it() -> None:
    found = codes(GAME)
    assert "SL201" in found
    assert "SL101" not in found


def test_connections_of_a_service_without_sockets_are_not_those_of_clients() -> None:
    assert codes(STORES.format(imported="")) & {"SL201", "SL204"} == {"SL201"}
    served = '@app.websocket("/ws")\nasync def talk(websocket: WebSocket) -> None:\n    await websocket.accept()\n'
    assert codes(STORES.format(imported=", WebSocket") + served) & {"SL201", "SL204"} == {"SL204"}

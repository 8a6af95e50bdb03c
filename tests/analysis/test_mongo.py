"""Questions to MongoDB collections are judged like the ORMs' queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Sample

    Make = Callable[[dict[str, str]], Sample]

DB = """
from motor.motor_asyncio import AsyncIOMotorClient

client = AsyncIOMotorClient("mongodb://localhost")
db = client["chat"]
chats = db["chats"]
messages_collection = db.messages


CHATS = "chats"


class Names:
    CHATS = "chats"


def get_chats():
    return db.get_collection("chats")


class Store:
    def __init__(self):
        self._chats = db["chats"]

    async def load(self, key):
        return await self._chats.find_one({"_id": key})
"""
MAIN = """
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer
from store import CHATS, Names, Store, chats, client, db, get_chats, messages_collection

app = FastAPI()


def get_current_user(token: str = Depends(OAuth2PasswordBearer(tokenUrl="t"))):
    return verify(token)


@app.post("/new")
async def new(user=Depends(get_current_user)):
    await chats.insert_one({{"user_id": user["id"], "title": ""}})
    await messages_collection.insert_one({{"chat_id": 1, "text": ""}})
    await db.countries.insert_one({{"code": 1}})


@app.post("/x/{{key}}")
async def run(key: str, user=Depends(get_current_user)):
{lines}
"""


def proofs(make: Make, *lines: str) -> list[str | None]:
    """Return the proof of each query of the project, whose route has these lines."""
    body = "\n".join(f"    {line}" for line in lines)
    sample = make({"store.py": DB, "main.py": MAIN.format(lines=body)})
    return [
        verdict.proof and str(verdict.proof)
        for verdict in sample.project.isolation.verdicts
        if verdict.query.function.name == "run"
    ]


@pytest.mark.parametrize(
    "line",
    [
        'await chats.update_one({"_id": key}, {"$set": {"title": "x"}})',
        "await chats.delete_one({'_id': ObjectId(key)})",
        'await db.chats.delete_one({"_id": key})',
        'await client["chat"]["chats"].delete_many({"_id": {"$in": [key]}})',
        'await db[CHATS].delete_one({"_id": key})',
        'await db.get_collection(Names.CHATS).delete_one({"_id": key})',
        'await get_chats().find_one_and_delete({"_id": key})',
        'return await messages_collection.find({"chat_id": key}).to_list(9)',
        'return await chats.aggregate([{"$match": {"_id": key}}, {"$limit": 1}]).to_list(9)',
        "return await chats.find().to_list(9)",
        "await chats.delete_one(dict(_id=key))",
        'await chats.delete_one({"_id": key, "user_id": {"$ne": user["id"]}})',
        'await chats.delete_one({"_id": key, "user_id": {"$nin": [user["id"]]}})',
        'await chats.delete_one({"_id": key, "$text": {"$search": user["id"]}})',
        'await chats.delete_one({"$or": [{"_id": key}, {"user_id": user["id"]}]})',
        'await chats.delete_one({"_id": key, "$nor": [{"user_id": user["id"]}]})',
        "return await chats.find_one(ObjectId(key))",
        'return await chats.distinct("title", {"_id": key})',
    ],
)
def test_a_question_by_id_alone_is_unproven(sample: Make, line: str) -> None:
    assert proofs(sample, line) == [None]


@pytest.mark.parametrize(
    ("lines", "proof"),
    [
        (['await chats.delete_one({"_id": key, "user_id": user["id"]})'], "predicate"),
        (['query = {"user_id": user["id"]}', 'query["_id"] = key', "await chats.delete_one(query)"], "predicate"),
        (['await chats.delete_one({"$and": [{"_id": key}, {"user_id": user["id"]}]})'], "predicate"),
        (['await chats.delete_one({**{"user_id": user["id"]}, "_id": key})'], "predicate"),
        (['return await chats.aggregate([{"$match": {"user_id": user["id"]}}]).to_list(9)'], "predicate"),
        (['await chats.delete_one(dict(_id=key, user_id=user["id"]))'], "predicate"),
        (['await chats.delete_one({"_id": key, "user_id": {"$in": [user["id"]]}})'], "predicate"),
        (['await chats.delete_one({"$or": [{"user_id": user["id"]}, {"user_id": user["id"], "x": 1}]})'], "predicate"),
        (['await chats.delete_one({"$or": [{"_id": key}, {"x": key}], "user_id": user["id"]})'], "predicate"),
        (['await chats.delete_one({"_id": key} | {"user_id": user["id"]})'], "predicate"),
        (['await chats.delete_one(dict({"_id": key}, user_id=user["id"]))'], "predicate"),
        (
            ['await chats.delete_one({"_id": key, "user_id": user["id"]} if key else {"user_id": user["id"]})'],
            "predicate",
        ),
        (['await chats.delete_one({"_id": key, "user_id": user["id"] if user else user["name"]})'], "predicate"),
        (['await db[CHATS].delete_one({"_id": key, "user_id": user["id"]})'], "predicate"),
        (['return await db.countries.find_one({"_id": key})'], "not-owned"),
        (
            [
                'chat = await chats.find_one({"_id": key})',
                'if chat["user_id"] != user["id"]:',
                "    raise HTTPException(403)",
                "return chat",
            ],
            "checked",
        ),
    ],
)
def test_what_ties_a_question_to_the_caller_proves_it(sample: Make, lines: list[str], proof: str) -> None:
    assert proofs(sample, *lines) == [proof]


@pytest.mark.parametrize(
    "given",
    [
        "make_filter(key, user)",
        '{"_id": key, **make_filter(user)}',
        '{"_id": key, field_of(user): user["id"]}',
        '{"$or": [{"_id": key}, make_filter(user)]}',
        '{"_id": key} if key else make_filter(user)',
        '{"_id": key, "$expr": {"$in": [user["id"], "$members"]}}',
    ],
)
def test_a_filter_that_is_not_seen_is_no_matter(sample: Make, given: str) -> None:
    assert proofs(sample, f"await chats.delete_one({given})") == []


@pytest.mark.parametrize(
    "given",
    [
        "insert_one(dict(user_id=user['id']))",
        "insert_many([{'user_id': user['id']}])",
        "insert_one({'title': '', **{'user_id': user['id']}})",
        "insert_one(Chat().model_dump())",
        "replace_one({'_id': key}, {'user_id': user['id']})",
    ],
)
def test_what_is_written_tells_whose_documents_are(sample: Make, given: str) -> None:
    main = f"""
from pydantic import BaseModel
from store import chats

class Chat(BaseModel):
    user_id: str

async def keep(key: str, user=None):
    await chats.{given}
"""
    chats = sample({"store.py": DB, "main.py": main}).project.ownership.named("chats")
    assert chats is not None
    assert chats.owned


def test_a_store_that_keeps_the_collection_is_followed_to_its_caller(sample: Make) -> None:
    made = sample({"store.py": DB, "main.py": MAIN.format(lines="    return await Store().load(key)")})
    (verdict,) = made.project.isolation.verdicts
    assert verdict.query.chain.name == "chats"
    assert verdict.proof is None
    assert [edge.caller.name for edge in verdict.way] == ["run"]


REACHED = """
import os
from fastapi import Depends, FastAPI
from motor.motor_asyncio import AsyncIOMotorClient
from auth import get_current_user

app = FastAPI()
connection = AsyncIOMotorClient(os.environ["MONGO"])
storage = connection["chat"]
talks = storage["chats"]


def talks_of_service():
    yield storage["chats"]


class Store:
    def __init__(self, kept):
        self.kept = kept

    async def load(self, key):
        return await self.kept.find_one({{"_id": key}})


store = Store(talks)


@app.post("/new")
async def new(user=Depends(get_current_user)):
    await talks.insert_one({{"user_id": user["id"]}})


@app.get("/x/{{key}}")
async def run(key: str, kept=Depends(talks_of_service), user=Depends(get_current_user)):
    return await {call}
"""


@pytest.mark.parametrize(
    ("call", "asks"),
    [
        ("talks.find_one({'_id': key})", "run"),
        ("storage['chats'].find_one({'_id': key})", "run"),
        ("kept.find_one({'_id': key})", "run"),
        ("store.load(key)", "load"),
    ],
)
def test_a_collection_is_known_by_where_it_comes_from(sample: Make, call: str, asks: str) -> None:
    verdicts = sample({"main.py": REACHED.format(call=call)}).project.isolation.verdicts
    unproven = {(verdict.query.function.name, verdict.query.chain.name) for verdict in verdicts if not verdict.proof}
    assert (asks, "chats") in unproven


def test_children_are_owned_through_their_parents(sample: Make) -> None:
    made = sample({"store.py": DB, "main.py": MAIN.format(lines="    pass")})
    messages = made.project.ownership.named("messages")
    assert messages is not None
    assert [str(path) for path in messages.paths] == ["chat_id.user_id"]


def test_without_a_driver_nothing_is_a_collection(sample: Make) -> None:
    made = sample(
        {
            "main.py": (
                "def run(db, key):\n    db.chats.find_one({'user_id': key})\n    db.chats.delete_one({'_id': key})\n"
            )
        }
    )
    assert made.project.queries.of(made.function("run")) == []


@pytest.mark.parametrize(
    "change",
    [
        '{"$set": {"user_id": user["id"], "title": ""}}, upsert=True',
        '{"$setOnInsert": {"user_id": user["id"]}, "$set": {"title": ""}}, upsert=True',
        'update={"$set": {"user_id": user["id"]}}',
    ],
)
def test_what_changes_set_tells_whose_documents_are(sample: Make, change: str) -> None:
    main = f"""
from fastapi import FastAPI
from store import chats

app = FastAPI()

@app.put("/chats/{{key}}")
async def keep(key: str, user=None):
    await chats.update_one({{"_id": key}}, {change})
"""
    project = sample({"store.py": DB, "main.py": main})
    chats = project.project.ownership.named("chats")
    assert chats is not None
    assert chats.owned

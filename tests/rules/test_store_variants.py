"""Ways to ask DynamoDB, Redis and repositories for rows; mutants have shown that nothing tested them."""

from __future__ import annotations

import pytest
from examples import findings_of, settings_of

from statelint.lint.packs import load_rules

RULES = load_rules()
USER = """
import json
from fastapi import Depends, FastAPI
from fastapi.security import OAuth2PasswordBearer

app = FastAPI()


def get_current_user(token: str = Depends(OAuth2PasswordBearer(tokenUrl="t"))):
    return verify(token)
"""
DYNAMODB = (
    USER
    + """
import boto3
from boto3.dynamodb.conditions import Attr, Key

TABLE = "notes"
table = boto3.resource("dynamodb").Table(TABLE)
client = boto3.client("dynamodb")


@app.post("/notes")
def new(user=Depends(get_current_user)):
    table.put_item(Item={"id": "1", "user_id": user.id, "text": ""})


@app.get("/notes/{key}")
def run(key: str, user=Depends(get_current_user)):
    return """
)
REDIS = (
    USER
    + """
import redis

store = redis.Redis()


def key_of(note):
    return f"notes:{note}"


def key_for(user, note):
    return f"notes:{user}:{note}"


@app.post("/notes")
def new(user=Depends(get_current_user)):
    store.set("notes:1", json.dumps({"user_id": user.id, "text": ""}))


@app.get("/notes/{key}")
def run(key: str, user=Depends(get_current_user)):
    return """
)
FASTCRUD = (
    USER
    + """
from fastcrud import FastCRUD
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase): ...


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class Repository(FastCRUD):
    pass


notes = FastCRUD(Note)
Typed = FastCRUD[Note, dict, dict, dict, dict]
Alias = FastCRUD


@app.get("/notes/{key}")
async def run(key: int, db=None, user=Depends(get_current_user)):
    return await """
)
WRITTEN = 'KeyConditionExpression="id = :id AND #x = :me", ExpressionAttributeNames={"#x": '
UNSCOPED = {
    "SL301": [
        'table.get_item(Key={"id": key})',
        'table.get_item(Key={"pk": f"NOTE#{key}"})',
        'client.get_item(TableName="notes", Key={"id": {"S": key}})',
        'client.get_item(TableName=TABLE, Key={"id": {"S": key}})',
        'table.query(KeyConditionExpression=Key("id").eq(key))',
        'table.query(KeyConditionExpression=Key("id").eq(key), FilterExpression=Attr("user_id").ne(user.id))',
        f'table.query({WRITTEN}"text"}}, ExpressionAttributeValues={{":id": key, ":me": key}})',
        'table.query(KeyConditionExpression="id = :id", ExpressionAttributeValues={":id": key})',
        "notes.get(db, id=key)",
        "Typed(Note).get(db, id=key)",
        "Alias(Note).get(db, id=key)",
        "Repository(Note).get(db, id=key)",
        "notes.exists(db, id=key)",
    ],
    "SL302": [
        'notes.update(db, {"text": ""}, id=key)',
        "notes.delete(db, id=key)",
        'store.rpush(f"notes:{key}", "x")',
        'store.delete(f"notes:{key}")',
        "store.delete(key_of(key))",
    ],
    "SL303": [
        "notes.get_multi(db)",
        'store.get(f"notes:{key}")',
        'store.get(name=f"notes:{key}")',
        "store.get(key_of(key))",
    ],
}
SCOPED = [
    'table.get_item(Key={"id": key, "user_id": user.id})',
    'table.get_item(Key={"pk": f"USER#{user.id}", "sk": key})',
    'client.get_item(TableName="notes", Key={"id": {"S": key}, "user_id": {"S": user.id}})',
    'table.query(KeyConditionExpression=Key("id").eq(key) & Key("user_id").eq(user.id))',
    f'table.query({WRITTEN}"user_id"}}, ExpressionAttributeValues={{":id": key, ":me": user.id}})',
    "table.get_item(Key=key_for(user, key))",
    'store.get(f"notes:{user.id}:{key}")',
    "store.get(key_for(user.id, key))",
    'store.get("notes:all")',
    "notes.get(db, id=key, user_id=user.id)",
    "Repository(Note).get(db, id=key, user_id=user.id)",
    'notes.update(db, {"text": ""}, id=key, user_id=user.id)',
    "notes.delete(db, id=key, user_id=user.id)",
    "notes.get_multi(db, user_id=user.id)",
    "store.get(key)",
]


def found(line: str) -> list[str]:
    head = {"table": DYNAMODB, "client": DYNAMODB, "store": REDIS}.get(line.partition(".")[0], FASTCRUD)
    text = f"{head}{line}\n"
    result, _ = findings_of({"main.py": text}, settings_of(""), RULES)
    assert not result.crashes
    return [finding.rule for finding in result.findings if finding.rule.startswith("SL30")]


@pytest.mark.parametrize(("rule", "line"), [(rule, line) for rule, lines in UNSCOPED.items() for line in lines])
def test_what_asks_by_key_alone_is_found(rule: str, line: str) -> None:
    assert found(line) == [rule]


@pytest.mark.parametrize("line", SCOPED)
def test_what_asks_for_the_caller_or_cannot_be_read_is_not(line: str) -> None:
    assert found(line) == []

"""Small services over SQL text, documents and vectors, each correct, with what to break in them.

``«…»`` marks what ties a question to the caller, as in ``isolation_programs``.
"""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING

from .isolation_programs import Program, drop, keep

if TYPE_CHECKING:
    from collections.abc import Iterator

FRAME = """\
import asyncpg
import chromadb
import psycopg
import sqlite3
from bson import ObjectId
from fastapi import APIRouter, Depends, HTTPException
from pinecone import Pinecone
from pymongo import MongoClient
from qdrant_client import QdrantClient
from qdrant_client.models import FieldCondition, Filter, MatchValue
from sqlalchemy import text

from app.auth import get_current_user
from app.db import engine, pool

router = APIRouter()
notes = MongoClient().app.notes
collection = chromadb.HttpClient().get_collection("notes")
qdrant = QdrantClient("localhost")
index = Pinecone().Index("notes")


@router.post("/notes")
async def add(body: str, user=Depends(get_current_user)):
    notes.insert_one({"text": body, "user_id": user.id})
    collection.add(documents=[body], ids=[body], metadatas=[{"user_id": user.id}])
    index.upsert(vectors=[{"id": body, "values": [1.0], "metadata": {"user_id": user.id}}])
    qdrant.upsert("notes", points=[{"id": 1, "vector": [1.0], "payload": {"user_id": user.id}}])


@router.get("/notes/{note_id}")
async def handle(note_id: str, q: str = "", user=Depends(get_current_user)):
BODY
"""
SCHEMA = """\
CREATE TABLE users (id SERIAL PRIMARY KEY, email TEXT);
CREATE TABLE notes (id SERIAL PRIMARY KEY, user_id INTEGER REFERENCES users (id), text TEXT);
CREATE TABLE lines (id SERIAL PRIMARY KEY, note_id INTEGER REFERENCES notes (id), text TEXT);
"""
STATEMENTS = {
    "read": "SELECT * FROM notes WHERE id = ID« AND user_id = ME»",
    "update": "UPDATE notes SET text = 'x' WHERE id = ID« AND user_id = ME»",
    "delete": "DELETE FROM notes WHERE id = ID« AND user_id = ME»",
    "join": "SELECT lines.* FROM lines JOIN notes ON notes.id = lines.note_id "
    "WHERE lines.id = ID« AND notes.user_id = ME»",
    "subquery": "SELECT * FROM lines WHERE id = ID« AND note_id IN (SELECT id FROM notes WHERE user_id = ME)»",
}
DRIVERS = {
    "asyncpg": ("$1", "$2", "async with pool.acquire() as c:\n    return await c.fetch(SQL, note_id«, user.id»)"),
    "psycopg": (
        "%s",
        "%s",
        'with psycopg.connect("db") as c:\n    return c.execute(SQL, (note_id,« user.id»)).fetchall()',
    ),
    "psycopg-named": (
        "%(id)s",
        "%(me)s",
        'with psycopg.connect("db") as c:\n    return c.execute(SQL, {"id": note_id«, "me": user.id»}).fetchall()',
    ),
    "sqlite": ("?", "?", 'return sqlite3.connect("db").execute(SQL, (note_id,« user.id»)).fetchall()'),
    "text": (
        ":id",
        ":me",
        'with engine.begin() as c:\n    return c.execute(text(SQL), {"id": note_id«, "me": user.id»}).fetchall()',
    ),
    "variable": ("?", "?", 'q = SQL\nreturn sqlite3.connect("db").execute(q, [note_id«, user.id»]).fetchall()'),
    "f-string": ("{note_id}", "{user.id}", 'return sqlite3.connect("db").execute(fSQL).fetchall()'),
}
DOCUMENTS = {
    "find_one": 'return notes.find_one({"_id": ObjectId(note_id)«, "user_id": user.id»})',
    "find": 'return list(notes.find({"_id": note_id«, "user_id": user.id»}))',
    "update_one": 'notes.update_one({"_id": note_id«, "user_id": user.id»}, {"$set": {"text": q}})',
    "delete_one": 'notes.delete_one({"_id": note_id«, "user_id": user.id»})',
    "find_one_and_delete": 'return notes.find_one_and_delete({"_id": note_id«, "user_id": user.id»})',
    "wanted": 'wanted = {"_id": note_id}\n«wanted["user_id"] = user.id\n»return notes.find_one(wanted)',
    "checked": 'row = notes.find_one({"_id": note_id})\n'
    '«if row["user_id"] != user.id:\n    raise HTTPException(404)\n»return row',
}
VECTORS = {
    "chroma": 'return collection.query(query_texts=[q]«, where={"user_id": user.id}»)',
    "chroma-and": 'return collection.query(query_texts=[q], where={"$and": [{"kind": "a"}«, {"user_id": user.id}»]})',
    "pinecone": "return index.query(vector=[1.0], top_k=5«, filter={'user_id': user.id}»)",
    "qdrant": 'mine = Filter(must=[FieldCondition(key="user_id", match=MatchValue(value=user.id))])\n'
    'return qdrant.search("notes", query_vector=[1.0]«, query_filter=mine»)',
}


def _program(name: str, body: str, *, broken: bool) -> Program:
    files = {"app/views.py": FRAME.replace("BODY", indent(body, "    ")), "db/schema.sql": SCHEMA}
    return Program(name, files, broken)


def _both(name: str, body: str) -> Iterator[Program]:
    yield _program(name, keep(body), broken=False)
    yield _program(f"{name}-dropped", drop(body), broken=True)


def sql() -> Iterator[Program]:
    """Yield services that ask in SQL, by driver and kind of statement."""
    for driver, (key, me, run) in DRIVERS.items():
        for kind, statement in STATEMENTS.items():
            quoted = f'"{statement.replace("ID", key).replace("ME", me)}"'
            yield from _both(f"{driver}-{kind}", run.replace("SQL", quoted))


def others() -> Iterator[Program]:
    """Yield services over documents and vectors."""
    for name, body in (DOCUMENTS | VECTORS).items():
        yield from _both(name, body)


def store_programs() -> list[Program]:
    """Return every program."""
    return [*sql(), *others()]

"""Programs on SQLAlchemy Core, SQL text, scripts and repositories."""

from __future__ import annotations

from textwrap import indent

from .store import CHECK, CREATE, ITEM_CHECK, Store

CORE_TABLES = """\
from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, create_engine

metadata = MetaData()
users = Table("users", metadata, Column("id", Integer, primary_key=True))
notes = Table(
    "notes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", ForeignKey("users.id")),
    Column("text", String),
)
engine = create_engine("sqlite://")
"""
_CORE = (
    "return connection.execute(select(notes).where(notes.c.id == note_id«, notes.c.user_id == user.id»)).first()",
    "return connection.execute(notes.select().where(notes.c.id == note_id)«.where(notes.c.user_id == user.id)»).first()",
    "return connection.execute(select(notes.c.text).where(and_(notes.c.id == note_id«, notes.c.user_id == user.id»))).all()",
    "return connection.execute(select(notes)«.where(notes.c.user_id == user.id)»).all()",
    "connection.execute(update(notes).where(notes.c.id == note_id«, notes.c.user_id == user.id»).values(text=text))",
    "connection.execute(notes.update().where((notes.c.id == note_id)« & (notes.c.user_id == user.id)»).values(text=text))",
    "connection.execute(notes.delete().where(notes.c.id == note_id)«.where(notes.c.user_id == user.id)»)",
    "connection.execute(delete(notes).where(notes.c.id == note_id«, notes.c.user_id == user.id»))",
    "row = connection.execute(select(notes).where(notes.c.id == note_id)).first()«" + CHECK + "»\nreturn row",
)
SQL = (
    Store(
        "sqlalchemy-core",
        "from sqlalchemy import and_, delete, select, update\n\nfrom app.models import engine, notes\n\n"
        "connection = engine.connect()",
        _CORE,
        CORE_TABLES,
    ),
    Store(
        "sqlalchemy-core-async",
        "from sqlalchemy import and_, delete, select, update\nfrom sqlalchemy.ext.asyncio import AsyncConnection\n\n"
        "from app.models import notes\n\nconnection: AsyncConnection",
        tuple(
            text.replace("connection.execute(", "(await connection.execute(").replace(")).", "))).")
            if ")).first()" in text or ")).all()" in text
            else text.replace("connection.execute(", "await connection.execute(")
            for text in _CORE
        ),
        CORE_TABLES,
    ),
    Store(
        "databases",
        "import databases\nfrom sqlalchemy import and_, delete, select, update\n\nfrom app.models import notes\n\n"
        'database = databases.Database("sqlite:///db")',
        (
            "query = notes.select().where(notes.c.id == note_id)«.where(notes.c.user_id == user.id)»\n"
            "return await database.fetch_one(query)",
            "query = notes.update().where(notes.c.id == note_id«, notes.c.user_id == user.id»).values(text=text)\n"
            "await database.execute(query)",
            "return await database.fetch_all(select(notes)«.where(notes.c.user_id == user.id)»)",
            'return await database.fetch_one("SELECT * FROM notes WHERE id = :id« AND user_id = :me»", '
            '{"id": note_id«, "me": user.id»})',
        ),
        CORE_TABLES,
    ),
    Store(
        "imperative",
        "from sqlalchemy import select\nfrom sqlalchemy.orm import Session\n\nfrom app.models import Note, engine\n\n"
        "session = Session(engine)",
        (
            "return session.scalar(select(Note).where(Note.id == note_id«, Note.user_id == user.id»))",
            "return session.query(Note).filter_by(id=note_id«, user_id=user.id»).first()",
            "row = session.get(Note, note_id)«" + CHECK + "»\nsession.delete(row)",
        ),
        CORE_TABLES
        + """
from sqlalchemy.orm import registry


class User:
    pass


class Note:
    def __init__(self, text):
        self.text = text


mapper_registry = registry()
mapper_registry.map_imperatively(User, users)
mapper_registry.map_imperatively(Note, notes)
""",
    ),
    Store(
        "classical-mapper",
        "from sqlalchemy.orm import Session\n\nfrom app.models import Note, engine\n\nsession = Session(engine)",
        (
            "return session.query(Note).filter_by(id=note_id«, user_id=user.id»).first()",
            "return session.query(Note).filter(Note.id == note_id«, Note.user_id == user.id»).first()",
        ),
        CORE_TABLES
        + """
from sqlalchemy.orm import mapper


class Note:
    pass


mapper(Note, notes, properties={})
""",
    ),
    Store(
        "table-in-class",
        "from sqlalchemy import select\nfrom sqlalchemy.orm import Session\n\nfrom app.models import Note, engine\n\n"
        "session = Session(engine)",
        ("return session.scalar(select(Note).where(Note.id == note_id«, Note.user_id == user.id»))",),
        CORE_TABLES
        + """
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    metadata = metadata


class Note(Base):
    __table__ = notes
""",
    ),
    *(
        Store(
            f"schema-file-{name}",
            f"from app.db import {handle}",
            bodies,
            files={path: CREATE, "app/db.py": database},
        )
        for name, path, handle, database, bodies in (
            (
                "asyncpg",
                "db/schema.sql",
                "pool",
                'import asyncpg\n\npool = asyncpg.create_pool("postgres://")\n',
                (
                    'return await pool.fetchrow("SELECT * FROM notes WHERE id = $1« AND user_id = $2»", note_id«, user.id»)',
                    'return await pool.fetch("SELECT * FROM notes« WHERE user_id = $1»"«, user.id»)',
                    'await pool.execute("UPDATE notes SET text = $1 WHERE id = $2« AND user_id = $3»", text, note_id«, user.id»)',
                    'await pool.execute("DELETE FROM notes WHERE id = $1« AND user_id = $2»", note_id«, user.id»)',
                    "async with pool.acquire() as connection:\n"
                    '    row = await connection.fetchrow("SELECT * FROM notes WHERE id = $1", note_id)\n'
                    + "«"
                    + indent(ITEM_CHECK.strip(), "    ")
                    + "\n»    return row",
                ),
            ),
            (
                "psycopg",
                "migrations/0001_init.up.sql",
                "connection",
                'import psycopg\n\nconnection = psycopg.connect("")\n',
                (
                    'return connection.execute("SELECT text FROM notes WHERE id = %s« AND user_id = %s»", (note_id,« user.id»)).fetchone()',
                    "with connection.cursor() as cursor:\n"
                    '    cursor.execute("DELETE FROM notes WHERE id = %(id)s« AND user_id = %(me)s»", {"id": note_id«, "me": user.id»})',
                    'return connection.execute(f"SELECT text FROM notes WHERE id = {int(note_id)}« AND user_id = {user.id}»").fetchone()',
                    'query = "SELECT text FROM notes"\n«query += f" WHERE user_id = {user.id}"\n»'
                    "return connection.execute(query).fetchall()",
                ),
            ),
            (
                "sqlite3",
                "app/schema.sql",
                "connection",
                'import sqlite3\n\nconnection = sqlite3.connect("app.db")\n',
                (
                    'return connection.execute("SELECT text FROM notes WHERE id = ?« AND user_id = ?»", (note_id,« user.id»)).fetchone()',
                    'connection.execute("UPDATE notes SET text = ? WHERE id = ?« AND user_id = ?»", (text, note_id«, user.id»))',
                ),
            ),
        )
    ),
    Store(
        "aiosql",
        "from app.db import connection, queries",
        (
            "return queries.get_«my_»note(connection, id=note_id«, user_id=user.id»)",
            "return queries.list_«my_»notes(connection«, user_id=user.id»)",
            "queries.delete_«my_»note(connection, id=note_id«, user_id=user.id»)",
        ),
        files={
            "app/db.py": 'import aiosql\nimport psycopg\n\nconnection = psycopg.connect("")\n'
            'queries = aiosql.from_path("app/queries.sql", "psycopg")\n',
            "app/schema.sql": CREATE,
            "app/queries.sql": """\
-- name: get_note^
-- One note.
SELECT * FROM notes WHERE id = :id;

-- name: get_my_note^
SELECT * FROM notes WHERE id = :id AND user_id = :user_id;

-- name: list-notes
SELECT id, text FROM notes;

-- name: list-my-notes
SELECT id, text FROM notes WHERE user_id = :user_id;

-- name: delete_note!
DELETE FROM notes WHERE id = :id;

-- name: delete_my_note!
DELETE FROM notes WHERE id = :id AND user_id = :user_id;
""",
        },
    ),
    Store(
        "sql-file-text",
        "from pathlib import Path\n\nfrom app.db import connection\n\n"
        'HERE = Path(__file__).parent\nMINE = (HERE / "mine.sql").read_text()\nONE = (HERE / "one.sql").read_text()',
        ('sql = ONE\n«sql = MINE\n»return connection.execute(sql, {"id": note_id«, "user_id": user.id»}).fetchone()',),
        files={
            "app/db.py": 'import psycopg\n\nconnection = psycopg.connect("")\n',
            "schema.sql": CREATE,
            "app/one.sql": "SELECT * FROM notes WHERE id = %(id)s",
            "app/mine.sql": "SELECT * FROM notes WHERE id = %(id)s AND user_id = %(user_id)s",
        },
    ),
    Store(
        "advanced-alchemy",
        "from app.models import Note, NoteRepository, NoteService\n\nnotes = NoteRepository()\nservice = NoteService()",
        (
            "return await notes.get_one(Note.id == note_id«, Note.user_id == user.id»)",
            "return await notes.get_one_or_none(id=note_id«, user_id=user.id»)",
            "return await notes.list(«Note.user_id == user.id»)",
            "return await notes.list_and_count(«user_id=user.id»)",
            "row = await notes.get(note_id)«" + CHECK + "»\nreturn row",
            "return await service.get_one(id=note_id«, user_id=user.id»)",
            "row = await service.get(note_id)«" + CHECK + "»\nawait service.delete(note_id)",
            "row = await service.get(note_id)«"
            + CHECK
            + '»\nreturn await service.update({"text": text}, item_id=note_id)',
            "await notes.delete_where(Note.id == note_id«, Note.user_id == user.id»)",
        ),
        """\
from advanced_alchemy.base import UUIDBase
from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from advanced_alchemy.service import SQLAlchemyAsyncRepositoryService
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column


class User(UUIDBase):
    __tablename__ = "users"


class Note(UUIDBase):
    __tablename__ = "notes"
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str]


class NoteRepository(SQLAlchemyAsyncRepository[Note]):
    model_type = Note


class NoteService(SQLAlchemyAsyncRepositoryService[Note]):
    repository_type = NoteRepository
""",
    ),
    Store(
        "fastcrud",
        "from app.models import Note, notes\nfrom app.db import session",
        (
            "return await notes.get(session, id=note_id«, user_id=user.id»)",
            "return await notes.get(db=session, id=note_id«, user_id=user.id»)",
            "return await notes.get_multi(session, limit=10«, user_id=user.id»)",
            'await notes.update(session, {"text": text}, id=note_id«, user_id=user.id»)',
            "await notes.delete(session, id=note_id«, user_id=user.id»)",
            "await notes.db_delete(session, id=note_id«, user_id=user.id»)",
            "return await notes.count(session«, user_id=user.id», id=note_id)",
        ),
        """\
from fastcrud import FastCRUD
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str]


CRUDNote = FastCRUD[Note, None, None, None, None, None]
notes = CRUDNote(Note)
""",
        files={"app/db.py": "from sqlalchemy.ext.asyncio import AsyncSession\n\nsession: AsyncSession\n"},
    ),
)

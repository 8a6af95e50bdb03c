"""Programs on ORMs, those of document databases among them."""

from __future__ import annotations

from .store import CHECK, Store

ORMS = (
    Store(
        "tortoise",
        "from app.models import Note",
        (
            "return await Note.get(id=note_id«, user_id=user.id»)",
            "return await Note.get_or_none(id=note_id«, user=user»)",
            "return await Note.filter(id=note_id«, user__id=user.id»).first()",
            "return await Note.filter(id=note_id)«.filter(user=user)».values()",
            "return await Note.all()«.filter(user=user)»",
            "return await Note«.filter(user_id=user.id)».all()",
            "await Note.filter(id=note_id«, user_id=user.id»).update(text=text)",
            "await Note.filter(id=note_id«, user_id=user.id»).delete()",
            "row = await Note.get(id=note_id)«" + CHECK + "»\nawait row.delete()",
            "row = await Note.get(id=note_id)«" + CHECK + "»\nrow.text = text\nawait row.save()",
            "return await Note.filter(Q(id=note_id)« & Q(user=user)»).first()",
        ),
        """\
from tortoise import fields
from tortoise.models import Model


class User(Model):
    id = fields.IntField(pk=True)
    email = fields.CharField(max_length=100)


class Note(Model):
    id = fields.IntField(pk=True)
    user = fields.ForeignKeyField("models.User", related_name="notes")
    text = fields.TextField()
""",
    ),
    Store(
        "peewee",
        "from app.models import Note, User",
        (
            "return Note.get(Note.id == note_id«, Note.user == user»)",
            "return Note.get((Note.id == note_id)« & (Note.user == user.id)»)",
            "return Note.get_or_none(Note.id == note_id«, Note.user_id == user.id»)",
            "return Note.select().where(Note.id == note_id«, Note.user == user»).first()",
            "return Note.select().where(Note.id == note_id)«.where(Note.user == user)».get()",
            "return list(Note.select()«.where(Note.user == user)»)",
            "return list(Note.select().join(User)«.where(User.id == user.id)»)",
            "Note.update(text=text).where(Note.id == note_id«, Note.user == user»).execute()",
            "Note.update({Note.text: text}).where((Note.id == note_id)« & (Note.user == user)»).execute()",
            "Note.delete().where(Note.id == note_id«, Note.user == user»).execute()",
            "row = Note.get_by_id(note_id)«" + CHECK + "»\nrow.delete_instance()",
            "row = Note.get_by_id(note_id)«" + CHECK + "»\nrow.text = text\nrow.save()",
        ),
        """\
import peewee

db = peewee.SqliteDatabase("app.db")


class User(peewee.Model):
    email = peewee.CharField()

    class Meta:
        database = db


class Note(peewee.Model):
    user = peewee.ForeignKeyField(User, backref="notes")
    text = peewee.TextField()

    class Meta:
        database = db
""",
    ),
    Store(
        "piccolo",
        "from app.models import Note",
        (
            "return await Note.select().where(Note.id == note_id«, Note.user == user.id»).first()",
            "return await Note.select().where((Note.id == note_id)« & (Note.user == user.id)»)",
            "return await Note.objects().get((Note.id == note_id)« & (Note.user == user.id)»)",
            "return await Note.objects().where(Note.id == note_id)«.where(Note.user.id == user.id)».first()",
            "return await Note.objects()«.where(Note.user == user.id)»",
            "return await Note.select(Note.text)«.where(Note.user == user.id)»",
            "await Note.update({Note.text: text}).where(Note.id == note_id«, Note.user == user.id»)",
            "await Note.delete().where(Note.id == note_id«, Note.user == user.id»)",
            "row = await Note.objects().get(Note.id == note_id)«\n"
            "if row.user != user.id:\n    raise HTTPException(404)»\nawait row.remove()",
        ),
        """\
from piccolo.columns import ForeignKey, Text, Varchar
from piccolo.table import Table


class User(Table):
    email = Varchar()


class Note(Table):
    user = ForeignKey(references=User)
    text = Text()
""",
    ),
    Store(
        "ormar",
        "import ormar\n\nfrom app.models import Note",
        (
            "return await Note.objects.get(id=note_id«, user=user.id»)",
            "return await Note.objects.get_or_none(id=note_id«, user__id=user.id»)",
            "return await Note.objects.filter(id=note_id«, user=user.id»).first()",
            "return await Note.objects.filter((Note.id == note_id)« & (Note.user.id == user.id)»).get()",
            "return await Note.objects.filter(ormar.and_(id=note_id«, user__id=user.id»)).get()",
            "return await Note.objects«.filter(user=user.id)».all()",
            "await Note.objects.filter(id=note_id«, user=user.id»).update(text=text)",
            "await Note.objects.delete(id=note_id«, user=user.id»)",
            "row = await Note.objects.get(id=note_id)«\n"
            "if row.user.id != user.id:\n    raise HTTPException(404)»\nawait row.update(text=text)",
        ),
        """\
import databases
import ormar
import sqlalchemy

base = ormar.OrmarConfig(database=databases.Database("sqlite:///db"), metadata=sqlalchemy.MetaData())


class User(ormar.Model):
    ormar_config = base.copy(tablename="users")

    id: int = ormar.Integer(primary_key=True)
    email: str = ormar.String(max_length=100)


class Note(ormar.Model):
    ormar_config = base.copy(tablename="notes")

    id: int = ormar.Integer(primary_key=True)
    user = ormar.ForeignKey(User)
    text: str = ormar.Text()
""",
    ),
    Store(
        "beanie",
        "from beanie.operators import And, Set\n\nfrom app.models import Note",
        (
            "return await Note.find_one(Note.id == note_id«, Note.user_id == user.id»)",
            'return await Note.find_one({"_id": note_id«, "user_id": user.id»})',
            "return await Note.find(Note.id == note_id)«.find(Note.user_id == user.id)».first_or_none()",
            "return await Note.find(And(Note.id == note_id«, Note.user_id == user.id»)).to_list()",
            "return await Note.find(«Note.user_id == user.id»).to_list()",
            "await Note.find_one(Note.id == note_id«, Note.user_id == user.id»).update(Set({Note.text: text}))",
            "await Note.find_one(Note.id == note_id«, Note.user_id == user.id»).delete()",
            "row = await Note.get(note_id)«" + CHECK + "»\nawait row.delete()",
            "row = await Note.get(note_id)«" + CHECK + "»\nrow.text = text\nawait row.save()",
        ),
        """\
from beanie import Document, Indexed


class User(Document):
    email: str


class Note(Document):
    user_id: Indexed(str)
    text: str
""",
    ),
    Store(
        "beanie-link",
        "from app.models import Note",
        (
            "return await Note.find_one(Note.id == note_id«, Note.user.id == user.id»)",
            "return await Note.find(«Note.user.id == user.id, »fetch_links=True).to_list()",
            "row = await Note.get(note_id, fetch_links=True)«\n"
            "if row.user.id != user.id:\n    raise HTTPException(404)»\nawait row.delete()",
        ),
        """\
from beanie import Document, Link


class User(Document):
    email: str


class Note(Document):
    user: Link[User]
    text: str
""",
    ),
    Store(
        "mongoengine",
        "from mongoengine.queryset.visitor import Q\n\nfrom app.models import Note",
        (
            "return Note.objects.get(id=note_id«, user=user.id»)",
            "return Note.objects(id=note_id«, user=user.id»).first()",
            "return Note.objects(Q(id=note_id)« & Q(user=user.id)»).first()",
            "return Note.objects.filter(id=note_id«, user=user.id»).first()",
            "return list(Note.objects(«user=user.id»))",
            "return Note.objects«.filter(user=user.id)».all()",
            "Note.objects(id=note_id«, user=user.id»).update(set__text=text)",
            "Note.objects(id=note_id«, user=user.id»).update_one(set__text=text)",
            "Note.objects(id=note_id«, user=user.id»).delete()",
            "row = Note.objects.get(id=note_id)«\nif row.user.id != user.id:\n    raise HTTPException(404)»\nrow.delete()",
            "Note.objects(id=note_id«, user=user.id»).modify(set__text=text)",
        ),
        """\
import mongoengine as me


class User(me.Document):
    email = me.EmailField()


class Note(me.Document):
    user = me.ReferenceField(User)
    text = me.StringField()
""",
    ),
    Store(
        "odmantic",
        "from odmantic import AIOEngine\nfrom odmantic.query import and_\n\nfrom app.models import Note\n\nengine = AIOEngine()",
        (
            "return await engine.find_one(Note, Note.id == note_id«, Note.user_id == user.id»)",
            "return await engine.find_one(Note, (Note.id == note_id)« & (Note.user_id == user.id)»)",
            "return await engine.find_one(Note, and_(Note.id == note_id«, Note.user_id == user.id»))",
            "return await engine.find(Note«, Note.user_id == user.id»)",
            "return await engine.count(Note, Note.id == note_id«, Note.user_id == user.id»)",
            "await engine.remove(Note, Note.id == note_id«, Note.user_id == user.id»)",
            "row = await engine.find_one(Note, Note.id == note_id)«" + CHECK + "»\nawait engine.delete(row)",
            "row = await engine.find_one(Note, Note.id == note_id)«"
            + CHECK
            + "»\nrow.text = text\nawait engine.save(row)",
        ),
        """\
from odmantic import Field, Model, ObjectId


class User(Model):
    email: str


class Note(Model):
    user_id: ObjectId = Field(index=True)
    text: str
""",
    ),
    Store(
        "pony",
        "from pony.orm import db_session, delete, select\n\nfrom app.models import Note",
        (
            "with db_session:\n    return Note.get(id=note_id«, user=user»)",
            "with db_session:\n    return Note.get(lambda n: n.id == note_id« and n.user == user»)",
            "with db_session:\n    return select(n for n in Note if n.id == note_id« and n.user.id == user.id»).first()",
            "with db_session:\n    return Note.select(lambda n: n.id == note_id« and n.user.id == user.id»)[:]",
            "with db_session:\n    return list(select(n for n in Note« if n.user == user»))",
            "with db_session:\n    return Note.select()«.filter(lambda n: n.user == user)»[:]",
            "with db_session:\n    delete(n for n in Note if n.id == note_id« and n.user == user»)",
        ),
        """\
from pony.orm import Database, PrimaryKey, Required, Set

db = Database()


class User(db.Entity):
    id = PrimaryKey(int, auto=True)
    notes = Set("Note")


class Note(db.Entity):
    id = PrimaryKey(int, auto=True)
    user = Required(User)
    text = Required(str)
""",
    ),
    Store(
        "gino",
        "from app.models import Note",
        (
            "return await Note.query.where(Note.id == note_id)«.where(Note.user_id == user.id)».gino.first()",
            "return await Note.query.where((Note.id == note_id)« & (Note.user_id == user.id)»).gino.all()",
            "row = await Note.get(note_id)«" + CHECK + "»\nawait row.update(text=text).apply()",
            "await Note.delete.where((Note.id == note_id)« & (Note.user_id == user.id)»).gino.status()",
        ),
        """\
from gino import Gino

db = Gino()


class User(db.Model):
    __tablename__ = "users"
    id = db.Column(db.Integer(), primary_key=True)


class Note(db.Model):
    __tablename__ = "notes"
    id = db.Column(db.Integer(), primary_key=True)
    user_id = db.Column(db.ForeignKey("users.id"))
    text = db.Column(db.Text())
""",
    ),
)

"""Whom rows belong to: by columns, foreign keys, parents and memberships, in the spellings of the ORMs."""

# ruff: noqa: E501 - models are easier to compare where each is one line
from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from statelint.analysis.ownership import OwnerKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..conftest import Sample

    Code = Callable[[str], Sample]

DECLARATIVE = """
from sqlalchemy import Column, ForeignKey, Integer, String, Table
from sqlalchemy.orm import declarative_base, declared_attr, relationship

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    email = Column(String)
    hashed_password = Column(String)

"""
DJANGO = "from django.conf import settings\nfrom django.db import models\n"
SPELLINGS = {
    "declarative": (DECLARATIVE, 'class Note(Base):\n    __tablename__ = "notes"\n    writer = Column(ForeignKey("users.id"))', "writer"),
    "by-name": (DECLARATIVE, 'class Note(Base):\n    __tablename__ = "notes"\n    user_id = Column(Integer)', "user_id"),
    "mixin": (
        DECLARATIVE,
        'class Owned:\n    owner_id = Column(Integer)\n\n\nclass Note(Owned, Base):\n    __tablename__ = "notes"\n    id = Column(Integer)',
        "owner_id",
    ),
    "declared_attr": (
        DECLARATIVE,
        "class Owned:\n    @declared_attr\n    def keeper_id(cls):\n        return Column(ForeignKey('users.id'))\n\n\n"
        'class Note(Owned, Base):\n    __tablename__ = "notes"\n    id = Column(Integer)',
        "keeper_id",
    ),
    "table": (
        DECLARATIVE,
        'class Note(Base):\n    __table__ = Table("notes", Base.metadata, Column("id", Integer), Column("holder", ForeignKey("users.id")))',
        "holder",
    ),
    "sqlmodel": (
        "from sqlmodel import Field, SQLModel\n\n\nclass User(SQLModel, table=True):\n    id: int = Field(primary_key=True)\n",
        'class Note(SQLModel, table=True):\n    id: int = Field(primary_key=True)\n    holder: int = Field(foreign_key="user.id")',
        "holder",
    ),
    "django": (DJANGO, "class Note(models.Model):\n    holder = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)", "holder"),
    "tortoise": (
        "from tortoise import fields, models\n\n\nclass User(models.Model):\n    email = fields.TextField()\n",
        'class Note(models.Model):\n    holder = fields.ForeignKeyField("models.User")',
        "holder",
    ),
    "made-by-a-function": (
        DECLARATIVE + 'def reference_col(table, **options):\n    return Column(ForeignKey(f"{table}.id"), **options)\n\n',
        'class Note(Base):\n    __tablename__ = "notes"\n    holder = reference_col("users")',
        "holder",
    ),
    "piccolo": (
        "from piccolo.apps.user.tables import BaseUser\nfrom piccolo.columns import ForeignKey, Text\nfrom piccolo.table import Table\n\n\n"
        'class User(BaseUser, tablename="piccolo_user"):\n    pass\n',
        "class Note(Table):\n    text = Text()\n    holder = ForeignKey(references=User)",
        "holder",
    ),
    "peewee": (
        "from peewee import ForeignKeyField, Model, TextField\n\n\nclass User(Model):\n    email = TextField()\n",
        "class Note(Model):\n    holder = ForeignKeyField(User)",
        "holder",
    ),
    "beanie": (
        "from beanie import Document, Link\n\n\nclass User(Document):\n    email: str\n",
        "class Note(Document):\n    holder: Link[User]",
        "holder",
    ),
    "mongoengine": (
        "from mongoengine import Document, ReferenceField, StringField\n\n\nclass User(Document):\n    email = StringField()\n",
        "class Note(Document):\n    holder = ReferenceField(User)",
        "holder",
    ),
    "pony": (
        "from pony.orm import Database, Required, Set\n\ndb = Database()\n\n\nclass User(db.Entity):\n    notes = Set('Note')\n",
        "class Note(db.Entity):\n    holder = Required(User)",
        "holder",
    ),
}  # fmt: skip
PARENT = """
class Folder(Base):
    __tablename__ = "folders"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"))


class Page(Base):
    __tablename__ = "pages"
    id = Column(Integer, primary_key=True)
    folder_id = Column(ForeignKey("folders.id"))


class Word(Base):
    __tablename__ = "words"
    id = Column(Integer, primary_key=True)
    page_id = Column(ForeignKey("pages.id"))
"""


def paths(code: Sample, name: str) -> list[tuple[str, OwnerKind]]:
    model = code.project.ownership.named(name)
    assert model is not None
    return [(str(path), path.kind) for path in model.paths]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_owner_is_a_column_that_refers_to_the_user(code: Code, spelling: str) -> None:
    models, note, column = SPELLINGS[spelling]
    assert (column, OwnerKind.OWNER) in paths(code(f"{models}\n\n{note}\n"), "Note")


@pytest.mark.parametrize(("model", "path"), [("Folder", "user_id"), ("Page", "folder_id.user_id")])
def test_children_belong_to_the_owner_of_their_parents(code: Code, model: str, path: str) -> None:
    assert paths(code(DECLARATIVE + PARENT), model) == [(path, OwnerKind.OWNER)]


def test_a_grandchild_knows_its_parents(code: Code) -> None:
    found = code(DECLARATIVE + PARENT).project.ownership.named("Word")
    assert found is not None
    assert str(found.paths[0]) == "page_id.folder_id.user_id"
    assert {column: parent.name for column, parent in found.parents.items()} == {"page_id": "Page"}


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("user_id", OwnerKind.OWNER),
        ("owner_uid", OwnerKind.OWNER),
        ("owner", OwnerKind.OWNER),
        ("tenant_id", OwnerKind.TENANT),
        ("workspace_id", OwnerKind.TENANT),
        ("author_id", OwnerKind.ATTRIBUTION),
        ("created_by", OwnerKind.ATTRIBUTION),
        ("written_user_id", OwnerKind.ATTRIBUTION),
        ("user_id2", OwnerKind.OWNER),
        ("title", None),
    ],
)
def test_what_a_name_says(code: Code, column: str, kind: OwnerKind | None) -> None:
    assert code("x = 1\n").project.ownership.column_kind(column) is kind


def test_a_model_without_an_owner_is_nobodys(code: Code) -> None:
    note = (
        'class Country(Base):\n    __tablename__ = "countries"\n    name = Column(String)\n    code = Column(String)\n'
    )
    model = code(DECLARATIVE + note).project.ownership.named("Country")
    assert model is not None
    assert not model.owned


@pytest.mark.parametrize(
    "columns",
    ["customer_id = Column(Integer, primary_key=True)", "username = Column(String)",
     'price = Column(Integer)\n    users = relationship("User", secondary="purchases")'],
)  # fmt: skip
def test_names_of_the_row_itself_and_buyers_are_no_owners(code: Code, columns: str) -> None:
    customer = f'class Customer(Base):\n    __tablename__ = "customers"\n    {columns}\n'
    model = code(DECLARATIVE + customer).project.ownership.named("Customer")
    assert model is not None
    assert not model.owned


def test_a_path_may_have_one_name_twice(code: Code) -> None:
    """``result.student`` is a student, whose ``student`` is the user; only a way back to where it began is none."""
    sample = code(
        DJANGO
        + """
class Student(models.Model):
    student = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)


class Result(models.Model):
    student = models.ForeignKey(Student, on_delete=models.CASCADE)
    before = models.ForeignKey("self", on_delete=models.CASCADE)
"""
    )
    found = sample.project.ownership.named("Result")
    assert found is not None
    assert [str(path) for path in found.paths] == ["student.student"]


def test_a_role_belongs_to_nobody_who_has_it(code: Code) -> None:
    role = (
        'class Role(Base):\n    __tablename__ = "roles"\n    id = Column(Integer, primary_key=True)\n'
        '    users = relationship("User", secondary="user_role")\n'
    )
    model = code(DECLARATIVE + role).project.ownership.named("Role")
    assert model is not None
    assert not model.owned


def test_the_user_is_the_principal(code: Code) -> None:
    model = code(dedent(DECLARATIVE)).project.ownership.named("User")
    assert model is not None
    assert model.is_principal


PLAYER = """
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Player(Base):
    __tablename__ = "players"
    id = Column(Integer, primary_key=True)
    email = Column(String)


class Hero(Base):
    __tablename__ = "heroes"
    id = Column(Integer, primary_key=True)
    player_id = Column(ForeignKey("players.id"))


def {name}(token) -> Player: ...
"""


@pytest.mark.parametrize(
    ("name", "owned"),
    [
        ("get_current_user", True),
        ("get_current_active_user", True),
        ("current_player", True),
        ("get_current_team", False),
        ("get_player", False),
    ],
)
def test_what_finds_out_who_is_calling_says_what_users_are_called(code: Code, name: str, owned: bool) -> None:
    sample = code(PLAYER.format(name=name))
    ownership = sample.project.ownership
    hero = ownership.named("Hero")
    assert hero is not None
    assert hero.owned is owned


def test_where_users_are_known_what_is_current_is_no_other_user(code: Code) -> None:
    users = """
class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    email = Column(String)
    password = Column(String)


"""
    ownership = code(PLAYER.format(name="current_player") + users).project.ownership
    player = ownership.named("Player")
    assert player is not None
    assert not player.is_principal


PEOPLE = (
    DJANGO
    + """
class User(models.Model):
    username = models.TextField()
    password = models.TextField()


class Teacher(models.Model):
    user = models.OneToOneField(User, on_delete=models.CASCADE)


class Company(models.Model):
    user = models.OneToOneField(User, on_delete=models.CASCADE)


"""
)
SHOWN = {
    "offered": ("Lesson", "teacher = models.ForeignKey(Teacher, on_delete=models.CASCADE)", True),
    "earned": ("TeacherPayout", "teacher = models.ForeignKey(Teacher, on_delete=models.CASCADE)", False),
    "of-both": (
        "Lesson",
        "teacher = models.ForeignKey(Teacher, on_delete=models.CASCADE)\n    student = models.ForeignKey(User, on_delete=models.CASCADE)",
        False,
    ),
    "job-offer": (
        "Job",
        "company = models.ForeignKey(Company, on_delete=models.CASCADE)\n    user = models.ForeignKey(User, on_delete=models.CASCADE)",
        True,
    ),
    "work-of-a-queue": (
        "Job",
        "user = models.ForeignKey(User, on_delete=models.CASCADE)\n    progress = models.IntegerField()",
        False,
    ),
    "profile": (
        "Profile",
        "user = models.OneToOneField(User, on_delete=models.CASCADE)\n    bio = models.TextField()",
        True,
    ),
    "intimate-profile": (
        "Profile",
        "user = models.OneToOneField(User, on_delete=models.CASCADE)\n    phone = models.TextField()",
        False,
    ),
}


@pytest.mark.parametrize(("name", "columns", "shown"), SHOWN.values(), ids=SHOWN)
def test_rows_are_shown_that_somebody_offers_to_others(code: Code, name: str, columns: str, shown: bool) -> None:
    ownership = code(f"{PEOPLE}class {name}(models.Model):\n    {columns}\n").project.ownership
    model = ownership.named(name)
    assert model is not None
    assert ownership.is_directory(model) is shown


def test_a_company_that_no_user_belongs_to_is_no_tenant(code: Code) -> None:
    models = "class Company(models.Model):\n    name = models.TextField()\n\n\nclass Contact(models.Model):\n    company = models.ForeignKey(Company, on_delete=models.CASCADE)\n"
    joined = "\n\nclass Employee(models.Model):\n    company = models.ForeignKey(Company, on_delete=models.CASCADE)\n    user = models.ForeignKey(User, on_delete=models.CASCADE)\n"
    user = "class User(models.Model):\n    username = models.TextField()\n    password = models.TextField()\n\n\n"
    contact = [code(DJANGO + user + models + rest).project.ownership.named("Contact") for rest in ("", joined)]
    assert [each is not None and each.owned for each in contact] == [False, True]


def test_nobody_belongs_to_what_somebody_entered(code: Code) -> None:
    rest = dedent("""
    class Institution(Base):
        __tablename__ = "institutions"
        id = Column(Integer, primary_key=True)
        created_by_id = Column(ForeignKey("users.id"))

    class Campus(Base):
        __tablename__ = "campuses"
        id = Column(Integer, primary_key=True)
        institution_id = Column(ForeignKey("institutions.id"))
    """)

    assert paths(code(DECLARATIVE + rest), "Campus") == [("institution_id.created_by_id", OwnerKind.ATTRIBUTION)]

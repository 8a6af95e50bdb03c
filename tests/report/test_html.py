from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import msgspec

from statelint.analysis.project import analyse
from statelint.catalogue.loader import load
from statelint.config.settings import Settings
from statelint.extract.extractor import extract
from statelint.report.html import render

from .conftest import FINDINGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from statelint.analysis.project import Project
    from statelint.lint.finding import LintResult
    from statelint.report.context import ReportContext

    Context = Callable[..., ReportContext]

SERVICE = """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session
from app.models import Note

app = FastAPI()
CARTS = {}


@app.post("/cart/{user_id}")
def add(user_id: str):
    CARTS[user_id] = 1


@app.get("/notes/{note_id}")
def note(note_id: int, db: Session):
    return db.get(Note, note_id)
"""
MODELS = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase): ...


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
"""
EVIL = "</style><script>alert(1)</script><img src=x onerror=y>\x1b[2J{{ 7 * 7 }}"


def project() -> Project:
    catalogue = load({})
    files = {"app/main.py": SERVICE, "app/models.py": MODELS}
    return analyse([extract(path, text.encode(), catalogue) for path, text in files.items()], catalogue, Settings())


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]


def test_what_to_fix_is_grouped_with_code_and_path(result: LintResult, context: Context) -> None:
    text = render(result, context())
    assert text.count("<article") == 2, "three writers of one object are one thing to fix"
    assert "<mark>USER_CONVERSATIONS[user_id]</mark>" in text
    assert "<code>DELETE /api/{user_id}/chat</code> is served by <code>forget</code>" in text
    assert "<b>Instead:</b> filter by the verified user" in text


def test_the_maps(result: LintResult, context: Context) -> None:
    finding = msgspec.structs.replace(FINDINGS[0], group="app/main.py::CARTS")
    text = render(msgspec.structs.replace(result, findings=[finding]), context(project=project))
    assert "<th>Note</th>" in text
    assert re.search(r'<td class="cell unscoped" title="read: unscoped', text)
    svg = text[text.index("<svg") : text.index("</svg>")]
    assert "CARTS" in svg
    assert ">add</text>" in svg
    assert svg.count('class="edge"') == 1


def test_it_loads_nothing_and_runs_nothing(result: LintResult, context: Context) -> None:
    page = Tags(render(result, context(project=project)))
    assert "script" not in page.tags
    assert all(link.startswith("#") for link in page.links)


def test_hostile_text_stays_text(result: LintResult, context: Context) -> None:
    usual = Tags(render(result, context())).tags
    result.findings = [
        msgspec.structs.replace(
            finding,
            message=EVIL,
            help=EVIL,
            name=EVIL,
            rule=EVIL,
            location=msgspec.structs.replace(finding.location, message=EVIL),
            trace=tuple(msgspec.structs.replace(step, path=EVIL, message=EVIL) for step in finding.trace),
        )
        for finding in result.findings
    ]
    text = render(result, context())
    assert set(Tags(text).tags) <= set(usual)
    assert "\x1b" not in text
    assert "{{ 7 * 7 }}" in text


def test_a_clean_project(result: LintResult, context: Context) -> None:
    result.findings = []
    text = render(result, context())
    assert "no findings" in text
    assert "<article" not in text

"""A small service with a finding of every shape, made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from statelint.lint.finding import (
    Confidence,
    Coverage,
    Finding,
    LintResult,
    Location,
    Severity,
    SuppressedFinding,
)
from statelint.report.context import ReportContext
from statelint.source.sources import Sources

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CHAT = """\
from fastapi import APIRouter

from app.state import USER_CONVERSATIONS

router = APIRouter()


@router.post("/api/{user_id}/chat")
async def chat(user_id: str, request: ChatRequest):
    if user_id not in USER_CONVERSATIONS:
        USER_CONVERSATIONS[user_id] = []
    remember(user_id, request.message)
    return {"response": "processed"}


@router.delete("/api/{user_id}/chat")
async def forget(user_id: str):
    USER_CONVERSATIONS.pop(user_id, None)


def remember(user_id, message):
    USER_CONVERSATIONS[user_id].append(message)
"""

STATE = '''\
"""State of the service."""

USER_CONVERSATIONS = {}
'''

QUERIES = """\
async def get_conversation(conversation_id: str, db: Session):
    conversation = (
        db.query(Conversation)
        .filter_by(id=conversation_id)
        .first()
    )
    return conversation
"""


def place(path: str, line: int, column: int, end_column: int, message: str = "", *, end_line: int = 0) -> Location:
    return Location(path, line, column, end_line or line, end_column, message)


DEFINITION = place("app/state.py", 3, 1, 19, "lives here as long as the process")


def writer(function: str, line: int, column: int, end: int, trace: tuple[Location, ...]) -> Finding:
    return Finding(
        rule="SL101",
        name="process-state",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        message=f"`USER_CONVERSATIONS` keeps user data in this process: `{function}` writes it while serving requests",
        location=place("app/chat.py", line, column, end, "written here for every request"),
        symbol=f"app.state.USER_CONVERSATIONS:app.chat.{function}",
        group="app.state.USER_CONVERSATIONS",
        help="keep it in the database, in rows that carry the user's id, and load it in each request",
        related=(DEFINITION,),
        trace=trace,
        fingerprint=f"print-{function}",
    )


ENTRY = place("app/chat.py", 9, 11, 15, "`POST /api/{user_id}/chat` is served by `chat`")
DELETE = place("app/chat.py", 17, 11, 17, "`DELETE /api/{user_id}/chat` is served by `forget`")

FINDINGS = [
    writer("chat", 11, 9, 36, (ENTRY, place("app/chat.py", 11, 9, 36, "`chat` writes `USER_CONVERSATIONS`"))),
    writer("forget", 18, 5, 28, (DELETE,)),
    writer(
        "remember",
        22,
        5,
        39,
        (
            ENTRY,
            place("app/chat.py", 12, 5, 13, "`chat` calls `remember`"),
            place("app/chat.py", 22, 5, 39, "`remember` writes `USER_CONVERSATIONS`"),
        ),
    ),
    Finding(
        rule="SL301",
        name="unscoped-read",
        severity=Severity.ERROR,
        confidence=Confidence.MEDIUM,
        message="any user can read every `Conversation`: the query does not ask for the owner",
        location=place("app/queries.py", 3, 9, 17, "no condition on `user_id`", end_line=5),
        symbol="app.queries.get_conversation:Conversation",
        help="filter by the verified user as well: `.filter_by(id=conversation_id, user_id=user_id)`",
        fingerprint="print-read",
    ),
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    for name, text in {"chat.py": CHAT, "state.py": STATE, "queries.py": QUERIES}.items():
        (tmp_path / "app" / name).write_text(text)
    return tmp_path


@pytest.fixture
def result() -> LintResult:
    silenced = SuppressedFinding(
        FINDINGS[3], place("app/queries.py", 2, 20, 60), "the caller has checked the conversation"
    )
    return LintResult(
        findings=list(FINDINGS),
        suppressed=[silenced],
        hidden=4,
        elsewhere=2,
        files=14,
        lines=1204,
        coverage=Coverage(frameworks=("fastapi", "sqlalchemy"), entry_points=7, models=3, owned_models=2, functions=80),
    )


@pytest.fixture
def context(project: Path) -> Callable[..., ReportContext]:
    def make(**options: object) -> ReportContext:
        return ReportContext(root=project, sources=Sources(project), **options)  # type: ignore[arg-type]

    return make

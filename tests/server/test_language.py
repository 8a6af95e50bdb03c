"""The language server as an editor talks to it: another process, over standard input and output."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

CLEAN = """\
import requests
from fastapi import FastAPI

app = FastAPI()
NAME = "é漢𝒳"; CARTS = {}


@app.post("/cart/{user_id}")
def add(user_id: str):
    return {}
"""
KEEPING = CLEAN.replace("    return {}", "    CARTS[user_id] = 1")
PATIENCE = 60
MENDS = ("ignore SL101 here", "explain SL101")


class Editor(LanguageClient):
    """Notes what the server publishes."""

    def __init__(self) -> None:
        super().__init__("test", "1")
        self.published: dict[str, list[lsp.Diagnostic]] = {}
        self.messages: list[str] = []
        self.watched: list[str] = []
        self.opened: list[str] = []
        self.news = asyncio.Event()

        @self.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def publish(params: lsp.PublishDiagnosticsParams) -> None:
            self.published[params.uri] = list(params.diagnostics)
            self.news.set()

        @self.feature(lsp.WINDOW_SHOW_MESSAGE)
        def show(params: lsp.ShowMessageParams) -> None:
            self.messages.append(params.message)
            self.news.set()

        @self.feature(lsp.CLIENT_REGISTER_CAPABILITY)
        def register(params: lsp.RegistrationParams) -> None:
            for each in params.registrations:
                options: Any = each.register_options
                self.watched += [watcher["globPattern"] for watcher in options["watchers"]]
            self.news.set()

        @self.feature(lsp.WINDOW_SHOW_DOCUMENT)
        def open_document(params: lsp.ShowDocumentParams) -> lsp.ShowDocumentResult:
            self.opened.append(params.uri)
            self.news.set()
            return lsp.ShowDocumentResult(success=True)

    async def until(self, done: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not done():
                self.news.clear()
                await self.news.wait()


def edit(
    folder: Path,
    work: Callable[[Editor, str], Awaitable[None]],
    capabilities: lsp.ClientCapabilities | None = None,
) -> None:
    """Open ``app.py`` in ``folder`` in an editor and do ``work`` there."""
    program = shutil.which("statelint", path=str(Path(sys.executable).parent))
    assert program

    async def session() -> None:
        editor = Editor()
        await editor.start_io(program, "server")
        root = folder.as_uri()
        params = lsp.InitializeParams(
            capabilities=capabilities or lsp.ClientCapabilities(), root_uri=root, process_id=None
        )
        await editor.initialize_async(params)
        editor.initialized(lsp.InitializedParams())
        uri = (folder / "app.py").as_uri()
        text = (folder / "app.py").read_text()
        editor.text_document_did_open(lsp.DidOpenTextDocumentParams(lsp.TextDocumentItem(uri, "python", 1, text)))
        try:
            await work(editor, uri)
        finally:
            await editor.shutdown_async(None)
            editor.exit(None)
            await editor.stop()

    asyncio.run(session())


def change(editor: Editor, uri: str, text: str) -> None:
    editor.text_document_did_change(
        lsp.DidChangeTextDocumentParams(
            lsp.VersionedTextDocumentIdentifier(2, uri), [lsp.TextDocumentContentChangeWholeDocument(text)]
        )
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n')
    (tmp_path / "app.py").write_text(CLEAN)
    return tmp_path


def test_unsaved_text_is_checked_explained_and_mended(folder: Path) -> None:
    async def work(editor: Editor, uri: str) -> None:
        change(editor, uri, KEEPING)
        await editor.until(lambda: bool(editor.published.get(uri)))
        (diagnostic,) = editor.published[uri]
        assert diagnostic.code == "SL101"
        assert diagnostic.range.start == lsp.Position(9, 4)
        (defined, *_) = diagnostic.related_information or []
        assert defined.message == "defined here: CARTS"
        assert defined.location.range.start == lsp.Position(4, len('NAME = "é漢𝒳"; ') + 1), "UTF-16 units"
        at = lsp.TextDocumentIdentifier(uri)
        hover = await editor.text_document_hover_async(lsp.HoverParams(at, lsp.Position(9, 6)))
        assert hover
        assert isinstance(hover.contents, lsp.MarkupContent)
        assert "SL101 process-state" in hover.contents.value
        actions = await editor.text_document_code_action_async(
            lsp.CodeActionParams(at, diagnostic.range, lsp.CodeActionContext([diagnostic]))
        )
        ignore, explain = actions or []
        assert isinstance(ignore, lsp.CodeAction)
        assert isinstance(explain, lsp.Command)
        assert ignore.title == "statelint: ignore SL101 here"
        assert ignore.edit
        (added,) = (ignore.edit.changes or {})[uri]
        assert added.range == lsp.Range(lsp.Position(9, 0), lsp.Position(9, 0))
        assert added.new_text == "    # statelint: ignore[SL101] REASON\n"
        assert explain.title == "statelint: explain SL101"
        shown = lsp.ExecuteCommandParams(explain.command, explain.arguments)
        await editor.workspace_execute_command_async(shown)
        await editor.until(lambda: any("SL101 process-state: A module-level" in it for it in editor.messages))
        change(editor, uri, KEEPING.replace("    CARTS", added.new_text + "    CARTS"))
        await editor.until(lambda: editor.published[uri] == [])
        assert (folder / "app.py").read_text() == CLEAN, "nothing is written"

    edit(folder, work)


def test_the_settings_are_read_again(folder: Path) -> None:
    (folder / "app.py").write_text(KEEPING)

    async def work(editor: Editor, uri: str) -> None:
        await editor.until(lambda: bool(editor.published.get(uri)))
        (folder / "statelint.toml").write_text('select = ["SL3"]\n')
        event = lsp.FileEvent((folder / "statelint.toml").as_uri(), lsp.FileChangeType.Created)
        editor.workspace_did_change_watched_files(lsp.DidChangeWatchedFilesParams([event]))
        await editor.until(lambda: editor.published[uri] == [])
        (folder / "statelint.toml").write_text('selct = ["SL3"]\n')
        editor.workspace_did_change_watched_files(lsp.DidChangeWatchedFilesParams([event]))
        await editor.until(lambda: any("did you mean 'select'" in message for message in editor.messages))

    edit(folder, work)


def test_an_editor_that_can_watches_files_and_opens_pages(folder: Path) -> None:
    capabilities = lsp.ClientCapabilities(
        workspace=lsp.WorkspaceClientCapabilities(
            did_change_watched_files=lsp.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True)
        ),
        window=lsp.WindowClientCapabilities(show_document=lsp.ShowDocumentClientCapabilities(support=True)),
    )

    async def work(editor: Editor, uri: str) -> None:
        await editor.until(lambda: bool(editor.watched))
        assert {"**/*.py", "**/statelint.toml", "**/pyproject.toml"} == set(editor.watched)
        await editor.workspace_execute_command_async(lsp.ExecuteCommandParams("statelint.explain", ["SL301"]))
        await editor.until(lambda: bool(editor.opened))
        assert editor.opened[0].endswith("/SL301-unscoped-read.md")

    edit(folder, work, capabilities)


def test_odd_addresses_are_nobodys_file_and_whole_documents_have_any_length(folder: Path) -> None:
    (folder / "loop").symlink_to("loop")

    async def work(editor: Editor, uri: str) -> None:
        for odd in (
            "file://[",
            "file:///a%00b.py",
            f"{folder.as_uri()}/loop/a.py",
            "untitled:a",
            f"file:///{'x' * 5000}",
        ):
            text = lsp.TextDocumentItem(odd, "python", 1, KEEPING)
            editor.text_document_did_open(lsp.DidOpenTextDocumentParams(text))
        change(editor, uri, KEEPING)
        await editor.until(lambda: bool(editor.published.get(uri)))
        assert set(editor.published) == {uri}
        at = lsp.TextDocumentIdentifier(uri)
        everything = lsp.Range(lsp.Position(0, 0), lsp.Position(2**31 - 1, 2**31 - 1))
        actions = await editor.text_document_code_action_async(
            lsp.CodeActionParams(at, everything, lsp.CodeActionContext([]))
        )
        assert [action.title for action in actions or []] == [
            "statelint: ignore SL101 here",
            "statelint: explain SL101",
        ]

    edit(folder, work)

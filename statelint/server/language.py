"""The language server: diagnostics while typing, hover with the rule, fixes and comments as code actions."""

from __future__ import annotations

import ast
import asyncio
import re
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer

from statelint import __version__
from statelint.catalogue.patterns import CatalogueError
from statelint.config.load import ConfigError
from statelint.lint.finding import Severity
from statelint.lint.ignores import add_ignores, ignorable
from statelint.lint.pages import PageError, load_page, page_path
from statelint.lint.selection import SelectionError
from statelint.report.markdown import escape
from statelint.report.text import clean
from statelint.run.fixing import proposals
from statelint.server.workspace import Workspace
from statelint.source.globs import GlobError
from statelint.source.lines import split_lines
from statelint.source.sources import Sources
from statelint.source.suppressions import statements
from statelint.source.text import SourceError, decode

if TYPE_CHECKING:
    from statelint.lint.finding import Finding, Location

_SEVERITY = {
    Severity.ERROR: lsp.DiagnosticSeverity.Error,
    Severity.WARNING: lsp.DiagnosticSeverity.Warning,
    Severity.NOTE: lsp.DiagnosticSeverity.Information,
}
_PAUSE = 0.3
"""Seconds without a change before the project is checked again."""
_WATCHED = ("**/*.py", "**/statelint.toml", "**/pyproject.toml")
_EXPLAIN = "statelint.explain"
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_MISTAKES = (CatalogueError, ConfigError, GlobError, SelectionError)


class StatelintServer(LanguageServer):
    """Serves one project."""

    def __init__(self) -> None:
        super().__init__("statelint", __version__, text_document_sync_kind=lsp.TextDocumentSyncKind.Full)
        self.project: Workspace | None = None
        self.findings: dict[str, list[Finding]] = {}
        self._pending: asyncio.Task[None] | None = None

    def open(self, folder: Path) -> None:
        """Serve the project that ``folder`` belongs to."""
        self.project = Workspace.of(folder)

    def path_of(self, uri: str) -> str | None:
        """Return the path from the root of the file that ``uri`` names."""
        try:
            parts = urlsplit(uri)
        except ValueError:
            return None
        if self.project is None or parts.scheme != "file":
            return None
        return self.project.relative(Path(unquote(parts.path)))

    def uri_of(self, path: str) -> str:
        """Return the URI of a file of the project."""
        assert self.project is not None  # noqa: S101 - findings come from a project
        return (self.project.root / path).as_uri()

    def change(self, uri: str, text: str | None) -> None:
        """Note what an open file holds now; None if it was closed."""
        path = self.path_of(uri)
        if self.project is None or path is None:
            return
        if text is None:
            self.project.buffers.pop(path, None)
        else:
            self.project.buffers[path] = text.encode("utf-8", "surrogatepass")
        self.check_soon()

    def check_soon(self) -> None:
        """Check once nobody types any more."""
        if self._pending is not None:
            self._pending.cancel()
        self._pending = asyncio.ensure_future(self._check_later())

    async def _check_later(self) -> None:
        await asyncio.sleep(_PAUSE)
        self.check()

    def check(self) -> None:
        """Check the project and publish what is found; mistakes in the settings are shown as a message."""
        if self.project is None:
            return
        try:
            files = self.project.by_file(self.project.check())
        except _MISTAKES as error:
            told = "\n".join(map(clean, str(error).splitlines()))
            self.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Error, f"statelint: {told}"))
            return
        for path in {*self.findings, *files, *self.project.buffers}:
            diagnostics = [self.diagnostic(finding) for finding in files.get(path, ())]
            self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(self.uri_of(path), diagnostics))
        self.findings = files

    def diagnostic(self, finding: Finding) -> lsp.Diagnostic:
        """Return a finding as editors show it."""
        places = [place for place in (*finding.related, *finding.trace) if place.message]
        return lsp.Diagnostic(
            range=self.range(finding.location),
            message=f"{clean(finding.message)}\n{clean(finding.help)}".rstrip(),
            severity=_SEVERITY[finding.severity],
            code=finding.rule,
            source="statelint",
            related_information=[
                lsp.DiagnosticRelatedInformation(
                    lsp.Location(self.uri_of(place.path), self.range(place)), clean(place.message)
                )
                for place in places
            ],
        )

    def range(self, place: Location) -> lsp.Range:
        """Return a place in lines from 0 and UTF-16 units."""
        lines = self.lines(place.path)
        return lsp.Range(
            lsp.Position(place.line - 1, _units(lines, place.line, place.column)),
            lsp.Position(place.end_line - 1, _units(lines, place.end_line, place.end_column)),
        )

    def lines(self, path: str) -> list[str]:
        """Return the lines of a file as the editor has it."""
        assert self.project is not None  # noqa: S101 - findings come from a project
        return Sources(self.project.root, self.project.buffers).lines(path)

    def at(self, uri: str, first: int, last: int) -> list[Finding]:
        """Return the findings that lie on some of the lines from ``first`` to ``last``, counted from 0."""
        found = self.findings.get(self.path_of(uri) or "", ())
        return [finding for finding in found if finding.location.line <= last + 1 and first < finding.location.end_line]

    def actions(self, uri: str, span: lsp.Range) -> list[lsp.CodeAction | lsp.Command]:
        """Return what can be done about the findings in a range: fix, ignore with a reason, explain."""
        project = self.project
        found = self.at(uri, span.start.line, span.end.line)
        if project is None or not found:
            return []
        actions: list[lsp.CodeAction | lsp.Command] = []
        for finding in proposals(found, project.request()):
            if finding.fix is not None:
                edits = [lsp.TextEdit(self.range(edit.location), edit.content) for edit in finding.fix.edits]
                actions.append(self._action(f"statelint: {clean(finding.fix.message)}", uri, edits, finding))
            ignored = self._ignored(finding)
            if ignored is not None:
                actions.append(self._action(f"statelint: ignore {finding.rule} here", uri, [ignored], finding))
            title = f"statelint: explain {finding.rule}"
            actions.append(lsp.Command(title, _EXPLAIN, arguments=[finding.rule]))
        return actions

    def explain(self, code: str) -> None:
        """Open a rule's page in the editor; one that opens none gets its first paragraph as a message."""
        rule = next((rule for rule in self.project.rules if rule.code == code), None) if self.project else None
        if rule is None:
            return
        window, path = self.client_capabilities.window, page_path(rule)
        if isinstance(path, Path) and window and window.show_document and window.show_document.support:
            self.window_show_document(lsp.ShowDocumentParams(path.as_uri(), take_focus=True), lambda _: None)
        else:
            text = f"{rule.code} {rule.name}: {load_page(rule).first_paragraph}"
            self.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Info, text))

    def watch(self) -> None:
        """Ask to be told of files that change outside of the editor, where the editor can do so."""
        workspace = self.client_capabilities.workspace
        watched = workspace.did_change_watched_files if workspace else None
        if watched is None or not watched.dynamic_registration:
            return
        options = lsp.DidChangeWatchedFilesRegistrationOptions([lsp.FileSystemWatcher(glob) for glob in _WATCHED])
        wanted = lsp.Registration("files", lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
        self.client_register_capability(lsp.RegistrationParams([wanted]), lambda _: None)

    def _action(self, title: str, uri: str, edits: list[lsp.TextEdit], finding: Finding) -> lsp.CodeAction:
        return lsp.CodeAction(
            title=title,
            kind=lsp.CodeActionKind.QuickFix,
            diagnostics=[self.diagnostic(finding)],
            edit=lsp.WorkspaceEdit(changes={uri: edits}),
        )

    def _ignored(self, finding: Finding) -> lsp.TextEdit | None:
        """Return the edit that silences a finding: the lines that change."""
        assert self.project is not None  # noqa: S101 - findings come from a project
        path = finding.location.path
        data = Sources(self.project.root, self.project.buffers).data(path)
        if data is None or not ignorable(finding):
            return None
        try:
            text = decode(data)
            added = add_ignores(data, [finding], statements(ast.parse(text)), "REASON")
            after = decode(added.data)
        except (SourceError, SyntaxError, ValueError, RecursionError):
            return None
        return _changed(text, after) if added.findings else None


def _changed(before: str, after: str) -> lsp.TextEdit:
    """Return the edit from one text to the other, without the lines that both begin or end with."""
    old, new = _LINE.findall(before), _LINE.findall(after)
    same = _common(old, new)
    tail = _common(old[same:][::-1], new[same:][::-1])
    lines = split_lines(before)
    end = lsp.Position(len(lines) - 1, _units(lines, len(lines), len(lines[-1]) + 1))
    if tail:
        end = lsp.Position(len(old) - tail, 0)
    return lsp.TextEdit(lsp.Range(lsp.Position(same, 0), end), "".join(new[same : len(new) - tail]))


def _common(one: list[str], other: list[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _units(lines: list[str], line: int, column: int) -> int:
    text = lines[line - 1] if 1 <= line <= len(lines) else ""
    return len(text[: column - 1].encode("utf-16-le", "surrogatepass")) // 2


def make() -> StatelintServer:
    """Return a server that is ready to be started."""
    server = StatelintServer()

    @server.feature(lsp.INITIALIZED)
    def initialized(ls: StatelintServer, params: lsp.InitializedParams) -> None:  # noqa: ARG001
        root = ls.workspace.root_path
        ls.open(Path(root) if root else Path.cwd())
        ls.watch()
        ls.check()

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def opened(ls: StatelintServer, params: lsp.DidOpenTextDocumentParams) -> None:
        ls.change(params.text_document.uri, params.text_document.text)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def changed(ls: StatelintServer, params: lsp.DidChangeTextDocumentParams) -> None:
        uri = params.text_document.uri
        ls.change(uri, ls.workspace.get_text_document(uri).source)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def closed(ls: StatelintServer, params: lsp.DidCloseTextDocumentParams) -> None:
        ls.change(params.text_document.uri, None)

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    def saved(ls: StatelintServer, params: lsp.DidSaveTextDocumentParams) -> None:  # noqa: ARG001
        ls.check_soon()

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def watched(ls: StatelintServer, params: lsp.DidChangeWatchedFilesParams) -> None:  # noqa: ARG001
        ls.check_soon()

    @server.feature(lsp.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def configured(ls: StatelintServer, params: lsp.DidChangeConfigurationParams) -> None:  # noqa: ARG001
        ls.check_soon()

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    def hover(ls: StatelintServer, params: lsp.HoverParams) -> lsp.Hover | None:
        found = ls.at(params.text_document.uri, params.position.line, params.position.line)
        if not found or ls.project is None:
            return None
        rules = {rule.code: rule for rule in ls.project.rules}
        texts = []
        for finding in found:
            try:
                page = load_page(rules[finding.rule])
                about = page.first_paragraph
            except (KeyError, PageError):
                about = ""
            title = f"**{finding.rule} {finding.name}** ({finding.confidence} confidence)"
            texts.append(f"{title}\n\n{about}\n\n{escape(finding.help)}")
        return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, "\n\n---\n\n".join(texts)))

    @server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION, lsp.CodeActionOptions([lsp.CodeActionKind.QuickFix]))
    def actions(ls: StatelintServer, params: lsp.CodeActionParams) -> list[lsp.CodeAction | lsp.Command]:
        return ls.actions(params.text_document.uri, params.range)

    @server.command(_EXPLAIN)
    def explain(ls: StatelintServer, code: str) -> None:
        ls.explain(code)

    return server

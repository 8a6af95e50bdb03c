"""The MCP server: check, explain and map as tools over stdio. It keeps nothing between calls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

from statelint.analysis.inventory import inventory
from statelint.lint.pages import shown
from statelint.report.context import ReportContext
from statelint.report.inventory import as_json
from statelint.report.json import render
from statelint.run.pipeline import survey
from statelint.server.workspace import Workspace
from statelint.source.sources import Sources


def make() -> MCPServer:
    """Return a server that is ready to be started."""
    server = MCPServer("statelint")

    @server.tool()
    def check(folder: str, paths: list[str] | None = None) -> dict[str, Any]:
        """Check the Python project in folder for stateful code and missing user isolation.

        Returns the document of 'statelint check --output-format json'; with paths (relative to the project's root), the
        findings that touch these files or folders only.
        """
        workspace = Workspace.of(Path(folder))
        result = workspace.check()
        document: dict[str, Any] = json.loads(
            render(result, ReportContext(root=workspace.root, sources=Sources(workspace.root)))
        )
        if paths:
            wanted = tuple(path.rstrip("/") for path in paths)
            document["findings"] = [
                finding
                for finding in document["findings"]
                if any(f"{place['path']}/".startswith(f"{path}/") for path in wanted for place in _places(finding))
            ]
        return document

    @server.tool()
    def explain(rule: str) -> str:
        """Return a rule's page in Markdown: what it finds, why, and what to write instead. rule is a code or a name."""
        rules = Workspace.of(Path.cwd()).rules
        found = next((each for each in rules if rule.lower() in (each.code.lower(), each.name)), None)
        if found is None:
            raise ToolError(f"no rule {rule!r}; known are {', '.join(each.code for each in rules)}")
        return shown(found)

    @server.tool(name="map")
    def isolation_map(folder: str) -> dict[str, Any]:
        """Show which entry point of the project in folder touches whose rows, and what isolates them."""
        project, _ = survey(Workspace.of(Path(folder)).request())
        document: dict[str, Any] = json.loads(as_json(inventory(project)))
        return document

    return server


def _places(finding: dict[str, Any]) -> list[dict[str, Any]]:
    return [finding, *finding["related"], *finding["trace"]]


def serve() -> None:
    """Serve the one client at the other end of standard input and output, until it leaves."""
    server = make()
    server.run(transport="stdio")

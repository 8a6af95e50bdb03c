"""The MCP server as a coding assistant talks to it: another process, over standard input and output."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import jsonschema
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

PROGRAMS = Path(__file__).parents[2] / "fixtures" / "anti_patterns"
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schemas" / "check.schema.json").read_text())


async def asked(questions: list[tuple[str, dict[str, Any]]]) -> tuple[set[str], list[Any]]:
    program = shutil.which("statelint", path=str(Path(sys.executable).parent))
    assert program
    async with (
        stdio_client(StdioServerParameters(command=program, args=["mcp"], env=dict(os.environ))) as (read, write),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        tools = {tool.name for tool in (await session.list_tools()).tools}
        return tools, [await session.call_tool(name, arguments) for name, arguments in questions]


def test_check_explain_and_map() -> None:
    folder = str(PROGRAMS)
    tools, (found, part, page, wrong, rows) = asyncio.run(
        asked(
            [
                ("check", {"folder": folder}),
                ("check", {"folder": folder, "paths": ["mcp_server"]}),
                ("explain", {"rule": "process-state"}),
                ("explain", {"rule": "SL999"}),
                ("map", {"folder": folder}),
            ]
        )
    )
    assert tools == {"check", "explain", "map"}
    document = json.loads(found.content[0].text)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert {"SL101", "SL301"} <= {finding["rule"] for finding in document["findings"]}
    paths = {finding["path"] for finding in json.loads(part.content[0].text)["findings"]}
    assert paths
    assert all(path.startswith("mcp_server/") for path in paths)
    assert page.content[0].text.startswith("# SL101 process-state")
    assert wrong.is_error
    assert "no rule 'SL999'" in wrong.content[0].text
    assert json.loads(rows.content[0].text)["states"]["unscoped"] > 0

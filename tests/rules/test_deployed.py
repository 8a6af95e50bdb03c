"""What several workers or replicas make of a finding."""

from __future__ import annotations

import pytest
from examples import findings_of

from statelint.config.settings import Settings
from statelint.lint.packs import load_rules

RULES = load_rules()
HEAD = "from fastapi import FastAPI\napp = FastAPI()\n"
STATE = HEAD + "STATE = {}\n@app.get('/')\ndef index():\n    STATE['last'] = 1\n"
MCP = (
    "from fastmcp import FastMCP\nmcp = FastMCP('x')\n@mcp.tool\ndef one():\n    return 1\nmcp.run(transport='http')\n"
)
FILE = HEAD + (
    "import json\n@app.get('/')\ndef show():\n    return json.load(open('notes.json'))\n"
    "@app.post('/')\ndef add(text: str):\n    json.dump(text, open('notes.json', 'w'))\n"
)
JOBS = HEAD + (
    "from apscheduler.schedulers.background import BackgroundScheduler\n"
    "scheduler = BackgroundScheduler()\nscheduler.start()\n@app.get('/')\ndef index():\n    return 1\n"
)
WORKERS = {"Dockerfile": "FROM x\nCMD gunicorn -w 4 app:app\n"}
REPLICAS = {"compose.yaml": "services: {api: {build: ., deploy: {replicas: 3}}}\n"}


def severities(code: str, text: str, **files: str) -> list[tuple[str, str]]:
    """Return severity and proof of the rule's findings."""
    result, _ = findings_of({"app.py": text, **files}, Settings(), RULES)
    found = [finding for finding in result.findings if finding.rule == code]
    proofs = [next((r.message for r in f.related if r.message.startswith("runs with")), "") for f in found]
    return [(finding.severity.value, proof) for finding, proof in zip(found, proofs, strict=True)]


@pytest.mark.parametrize(
    ("code", "text", "alone", "workers", "replicas"),
    [
        ("SL101", STATE, "warning", "error", "error"),
        ("SL205", MCP, "note", "warning", "warning"),
        ("SL106", FILE, "warning", "warning", "error"),
        ("SL108", JOBS, "note", "warning", "warning"),
    ],
)
def test_severity(code: str, text: str, alone: str, workers: str, replicas: str) -> None:
    assert [severity for severity, _ in severities(code, text)] == [alone]
    assert [severity for severity, _ in severities(code, text, **WORKERS)] == [workers]
    assert severities(code, text, **REPLICAS) == [(replicas, "runs with 3 replicas")]


def test_workers_of_one_machine_share_its_files() -> None:
    assert severities("SL106", FILE, **WORKERS) == [("warning", "")]


def test_the_environment_of_an_image_makes_mcp_stateless() -> None:
    assert severities("SL205", MCP, Dockerfile="FROM x\nENV FASTMCP_STATELESS_HTTP=true\nCMD python app.py\n") == []


def test_a_file_that_is_only_made_where_it_is_missing_is_no_state() -> None:
    text = FILE.replace("    json.dump", "    import os\n    if not os.path.exists('notes.json'):\n        json.dump")
    assert severities("SL106", text) == []
    returns = FILE.replace(
        "    json.dump", "    import os\n    if not os.path.exists('notes.json'):\n        return\n    json.dump"
    )
    assert severities("SL106", returns) == [("warning", "")]

"""The JSON schema of the settings, made from their types. ``python -m statelint.config.schema`` prints it."""

from __future__ import annotations

import json
import sys
from typing import Any

import msgspec

from statelint.config.settings import Settings


def schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12) of ``[tool.statelint]`` and of ``statelint.toml``."""
    body = msgspec.json.schema(Settings, schema_hook=_any)["$defs"]["Settings"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **body,
        "title": "statelint",
        "description": "Settings of statelint: [tool.statelint] in pyproject.toml, or statelint.toml.",
    }


def text() -> str:
    """Return the schema as it is committed."""
    return json.dumps(schema(), indent=2) + "\n"


def _any(kind: type) -> dict[str, Any]:
    if kind is not object:
        raise NotImplementedError(f"no JSON schema for {kind}")
    return {"type": ["string", "number", "boolean", "array", "object"]}


if __name__ == "__main__":
    sys.stdout.write(text())

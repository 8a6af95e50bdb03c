from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from statelint.config.schema import schema, text

COMMITTED = Path(__file__).parents[2] / "docs" / "statelint.schema.json"


def test_the_committed_schema_is_current() -> None:
    assert COMMITTED.read_text() == text(), "run: python -m statelint.config.schema > docs/statelint.schema.json"


def test_it_is_a_valid_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def test_every_key_is_described() -> None:
    for key, value in schema()["properties"].items():
        assert value["description"].endswith("."), key
        assert "default" in value, key


def test_it_accepts_what_is_right() -> None:
    table = tomllib.loads("""
        select = ["SL1"]
        fail-on = "error"
        per-file-ignores = { "tests/**" = ["ALL"] }
        catalogue = { aborts = ["app.fail"], depth = 1 }
    """)
    jsonschema.Draft202012Validator(schema()).validate(table)


@pytest.mark.parametrize("wrong", [{"selct": []}, {"select": "SL1"}, {"fail-on": "high"}, {"force-exclude": 1}])
def test_it_refuses_what_is_wrong(wrong: dict[str, object]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema()).validate(json.loads(json.dumps(wrong)))

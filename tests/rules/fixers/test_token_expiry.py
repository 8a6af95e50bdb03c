from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conftest import Mend

APP = """\
import os

import jwt
from fastapi import FastAPI

app = FastAPI()


@app.post("/login")
def login(name: str) -> str:
    return jwt.encode({"sub": name}, os.environ["JWT_KEY"], algorithm="HS256")
"""
EXPIRY = '"exp": datetime.now(timezone.utc) + timedelta(minutes=15)'


def test_claims_get_an_expiry_and_the_file_its_import(mended: Mend) -> None:
    expected = APP.replace('"sub": name', f'"sub": name, {EXPIRY}')
    assert mended(APP, rule="SL402") == "from datetime import datetime, timedelta, timezone\n" + expected


def test_known_imports_are_used(mended: Mend) -> None:
    text = "import datetime as dt\n" + APP
    expiry = '"exp": dt.datetime.now(dt.timezone.utc) + dt.timedelta(minutes=15)'
    assert mended(text, rule="SL402") == text.replace('"sub": name', f'"sub": name, {expiry}')


def test_claims_made_before(mended: Mend) -> None:
    text = APP.replace(
        '    return jwt.encode({"sub": name}',
        '    claims = {\n        "sub": name,\n    }\n    return jwt.encode(claims',
    )
    assert f'        "sub": name,\n        {EXPIRY},\n    }}\n' in mended(text, rule="SL402")


def test_a_name_that_is_taken_is_left_alone(mended: Mend) -> None:
    text = APP.replace("app = FastAPI()", "app = FastAPI()\ntimedelta = None")
    assert mended(text, rule="SL402") == text


def test_an_expiry_that_is_switched_off(mended: Mend) -> None:
    text = (
        "from flask import Flask, request\nfrom flask_jwt_extended import create_access_token\n\n"
        'app = Flask(__name__)\n\n\n@app.post("/login")\ndef login():\n'
        '    return create_access_token(request.json["name"], expires_delta=False)\n'
    )
    assert "expires_delta=timedelta(minutes=15))" in mended(text, rule="SL402")

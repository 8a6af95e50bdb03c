from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Mend

APP = """\
import logging
import traceback

from fastapi import FastAPI, HTTPException

app = FastAPI()
logger = logging.getLogger(__name__)


@app.post("/messages")
def add(text: str):
    try:
        store(text)
    except Exception as error:
        {}
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("raise HTTPException(500, detail=str(error))", 'raise HTTPException(500, detail="Internal error")'),
        (
            "raise HTTPException(500, detail=f'could not save: {error}') from error",
            "raise HTTPException(500, detail='could not save') from error",
        ),
        (
            'raise HTTPException(500, f"{text} failed ({error!r})")',
            'raise HTTPException(500, f"{text} failed")',
        ),
        ('return {"error": traceback.format_exc()}', 'return {"error": "Internal error"}'),
    ],
)
def test_the_text_is_logged_instead_of_sent(before: str, after: str, mended: Mend) -> None:
    expected = APP.replace("{}", f'logger.exception("request failed")\n        {after}')
    assert mended(APP.replace("{}", before), rule="SL701") == expected


def test_what_is_logged_already_is_not_logged_again(mended: Mend) -> None:
    text = APP.replace("{}", 'logger.error("no", exc_info=True)\n        raise HTTPException(500, detail=str(error))')
    assert mended(text, rule="SL701") == text.replace("str(error)", '"Internal error"')


def test_a_handler_gets_a_logger_of_its_own(mended: Mend) -> None:
    text = (
        "from fastapi import FastAPI, Request\nfrom fastapi.responses import JSONResponse\n\napp = FastAPI()\n\n\n"
        "@app.exception_handler(Exception)\ndef failed(request: Request, error: Exception) -> JSONResponse:\n"
        '    return JSONResponse({"detail": str(error)}, status_code=500)\n'
    )
    done = mended(text, rule="SL701")
    assert done.startswith("import logging\nfrom fastapi")
    assert '    logging.getLogger(__name__).error("request failed", exc_info=error)\n    return' in done


def test_a_logger_of_the_projects_own_is_enough(mended: Mend) -> None:
    text = APP.replace("{}", "log_error(error)\n        raise HTTPException(500, detail=str(error))")
    assert mended(text, rule="SL701") == text.replace("str(error)", '"Internal error"')

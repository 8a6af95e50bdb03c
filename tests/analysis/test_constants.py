"""Numbers and durations by way of names, settings, arithmetic and the environment's defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from statelint.analysis.constants import Constants

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Sample

    from statelint.analysis.model import Module

SETTINGS = """
    import os
    from datetime import timedelta
    from pydantic import Field
    from pydantic_settings import BaseSettings

    MINUTES = 60 * 24
    NEGATIVE = -1

    class Settings(BaseSettings):
        days: int = 8
        hours: int = Field(default=3, gt=0)

    settings = Settings()
"""


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("7", 7),
        ("settings.MINUTES", 1440),
        ("settings.MINUTES // 7 + 1", 206),
        ("settings.NEGATIVE", -1),
        ("settings.settings.days * 2", 16),
        ("settings.settings.hours", 3),
        ("int(os.getenv('LIMIT', '30'))", 30),
        ("os.environ.get('LIMIT') or 5", 5),
        ("settings.MINUTES / 0", None),
        ("os.environ['LIMIT']", None),
        ("len('abc')", None),
    ],
)
def test_numbers(sample: Callable[[dict[str, str]], Sample], expression: str, value: float | None) -> None:
    constants, module, term = asked(sample, expression)
    assert constants.number(module, term) == value


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [
        ("timedelta(minutes=15)", 900),
        ("timedelta(1, 30)", 86430),
        ("timedelta(minutes=settings.MINUTES)", 86400),
        ("timedelta(days=settings.settings.days)", 691200),
        ("timedelta(hours=1) * 3", 10800),
        ("900", 900),
        ("timedelta(days=unknown)", None),
        ("timedelta()", None),
    ],
)
def test_durations(sample: Callable[[dict[str, str]], Sample], expression: str, seconds: float | None) -> None:
    constants, module, term = asked(sample, expression)
    assert constants.seconds(module, term) == seconds


def asked(sample: Callable[[dict[str, str]], Sample], expression: str) -> tuple[Constants, Module, int]:
    """Return what evaluates terms, and the term that ``expression`` is in a module that imports the settings."""
    code = f"import os\nfrom datetime import timedelta\nimport settings\nRESULT = {expression}\n"
    project = sample({"settings.py": SETTINGS, "main.py": code}).project
    module = project.modules["main.py"]
    return Constants(project.inference), module, module.bindings["RESULT"][0].value

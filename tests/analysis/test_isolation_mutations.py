"""Correct handlers in many spellings are silent; broken mechanically, each is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from statelint.analysis.project import analyse
from statelint.catalogue.loader import load
from statelint.config.settings import Settings
from statelint.extract.extractor import extract

from .isolation_programs import programs

if TYPE_CHECKING:
    from .isolation_programs import Program

PROGRAMS = programs()
CATALOGUE = load()


def leaks(program: Program) -> list[str]:
    """Return what a user would see by default, one line a finding."""
    facts = [extract(path, text.encode(), CATALOGUE) for path, text in program.files.items()]
    assert [module.failure for module in facts] == [None] * len(facts)
    project = analyse(facts, CATALOGUE, Settings())
    return [
        f"{leak.place.module.path}:{leak.place.position.line} {leak.model} {leak.action}"
        for leak in project.isolation.leaks
        if leak.certainty > 0
    ]


def test_there_are_many_and_all_differ() -> None:
    assert len(PROGRAMS) > 800
    assert len({program.name for program in PROGRAMS}) == len(PROGRAMS)
    assert len({tuple(program.files.items()) for program in PROGRAMS}) > 700


@pytest.mark.parametrize(
    "program", [program for program in PROGRAMS if not program.broken], ids=lambda program: program.name
)
def test_correct_programs_are_silent(program: Program) -> None:
    assert leaks(program) == []


@pytest.mark.parametrize(
    "program", [program for program in PROGRAMS if program.broken], ids=lambda program: program.name
)
def test_broken_programs_are_found(program: Program) -> None:
    assert leaks(program)

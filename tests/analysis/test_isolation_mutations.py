"""Correct handlers in many spellings are silent; broken mechanically, each is found."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from statelint.analysis.project import analyse
from statelint.analysis.proofs.misplaced import Fault
from statelint.catalogue.loader import load
from statelint.config.settings import Settings
from statelint.extract.extractor import extract

from .isolation_programs import LIBRARIES, Program, programs
from .isolation_stores import store_programs

if TYPE_CHECKING:
    from statelint.analysis.project import Project

    from .isolation_programs import Library

PROGRAMS = [*programs(), *store_programs()]
MISPLACED = {
    "late": {Fault.LATE},
    "elsewhere": {Fault.ELSEWHERE, Fault.LATE},
    "inverted": {Fault.INVERTED},
    "of-another": {Fault.OTHER},
}
"""What `SL306` says of checks that were moved or turned round."""
CATALOGUE = load()


def project_of(program: Program) -> Project:
    facts = [extract(path, text.encode(), CATALOGUE) for path, text in program.files.items()]
    assert [module.failure for module in facts] == [None] * len(facts)
    return analyse(facts, CATALOGUE, Settings())


def leaks(program: Program) -> list[str]:
    """Return what a user would see by default, one line a finding."""
    return [
        f"{leak.place.module.path}:{leak.place.position.line} {leak.model} {leak.action}"
        for leak in project_of(program).isolation.leaks
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


def misplaced() -> list[tuple[Program, set[Fault]]]:
    """Return the programs whose check was moved, turned round or asks of another row."""
    return [
        (program, faults)
        for program in PROGRAMS
        for mutation, faults in MISPLACED.items()
        if f"-update-{mutation}-" in program.name and "-check0-" in program.name
    ]


@pytest.mark.parametrize(("program", "faults"), misplaced(), ids=lambda each: getattr(each, "name", ""))
def test_a_misplaced_check_is_told_as_such(program: Program, faults: set[Fault]) -> None:
    found = [leak.check.fault for leak in project_of(program).isolation.leaks if leak.check is not None]
    assert set(found) & faults


WHO = {"django": "@login_required\n", "flask": "@login_required\n"}
"""How handlers ask who is calling, where it is no dependency."""


@pytest.mark.parametrize(
    "library", [library for library in LIBRARIES if library.name not in WHO], ids=lambda each: each.name
)
def test_without_authentication_everything_is_exposed(library: Library) -> None:
    """The dependency that says who is calling is taken away, mechanically."""
    for program in (each for each in programs() if each.name.startswith(f"{library.name}-check0-different-read-gone")):
        text = re.sub(r",\s*user: User = Depends\(\w+\)", "", program.files["app/views.py"])
        assert text != program.files["app/views.py"]
        exposed = project_of(Program(program.name, program.files | {"app/views.py": text}, broken=True)).isolation
        assert [model for exposure in exposed.exposures for model in {leak.model for leak in exposure.leaks}] == [
            "Note"
        ]
        assert exposed.leaks == []

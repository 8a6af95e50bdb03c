"""What the fuzz targets promise holds for their corpora and for some changes of each; ``make fuzz`` tries many more."""

from __future__ import annotations

import importlib.util
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

FUZZ = Path(__file__).parents[2] / "fuzz"
CHANGES = 20


def module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"fuzz_{name}", FUZZ / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


targets = module("targets")
run = module("run")
INPUTS = sorted(path for path in (FUZZ / "corpus").rglob("*") if path.is_file())


def test_every_target_has_inputs_and_is_run_by_name() -> None:
    assert {path.parent.name for path in INPUTS} == set(targets.TARGETS) == set(run.NAMES)


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_inputs_and_changes_of_them(path: Path) -> None:
    target = targets.TARGETS[path.parent.name]
    data = path.read_bytes()
    target(data)
    chance = random.Random(data)
    for _ in range(CHANGES):
        target(run.edited(data, chance))
        changed = bytearray(data)
        for _ in range(chance.randint(1, 4)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        target(bytes(changed))

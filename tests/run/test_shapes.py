from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from statelint.catalogue.loader import load
from statelint.config.settings import Settings
from statelint.extract.extractor import extract
from statelint.run import cache, pipeline
from statelint.run.identity import BOUND
from statelint.run.shapes import shape
from tests.run.test_cache import EVERYTHING, PROGRAMS, RULES, run, settle

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """\
import flask

app = flask.Flask(__name__)
notes = {}


@app.post("/")
def keep():
    notes[flask.request.form["key"]] = flask.request.form["text"]
    return "kept"
"""
OTHER = "import math\n\n\ndef double(x):\n    return math.fsum([x, x])\n\n\nprint(double(1))\n"
CATALOGUE = load()


def of(text: str) -> bytes:
    return shape(extract("app.py", text.encode(), CATALOGUE, ()))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("notes = {}", "# what they said\nnotes = {}"),
        ("notes = {}", "notes  =  {}  # what they said"),
        ("def keep():", 'def keep():\n    """Keep a note."""\n'),
        ('return "kept"', '\n\n    return  "kept"'),
    ],
)
def test_what_says_nothing_is_no_part_of_the_shape(before: str, after: str) -> None:
    assert of(PROGRAM.replace(before, after)) == of(PROGRAM) != BOUND


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("notes = {}", "notes = []"),
        ('    return "kept"', '    flask.g.x = 1\n    return "kept"'),
        ('return "kept"', 'return "held"'),
        ('notes[flask.request.form["key"]] = ', 'notes[flask.request.args["key"]] = '),
        ("def keep():", "async def keep():"),
    ],
)
def test_what_says_something_is_part_of_it(before: str, after: str) -> None:
    assert of(PROGRAM.replace(before, after)) != of(PROGRAM)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import b\nimport a\n", "import a\n\nimport b\n"),
        ("from a import c, b\n", "from a import (\n    b,\n    c,\n)\n"),
    ],
)
def test_sorted_imports_keep_the_shape(before: str, after: str) -> None:
    assert of(f"{before}\nx = b.f(c)\n") == of(f"{after}\nx = b.f(c)\n") != BOUND


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import b\nimport a\n", "import b\n"),
        ("import c as a\nimport b as a\n", "import b as a\nimport c as a\n"),
        ("from b import *\nfrom a import *\n", "from a import *\nfrom b import *\n"),
        ("import b\nb.f()\nif b: import a\nb.g()\n", "import b\nif b: import a\nb.f()\nb.g()\n"),
        ("def f():\n    import b\n    b.g()\n", "import b\ndef f():\n    b.g()\n"),
    ],
)
def test_imports_of_other_things_and_in_other_places_change_it(before: str, after: str) -> None:
    assert of(before) != of(after)


def test_all_tests_have_one_shape_until_a_comment_silences_something() -> None:
    def test(text: str) -> bytes:
        return shape(extract("tests/test_app.py", text.encode(), CATALOGUE, ()))

    assert test("import app\n\n\ndef test_it():\n    assert app.f()\n") == test("class TestApp:\n    pass\n") != BOUND
    assert test("import app  # statelint: ignore[SL101]\n") == BOUND


def test_things_that_change_lines_or_places_change_the_shape() -> None:
    assert of("f(a)\ng(b)\n") != of("g(b)\nf(a)\n")
    assert of("f(a)\ng(b)\n") != of("f(a); g(b)\n")
    assert of("f(a)\ng(b)\n") == of("f( a )\n\n\ng(b)\n")


def test_where_comments_silence_findings_or_nothing_can_be_read_every_character_counts() -> None:
    assert of("x = {}  # statelint: ignore[SL101]\n") == BOUND
    assert of("def (\n") == BOUND


# --- whole runs -----------------------------------------------------------------------------------------------------


def _edit(text: str, chance: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    at = chance.randrange(len(lines) + 1)
    match chance.randrange(7):
        case 0:
            lines.insert(at, "\n")
        case 1:
            lines.insert(at, "# a remark\n")
        case 2 if lines:
            del lines[at - 1]
        case 3 if lines:
            lines.insert(at, chance.choice(lines))
        case 4 if lines:
            lines[at - 1] = lines[at - 1].rstrip("\n") + "  # a remark\n"
        case 5 if lines:
            lines[at - 1] = lines[at - 1].replace(" = ", "  =  ").replace("user", "member")
        case _:
            lines += ["\n", "\n", "def added(value):\n", '    """Add."""\n', "    return value\n"]
    return "".join(lines)


@settings(deadline=None, max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers())
def test_after_any_edits_the_output_is_that_of_a_first_run(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    chance = random.Random(seed)
    root, folder = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("cache")
    shutil.copytree(PROGRAMS, root / "programs", ignore=shutil.ignore_patterns(cache.FOLDER, "__pycache__", "*.toml"))
    files = sorted(root.rglob("*.py"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cache, "_SETTLED", 0)
        patch.setattr(pipeline, "_FEW", 1)
        for options in ({"settings": EVERYTHING}, {"settings": Settings(select=("SL3", "SL5"))}):
            run(root, folder, **options)
        for _ in range(4):
            victim = chance.choice(files)
            victim.write_text(_edit(victim.read_text(encoding="utf-8"), chance), encoding="utf-8")
            settle(victim, chance.random() * 3600 + 10)
            for options in ({"settings": EVERYTHING}, {"settings": Settings(select=("SL3", "SL5"))}):
                assert run(root, folder, **options) == run(root, None, **options)


def test_an_edit_that_matters_to_nothing_shown_is_not_analysed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_SETTLED", 0)
    monkeypatch.setattr(pipeline, "_FEW", 1)
    (tmp_path / "cache").mkdir()
    root = tmp_path / "root"
    root.mkdir()
    for name, text in {"app.py": PROGRAM, "other.py": OTHER}.items():
        (root / name).write_text(text)
        settle(root / name)
    first = run(root, tmp_path / "cache", jobs=1)
    assert '"rule": "SL101"' in first
    asked: list[int] = []
    analyse = pipeline._analyse
    monkeypatch.setattr(pipeline, "_analyse", lambda *given: (asked.append(1), analyse(*given))[1])

    (root / "other.py").write_text(OTHER.replace("def", "# Arithmetic.\n\ndef"))
    settle(root / "other.py", 60)
    assert run(root, tmp_path / "cache", jobs=1) == run(root, None, jobs=1)
    assert asked == [1]  # without a cache

    (root / "app.py").write_text("# Notes.\n" + PROGRAM)
    settle(root / "app.py", 60)
    asked.clear()
    assert run(root, tmp_path / "cache", jobs=1) == run(root, None, jobs=1)
    assert asked == [1, 1]  # what is shown has moved


def test_rules_of_others_may_measure_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from statelint.run import memory

    monkeypatch.setattr(memory, "_OWN_PACKS", frozenset())
    monkeypatch.setattr(pipeline, "_FEW", 1)
    (tmp_path / "cache").mkdir()
    root = tmp_path / "root"
    root.mkdir()
    (root / "app.py").write_text("x = 1\n")
    run(root, tmp_path / "cache", rules=RULES)
    asked: list[int] = []
    analyse = pipeline._analyse
    monkeypatch.setattr(pipeline, "_analyse", lambda *given: (asked.append(1), analyse(*given))[1])
    (root / "app.py").write_text("# One.\nx = 1\n")
    run(root, tmp_path / "cache", rules=RULES)
    assert asked == [1]

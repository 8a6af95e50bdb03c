from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from statelint.analysis.stores import statements
from statelint.config.settings import Settings
from statelint.lint.packs import load_rules
from statelint.lint.rulebook import RuleBook
from statelint.report import json as report
from statelint.report.context import ReportContext
from statelint.run import cache as module
from statelint.run import extraction, pipeline
from statelint.run.cache import Cache, clean, find_folder, places
from statelint.run.pipeline import CheckRequest, check
from statelint.source.sources import Sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from statelint.source.files import Discovery

PROGRAMS = Path(__file__).parents[2] / "fixtures" / "anti_patterns"
ODD = {
    "odd/broken.py": b"x = 1\ndef (\n",
    "odd/nul.py": b"y = '\0'\n",
    "odd/latin.py": b"# coding: latin-1\nname = '\xe9'\n",
    "odd/surrogate.py": b"name = '\\ud800'\nlarge = 1" + b"0" * 40 + b"\n",
    "odd/empty.py": b"",
    "odd/also_empty.py": b"",
    "odd/noted.py": b"x = {}  # statelint: ignore[SL101] never used\ny = 1  # noqa: SL301\n",
}
EVERYTHING = Settings(min_severity="note", min_confidence="low")
RULES = load_rules()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(PROGRAMS, root / "programs", ignore=shutil.ignore_patterns(module.FOLDER, "__pycache__", "*.toml"))
    write(root, ODD)
    return root


def write(root: Path, contents: dict[str, bytes]) -> None:
    for name, content in contents.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
        settle(root / name)


def settle(file: Path, ago: float = 3600) -> None:
    """Have a file look as if its last change were some time ago."""
    then = time.time() - ago
    os.utime(file, (then, then))


@pytest.fixture(autouse=True)
def changes_of_inodes_are_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test cannot set when the inode changed, and does not wait until that is long ago."""
    monkeypatch.setattr(module, "_SETTLED", 0)


def run(root: Path, cache: Path | None, *paths: Path, **more: Any) -> str:
    given: dict[str, Any] = {"settings": EVERYTHING, "rules": RULES} | more
    result = check(CheckRequest(root=root, paths=paths, cache=cache, **given))
    return report.render(result, ReportContext(root=root, sources=Sources(root), show_suppressed=True))


@pytest.fixture
def extracted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Lists the files that are extracted in this process."""
    read: list[str] = []
    call = extraction.Reader.__call__

    def noted(reader: extraction.Reader, path: str) -> Any:
        read.append(path)
        return call(reader, path)

    monkeypatch.setattr(extraction.Reader, "__call__", noted)
    return read


# --- the same output, whatever is remembered ------------------------------------------------------------------------


def test_cold_warm_and_in_many_processes_the_output_is_the_same(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extraction, "POOL_BYTES", 0)
    monkeypatch.setattr(extraction, "_BATCH_FILES", 5)
    plain = run(project, None, jobs=1)
    assert '"rule": "SL101"' in plain
    assert '"rule": "SL003"' in plain
    for jobs in (1, 4):
        folder = tmp_path / str(jobs)
        folder.mkdir()
        assert run(project, folder, jobs=jobs) == plain
        assert run(project, folder, jobs=jobs) == plain
        assert run(project, folder, jobs=1, rules=[*RULES[1:], RULES[0]]) == plain


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(), share=st.floats(0, 1))
def test_neither_the_order_of_files_nor_what_is_known_of_them_matters(
    project: Path, tmp_path_factory: pytest.TempPathFactory, seed: int, share: float
) -> None:
    plain = run(project, None, jobs=1)
    chance = random.Random(seed)
    discover = pipeline.discover

    def shuffled(part: float) -> Callable[..., Discovery]:
        def find(*arguments: Any) -> Discovery:
            found = discover(*arguments)
            files = [(path, size) for path, size in found.files.items() if chance.random() <= part]
            chance.shuffle(files)
            return replace(found, files=dict(files))

        return find

    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "discover", shuffled(share))
        run(project, folder, jobs=1)
        patch.setattr(pipeline, "discover", shuffled(1))
        assert run(project, folder, jobs=1) == plain


def test_names_that_are_no_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extraction, "POOL_BYTES", 0)
    root = tmp_path / "root"
    write(root, {"caf\udce9.py": b"def (\n", "b.py": b"x = 1\n"})
    (tmp_path / "cache").mkdir()
    plain = run(root, None, jobs=1)
    for jobs in (2, 1):
        assert run(root, tmp_path / "cache", jobs=jobs) == plain


def test_every_edit_counts(project: Path, tmp_path: Path, extracted: list[str]) -> None:
    root = tmp_path / "copy"
    shutil.copytree(project, root)
    (tmp_path / "cache").mkdir()
    run(root, tmp_path / "cache")
    victim = next(path for path in sorted((root / "programs").rglob("*.py")) if b"= {}" in path.read_bytes())
    original = victim.read_bytes()
    for content in (original.replace(b"= {}", b"= []"), original + b"\n# the end\n", b"", original):
        write(root, {victim.relative_to(root).as_posix(): content})
        extracted.clear()
        warm = run(root, tmp_path / "cache")
        # An empty file has been seen under another name, and the original under its own.
        assert extracted == ([victim.relative_to(root).as_posix()] if content not in {b"", original} else [])
        assert warm == run(root, None)


def test_moved_and_deleted_files_are_noticed(project: Path, tmp_path: Path, extracted: list[str]) -> None:
    root = tmp_path / "copy"
    shutil.copytree(project, root)
    (tmp_path / "cache").mkdir()
    run(root, tmp_path / "cache")
    extracted.clear()
    (root / "odd/broken.py").rename(root / "odd/bad.py")
    warm = run(root, tmp_path / "cache")
    assert "odd/bad.py" in warm
    assert "odd/broken.py" not in warm
    (root / "odd/bad.py").unlink()
    assert "bad.py" not in run(root, tmp_path / "cache")
    assert extracted == []


def test_settings_rules_and_named_files_count(project: Path, tmp_path: Path) -> None:
    cases: list[tuple[Iterable[Path], dict[str, Any]]] = [
        ((), {}),
        ((project / "odd",), {}),
        ((), {"settings": Settings(select=("SL0",), min_severity="note")}),
        ((), {"settings": Settings(ignore=("SL101",))}),
        ((), {"rules": RULES[:3], "settings": Settings(select=("SL0",), min_severity="note")}),
        ((), {"stdin": b"def (", "stdin_filename": str(project / "odd/noted.py")}),
    ]
    for _ in range(2):
        for paths, more in cases:
            assert run(project, tmp_path, *paths, **more) == run(project, None, *paths, **more)


def test_a_file_that_changes_while_it_is_read_spoils_nothing(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write(root, {"a.py": b"x = 1\n", "b.py": b"y = 1\n"})
    (tmp_path / "cache").mkdir()

    def change(done: int, _: int) -> None:
        if done == 1:
            write(root, {"a.py": b"def (\n", "b.py": b"def (\n"})

    first = run(root, tmp_path / "cache", jobs=1, progress=change)
    assert first.count("SL003") == 1  # a.py had been read before
    assert run(root, tmp_path / "cache") == run(root, None)


def test_a_change_within_the_clocks_grain_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SETTLED", 2_000_000_000)
    status = Cache._status
    monkeypatch.setattr(
        Cache, "_status", lambda self, path: (found := status(self, path)) and found._replace(changed=0)
    )
    root = tmp_path / "root"
    write(root, {"a.py": b"x = (1)\n"})
    (tmp_path / "cache").mkdir()
    settle(root / "a.py", 0)
    stamp = (root / "a.py").stat()
    run(root, tmp_path / "cache")
    (root / "a.py").write_bytes(b"def f(\n")
    (root / "a.py").write_bytes(b"x = (1(\n")
    os.utime(root / "a.py", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert "SL003" in run(root, tmp_path / "cache")


def test_an_interrupted_run_keeps_what_it_has_read(
    project: Path, tmp_path: Path, extracted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(done: int, _: int) -> None:
        if done == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(project, tmp_path, jobs=1, progress=interrupt)
    first = set(extracted)
    extracted.clear()
    run(project, tmp_path, jobs=1)
    assert len(first) == 7
    assert not first.intersection(extracted)


def test_damage_never_shows_in_the_output(project: Path, tmp_path: Path) -> None:
    plain = run(project, tmp_path)
    chance = random.Random(7)
    for _ in range(6):
        file = tmp_path / "cache.db"
        data = bytearray(file.read_bytes())
        for _ in range(400):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        file.write_bytes(data)
        assert run(project, tmp_path) == plain
    assert run(project, tmp_path / "missing" / "folder") == plain


def test_results_with_crashes_are_not_kept(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(self: object, project: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(type(RULES[-1]), "check", crash)
        assert "ZeroDivisionError" in run(project, tmp_path)
    assert "ZeroDivisionError" not in run(project, tmp_path)


def test_other_code_is_another_maker(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = tmp_path / "path" / "pack"
    pack.mkdir(parents=True)
    rule = (
        "from statelint.api import Rule, Severity\nclass Found(Rule):\n code = 'PK101'\n name = 'found'\n"
        " summary = 'Found.'\n severity = Severity.NOTE\n since = '1'\n def check(self, project): return ()\n"
    )
    (pack / "__init__.py").write_text(rule)
    monkeypatch.syspath_prepend(str(pack.parent))
    import pack as imported

    rules = [imported.Found()]
    counted: list[object] = []
    monkeypatch.setattr(imported.Found, "check", lambda self, project: counted.append(project) or ())
    for _ in range(2):
        run(project, tmp_path, rules=rules)
    assert len(counted) == 1
    (pack / "__init__.py").write_text(rule + "# a change\n")
    run(project, tmp_path, rules=rules)
    assert len(counted) == 2


# --- what an edit does not have done again --------------------------------------------------------------------------

NOTES = {
    "app.py": b"""import sqlite3
from fastapi import Depends, FastAPI
from auth import current_user

app = FastAPI()
db = sqlite3.connect("notes.db")
db.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, user_id INTEGER, body TEXT)")


@app.get("/notes/{note_id}")
def note(note_id: int, user=Depends(current_user)):
    return db.execute("SELECT body FROM notes WHERE id = ?", (note_id,)).fetchone()


@app.get("/notes")
def notes(user=Depends(current_user)):
    return db.execute("SELECT body FROM notes WHERE user_id = ? \xf0\x9f\x98\x80", (user.id,)).fetchall()
"""
}


def test_sql_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, folder = tmp_path / "root", tmp_path / "cache"
    folder.mkdir()
    write(root, NOTES)
    read: list[str] = []
    parse = statements.parse
    monkeypatch.setattr(statements, "parse", lambda text: (read.append(text), parse(text))[1])
    assert '"rule": "SL301"' in run(root, folder)
    assert len(read) == 3
    write(root, {"added.py": b"def added(number):\n    return number + 1\n"})
    edited = run(root, folder)
    assert len(read) == 3
    assert edited == run(root, None)


def test_statements_that_cannot_be_read_are_read_anew(tmp_path: Path) -> None:
    with Cache(tmp_path, tmp_path) as cache:
        kept = {"SELECT 1": statements.parse("SELECT 1"), "SELECT id FROM t WHERE a = __p0__": ()}
        cache.add_statements(kept, b"maker")
        assert cache.statements(b"maker") == kept
        assert cache.statements(b"another") == {}
        cache.add_statements({"SELECT '\ud800'": ()}, b"maker")  # no text that can be kept
        assert cache.statements(b"maker") == kept
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("statelint.run.statements.pack", lambda _: b"what is this")
            cache.add_statements(kept, b"maker")
        assert cache.statements(b"maker") == {}


# --- what a warm run does without -----------------------------------------------------------------------------------

WARM = """
import os, subprocess, sys
from statelint.cli import app
if len(sys.argv) > 4:
    os.fork = os.posix_spawn = None
    import _posixsubprocess
    real, _posixsubprocess.fork_exec = _posixsubprocess.fork_exec, None
code = app.run(["check", sys.argv[1], "--isolated", "--cache-dir", sys.argv[2], "--output-format", sys.argv[3]])
heavy = {"libcst", "sqlglot", "rich", "multiprocessing", "concurrent", "tomllib", "importlib.metadata", "pathspec",
         "statelint.analysis.project", "statelint.extract", "statelint.catalogue.loader", "statelint_rules"}
print(code, *sorted(heavy & set(sys.modules)), file=sys.stderr)
"""


@pytest.mark.parametrize("form", ["full", "concise", "json"])
def test_a_warm_run_imports_no_engine_and_starts_no_process(project: Path, tmp_path: Path, form: str) -> None:
    command = [sys.executable, "-c", WARM, str(project / "programs"), str(tmp_path), form]
    environment = {**os.environ, "TERM": "dumb"}
    cold = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert "statelint.analysis.project" in cold.stderr
    warm = subprocess.run([*command, "warm"], capture_output=True, text=True, check=True, env=environment)
    assert warm.stdout == cold.stdout
    assert warm.stderr.splitlines()[-1] == "1"


def test_the_rule_book_is_the_installed_rules() -> None:
    book = RuleBook()
    assert [rule.code for rule in book] == [rule.code for rule in RULES]
    assert len(book) == len(RULES)
    assert [rule.code for rule in book[:2]] == [rule.code for rule in RULES[:2]]


# --- where it is ----------------------------------------------------------------------------------------------------


def test_the_cache_is_in_the_project_and_git_passes_it_over(tmp_path: Path) -> None:
    folder = find_folder(tmp_path)
    assert folder == tmp_path / ".statelint_cache"
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    done = subprocess.run(["git", "-C", str(tmp_path), "status", "--porcelain"], capture_output=True, check=True)
    assert done.stdout == b""
    assert (folder / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")


def test_a_folder_that_is_given_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "file").touch()
    assert find_folder(tmp_path, tmp_path / "given") == tmp_path / "given"
    assert [path.name for path in (tmp_path / "given").iterdir()] == ["file"]
    assert find_folder(tmp_path, tmp_path / "given" / "file") is None


def test_a_cache_that_git_tracks_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    root = tmp_path / "project"
    inside = root / ".statelint_cache"
    inside.mkdir(parents=True)
    (inside / "cache.db").touch()
    subprocess.run(["git", "init", "-q", root], check=True)
    assert places(root)[0] == inside
    subprocess.run(["git", "-C", root, "add", "--force", "."], check=True)
    assert places(root) == [tmp_path / "xdg" / "statelint"]


def test_where_the_root_cannot_be_written_the_users_folder_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    (tmp_path / "blocked").mkdir()
    (tmp_path / "blocked" / ".statelint_cache").touch()
    assert find_folder(tmp_path / "blocked") == tmp_path / "xdg" / "statelint"
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / ".statelint_cache").symlink_to(tmp_path)
    assert places(tmp_path / "linked") == [tmp_path / "xdg" / "statelint"]
    for name in ("cache.db", "cache.db-wal"):
        inner = tmp_path / name / ".statelint_cache"
        inner.mkdir(parents=True)
        (inner / name).symlink_to(tmp_path / "nowhere")
        assert places(tmp_path / name) == [tmp_path / "xdg" / "statelint"]
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert find_folder(tmp_path / "blocked") is None


def test_cleaning_removes_what_is_ours(project: Path, tmp_path: Path) -> None:
    folder = find_folder(tmp_path)
    assert folder is not None
    run(project, folder)
    assert clean(folder)
    assert not folder.exists()
    assert not clean(folder)
    folder.mkdir()
    (folder / "other").touch()
    run(project, folder)
    assert clean(folder)
    assert [path.name for path in folder.iterdir()] == ["other"]


# --- deployment files ---------------------------------------------------------------------------------------------

SERVICE = b"""\
from fastapi import FastAPI

app = FastAPI()
STATE = {}


@app.get("/")
def index():
    STATE["last"] = 1
"""


def test_workers_make_a_finding_graver_and_a_changed_number_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"app.py": SERVICE, "Dockerfile": b"FROM x\nCMD uvicorn app:app\n"})
    folder = tmp_path / "cache"
    folder.mkdir()
    assert '"severity": "warning"' in run(tmp_path, folder)
    write(tmp_path, {"Dockerfile": b"FROM x\nCMD uvicorn app:app --workers 4\n"})
    graver = run(tmp_path, folder)
    assert '"severity": "error"' in graver
    assert "runs with 4 workers" in graver
    # The result is remembered, and after a change of the code what the Dockerfile says is, too.
    monkeypatch.setattr("statelint.extract.launches.read_launches", None)
    assert run(tmp_path, folder) == graver
    write(tmp_path, {"app.py": SERVICE + b"\n"})
    assert "runs with 4 workers" in run(tmp_path, folder)

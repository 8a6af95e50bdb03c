from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from statelint.config.settings import Settings
from statelint.lint.packs import load_rules
from statelint.run import extraction
from statelint.run.pipeline import CheckRequest, check
from statelint.source.files import PathError

if TYPE_CHECKING:
    from statelint.lint.finding import LintResult

RULES = load_rules()
HOUSEKEEPING = Settings(select=("SL0",))


def write(root: Path, **contents: str | bytes) -> None:
    for name, content in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def run(root: Path, *paths: str, settings: Settings = HOUSEKEEPING, **more: Any) -> LintResult:
    places = tuple(root / path for path in paths)
    return check(CheckRequest(root=root, paths=places, settings=settings, rules=RULES, **more))


def shown(result: LintResult) -> list[str]:
    return [f"{it.location.path}:{it.location.line} {it.rule}" for it in result.findings]


BAD = {
    "broken.py": b"x = 1\ndef (\n",
    "nul.py": b"x = 1\ny = '\0'\n",
    "latin.py": b"# coding: latin-1\nname = '\xe9'\n",
    "undecodable.py": b"name = '\xe9'\n",
    "bom.py": b"\xef\xbb\xbfx = 1\n",
    "empty.py": b"",
    "large.py": b"x = [1, 2, 3]\n" * 370_000,
    "fine.py": b"x = 1  # statelint: ignore\n",
}
EXPECTED = ["broken.py:2 SL003", "fine.py:1 SL002", "large.py:1 SL004", "nul.py:2 SL004", "undecodable.py:1 SL004"]


def test_bad_files_are_findings_and_the_others_are_linted(tmp_path: Path) -> None:
    write(tmp_path, **BAD)
    (tmp_path / "loop").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe.py")
    result = run(tmp_path)
    assert shown(result) == EXPECTED
    assert (result.files, result.crashes) == (8, [])


def test_the_result_is_the_same_in_many_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, **BAD)
    alone = run(tmp_path, jobs=1)
    monkeypatch.setattr(extraction, "POOL_BYTES", 0)
    assert run(tmp_path, jobs=2) == alone


def test_a_file_that_vanishes_is_a_finding(tmp_path: Path) -> None:
    write(tmp_path, **{"a.py": "x = 1\n", "b.py": "y = 1\n"})

    def vanish(done: int, total: int) -> None:
        (tmp_path / "b.py").unlink(missing_ok=True)

    result = run(tmp_path, jobs=1, progress=vanish)
    assert shown(result) == ["b.py:1 SL004"]
    assert "vanished" in result.findings[0].message


def test_named_files_say_where_to_report(tmp_path: Path) -> None:
    write(tmp_path, **BAD)
    result = run(tmp_path, "nul.py", "fine.py")
    assert shown(result) == ["fine.py:1 SL002", "nul.py:2 SL004"]
    assert (result.files, result.elsewhere) == (8, 3)


def test_a_folder_that_cannot_be_opened_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, **{"a.py": "", "secret/b.py": ""})
    scandir = os.scandir

    def refuse(path: str) -> object:
        if Path(path) == tmp_path / "secret":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    (finding,) = run(tmp_path).findings
    assert (finding.rule, finding.location.path) == ("SL004", "secret")
    assert finding.message == "cannot be read: the folder cannot be opened: Permission denied"


def test_a_missing_path_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PathError, match="no such file or folder"):
        run(tmp_path, "nope")


def test_fingerprints_know_the_code(tmp_path: Path) -> None:
    write(tmp_path, **{"a.py": "x = 1  # statelint: ignore\n"})
    (first,) = run(tmp_path).findings
    write(tmp_path, **{"a.py": "\n\nx = 1  # statelint: ignore\n"})
    (moved,) = run(tmp_path).findings
    write(tmp_path, **{"a.py": "x = 2  # statelint: ignore\n"})
    (changed,) = run(tmp_path).findings
    assert first.fingerprint == moved.fingerprint != changed.fingerprint


# --- standard input -------------------------------------------------------------------------------------------------


def test_standard_input_alone(tmp_path: Path) -> None:
    write(tmp_path, **{"a.py": "def ("})
    result = run(tmp_path, stdin=b"x = 1\nif:\n")
    assert (shown(result), result.files) == (["<stdin>:2 SL003"], 1)


def test_standard_input_stands_for_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, **{"app/a.py": "x = 1\n", "app/b.py": "def (\n"})
    result = run(tmp_path, stdin=b"\ndef (", stdin_filename=str(tmp_path / "app/a.py"))
    assert (shown(result), result.files, result.elsewhere) == (["app/a.py:2 SL003"], 2, 1)
    monkeypatch.chdir(tmp_path / "app")
    assert shown(run(tmp_path, stdin=b"def (", stdin_filename="new.py")) == ["app/new.py:1 SL003"]
    assert shown(run(tmp_path, stdin=b"x = 1", stdin_filename="b.py")) == []


def test_excludes_hold_for_standard_input(tmp_path: Path) -> None:
    write(tmp_path, **{"build/a.py": "x = 1\n"})
    for name in ("build/a.py", "build/new.py"):
        result = run(tmp_path, stdin=b"def (", stdin_filename=str(tmp_path / name))
        assert (shown(result), result.files) == ([], 0)
    free = Settings(select=("SL0",), force_exclude=False)
    result = run(tmp_path, stdin=b"def (", stdin_filename=str(tmp_path / "build/new.py"), settings=free)
    assert shown(result) == ["build/new.py:1 SL003"]


def test_standard_input_outside_the_root_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    with pytest.raises(PathError, match="outside the project root"):
        run(tmp_path / "root", stdin=b"", stdin_filename=str(tmp_path / "new.py"))


def test_too_much_standard_input_is_a_finding(tmp_path: Path) -> None:
    assert shown(run(tmp_path, stdin=b"#" * 5_000_000)) == ["<stdin>:1 SL004"]

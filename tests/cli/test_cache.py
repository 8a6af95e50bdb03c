"""The cache as the command's user meets it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run


def test_a_second_run_says_the_same_and_clean_removes_the_cache(run: Run, service: Path) -> None:
    first, second = run("check"), run("check")
    assert (first.stdout, first.stderr, first.returncode) == (second.stdout, second.stderr, second.returncode)
    assert (service / ".statelint_cache" / ".gitignore").is_file()
    cleaned = run("clean")
    assert cleaned.stderr == f"Removed the cache in {service}/.statelint_cache.\n"
    assert not (service / ".statelint_cache").exists()
    assert run("clean").stderr == ""


def test_no_cache_leaves_nothing_behind(run: Run, service: Path) -> None:
    run("check", "--no-cache")
    run("check", "-", stdin="x = 1\n")
    assert not (service / ".statelint_cache").exists()


def test_the_cache_may_be_elsewhere(run: Run, service: Path, tmp_path: Path) -> None:
    run("check", "--cache-dir", str(tmp_path / "one"))
    run("check", env={"STATELINT_CACHE_DIR": str(tmp_path / "two")})
    assert (tmp_path / "one" / "cache.db").is_file()
    assert (tmp_path / "two" / "cache.db").is_file()
    assert not (service / ".statelint_cache").exists()
    run("clean", env={"STATELINT_CACHE_DIR": str(tmp_path / "two")})
    assert not (tmp_path / "two").exists()
    assert (tmp_path / "one").exists()


def test_a_cache_that_cannot_be_is_no_error(run: Run, service: Path) -> None:
    (service / "file").touch()
    plain = run("check", "--no-cache")
    blocked = run("check", "--cache-dir", str(service / "file" / "inside"))
    assert (blocked.stdout, blocked.stderr, blocked.returncode) == (plain.stdout, plain.stderr, plain.returncode)


def test_an_edit_shows_at_once(run: Run, service: Path) -> None:
    assert run("check").returncode == 1
    chat = service / "app" / "chat.py"
    chat.write_text(chat.read_text().replace("USER_CONVERSATIONS.setdefault(user_id, []).append(message)", "pass"))
    assert run("check").returncode == 0


def test_the_profile_tells_the_stages(run: Run) -> None:
    cold = run("check", "--profile", "--quiet").stderr
    warm = run("check", "--profile", "--quiet").stderr
    assert re.search(r"^extract +[\d,]+ ms +\d+%$", cold, re.MULTILINE)
    assert re.search(r"^all +[\d,]+ ms$", cold, re.MULTILINE)
    assert "extract" not in warm
    assert re.search(r"^all +[\d,]+ ms$", warm, re.MULTILINE)

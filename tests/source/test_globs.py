from __future__ import annotations

import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from statelint.source.globs import GlobError, Globs, Patterns


@pytest.mark.parametrize(
    ("pattern", "path", "matched"),
    [
        ("venv", "venv/x.py", True),
        ("venv", "app/venv/x.py", True),
        ("venv", "app/venv.py", False),
        ("build", "build/", True),
        ("*.py", "app/x.py", True),
        ("*.py", "app/x.pyi", False),
        ("test_*.py", "a/b/test_c.py", True),
        ("app/legacy", "app/legacy/deep/x.py", True),
        ("app/legacy", "src/app/legacy/x.py", False),
        ("./app/legacy", "app/legacy/x.py", True),
        ("app/legacy/", "app/legacy/x.py", True),
        ("app/legacy/**", "app/legacy/deep/x.py", True),
        ("app/*.py", "app/x.py", True),
        ("app/*.py", "app/deep/x.py", False),
        ("**/generated/*.py", "a/b/generated/x.py", True),
        ("**/generated/*.py", "generated/x.py", True),
        ("a b.py", "a b.py", True),
        ("file[0-9].py", "file3.py", True),
    ],
)
def test_patterns(pattern: str, path: str, matched: bool) -> None:
    assert Globs([pattern])(path) is matched


def test_a_later_pattern_takes_back() -> None:
    globs = Globs(["vendor", "!keep.py"])
    assert globs("other.py") is False
    assert Globs(["*.py", "!keep.py"])("keep.py") is False
    assert Globs(["*.py", "!keep.py"])("other.py") is True


@pytest.mark.parametrize(
    "pattern", ["/x/" + "*a" * 40 + "*b", "**/a/" * 40 + "b*c/d", "*[ab]" * 40 + "c", "?*" * 40 + "c"]
)
def test_no_pattern_takes_long_over_a_long_path(pattern: str) -> None:
    started = time.process_time()
    assert not Globs([pattern])("x/" + "a" * 250 + ".py")
    assert not Globs([pattern])("a/" * 2_000 + "e.py")
    assert time.process_time() - started < 2


PARTS = st.sampled_from(
    ["a", "b", "ab", ".py", "*", "**", "/", "**/", "/**/", "?", "[ab]", "[b-c]", "\\*", "\\[", "[", "]"]
)
PATHS = st.lists(st.text("abc*[].", min_size=1, max_size=4), min_size=1, max_size=4).map("/".join)


@settings(max_examples=500, deadline=None)
@given(st.lists(PARTS, min_size=1, max_size=6).map("".join), PATHS, st.sampled_from(["", "/"]))
def test_patterns_match_as_in_a_gitignore(pattern: str, path: str, ending: str) -> None:
    inside = pattern.rstrip("/").endswith("/**") and "/" in (ending, pattern[-1])  # a folder is not inside itself
    unclosed = "[" in pattern.replace("\\[", "").replace("[ab]", "").replace("[b-c]", "")
    dotted = not {".", ".."}.isdisjoint(path.split("/"))  # what no path from the root holds
    assume(not inside and not unclosed and not dotted and "//" not in pattern)
    expected = GitIgnoreSpec.from_lines([pattern]).check_file(path + ending).include
    assert Patterns([pattern]).verdict(path + ending) is expected


@pytest.mark.parametrize(
    "pattern", ["[b-a]", "[[]", "[", "[!", "a[", "a\\", "[]]", "[!]]", "/", "//", "a//b", "[\\]]", "[a-]", "[]-a]"]
)
def test_odd_patterns_are_matched_or_explained(pattern: str) -> None:
    try:
        globs = Globs([pattern])
    except GlobError:
        return
    assert globs("xx/yy.py") is False


def test_no_patterns_match_nothing() -> None:
    assert Globs([])("x.py") is False


def test_a_broken_pattern_is_an_error() -> None:
    with pytest.raises(GlobError, match="!"):
        Globs(["!"])

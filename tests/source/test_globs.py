from __future__ import annotations

import pytest

from statelint.source.globs import GlobError, Globs


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


def test_no_patterns_match_nothing() -> None:
    assert Globs([])("x.py") is False


def test_a_broken_pattern_is_an_error() -> None:
    with pytest.raises(GlobError, match="!"):
        Globs(["!"])

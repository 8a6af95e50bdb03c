from __future__ import annotations

import io
import sysconfig
import tokenize
from pathlib import Path

import pytest

from statelint.source.comments import comments, without_comments

STDLIB = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))


def found(text: str) -> list[str]:
    return [text[start:end] for start, end in comments(text)]


@pytest.mark.parametrize("path", STDLIB[::8], ids=lambda path: path.name)
def test_agrees_with_the_tokenizer(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    assert found(text) == [token.string for token in tokens if token.type == tokenize.COMMENT]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1  # one\n", ["# one"]),
        ("x = '# no'  # yes", ["# yes"]),
        ('x = """\n# no\n"""  # yes', ["# yes"]),
        ("x = '''it's # no'''  # yes", ["# yes"]),
        (r"x = 'a\'b # no'  # yes", ["# yes"]),
        ('x = """a\\""" # no"""  # yes', ["# yes"]),
        ("x = 'a\\\n# no'  # yes", ["# yes"]),
        ("x = ''  # yes", ["# yes"]),
        ("x = '''a''b'''  # yes", ["# yes"]),
        ("# one\r\n# two\r# three\n", ["# one", "# two", "# three"]),
    ],
)
def test_strings_are_no_comments(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize("broken", ["x = 'open\n# yes\n", "def f(:\n# yes\n", "  x\n y\n# yes\n", '"""open\n# yes\n'])
def test_broken_code_still_has_comments(broken: str) -> None:
    assert found(broken) == ["# yes"]


def test_comments_are_taken_out() -> None:
    assert without_comments("x = '#'  # a\ny = 2 # b") == "x = '#'  \ny = 2 "

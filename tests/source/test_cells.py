from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statelint.source.cells import python_of
from statelint.source.text import DecodingError, decode


def notebook(*cells: tuple[str, list[str] | str]) -> str:
    return json.dumps(
        {"cells": [{"cell_type": kind, "metadata": {}, "source": source} for kind, source in cells], "nbformat": 4},
        indent=1,
    )


def test_lines_of_a_notebook_stand_where_the_file_has_them() -> None:
    text = notebook(("markdown", ["# Title\n"]), ("code", ["x = 1\n", 'y = "é\\n"']), ("code", ["z = 3"]))
    code = python_of("a.ipynb", text.encode()).decode().split("\n")
    lines = text.split("\n")
    assert [line for line in code if line] == ["x = 1", 'y = "é\\n"', "z = 3"]
    assert all(json.dumps(line)[:5] in lines[number] for number, line in enumerate(code) if line)


def test_magics_and_other_languages_are_left_out() -> None:
    text = notebook(("code", ["%matplotlib inline\n", "!ls\n", "x = 1\n", "x?\n"]), ("code", ["%%bash\n", "rm x"]))
    assert python_of("a.ipynb", text.encode()).decode().split() == ["x", "=", "1"]


def test_a_cell_in_one_string() -> None:
    assert python_of("a.ipynb", notebook(("code", "x = 1\ny = 2\n")).encode()).decode().split("\n")[-1] == "y = 2"


def test_fenced_python_in_markdown() -> None:
    text = (
        "# T\n\n```python title='a'\nx = 1\n```\n\n```js\nno()\n```\n\n- item\n\n  ~~~py\n  if x:\n      y = 2\n  ~~~\n"
        "x = 'no code'\n"
    )
    code = python_of("a.md", text.encode()).decode().split("\n")
    assert {number: line for number, line in enumerate(code, start=1) if line} == {
        4: "x = 1",
        14: "if x:",
        15: "    y = 2",
    }
    assert python_of("a.md", text.replace("\n", "\r\n").encode()).decode().split("\n") == code


@pytest.mark.parametrize("data", [b"{", b"[]", b"\xff", b'{"cells": [1]}', b"", b'{"cells": [{"cell_type": "code"}]}'])
def test_what_is_no_notebook_is_left_as_it_is(data: bytes) -> None:
    assert python_of("a.ipynb", data) == data


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=10))
def test_strings_of_any_notebook_are_read_as_json_does(value: object) -> None:
    text = json.dumps({"x": value, "cells": [{"cell_type": "code", "source": ["x = 1"]}]}, indent=1)
    assert python_of("a.ipynb", text.encode()).strip() == b"x = 1"


def test_half_a_pair_is_no_text() -> None:
    code = python_of("a.ipynb", notebook(("code", ["x = 1\n", 'y = "\ud800"\n'])).encode())
    with pytest.raises(DecodingError) as refused:
        decode(code)
    assert refused.value.line == 8


def test_python_files_are_not_touched() -> None:
    assert python_of("a.py", b"```python\n") == b"```python\n"

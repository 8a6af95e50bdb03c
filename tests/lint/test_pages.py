"""Rule pages: what counts as an example, and what it expects."""

from __future__ import annotations

import pytest

from statelint.lint.pages import Expected, Page, PageError

TWO_FILES = """\
# SL999 something-bad

Intro.

## Example

```python title="app/models.py"
class Note: ...
```

```python title="app/views.py"
def read(db):  # error: [SL999]
    return db.all()
```

Alone:

```python
x = 1
```

## Use instead

```toml
[tool.statelint]
```

```python title="app/models.py"
class Note: ...
```

That was the model.

```python title="app/views.py"
pass
```
"""


def page(text: str) -> Page:
    return Page("SL999-something-bad.md", text)


def test_titled_blocks_that_follow_each_other_form_one_project() -> None:
    first = page(TWO_FILES).examples[0]
    assert [file.path for file in first.files] == ["app/models.py", "app/views.py"]
    assert first.slug == "example-1"
    assert first.bad


def test_a_paragraph_ends_a_project() -> None:
    examples = page(TWO_FILES).examples
    assert [[file.path for file in example.files] for example in examples[2:]] == [["app/models.py"], ["app/views.py"]]
    assert [example.slug for example in examples[2:]] == ["use-instead-1", "use-instead-2"]


def test_a_block_without_title_is_a_project_of_its_own() -> None:
    alone = page(TWO_FILES).examples[1]
    assert [(file.path, file.text) for file in alone.files] == [("app.py", "x = 1\n")]
    assert not alone.bad


def test_other_languages_count_only_beside_python() -> None:
    assert page('## Options\n\n```toml title="pyproject.toml"\n[tool]\n```\n').examples == ()
    text = '```toml title="pyproject.toml"\n[tool]\n```\n```python title="a.py"\n```\n'
    assert [file.path for file in page(text).examples[0].files] == ["pyproject.toml", "a.py"]


def test_markers_are_read_and_removed() -> None:
    text = "```python\nx = {}\nx[1] = 2  # kept  # error: [SL101, SL201]\n```\n"
    (file,) = page(text).examples[0].files
    assert file.text == "x = {}\nx[1] = 2  # kept\n"
    assert file.expected == (Expected(2, "SL101"), Expected(2, "SL201"))


def test_a_fence_in_a_list_is_dedented() -> None:
    (example,) = page("- so:\n\n  ```python\n  if x:\n      y = 1\n  ```\n").examples
    assert example.files[0].text == "if x:\n    y = 1\n"


def test_headings_and_title() -> None:
    assert page(TWO_FILES).title == "SL999 something-bad"
    assert page(TWO_FILES).headings == ("Example", "Use instead")


def test_the_same_path_twice_is_an_error() -> None:
    text = '```python title="a.py"\n```\n```python title="a.py"\n```\n'
    with pytest.raises(PageError, match=r"SL999-something-bad\.md:1: two files"):
        _ = page(text).examples


@pytest.mark.parametrize("path", ["/etc/passwd", "../a.py", ""])
def test_a_path_outside_the_project_is_an_error(path: str) -> None:
    with pytest.raises(PageError, match="not a path below"):
        _ = page(f'```python title="{path}"\n```\n').examples

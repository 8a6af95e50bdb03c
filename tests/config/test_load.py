from __future__ import annotations

import string
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statelint.config.load import ConfigError, find_settings, load, override, settings_from
from statelint.config.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLE = """
[tool.statelint]
select = ["SL1", "session-manager"]
min-severity = "note"
respect-gitignore = false
[tool.statelint.per-file-ignores]
"tests/**" = ["ALL"]
[tool.statelint.catalogue]
aborts = ["app.errors.fail"]
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def problem(table: dict[str, object]) -> str:
    with pytest.raises(ConfigError) as caught:
        settings_from(table, "statelint.toml")
    return str(caught.value)


def test_settings_of_a_pyproject(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(EXAMPLE)
    (tmp_path / "app").mkdir()
    configuration = load(tmp_path / "app")
    assert configuration.path == tmp_path / "pyproject.toml"
    assert configuration.settings == Settings(
        select=("SL1", "session-manager"),
        min_severity="note",
        respect_gitignore=False,
        per_file_ignores={"tests/**": ("ALL",)},
        catalogue={"aborts": ["app.errors.fail"]},
    )


def test_settings_of_a_file_of_our_own_win(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(EXAMPLE)
    (tmp_path / "statelint.toml").write_text('ignore = ["SL101"]')
    assert load(tmp_path).settings == Settings(ignore=("SL101",))


def test_the_nearest_file_counts(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(EXAMPLE)
    (tmp_path / "app").mkdir()
    (tmp_path / "app/pyproject.toml").write_text("[tool.ruff]\n")
    assert find_settings(tmp_path / "app") == tmp_path / "pyproject.toml"
    (tmp_path / "app/pyproject.toml").write_text("[tool.statelint]\n")
    assert load(tmp_path / "app").settings == Settings()
    assert find_settings(tmp_path / "app/x.py") == tmp_path / "app/pyproject.toml"


def test_a_given_file_and_none_at_all(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(EXAMPLE)
    (tmp_path / "other.toml").write_text('fail-on = "error"')
    assert load(tmp_path, config=tmp_path / "other.toml").settings == Settings(fail_on="error")
    isolated = load(tmp_path, isolated=True)
    assert (isolated.settings, isolated.path) == (Settings(), None)
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty/pyproject.toml").write_text("")
    with pytest.raises(ConfigError, match=r"empty/pyproject.toml: there is no \[tool.statelint\] table"):
        load(tmp_path, config=tmp_path / "empty/pyproject.toml")
    with pytest.raises(ConfigError, match=r"nope\.toml: No such file"):
        load(tmp_path, config=tmp_path / "nope.toml")


def test_a_byte_order_mark_is_no_matter(tmp_path: Path) -> None:
    (tmp_path / "statelint.toml").write_bytes(b'\xef\xbb\xbffail-on = "error"')
    assert load(tmp_path).settings.fail_on == "error"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"select = [", "statelint.toml: not valid TOML: "),
        (b"x = 1\nselect = ['a' 'b']", "line 2"),
        (b"a = '\xff'", "statelint.toml: not UTF-8 at byte 5"),
        (b"[tool.statelint]\nselect = []", "without [tool.statelint]"),
        (b"a = " + b"[" * 5000, "not valid TOML"),
        (b"a = " + b"1" * 5000, "not valid TOML"),
        (b"[a" + b".a" * 100_000 + b"]", "a line has more than 10,000 dots"),
    ],
)
def test_broken_files(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "statelint.toml").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_broken_pyproject_matters_only_if_it_is_ours(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.ruff\n")
    assert load(tmp_path).path is None
    (tmp_path / "pyproject.toml").write_text("[tool.statelint\n")
    with pytest.raises(ConfigError, match=r"pyproject\.toml: not valid TOML"):
        load(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool]\nstatelint = 1\n")
    with pytest.raises(ConfigError, match="must be a table"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"selct": []}, "unknown key 'selct'; did you mean 'select'?"),
        ({"min_severity": "note"}, "unknown key 'min_severity'; did you mean 'min-severity'?"),
        ({"min-severity": "high"}, 'min-severity: "high" is not one of "error", "note", "warning"'),
        ({"fail-on": "eror"}, "; did you mean 'error'?"),
        (
            {"profile": "documents"},
            'profile: "documents" is not one of "default", "document"; did you mean \'document\'?',
        ),
        ({"min-confidence": 3}, 'min-confidence: 3 is not one of "high", "low", "medium"'),
        ({"select": "SL1"}, 'select: expected a list of strings, got "SL1"; write ["SL1"]'),
        ({"select": ["SL1", 7]}, 'select: expected a list of strings, got ["SL1",7] (at [1])'),
        ({"respect-gitignore": "no"}, 'respect-gitignore: expected true or false, got "no"'),
        ({"file-time-limit": 0}, "file-time-limit: expected a number above 0, got 0"),
        ({"file-memory-limit": "1 GB"}, 'file-memory-limit: expected a number above 0, got "1 GB"'),
        ({"per-file-ignores": ["SL1"]}, 'per-file-ignores: expected a table of lists of strings, got ["SL1"]'),
        ({"per-file-ignores": {"a.py": "SL1"}}, "per-file-ignores: expected a table of lists of strings"),
        ({"catalogue": "x"}, 'catalogue: expected a table, got "x"'),
    ],
)
def test_mistakes_are_explained(table: dict[str, object], message: str) -> None:
    text = problem(table)
    assert text.startswith("statelint.toml: ")
    assert message in text
    assert "\n" not in text


def test_an_unknown_key_like_none_lists_all() -> None:
    assert "known are admin-guards, baseline, catalogue, " in problem({"zzz": 1})


def test_every_mistake_is_told() -> None:
    assert problem({"zzz": 1, "fail-on": 2, "select": []}).count("statelint.toml: ") == 2


def test_the_command_line_wins() -> None:
    base = Settings(select=("SL1",), ignore=("SL101",), extend_select=("SL301",), min_severity="note")
    assert override(base, {"min_severity": None, "select": None}) == base
    assert override(base, {"min_severity": "error"}).min_severity == "error"
    selected = override(base, {"select": ("SL101",)})
    assert (selected.select, selected.ignore, selected.extend_select) == (("SL101",), (), ())
    extended = override(base, {"ignore": ("SL102",), "extend_select": ("SL4",)})
    assert (extended.select, extended.ignore, extended.extend_select) == (
        ("SL1",),
        ("SL101", "SL102"),
        ("SL301", "SL4"),
    )
    with pytest.raises(ConfigError, match="command line: min-severity"):
        override(base, {"min_severity": "high"})


def test_a_profile_sets_what_is_not_set_beside_it() -> None:
    document = settings_from({"profile": "document"}, "x")
    assert (document.min_severity, document.fail_on, document.min_confidence) == ("note", "note", "medium")
    gentle = settings_from({"profile": "document", "fail-on": "error"}, "x")
    assert (gentle.min_severity, gentle.fail_on) == ("note", "error")
    assert settings_from({"profile": "default"}, "x") == Settings()
    assert override(document, {"min_severity": "warning"}).min_severity == "warning"
    assert override(gentle, {"ignore": ("SL1",)}).fail_on == "error"


KEYS = st.sampled_from([field.encode_name for field in msgspec.structs.fields(Settings)]) | st.text(max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.dates() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_any_table_is_settings_or_a_clear_error(table: dict[str, object]) -> None:
    try:
        settings = settings_from(table, "statelint.toml")
    except ConfigError as error:
        lines = str(error).split("\n")
        assert all(line.startswith("statelint.toml: ") for line in lines)
    else:
        assert set(table) <= {field.encode_name for field in msgspec.structs.fields(Settings)}
        assert msgspec.convert(table, Settings) == settings


WORDS = st.lists(st.text(string.ascii_letters + "*/-_.0123456789", min_size=1, max_size=12), max_size=3).map(tuple)


@given(
    select=WORDS,
    exclude=WORDS,
    owners=WORDS,
    severity=st.sampled_from(["note", "warning", "error"]),
    flag=st.booleans(),
)
def test_what_is_written_is_read(
    select: tuple[str, ...], exclude: tuple[str, ...], owners: tuple[str, ...], severity: str, flag: bool
) -> None:
    table = {
        "select": list(select),
        "exclude": list(exclude),
        "owner-columns": list(owners),
        "fail-on": severity,
        "force-exclude": flag,
    }
    settings = settings_from(table, "x")
    assert (settings.select, settings.exclude, settings.owner_columns) == (select, exclude, owners)
    assert (settings.fail_on, settings.force_exclude) == (severity, flag)
    assert override(settings, {}) == settings

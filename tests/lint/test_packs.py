from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING

import pytest

from statelint.lint import packs
from statelint.lint.packs import PackError, load_rules, pack_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

RULE = """\
from statelint.lint.finding import Severity
from statelint.lint.rule import Rule

class {kind}(Rule):
    code = "{code}"
    name = "{name}"
    summary = "A rule."
    severity = Severity.NOTE
    since = "0.1.0"
"""


def rule(code: str, name: str, kind: str = "Found") -> str:
    return RULE.format(kind=kind, code=code, name=name)


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Writes modules and makes entry points for them; forgets the modules afterwards."""
    known = set(sys.modules)
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(*values: str, **modules: str) -> None:
        for name, text in modules.items():
            path = tmp_path.joinpath(*name.split("__")).with_suffix(".py")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        entries = [EntryPoint(value, value, packs.GROUP) for value in values]
        monkeypatch.setattr(packs, "entry_points", lambda group: entries if group == packs.GROUP else [])

    yield make
    for name in set(sys.modules) - known:
        del sys.modules[name]


def test_rules_of_packages_and_modules_sorted_by_code(install: Callable[..., None]) -> None:
    (package, nested) = (rule("PB002", "second"), rule("PB001", "first"))
    install(
        "pack_b",
        "pack_a",
        pack_b____init__="",
        pack_b__more=package,
        pack_b__deep=nested,
        pack_a=rule("PA001", "other"),
    )
    found = load_rules()
    assert [each.code for each in found] == ["PA001", "PB001", "PB002"]
    assert [pack_of(each) for each in found] == ["pack_a", "pack_b", "pack_b"]


def test_a_pack_listed_twice_counts_once(install: Callable[..., None]) -> None:
    install("pack_a", "pack_a", pack_a=rule("PA001", "other"))
    assert len(load_rules()) == 1


def test_bases_and_imported_rules_are_not_rules_of_the_pack(install: Callable[..., None]) -> None:
    base = "from statelint.lint.rule import Rule\nclass Base(Rule):\n    pass\n"
    install("pack_a", pack_a__base=base, pack_a__one=rule("PA001", "one"), pack_a__two="from pack_a.one import Found\n")
    assert [each.name for each in load_rules()] == ["one"]


@pytest.mark.parametrize(
    ("second", "key"), [(rule("PA001", "two"), "PA001"), (rule("PA002", "one"), "one")], ids=["code", "name"]
)
def test_two_rules_with_one_code_or_name_are_an_error(install: Callable[..., None], second: str, key: str) -> None:
    install("pack_a", "pack_b", pack_a=rule("PA001", "one"), pack_b=second)
    with pytest.raises(PackError, match=f"pack_b.Found and pack_a.Found both define the rule {key}"):
        load_rules()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import does_not_exist_here", "'pack_a' cannot be imported: ModuleNotFoundError"),
        ("1 / 0", "ZeroDivisionError"),
        (rule("pa1", "one"), "'pa1' is no rule code"),
        (rule("PA001", "One"), "'One' is no rule name"),
        (rule("PA001", "one").replace("Severity.NOTE", "'bad'"), "must be a Severity, not 'bad'"),
        (rule("PA001", "one").replace("since", "sinse"), r"PA001 \(pack_a.Found\) has no since"),
        (rule("PA001", "one") + "    def __init__(self):\n        raise OSError('x')\n", "cannot be made: OSError: x"),
    ],
)
def test_a_pack_that_cannot_be_used_is_an_error(install: Callable[..., None], text: str, message: str) -> None:
    install("pack_a", pack_a=text)
    with pytest.raises(PackError, match=message):
        load_rules()


def test_a_broken_subpackage_is_an_error(install: Callable[..., None]) -> None:
    install("pack_a", pack_a__fine=rule("PA001", "one"), pack_a__broken="1 / 0")
    with pytest.raises(PackError, match="'pack_a' cannot be imported: ZeroDivisionError"):
        load_rules()


def test_our_own_rules_are_a_pack() -> None:
    ours = {each.code: pack_of(each) for each in load_rules()}
    assert {"SL001", "SL002", "SL003", "SL004"} <= ours.keys()
    assert set(ours.values()) == {"statelint_rules"}

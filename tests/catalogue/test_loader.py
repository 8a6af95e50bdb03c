"""The catalogue's index: braces, aliases, inheritance, loose names and a project's own facts."""

from __future__ import annotations

import pytest

from statelint.catalogue.loader import load
from statelint.catalogue.lookup import Catalogue
from statelint.catalogue.patterns import CatalogueError, expand, names_method
from statelint.catalogue.schema import (
    Answer,
    ClassRole,
    EntryPoints,
    Failures,
    Identity,
    Library,
    ModelStyle,
    Outbound,
    Resilience,
    Retry,
    TokenDecoder,
    TokenEncoder,
    Tokens,
    Types,
)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("flask.g", ["flask.g"]),
        ("a.{b,c}", ["a.b", "a.c"]),
        ("{a,b}.{c, d}", ["a.c", "a.d", "b.c", "b.d"]),
        ("session[{user,uid}]", ["session[user]", "session[uid]"]),
    ],
)
def test_braces_list_alternatives(pattern: str, names: list[str]) -> None:
    assert expand(pattern) == names


@pytest.mark.parametrize("pattern", ["a.{b,c", "a.{b,{c,d}}"])
def test_broken_braces_are_an_error_that_shows_the_pattern(pattern: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        expand(pattern)
    assert pattern in str(caught.value)


@pytest.mark.parametrize(
    ("pattern", "method", "named"),
    [
        ("get", "get", True),
        ("get", "get_queryset", False),
        ("perform_*", "perform_create", True),
        ("*", "anything", True),
        ("*", "_private", False),
        ("on_*", "open", False),
    ],
)
def test_methods_are_named_whole_by_their_start_or_all(pattern: str, method: str, named: bool) -> None:
    assert names_method((pattern,), method) is named


def catalogue(**facts: object) -> Catalogue:
    return Catalogue([Library(library="test", **facts)])  # type: ignore[arg-type]


def test_the_longest_alias_wins_and_aliases_are_followed() -> None:
    known = catalogue(aliases={"quart": "flask", "quart.Quart": "flask.Flask", "{old,older}": "quart"})
    assert known.canonical("quart.request") == "flask.request"
    assert known.canonical("quart.Quart.route") == "flask.Flask.route"
    assert known.canonical("older.Quart") == "flask.Flask"
    assert known.canonical("quartz.Clock") == "quartz.Clock"


def test_aliases_that_lead_to_each_other_do_not_hang() -> None:
    known = catalogue(aliases={"a": "b", "b": "a"})
    assert known.canonical("a.x") in {"a.x", "b.x"}


def test_an_heir_has_what_its_bases_have_unless_something_else_is_said_of_it() -> None:
    known = catalogue(
        inherits={"lib.Child": "lib.Middle", "lib.Middle": "lib.Base"},
        types=Types(client=("lib.Base",), backend=("lib.Middle",)),
        returns={"lib.Base.query": "lib.Query", "lib.Base()": "lib.Called"},
        attributes={"lib.Base.state": "lib.State", "lib.Child.state": "lib.OwnState"},
        mutators={"lib.Base": ("put",)},
        entry_points=(EntryPoints(kind="route", decorators=("lib.Base.get",)),),
        classes=(ClassRole(bases=("lib.Base",), kind="websocket"),),
        models=(ModelStyle(name="lib", bases=("lib.Base",)),),
        identity=Identity(principals=("lib.Base.user",)),
    )
    assert known.role("lib.Middle", "backend")
    assert not known.role("lib.Middle", "client")
    assert known.role("lib.Child", "backend")
    assert known.returns["lib.Child.query"] == "lib.Query"
    assert known.returns["lib.Child()"] == "lib.Called"
    assert known.attributes["lib.Middle.state"] == "lib.State"
    assert known.attributes["lib.Child.state"] == "lib.OwnState"
    assert known.mutators["lib.Child"] == {"put"}
    assert known.decorators["lib.Child.get"].kind == "route"
    role = known.class_role("lib.Child")
    assert role is not None
    assert role.kind == "websocket"
    assert known.models["lib.Child"].name == "lib"
    assert "lib.Child.user" in known.principals


def test_classes_that_inherit_from_each_other_do_not_hang() -> None:
    known = catalogue(inherits={"a.X": "a.Y", "a.Y": "a.X"}, types=Types(client=("a.X",)))
    assert known.role("a.Y", "client")


def test_loose_names_are_kept_apart() -> None:
    known = catalogue(
        entry_points=(EntryPoints(kind="route", decorators=("*.get", "lib.get"), calls=("*.add_route",), path=True),),
        invokers={"*.run_in_executor": 1, "lib.call": 0},
        classes=(ClassRole(bases=("*Servicer",)), ClassRole(bases=("lib.View",))),
    )
    assert set(known.decorators) == {"lib.get"}
    assert set(known.loose_decorators) == {"get"}
    assert set(known.loose_calls) == {"add_route"}
    assert known.loose_invokers == {"run_in_executor": 1}
    assert known.invokers == {"lib.call": 0}
    assert known.class_role("pb2_grpc.GreeterServicer") is not None
    assert known.class_role("pb2_grpc.Greeter") is None


def test_a_projects_own_facts_extend_the_catalogue() -> None:
    plain = load()
    extended = load(
        {
            "types": {"client": ["ourlib.Client"]},
            "aliases": {"ourlib.http.Client": "ourlib.Client"},
            "entry-points": [{"kind": "route", "decorators": ["ourlib.App.{page,api}"]}],
            "identity": {"principals": ["ourlib.whoami"]},
        }
    )
    assert not plain.role("ourlib.Client", "client")
    assert extended.role("ourlib.Client", "client")
    assert extended.canonical("ourlib.http.Client.get") == "ourlib.Client.get"
    assert extended.decorators["ourlib.App.api"].kind == "route"
    assert "ourlib.whoami" in extended.principals
    assert extended.decorators.keys() > plain.decorators.keys()
    assert extended.digest != plain.digest


def test_calls_are_found_by_name_in_the_tables_of_tokens_answers_and_resilience() -> None:
    known = catalogue(
        tokens=Tokens(
            decoders=(TokenDecoder(calls=("lib.{read,peek}",), verifies=False),),
            encoders=(TokenEncoder(calls=("lib.write",), lifetime="lasts"),),
            secrets=("lib.random",),
        ),
        answers=(Answer(calls=("lib.Reply",), status=1),),
        failures=Failures(broad=("lib.Error",)),
        resilience=Resilience(
            outbound=(Outbound(calls=("lib.Client.get",), bounded=True),), retries=(Retry(calls=("lib.again",)),)
        ),
        inherits={"lib.OwnClient": "lib.Client"},
    )
    assert not known.decoders_of_tokens["lib.peek"].verifies
    assert known.encoders_of_tokens["lib.write"].lifetime == "lasts"
    assert known.listed("tokens", "secrets") == {"lib.random"}
    assert known.answers["lib.Reply"].status == 1
    assert known.listed("failures", "broad") == {"lib.Error"}
    assert known.outbound["lib.OwnClient.get"].bounded
    assert known.retries["lib.again"].endless


def test_a_project_may_set_the_longest_life_of_access_tokens() -> None:
    assert load({"tokens": {"max-days": 90}}).max_token_days == 90
    assert 0 < load().max_token_days < 90


@pytest.mark.parametrize(
    ("facts", "named"),
    [
        ({"typos": {}}, "typos"),
        ({"types": {"container": "dict"}}, "container"),
        ({"entry-points": [{"kind": "rout"}]}, "kind"),
        ({"classes": [{"bases": ["a.B"], "instance": "for ever"}]}, "instance"),
        ({"invokers": {"a.b": "first"}}, "invokers"),
        ({"answers": [{"calls": ["a.b"], "statuses": 1}]}, "statuses"),
        ({"tokens": {"max-days": "a year"}}, "max-days"),
    ],
)
def test_wrong_facts_are_an_error_that_names_the_section_and_the_key(facts: dict[str, object], named: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        load(facts)
    assert "[tool.statelint.catalogue]" in str(caught.value)
    assert named in str(caught.value)


def test_the_digest_depends_on_the_facts_alone() -> None:
    assert load().digest == load().digest

"""Keys in the caller's session are the caller's, unless a handler puts there what the client sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .test_excuses import leaks

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Sample

SHOP = """\
from flask import Flask, jsonify, request, session
from flask_login import current_user, login_required
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)


class MODEL(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    slug = db.Column(db.String)
    session_id = db.Column(db.String)
    uuid = db.Column(db.String)
    user_id = db.Column(db.Integer, db.ForeignKey("user.id"))
    text = db.Column(db.String)
    likes = db.Column(db.Integer)
    comments = db.relationship("Comment")


"""
KEPT = """
@app.post("/orders/<ref>")
@login_required
def made(ref):
    order = MODEL(user_id=current_user.id)
    db.session.add(order)
    db.session.commit()
    session["order_id"] = MADE
    return "", 201


@app.post("/pay")
@login_required
def pay():
    order = MODEL.query.get(KEY)
    order.text = "paid"
    db.session.commit()
    return ""
"""


@pytest.mark.parametrize("key", ['session["order_id"]', 'session.get("order_id")', 'int(session["order_id"])'])
@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ("order.id", []),
        ("ref", ["Order update"]),
        ('request.form["ref"]', ["Order update"]),
    ],
)
def test_keys_of_the_session(
    sample: Callable[[dict[str, str]], Sample], key: str, made: str, expected: list[str]
) -> None:
    """The session is as good as what is put into it."""
    body = KEPT.replace("KEY", key).replace("MADE", made)
    assert leaks(sample({"app.py": (SHOP + body).replace("MODEL", "Order")})) == expected


def test_a_key_that_nobody_puts_into_the_session(sample: Callable[[dict[str, str]], Sample]) -> None:
    """What is not seen to be put there may be anybody's."""
    body = KEPT.replace("KEY", 'session["other_id"]').replace("MADE", "order.id")
    assert leaks(sample({"app.py": (SHOP + body).replace("MODEL", "Order")})) == ["Order update"]


@pytest.mark.parametrize(
    ("asked", "name", "change", "expected"),
    [
        ("Payment.session_id", "settle", "row.text = 'paid'", []),
        ("Chat.session_id", "settle", "row.text = 'paid'", ["Chat update"]),
        ("Contact.uuid", "unsubscribe", "row.text = 'off'", []),
        ("Contact.uuid", "change", "row.text = 'off'", ["Contact update"]),
        ("Post.slug", "change", "row.text = key", ["Post update"]),
        ("Post.slug", "show", "pass", []),
        ("Post.id", "like", "row.likes += 1", []),
        ("Post.id", "comment", "row.comments.append(key)\n    db.session.add(row)", []),
        ("Post.id", "change", "row.text = key", ["Post update"]),
        ("Wallet.id", "like", "row.likes += 1", ["Wallet read"]),
        ("Wallet.id", "like", "row.likes = key", ["Wallet update"]),
    ],
)
def test_what_a_value_lets_do(
    sample: Callable[[dict[str, str]], Sample], asked: str, name: str, change: str, expected: list[str]
) -> None:
    """Some values open what they name, others stand in every link; readers of a post may say what they think of it."""
    model, _, column = asked.partition(".")
    body = f"""
@app.get("/mine")
@login_required
def mine():
    return jsonify([row.id for row in MODEL.query.filter_by(user_id=current_user.id)])


@app.post("/rows/<key>")
@login_required
def {name}(key):
    row = MODEL.query.filter_by({column}=key).first()
    {change}
    db.session.commit()
    return row.text
"""
    assert leaks(sample({"app.py": (SHOP + body).replace("MODEL", model)})) == expected


CHOSEN = """
@app.post("/orders/<ref>")
@login_required
def choose(ref):
    if ASKED:
        session[NAME] = ref
    return "", 201


@app.post("/pay")
@login_required
def pay():
    order = Order.query.get(session["last_order_id"])
    order.text = "paid"
    db.session.commit()
    return ""
"""
OWN = "Order.query.filter_by(id=ref, user_id=current_user.id).first()"


@pytest.mark.parametrize("name", ['"last_order_id"', 'kind + "_order_id"', 'f"{kind}_order_id"'])
@pytest.mark.parametrize(("asked", "found"), [(OWN, 0), ("ref", 1)])
def test_what_was_looked_at_before_it_was_kept(
    sample: Callable[[dict[str, str]], Sample], name: str, asked: str, found: int
) -> None:
    text = (SHOP + CHOSEN).replace("MODEL", "Order").replace("ASKED", asked).replace("NAME", name)
    assert len(leaks(sample({"app.py": text}))) == found

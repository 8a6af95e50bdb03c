"""Taking statelint up on code that is not clean: baseline, --since, --add-ignore and init, from end to end."""

from __future__ import annotations

import json
import subprocess
import tomllib
from typing import TYPE_CHECKING

import pytest

from .conftest import SERVICE

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run

BASELINE = "statelint-baseline.jsonl"
SECOND = SERVICE.replace("USER_CONVERSATIONS", "CARTS").replace("/chat", "/cart")


def git(folder: Path, *args: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *args], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


class TestBaseline:
    def test_only_what_is_new_is_reported(self, run: Run, service: Path) -> None:
        made = run("baseline", "create", "--note", "T-1")
        assert made.returncode == 0
        assert made.stderr == f"{BASELINE}: 1 finding (1 added, 0 removed).\n"
        (entry,) = map(json.loads, (service / BASELINE).read_text().splitlines())
        assert set(entry) == {"path", "rule", "symbol", "fingerprint", "note"}
        done = run("check")
        assert done.returncode == 0
        assert "1 in the baseline" in done.stdout
        (service / "app" / "chat.py").write_text("import os\n\n" + SERVICE)
        assert run("check").returncode == 0
        (service / "app" / "cart.py").write_text(SECOND)
        done = run("check", "--output-format", "json")
        assert done.returncode == 1
        document = json.loads(done.stdout)
        assert [item["path"] for item in document["findings"]] == ["app/cart.py"]
        assert document["baselined"] == 1
        assert run("check", "--no-baseline", "-q", "--output-format", "concise").stdout.count("SL101") == 2

    def test_it_is_never_overwritten_by_create(self, run: Run, service: Path) -> None:
        (service / BASELINE).write_text("")
        done = run("baseline", "create")
        assert done.returncode == 2
        assert "statelint baseline update" in done.stderr
        assert (service / BASELINE).read_text() == ""

    def test_update_prune_and_stale_entries(self, run: Run, service: Path) -> None:
        assert run("baseline", "update").returncode == 2
        run("baseline", "create", "--note", "old")
        (service / "app" / "cart.py").write_text(SECOND)
        assert "(1 added, 0 removed)" in run("baseline", "update").stderr
        assert '"note": "old"' in (service / BASELINE).read_text()
        (service / "app" / "chat.py").unlink()
        done = run("check", "--output-format", "concise")
        assert f"{BASELINE}:2:1: SL005 [warning/high] The baseline's SL101 in app/chat.py is gone" in done.stdout
        assert "stale" in run("baseline", "show").stdout
        assert run("check", "app").returncode == 0, "a run over a part cannot tell"
        assert run("check", "--select", "SL3").returncode == 0, "a rule that did not run cannot tell"
        (service / "app" / "new.py").write_text(SECOND.replace("CARTS", "NEW"))
        assert "(0 added, 1 removed)" in run("baseline", "prune").stderr
        assert "app/new.py" in run("check", "--output-format", "concise").stdout

    def test_show(self, run: Run) -> None:
        run("baseline", "create", "--note", "T-1\x1b[2J")
        shown = run("baseline", "show").stdout
        assert "app/chat.py\n  SL101  USER_CONVERSATIONS@chat  T-1\\x1b[2J\n1 finding in the baseline.\n" in shown
        (entry,) = json.loads(run("baseline", "show", "--output-format", "json").stdout)["entries"]
        assert entry["stale"] == 0

    def test_an_editors_mark_at_its_beginning_is_no_entry(self, run: Run, service: Path) -> None:
        assert run("baseline", "create").returncode == 0
        file = service / "statelint-baseline.jsonl"
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
        assert run("check").returncode == 0

    def test_another_file_and_a_broken_one(self, run: Run, service: Path) -> None:
        (service / "statelint.toml").write_text('baseline = "debts.jsonl"\n')
        run("baseline", "create")
        assert (service / "debts.jsonl").exists()
        assert run("check").returncode == 0
        (service / "debts.jsonl").write_text("<<<<<<< HEAD\n")
        done = run("check")
        assert done.returncode == 2
        assert "debts.jsonl: line 1 is not JSON: a merge conflict?" in done.stderr
        (service / "empty.jsonl").write_text("")
        assert run("check", "--baseline", "empty.jsonl").returncode == 1


class TestSince:
    @pytest.fixture
    def repository(self, service: Path) -> Path:
        git(service, "init", "-q", "-b", "main")
        git(service, "add", ".")
        git(service, "commit", "-q", "-m", "first")
        return service

    def test_what_was_there_is_not_shown(self, run: Run, repository: Path) -> None:
        done = run("check", "--since", "HEAD")
        assert done.returncode == 0
        assert "1 older (in no line changed since HEAD)" in done.stdout

    def test_new_files_and_changed_lines_are(self, run: Run, repository: Path) -> None:
        (repository / "app" / "cart.py").write_text(SECOND)
        (repository / "app" / "chat.py").write_text("import os\n" + SERVICE)
        shown = run("check", "--since", "HEAD", "--output-format", "concise", "-q").stdout
        assert shown.startswith("app/cart.py:9")
        assert shown.count("\n") == 1
        (repository / "app" / "chat.py").write_text(SERVICE.replace("append(message)", "append( message )"))
        assert run("check", "--since", "HEAD", "--output-format", "concise", "-q").stdout.count("\n") == 2

    def test_a_finding_that_a_change_elsewhere_brings_about(self, run: Run, repository: Path) -> None:
        models = TestInit.MODELS.replace("class Country", "class Unused")
        owner = "    user_id: Mapped[int] = mapped_column(ForeignKey('users.id'))\n"
        view = (
            "from fastapi import FastAPI\nfrom sqlalchemy.orm import Session\nfrom app.models import Note\n\n"
            "app = FastAPI()\n\n\n@app.get('/notes/{id}')\ndef note(id: int, db: Session):\n"
            "    return db.get(Note, id)\n"
        )
        (repository / "app" / "models.py").write_text(models.replace(owner, ""))
        (repository / "app" / "notes.py").write_text(view)
        git(repository, "add", ".")
        git(repository, "commit", "-q", "-m", "notes that are nobody's")
        assert run("check", "--since", "HEAD", "-q").stdout == ""
        (repository / "app" / "models.py").write_text(models)
        shown = run("check", "--since", "HEAD", "--output-format", "concise", "-q").stdout
        assert shown.startswith("app/notes.py:9:1: SL310")

    def test_a_renamed_file_brings_nothing_new(self, run: Run, repository: Path) -> None:
        git(repository, "mv", "app/chat.py", "app/talk.py")
        assert run("check", "--since", "HEAD").returncode == 0

    def test_it_looks_at_where_the_branch_began_and_leaves_the_work_tree_alone(
        self, run: Run, repository: Path
    ) -> None:
        git(repository, "switch", "-q", "-c", "topic")
        git(repository, "switch", "-q", "main")
        (repository / "app" / "chat.py").unlink()
        git(repository, "commit", "-q", "-a", "-m", "mended on main")
        git(repository, "switch", "-q", "topic")
        (repository / "app" / "cart.py").write_text(SECOND)
        git(repository, "add", "app/cart.py")
        before = git(repository, "status", "--porcelain")
        shown = run("check", "--since", "main", "--output-format", "concise", "-q").stdout
        assert "cart.py" in shown
        assert "chat.py" not in shown
        assert git(repository, "status", "--porcelain") == before

    @pytest.mark.parametrize("revision", ["nosuch", "--output=x", "HEAD^{tree}:x"])
    def test_no_such_revision(self, revision: str, run: Run, repository: Path) -> None:
        done = run("check", f"--since={revision}")
        assert done.returncode == 2
        assert "git knows no commit" in done.stderr
        assert not (repository / "x").exists()

    def test_without_a_repository(self, run: Run) -> None:
        done = run("check", "--since", "HEAD")
        assert done.returncode == 2
        assert "no git repository" in done.stderr

    def test_standard_input_does_not_go_with_it(self, run: Run) -> None:
        assert run("check", "-", "--since", "HEAD", stdin="").returncode == 2


class TestAddIgnore:
    def test_everything_found_is_silenced_with_the_reason(self, run: Run, service: Path) -> None:
        done = run("check", "--add-ignore=legacy, T-1")
        assert done.returncode == 0
        assert done.stderr == "Added comments for 1 finding in 1 file.\n"
        assert "    # statelint: ignore[SL101] legacy, T-1\n    USER" in (service / "app" / "chat.py").read_text()
        assert run("check").returncode == 0

    def test_without_a_reason_a_path_may_follow(self, run: Run, service: Path) -> None:
        (service / "app" / "cart.py").write_text(SECOND)
        run("check", "--add-ignore", "app/cart.py")
        assert "# statelint: ignore[SL101]\n" in (service / "app" / "cart.py").read_text()
        assert (service / "app" / "chat.py").read_text() == SERVICE

    def test_a_reason_cannot_become_code(self, run: Run, service: Path) -> None:
        done = run("check", "--add-ignore=x\nimport os")
        assert done.returncode == 2
        assert (service / "app" / "chat.py").read_text() == SERVICE

    def test_what_cannot_be_silenced_is_said(self, run: Run, service: Path) -> None:
        (service / "app" / "broken.py").write_text("def (:\n")
        done = run("check", "--add-ignore")
        assert "1 finding about comments, files or cells cannot be silenced" in done.stderr
        assert (service / "app" / "broken.py").read_text() == "def (:\n"


class TestInit:
    MODELS = (
        "from sqlalchemy import ForeignKey\n"
        "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n\n\n"
        "class Base(DeclarativeBase): ...\n\n\n"
        "class User(Base):\n    __tablename__ = 'users'\n    id: Mapped[int] = mapped_column(primary_key=True)\n\n\n"
        "class Note(Base):\n    __tablename__ = 'notes'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
        "    user_id: Mapped[int] = mapped_column(ForeignKey('users.id'))\n\n\n"
        "class Country(Base):\n    __tablename__ = 'countries'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
    )

    def test_it_says_what_was_seen_and_changes_nothing_by_itself(self, run: Run, service: Path) -> None:
        (service / "app" / "models.py").write_text(self.MODELS)
        before = run("check", "--output-format", "json").stdout
        done = run("init")
        assert done.returncode == 0
        text = (service / "statelint.toml").read_text()
        assert "FastAPI" in text
        assert "recognised: User." in text
        assert "user_id (Note)" in text
        assert "Without an owner are: Country." in text
        assert "below app" in text
        assert tomllib.loads(text)["owner-columns"] == []
        assert run("check", "--output-format", "json").stdout == before

    def test_it_never_overwrites(self, run: Run, service: Path) -> None:
        (service / "statelint.toml").write_text('select = ["SL1"]\n')
        done = run("init")
        assert done.returncode == 2
        assert "statelint.toml has settings of statelint already" in done.stderr
        assert (service / "statelint.toml").read_text() == 'select = ["SL1"]\n'

    def test_it_appends_to_pyproject_on_request(self, run: Run, service: Path) -> None:
        (service / "pyproject.toml").write_text('[project]\nname = "x"')
        assert run("init", "--pyproject").returncode == 0
        table = tomllib.loads((service / "pyproject.toml").read_text())
        assert table["project"]["name"] == "x"
        assert table["tool"]["statelint"]["select"] == ["ALL"]
        assert not (service / "statelint.toml").exists()
        assert run("init").returncode == 2

    def test_dry_run(self, run: Run, service: Path) -> None:
        done = run("init", "--dry-run")
        assert tomllib.loads(done.stdout)["min-severity"] == "warning"
        assert not (service / "statelint.toml").exists()

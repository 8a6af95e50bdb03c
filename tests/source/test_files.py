from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from statelint.config.settings import Settings
from statelint.source import git
from statelint.source.files import Discovery, PathError, discover, find_root

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PRE_COMMIT", raising=False)


@pytest.fixture(params=["git", "walk"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Path]:
    """Makes a project of empty files, or of files with content; once seen through git, once without."""

    def make(*names: str, **contents: str) -> Path:
        write(tmp_path, *names, **contents)
        if request.param == "git":
            run_git(tmp_path, "init", "-q")
        return tmp_path

    return make


def write(root: Path, *names: str, **contents: str) -> None:
    for name, content in (dict.fromkeys(names, "") | contents).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def run_git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


def found(root: Path, *paths: str, **settings: object) -> Discovery:
    return discover(root, [root / path for path in paths], Settings(**settings))


def test_all_python_files_are_read(project: Callable[..., Path]) -> None:
    root = project("a.py", "pkg/b.pyi", "pkg/c.txt", "pkg/.hidden/d.py", **{"e.py": "x = 1\n"})
    result = found(root)
    assert dict(result.files) == {"a.py": 0, "e.py": 6, "pkg/.hidden/d.py": 0, "pkg/b.pyi": 0}
    assert result.named == set(result.files)
    assert (result.left_out, dict(result.closed)) == ((), {})


def test_named_files_do_not_narrow_what_is_read(project: Callable[..., Path]) -> None:
    root = project("a.py", "pkg/b.py", "pkg/sub/c.py", "package.py")
    assert found(root, "a.py").named == {"a.py"}
    assert found(root, "pkg").named == {"pkg/b.py", "pkg/sub/c.py"}
    assert found(root, "a.py", "pkg/sub").named == {"a.py", "pkg/sub/c.py"}
    assert len(found(root, "a.py").files) == 4


def test_gitignore_holds(project: Callable[..., Path]) -> None:
    root = project(
        "a.py", "local/b.py", "gen/c.py", "gen/keep.py", "sub/local/d.py", "sub/e_pb2.py",
        **{".gitignore": "/local/\ngen/*\n!gen/keep.py\n", "sub/.gitignore": "*_pb2.py\n"},
    )  # fmt: skip
    assert list(found(root).files) == ["a.py", "gen/keep.py", "sub/local/d.py"]
    everything = found(root, respect_gitignore=False).files
    assert {"local/b.py", "gen/c.py", "sub/e_pb2.py"} < set(everything)


def test_the_gitignore_above_the_root_holds(project: Callable[..., Path]) -> None:
    root = project("service/a.py", "service/out/b.py", **{".gitignore": "out/\n"})
    (root / ".git").mkdir(exist_ok=True)
    assert list(found(root / "service").files) == ["a.py"]


def test_an_ignored_folder_can_be_a_project(project: Callable[..., Path]) -> None:
    root = project("a.py", "checkouts/one/b.py", **{".gitignore": "checkouts/\n"})
    (root / ".git").mkdir(exist_ok=True)
    assert list(found(root / "checkouts/one").files) == ["b.py"]


def test_excludes_hold_for_named_files_too(project: Callable[..., Path]) -> None:
    root = project("a.py", "app/legacy/b.py", "app/test_c.py", "build/d.py")
    settings = {"extend_exclude": ("app/legacy", "test_*.py")}
    assert list(found(root, **settings).files) == ["a.py"]
    result = found(root, "a.py", "app/legacy/b.py", "build", **settings)
    assert result.named == {"a.py"}
    assert result.left_out == ("app/legacy/b.py", "build")


def test_without_force_exclude_names_win(project: Callable[..., Path]) -> None:
    root = project("a.py", "app/legacy/b.py", "build/d.py", "skip.py", **{".gitignore": "skip.py\n"})
    result = found(root, "app/legacy/b.py", "build", "skip.py", extend_exclude=("app/legacy",), force_exclude=False)
    assert result.named == {"app/legacy/b.py", "build/d.py", "skip.py"}
    assert list(found(root, extend_exclude=("app/legacy",), force_exclude=False).files) == ["a.py"]


def test_a_named_file_needs_no_suffix(project: Callable[..., Path]) -> None:
    root = project("a.py", "bin/serve")
    assert found(root, "bin/serve").named == {"bin/serve"}
    assert list(found(root).files) == ["a.py"]


def test_include_decides_what_is_python(project: Callable[..., Path]) -> None:
    root = project("a.py", "bin/serve", "b.pyi")
    assert list(found(root, include=("*.py", "bin/*")).files) == ["a.py", "bin/serve"]


def test_committed_virtual_environments_are_left_out(project: Callable[..., Path]) -> None:
    root = project(
        "app/main.py",
        "myenv/pyvenv.cfg", "myenv/bin/activate_this.py", "myenv/lib/python3.11/site-packages/flask/app.py",
        "win/Lib/site-packages/flask/app.py", "win/Scripts/run.py",
        "backend/pyvenv.cfg", "backend/bin/x.py", "backend/service.py",
        "vendored/site-packages/y.py",
    )  # fmt: skip
    assert list(found(root, exclude=()).files) == ["app/main.py", "backend/service.py"]


def test_links_are_not_followed(project: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> None:
    root = project("pkg/a.py")
    outside = tmp_path_factory.mktemp("outside")
    write(outside, "secret.py")
    (root / "pkg/loop").symlink_to(root)
    (root / "pkg/self.py").symlink_to("self.py")
    (root / "b.py").symlink_to("pkg/a.py")
    (root / "c.py").symlink_to(outside / "secret.py")
    (root / "away").symlink_to(outside)
    (root / "gone.py").symlink_to("nowhere.py")
    assert list(found(root).files) == ["pkg/a.py"]
    assert found(root, "b.py").named == {"b.py"}
    assert found(root, "pkg/loop").named == {"pkg/a.py"}
    for name in ("gone.py", "pkg/self.py"):
        with pytest.raises(PathError, match=name):
            found(root, name)
    with pytest.raises(PathError, match="outside the project root"):
        found(root, "away")


@pytest.mark.parametrize("project", ["walk"], indirect=True)  # git passes over them itself
def test_lists_of_ignored_files_that_have_no_end_are_passed_over(project: Callable[..., Path]) -> None:
    root = project("a.py", "pipe/b.py", "endless/c.py")
    os.mkfifo(root / "pipe/.gitignore")
    (root / "endless/.gitignore").symlink_to("/dev/zero")
    assert list(found(root).files) == ["a.py", "endless/c.py", "pipe/b.py"]


def test_pipes_are_passed_over(project: Callable[..., Path]) -> None:
    root = project("a.py")
    os.mkfifo(root / "pipe.py")
    assert list(found(root).files) == ["a.py"]
    with pytest.raises(PathError, match="neither a file nor a folder"):
        found(root, "pipe.py")


def test_a_path_that_does_not_exist_is_an_error(project: Callable[..., Path]) -> None:
    root = project("a.py")
    with pytest.raises(PathError, match=r"nope\.py: no such file or folder"):
        found(root, "nope.py")
    with pytest.raises(PathError, match=r"a\.py/x\.py: "):
        found(root, "a.py/x.py")
    with pytest.raises(PathError, match="not a path"):
        found(root, "a\0b.py")


def test_a_nested_repository_belongs_to_the_project(project: Callable[..., Path]) -> None:
    root = project("a.py", "nested/b.py", "nested/out/c.py", "build/nested/d.py", **{"nested/.gitignore": "out/\n"})
    run_git(root / "nested", "init", "-q")
    run_git(root / "build/nested", "init", "-q")
    assert list(found(root).files) == ["a.py", "nested/b.py"]


def test_names_with_odd_characters(project: Callable[..., Path]) -> None:
    names = ["a b.py", "ä/é.py", 'quote".py', "new\nline.py", "-dash.py", "tab\t.py"]
    root = project(*names)
    assert set(found(root).files) == set(names)


def test_a_folder_that_cannot_be_opened_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write(tmp_path, "a.py", "secret/b.py")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if Path(path) == tmp_path / "secret":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    result = found(tmp_path, "secret")
    assert list(result.files) == ["a.py"]
    assert dict(result.closed) == {"secret": "Permission denied"}
    assert result.named == {"secret"}
    assert found(tmp_path, extend_exclude=("secret",)).closed == {}


def test_git_tells_of_closed_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    warning = b"warning: could not open directory 'app/secret/': Permission denied\n"
    done = subprocess.CompletedProcess([], 0, stdout=b"a.py\0", stderr=warning)
    monkeypatch.setattr(git, "run", lambda *_: done)
    assert found(tmp_path).closed == {"app/secret": "Permission denied"}


# --- git alone ------------------------------------------------------------------------------------------------------


def test_tracked_files_count_even_if_ignored_and_deleted_ones_do_not(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "gone.py", "forced.py", **{".gitignore": "forced.py\n"})
    run_git(tmp_path, "init", "-q")
    run_git(tmp_path, "add", "-f", ".")
    (tmp_path / "gone.py").unlink()
    assert list(found(tmp_path).files) == ["a.py", "forced.py"]


def test_under_pre_commit_untracked_files_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a.py", "untracked.py")
    run_git(tmp_path, "init", "-q")
    run_git(tmp_path, "add", "a.py")
    monkeypatch.setenv("PRE_COMMIT", "1")
    assert list(found(tmp_path).files) == ["a.py"]
    assert list(found(tmp_path, respect_gitignore=False).files) == ["a.py"]
    assert found(tmp_path, "untracked.py").left_out == ("untracked.py",)


def test_a_hooks_repository_is_not_taken_for_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "ours/a.py", "theirs/b.py")
    for name in ("ours", "theirs"):
        run_git(tmp_path / name, "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "theirs/.git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "theirs"))
    assert list(found(tmp_path / "ours").files) == ["a.py"]


def test_the_projects_configuration_runs_nothing(tmp_path: Path) -> None:
    write(tmp_path, "a.py", **{"spy.sh": f"#!/bin/sh\ntouch {tmp_path}/spied\n"})
    (tmp_path / "spy.sh").chmod(0o755)
    run_git(tmp_path, "init", "-q")
    run_git(tmp_path, "add", ".")
    run_git(tmp_path, "config", "core.fsmonitor", str(tmp_path / "spy.sh"))
    assert list(found(tmp_path).files) == ["a.py"]
    assert not (tmp_path / "spied").exists()


def test_without_git_the_gitignore_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a.py", "out/b.py", **{".gitignore": "out\n"})
    run_git(tmp_path, "init", "-q")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert list(found(tmp_path).files) == ["a.py"]


def test_a_git_of_the_project_is_never_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a.py", git=f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", ".")
    assert list(found(tmp_path).files) == ["a.py"]
    assert not (tmp_path / "ran").exists()


# --- the root -------------------------------------------------------------------------------------------------------

OURS = "[tool.statelint]\n"


def test_settings_mark_the_root(tmp_path: Path) -> None:
    write(tmp_path, "pkg/sub/a.py", **{"pyproject.toml": OURS, "pkg/pyproject.toml": "[project]\n"})
    run_git(tmp_path / "pkg", "init", "-q")
    assert find_root([tmp_path / "pkg/sub/a.py"]) == tmp_path
    write(tmp_path, **{"pkg/statelint.toml": ""})
    assert find_root([tmp_path / "pkg/sub"]) == tmp_path / "pkg"


def test_else_the_work_tree(tmp_path: Path) -> None:
    write(tmp_path, "pkg/a.py", **{"pkg/pyproject.toml": "[project]\n"})
    run_git(tmp_path, "init", "-q")
    assert find_root([tmp_path / "pkg/a.py"]) == tmp_path


def test_an_ignored_folder_is_not_part_of_the_work_tree(tmp_path: Path) -> None:
    write(tmp_path, "out/one/a.py", **{".gitignore": "out/\n"})
    run_git(tmp_path, "init", "-q")
    assert find_root([tmp_path / "out/one"]) == tmp_path / "out/one"


def test_else_a_pyproject_else_what_the_paths_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "one/a/x.py", "one/b/y.py")
    assert find_root([tmp_path / "one/a/x.py"]) == tmp_path / "one/a"
    assert find_root([tmp_path / "one/a/x.py", tmp_path / "one/b"]) == tmp_path / "one"
    write(tmp_path, **{"pyproject.toml": "[project]\n"})
    assert find_root([tmp_path / "one/a"]) == tmp_path
    monkeypatch.chdir(tmp_path / "one")
    assert find_root([Path("a")]) == find_root([]) == tmp_path


def test_a_broken_settings_file_marks_the_root_as_well(tmp_path: Path) -> None:
    write(tmp_path, "a/x.py", **{"pyproject.toml": "[tool.statelint\n", "a/pyproject.toml": "[broken\n"})
    assert find_root([tmp_path / "a"]) == tmp_path


def test_the_root_of_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PathError, match="nope: no such file or folder"):
        find_root([tmp_path / "nope"])


def test_deployment_files_are_read_besides(project: Callable[..., Path]) -> None:
    root = project("app.py", "Dockerfile", "node_modules/x/Dockerfile", "deploy/api.yaml", "notes.yaml")
    result = found(root)
    assert result.deployment == {"Dockerfile", "deploy/api.yaml"}
    assert result.named == set(result.files) == {"app.py"}
    assert found(root, extend_exclude=("deploy",)).deployment == {"Dockerfile"}


def test_a_deployment_file_may_be_named(project: Callable[..., Path]) -> None:
    result = found(project("app.py", "Dockerfile"), "Dockerfile")
    assert (set(result.files), result.named, result.left_out) == ({"app.py"}, {"Dockerfile"}, ())


def test_deployment_files_that_are_links_or_large_are_not_read(tmp_path: Path) -> None:
    write(tmp_path, "real.txt", Procfile="#" * 300_000)
    (tmp_path / "Dockerfile").symlink_to("real.txt")
    assert found(tmp_path).deployment == frozenset()

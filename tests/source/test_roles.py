from __future__ import annotations

import pytest

from statelint.source.roles import is_offline_path, is_test_path


@pytest.mark.parametrize(
    "path",
    [
        "tests/test_app.py", "app/test_views.py", "app/views_test.py", "conftest.py", "app/tests.py", "e2e/login.py",
        "app/tests_e2e/e2e_login.py", "integration_tests/chat.py",
    ],
)  # fmt: skip
def test_tests(path: str) -> None:
    assert is_test_path(path)
    assert is_offline_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "scripts/export.py", "app/migrations/0001_initial.py", "alembic/env.py", "setup.py", "manage.py",
        "app/management/commands/clean.py", "benchmarks/load.py", "seed.py", "app/seed_users.py", "app/db/init_db.py",
        "seeders/users.py", "populate_db.py", "create_tables.py",
    ],
)  # fmt: skip
def test_tools_of_the_repository(path: str) -> None:
    assert is_offline_path(path)
    assert not is_test_path(path)


@pytest.mark.parametrize(
    "path",
    ["app/views.py", "app/contest.py", "app/latest/views.py", "app/protests/views.py", "app/setup/views.py",
     "app/seeding/views.py", "app/create.py", "app/scripting/run.py"],
)  # fmt: skip
def test_parts_of_the_service(path: str) -> None:
    assert not is_offline_path(path)
    assert not is_test_path(path)

"""What a file is for, by its path."""

from __future__ import annotations

import re
from functools import cache

_TESTS = r"(^|/)(tests?|testing|e2e|tests_\w+|\w+_tests)/|(^|/)(test_[^/]*|[^/]*_tests?|tests|conftest)\.py$"
_TEST_PATH = re.compile(_TESTS)
_OFFLINE_PATH = re.compile(
    r"(^|/)(scripts?|migrations|alembic|fixtures?|management/commands|benchmarks?|seeds?|seeders?)/"
    r"|(^|/)(setup|noxfile|fabfile|manage|seed(s|er|ers|ing)?(_\w+)?|init_db|initial_data|populate(_\w+)?|create_(db|tables|superuser|admin))\.py$"
    rf"|{_TESTS}"
)


@cache
def is_offline_path(path: str) -> bool:
    """Tell whether a file is a test, a migration or a tool of the repository."""
    return _OFFLINE_PATH.search(path) is not None


@cache
def is_test_path(path: str) -> bool:
    """Tell whether a file belongs to the tests."""
    return _TEST_PATH.search(path) is not None

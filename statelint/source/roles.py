"""What a file is for, by its path."""

from __future__ import annotations

import re
from functools import cache

_OFFLINE_PATH = re.compile(
    r"(^|/)(tests?|testing|scripts?|migrations|alembic|fixtures?|conftest\.py|setup\.py|noxfile\.py|fabfile\.py|manage\.py"
    r"|management/commands|benchmarks?|e2e)(/|$)|(^|/)(tests_\w+|\w+_tests)/|(^|/)(test_[^/]*|[^/]*_tests?|tests|conftest)\.py$"
)
_TEST_PATH = re.compile(
    r"(^|/)(tests?|testing|e2e|tests_\w+|\w+_tests)/|(^|/)(test_[^/]*|[^/]*_tests?|tests|conftest)\.py$"
)


@cache
def is_offline_path(path: str) -> bool:
    """Tell whether a file is a test, a migration or a tool of the repository."""
    return _OFFLINE_PATH.search(path) is not None


@cache
def is_test_path(path: str) -> bool:
    """Tell whether a file belongs to the tests."""
    return _TEST_PATH.search(path) is not None

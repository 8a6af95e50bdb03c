"""What every test starts from: an environment that says nothing about colours, terminals, CI or a surrounding git."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

_TELLTALE = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TERM", "CI", "PRE_COMMIT", "GITHUB_", "GIT_")


@pytest.fixture(scope="session", autouse=True)
def plain_environment() -> Iterator[None]:
    """Remove what would change outputs, and what git sets while it runs a hook."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(_TELLTALE):
                patch.delenv(name)
        # Tests that run in the background inherit that Ctrl-C is ignored, and so would what they start.
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        yield


# A busy machine is no mistake of the code.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

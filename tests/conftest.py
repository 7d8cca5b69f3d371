"""What every test stands on: no test reads or writes the caches, the colours or the settings of who runs it."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

# one machine may be much slower than another; the number of examples is the bound, not the clock
settings.register_profile("checker", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("checker")


@pytest.fixture(autouse=True, scope="session")
def _own_environment(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        for name in ("NO_COLOR", "FORCE_COLOR"):
            if name in os.environ:
                patch.delenv(name)
        yield

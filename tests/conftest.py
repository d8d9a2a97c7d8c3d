"""The fixtures that run one test body on every array library."""

import os
import sys

import mpmath as mp
import pytest

from tests.libraries import Library, selected

mp.mp.dps = 60  # for all tests: it is global

LIBRARIES = selected()


@pytest.fixture(params=LIBRARIES, ids=lambda library: library.name)
def xp(request: pytest.FixtureRequest) -> Library:
    """Each selected library in every variant: read-only, on odd devices, traced."""
    return request.param


@pytest.fixture(params=[lib for lib in LIBRARIES if not lib.is_variant], ids=lambda library: library.name)
def library(request: pytest.FixtureRequest) -> Library:
    """Each selected library once, for what its variants have no say in."""
    return request.param


@pytest.fixture(autouse=True)
def _forget_compilations() -> None:
    """Let no test run into torch's limit on recompilations because of the tests before it."""
    if "torch" in sys.modules:
        sys.modules["torch"].compiler.reset()


DERIVING = [library for library in LIBRARIES if library.derives]
# These run when they are named: each needs what is not here.
collect_ignore = ["integrations", "site", *([] if DERIVING else ["test_autodiff.py"])]
if "LOSSARY_TEST_BACKENDS" in os.environ:
    # These have sessions of their own.
    collect_ignore += ["test_peers.py", "test_check_loss.py", "test_cli_diagnose.py", "test_cli_words.py"]
    collect_ignore += ["test_diagnose.py", "test_diagnose_history.py"]


@pytest.fixture(params=DERIVING or [None], ids=lambda library: library.name if library else "none")
def autodiff(request: pytest.FixtureRequest) -> Library:
    """Each selected library that differentiates by itself."""
    if request.param is None:
        pytest.skip("no selected library has automatic differentiation")
    return request.param

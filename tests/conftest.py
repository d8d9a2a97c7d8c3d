"""The fixtures that run one test body on every array library, and which tests are of which."""

import gc
import importlib.util
import os
import sys
from datetime import date
from zlib import crc32

import mpmath as mp
import pytest

from tests.libraries import REQUIRED, Library, selected

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
    if "torch._dynamo" in sys.modules:
        sys.modules["torch"].compiler.reset()


NAMING_A_LIBRARY = {"xp", "library", "autodiff", "way", "demand"}
"""The arguments by which a test gets one."""


def _modules(item: pytest.Item) -> tuple[str, ...]:
    """What a test that gets no library is of: what it is marked with, else NumPy."""
    marker = item.get_closest_marker("of")
    return (marker.args if marker else ()) or ("numpy",)


TURNS = 7
"""Within a week all of what takes minutes is run, a part each day; with LOSSARY_TEST_FULL at once."""
TODAY = date.today().toordinal() % TURNS
IN_TURNS = (
    *("test_autodiff", "test_contract", "test_empty"),
    *("test_certificate", "test_half_precision_is_computed_in_float32"),
    *os.environ.get("LOSSARY_TEST_TURNS", "").split(),
)
"""Files and functions."""
SLOW = ("jax", "torch", "tensorflow", "dask.array", "cubed")


def pytest_report_header() -> str:
    return f"part {TODAY + 1} of {TURNS} of {', '.join(IN_TURNS)} on {', '.join(SLOW)}"


def _waits(item: pytest.Item) -> bool:
    """Whether it is another day's turn."""
    given = getattr(item, "callspec", None)
    names = {item.path.stem, getattr(item, "originalname", "")}
    if given is None or names.isdisjoint(IN_TURNS) or os.environ.get("LOSSARY_TEST_FULL"):
        return False
    named = [getattr(x, "needs", getattr(x, "library", "")) for x in given.params.values()]
    turn = crc32(item.name.encode()) % TURNS
    return any(name in SLOW for name in named if isinstance(name, str)) and turn != TODAY


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where libraries are named, leave out the tests of others: each then runs in one session."""
    waiting = {item for item in items if _waits(item)}
    config.hook.pytest_deselected(items=list(waiting))
    items[:] = [item for item in items if item not in waiting]
    if "LOSSARY_TEST_BACKENDS" not in os.environ:
        return
    needed = {library.needs for library in LIBRARIES}
    others = [
        item
        for item in items
        if not NAMING_A_LIBRARY & set(getattr(item, "fixturenames", ())) and _modules(item)[0] not in needed
    ]
    config.hook.pytest_deselected(items=others)
    left_out = set(others)
    items[:] = [item for item in items if item not in left_out]


def pytest_collection_finish() -> None:
    """Keep thousands of test items from being looked at by every collection of garbage."""
    gc.collect()
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    for module in _modules(item):
        if not REQUIRED and importlib.util.find_spec(module.split(".")[0]) is None:
            pytest.skip(f"{module} is not installed")


DERIVING = [library for library in LIBRARIES if library.derives]
# These run when they are named: each needs what is not here.
collect_ignore = ["integrations", "site", *([] if DERIVING else ["test_autodiff.py"])]
if "LOSSARY_TEST_BACKENDS" in os.environ:
    # These have sessions of their own.
    collect_ignore += [
        "test_peers.py",
        "test_peers_elsewhere.py",
        "test_check_loss.py",
        "test_cli_diagnose.py",
        "test_cli_words.py",
    ]
    collect_ignore += ["test_diagnose.py", "test_diagnose_history.py"]


@pytest.fixture(params=DERIVING or [None], ids=lambda library: library.name if library else "none")
def autodiff(request: pytest.FixtureRequest) -> Library:
    """Each selected library that differentiates by itself."""
    if request.param is None:
        pytest.skip("no selected library has automatic differentiation")
    return request.param

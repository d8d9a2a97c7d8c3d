"""The libraries that have an environment of their own: in `nox -s peers-elsewhere` each must be there."""

import importlib.util
import os

import pytest

from tests.peers import ELSEWHERE, Differs, Equal, differences, equals
from tests.peers.compare import must_be_equal, must_differ

pytestmark = pytest.mark.filterwarnings("ignore")


def skip_unless_installed(library: str) -> None:
    required = os.environ.get("LOSSARY_REQUIRE_BACKEND") == "1"
    if not required and importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed")


@pytest.mark.parametrize("row", equals(ELSEWHERE), ids=lambda row: row.theirs[:70])
def test_equal(row: Equal) -> None:
    skip_unless_installed(row.library)
    must_be_equal(row)


@pytest.mark.parametrize("row", differences(ELSEWHERE), ids=lambda row: row.theirs[:70])
def test_different(row: Differs) -> None:
    skip_unless_installed(row.library)
    must_differ(row)

"""Every loss has every option that has a meaning for it, and the page says so."""

import pytest

from tests.catalogue import PAGE, SHARED, losses, text

ALL = [(name, parameters) for members in losses().values() for name, parameters in members.items()]


@pytest.mark.parametrize(("name", "parameters"), ALL, ids=[name for name, _ in ALL])
def test_options_that_all_losses_share(name: str, parameters: list[str]) -> None:
    assert set(SHARED) <= set(parameters), name


def test_the_page_is_that_of_the_signatures() -> None:
    """`python -m tests.catalogue` writes it."""
    assert PAGE.read_text(encoding="utf-8") == text()

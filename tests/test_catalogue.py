"""Every loss has every option that has a meaning for it, and the pages say so."""

import re
from pathlib import Path

import pytest

from tests.catalogue import PAGE, SHARED, losses, text

ALL = [(name, parameters) for members in losses().values() for name, parameters in members.items()]


@pytest.mark.parametrize(("name", "parameters"), ALL, ids=[name for name, _ in ALL])
def test_options_that_all_losses_share(name: str, parameters: list[str]) -> None:
    assert set(SHARED) <= set(parameters), name


def test_the_page_is_that_of_the_signatures() -> None:
    """`python -m tests.catalogue` writes it."""
    assert PAGE.read_text(encoding="utf-8") == text()


def test_the_guide_to_choosing_names_every_loss() -> None:
    page = Path("docs/guides/choosing-a-loss.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|lossary\.)(\w+)", page))
    assert {*(name for name, _ in ALL), "fenchel_young", "smooth_labels"} <= named

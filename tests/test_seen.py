"""The tables of libraries are those of what is there to be seen."""

import pytest

from lossary._codes import CODES
from tests.contract.subjects import subjects
from tests.libraries import ALL, Library
from tests.seen import PAGE, recorded, traits, whole

WRITE = "python -m tests.seen writes it"


def test_the_page_has_what_was_seen() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == whole(page, recorded()), WRITE


@pytest.mark.parametrize("name", [library.name for library in ALL.values() if not library.is_variant])
def test_all_losses_were_seen_on_every_library(name: str) -> None:
    found = recorded()[name]
    assert found["asked"] == len(subjects()), WRITE
    for said in found["not_right"].values():
        refused = {loss for loss, what in said.items() if what in CODES}
        assert said.keys() == refused, "a wrong number, or an error that is none of lossary's"


def test_what_was_seen_is_still_so(library: Library) -> None:
    found, now = recorded()[library.name], traits(library)
    assert {key: found[key] for key in now} == now, WRITE

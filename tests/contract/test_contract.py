"""Every demand of every selected library, of every loss."""

from collections.abc import Iterator
from typing import Any

import pytest

import lossary
from tests.contract import every
from tests.contract.cannot import CANNOT, reason
from tests.contract.demands import DEMANDS, Demand
from tests.contract.page import PAGE, whole
from tests.contract.subjects import Subject, subjects
from tests.libraries import selected

LIBRARIES = every(library.needs for library in selected())


def _asked() -> Iterator[Any]:
    for demand in DEMANDS:
        for subject in subjects():
            if demand.library in LIBRARIES and demand.applies(subject):
                yield pytest.param(demand, subject, id=f"{demand}-{subject}")


@pytest.mark.parametrize(("demand", "subject"), list(_asked()))
def test_contract(demand: Demand, subject: Subject) -> None:
    cannot = reason(demand.library, demand.name, subject.loss)
    if cannot is None:
        demand.check(subject)
        return
    if cannot.says:
        with pytest.raises(TypeError, match=cannot.says):
            demand.check(subject)
        return
    with pytest.raises((lossary.LossInputError, lossary.LossTypeError)) as caught:
        demand.check(subject)
    assert caught.value.code == "L006"


@pytest.mark.of(*LIBRARIES)
def test_the_table_names_demands_and_losses_that_there_are() -> None:
    known = {(demand.library, demand.name) for demand in DEMANDS if demand.library in LIBRARIES}
    losses = {subject.loss for subject in subjects()}
    for row in CANNOT:
        assert set(row.losses) <= losses
        assert row.library not in LIBRARIES or (row.library, row.demand) in known


def test_every_loss_is_a_subject() -> None:
    losses = {name for name in lossary.__all__ if hasattr(getattr(lossary, name), "__code__")}
    assert {subject.loss for subject in subjects()} <= losses


def test_the_page_has_the_table() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == whole(page), "python -m tests.contract.page"

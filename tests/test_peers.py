"""Other libraries, side by side: equal where they are right, and ours the exact number where they are not."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lossary
from tests.contract import every
from tests.contract.demands import DEMANDS
from tests.contract.peers import peers
from tests.contract.score import score
from tests.peers import Differs, Equal, Refused, differences, equals, evaluate, refusals
from tests.peers.compare import must_be_equal, must_differ
from tests.peers.page import pages

for needed in ("optax", "torch", "keras", "sklearn"):
    pytest.importorskip(needed)

pytestmark = [
    pytest.mark.filterwarnings("ignore:The function convex_kl_divergence is deprecated"),
    pytest.mark.filterwarnings("ignore:reduction. 'mean' divides the total loss"),
]


@pytest.mark.parametrize("row", equals(), ids=lambda row: row.theirs[:70])
def test_equal(row: Equal) -> None:
    if row.library == "monai":
        pytest.importorskip("monai")
    must_be_equal(row)


@pytest.mark.parametrize("row", differences(), ids=lambda row: row.theirs[:70])
def test_different(row: Differs) -> None:
    if row.library == "monai":
        pytest.importorskip("monai")
    must_differ(row)


@pytest.mark.parametrize("row", refusals(), ids=lambda row: row.what)
def test_refused(row: Refused) -> None:
    assert np.isfinite(np.asarray(evaluate(row.theirs, row.library, row.inputs))).all()
    with pytest.raises(lossary.LossInputError) as caught:
        evaluate(row.ours, "lossary", row.inputs)
    assert caught.value.code == row.code


@pytest.mark.parametrize("name", ["hinge_embedding", "cosine_embedding"])
def test_labels_have_a_gradient(name: str) -> None:
    """A label between the two is a mixture here. Torch's are compared with 1 and -1, and have none."""
    import torch

    vectors = [[[3.0, 4.0], [1.0, 0.5]], [[1.0, -2.0], [1.0, 0.0]]]
    arrays = map(torch.tensor, [[0.25, 2.0]] if name == "hinge_embedding" else vectors)
    labels = torch.tensor([1.0, -1.0], requires_grad=True)
    first = list(arrays)
    assert not getattr(torch.nn.functional, f"{name}_loss")(*first, labels).requires_grad
    loss = getattr(lossary, name)(*first, labels, labels_in="pm1")
    assert torch.autograd.grad(loss, labels)[0].all()


def public(module: Any, of: Callable[[Any], bool]) -> set[str]:
    return {n for n in dir(module) if not n.startswith("_") and of(getattr(module, n))}


def of_optax() -> set[str]:
    import optax

    return public(optax.losses, inspect.isfunction)


def of_torch() -> set[str]:
    import torch

    names = {n for n in dir(torch.nn.functional) if n.endswith(("_loss", "_div", "cross_entropy"))}
    return {n for n in names if not n.startswith("_")} | {"binary_cross_entropy_with_logits"}


def test_every_public_loss_has_an_equal_call() -> None:
    """The names are read off the libraries as they are installed."""
    import keras

    theirs = {f"optax.{n}" for n in of_optax()} | {f"torch.nn.functional.{n}" for n in of_torch()}
    functions = public(keras.losses, inspect.isfunction) - {"get", "serialize", "deserialize"}
    theirs |= {f"keras.losses.{n}" for n in functions}
    assert not theirs - {row.name for row in equals()}


def test_every_public_loss_is_asked_what_ours_are() -> None:
    no_losses = {"smooth_labels"}
    for library, names in (("jax", of_optax() - no_losses), ("torch", of_torch())):
        assert {subject.name.partition("-")[0] for subject in peers(library)} == names


def test_what_peers_are_asked_is_ordinary() -> None:
    """One demand, of torch, whose answer is quick: `python -m tests.contract` asks all."""
    every(["torch"])
    asked = next(d for d in DEMANDS if (d.library, d.name) == ("torch", "gradients_in_turn"))
    found = score(asked, peers("torch"))
    assert found.met == found.asked == len(peers("torch")), found.failures


@pytest.mark.parametrize("path", pages())
def test_the_pages_are_those_of_the_tables(path: str) -> None:
    """`python -m tests.peers` writes them."""
    with open(path) as file:
        assert file.read() == pages()[path]

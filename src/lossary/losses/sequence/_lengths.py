"""What losses on sequences of frames and labels share: their lengths, and sequences without an alignment."""

from collections.abc import Callable
from math import inf, nan
from typing import Any, Literal, NamedTuple

from lossary import _check
from lossary._typing import AnyArray, Array

Infeasible = Literal["inf", "zero"]
INFEASIBLE: tuple[Infeasible, ...] = ("inf", "zero")


class Lengths(NamedTuple):
    """How many frames and labels of each sequence are valid; one frame and no label if it does not fit."""

    frames: Array
    labels: Array
    fits: Array
    """Whether the sequence fits into the arrays. If not, its loss is NaN."""


def lengths_of(rows: Array, labels: Array, given: tuple[Array, ...], time: int, xp: Any) -> Lengths:
    zero = xp.zeros_like(xp.widened(rows[..., 0] if time else xp.sum(rows, axis=-1)))
    most = float(time), float(labels.shape[-1])
    frames, counts = given or (zero + most[0], zero + most[1])
    fits = (frames >= 0) & (frames <= most[0]) & (counts >= 0) & (counts <= most[1])
    return Lengths(xp.where(fits, frames, 1.0), xp.where(fits, counts, 0.0), fits)


def passed_together(name: str, logit_lengths: AnyArray | None, label_lengths: AnyArray | None) -> list[Any]:
    """The lengths that were passed, if any."""
    lengths = [n for n in (logit_lengths, label_lengths) if n is not None]
    if len(lengths) == 1:
        raise _check.mistake(
            "L005",
            f"{name}: `logit_lengths` and `label_lengths` must be passed together",
            fix="np.full(shape, T) if all frames count, np.full(shape, L) if all labels do",
        )
    return lengths


def must_name_a_class(name: str, blank: int, classes: int) -> None:
    if blank >= classes:
        raise _check.mistake(
            "L110",
            f"{name}: `blank` is {blank}, but there are {classes} classes",
            why="the blank is one of the classes, and has logits of its own",
            fix=f"blank={classes - 1}, if it is the last class; or one more class in the logits"
            if classes
            else "logits with at least one class",
        )


def loss_of(log_likelihood: Array, infeasible: Infeasible, xp: Any) -> Array:
    if infeasible == "zero":
        return xp.where(log_likelihood == -inf, 0.0, -log_likelihood)
    return -log_likelihood


def without_frames(
    rows: Array, labels: Array, given: tuple[Array, ...], infeasible: Infeasible, xp: Any
) -> Array:
    """With no frames, the only alignment is the one with no labels."""
    _, counts, fits = lengths_of(rows, labels, given, 0, xp)
    loss = xp.where(counts > 0, 0.0 if infeasible == "zero" else inf, xp.zeros_like(counts))
    return xp.where(fits, loss, nan)


def no_product(name: str) -> Callable[..., Array]:
    """The product with the Hessian of a loss of which only the diagonal is known."""

    def product(v: Array, *arrays: Array, xp: Any, **params: Any) -> Array:
        raise _check.mistake(
            "L006",
            f"{name}: only the diagonal of the second derivative is known",
            fix="value_grad_hess, or Hessian products from finite differences of the gradient",
        )

    return product

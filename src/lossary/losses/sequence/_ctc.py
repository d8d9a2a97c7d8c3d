"""Connectionist temporal classification, with p the softmax of each frame's logits, and γ the probability
that an alignment is at a class in a frame:

value  -log Σ over alignments of Π p
grad   p - γ
hess   p·(1 - p) - γ·(1 - γ)

An alignment is at a class in a frame or not, so its variance is γ(1 - γ). Frames beyond a sequence's length
have derivative 0.
"""

from math import inf, nan
from typing import Any

from lossary import _check
from lossary._arguments import CLASS_SEQUENCES, LABEL_LENGTHS, LOGIT_LENGTHS, LOGITS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import Softmax
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction
from lossary.losses.sequence._alignments import Frames, frames, log_likelihood, occupancies
from lossary.losses.sequence._lengths import (
    INFEASIBLE,
    Infeasible,
    lengths_of,
    loss_of,
    must_name_a_class,
    no_product,
    passed_together,
    without_frames,
)


def _frames(
    rows: Array, labels: Array, lengths: tuple[Array, ...], time: int, blank: int, xp: Any
) -> tuple[Array, Frames]:
    """The class probabilities in each frame (..., T, C), and what the recursions need."""
    z = xp.reshape(rows, (*rows.shape[:-1], time, rows.shape[-1] // time))
    must_name_a_class("ctc", blank, z.shape[-1])
    at = Softmax(z, xp)
    frame_count, label_count, fits = lengths_of(rows, labels, lengths, time, xp)
    log_probs = xp.where(fits[..., None, None], -at.nll, nan)
    return at.p, frames(log_probs, labels, frame_count, label_count, blank, xp)


def _kernel(has_lengths: bool, infeasible: Infeasible) -> Kernel:
    def value(z: Array, labels: Array, *lengths: Array, xp: Any, classes: int, blank: int = 0) -> Array:
        if not classes:
            return without_frames(z, labels, lengths, infeasible, xp)
        return loss_of(log_likelihood(_frames(z, labels, lengths, classes, blank, xp)[1], xp), infeasible, xp)

    def grad(z: Array, labels: Array, *lengths: Array, xp: Any, classes: int, blank: int = 0) -> Array:
        if not classes:
            return xp.zeros_like(z)
        p, gamma = _occupied(z, labels, lengths, classes, blank, xp)
        return xp.reshape(p - gamma, z.shape)

    def hess(z: Array, labels: Array, *lengths: Array, xp: Any, classes: int, blank: int = 0) -> Array:
        if not classes:
            return xp.zeros_like(z)
        p, gamma = _occupied(z, labels, lengths, classes, blank, xp)
        return xp.reshape(p * (1.0 - p) - gamma * (1.0 - gamma), z.shape)

    takes = (LOGITS, CLASS_SEQUENCES, *((LOGIT_LENGTHS, LABEL_LENGTHS) if has_lengths else ()))
    signature = "(t,c),(l),(),()->()" if has_lengths else "(t,c),(l)->()"
    return Kernel("ctc", signature, takes, value, grad, hess, no_product("ctc"))


def _occupied(
    rows: Array, labels: Array, lengths: tuple[Array, ...], time: int, blank: int, xp: Any
) -> tuple[Array, Array]:
    """p and γ, (..., T, C); 0 in invalid frames and where there is no alignment."""
    p, f = _frames(rows, labels, lengths, time, blank, xp)
    occupied = xp.moveaxis(occupancies(f, xp), 0, -2)
    of_class = xp.astype(xp.positions(p, f.states), p.dtype)
    found = log_likelihood(f, xp)[..., None, None]
    counts = xp.moveaxis(f.active, 0, -2) & (found != -inf)
    nothing = xp.where(found == found, 0.0, found)  # or NaN
    return xp.where(counts, p, nothing), xp.where(counts, occupied @ of_class, nothing)


_KERNELS = {(lengths, way): _kernel(lengths, way) for lengths in (False, True) for way in INFEASIBLE}
"""Built once at import, because `torch.compile` would warn about `functools.cache`."""


@loss
def ctc(
    logits: ArrayT,
    labels: AnyArray | float,
    *,
    logit_lengths: AnyArray | None = None,
    label_lengths: AnyArray | None = None,
    blank: int = 0,
    infeasible: Infeasible = "inf",
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""CTC: negative log-likelihood of a label sequence over all its alignments with the frames.

    Use it when the timing of the labels is unknown. An alignment assigns a class to each frame; removing
    repetitions and then blanks yields the labels.

    .. math:: \ell = -\ln \sum_{\pi \in B^{-1}(y)} \prod_{t} p_{t \pi_t}

    Parameters
    ----------
    logits : array, shape (..., T, C)
        Scores of the classes in each frame. Log-probabilities work too: a softmax does not change them.
    labels : array of integers, shape (..., L)
        The classes in order, without blanks. Entries beyond `label_lengths` may be any class.
    logit_lengths, label_lengths : arrays, shape (...)
        The number of valid frames and labels; pass both or neither. From paddings that are 1 at invalid
        positions: ``T - paddings.sum(-1)``.
    blank : int
        The class id of the blank.
    infeasible : {"inf", "zero"}
        The loss if there are too few frames for the labels (repeated labels need a blank between them). The
        gradient is 0 in both cases.

    Returns
    -------
    array
        In nats per sequence. Without reduction, it has shape (...). At least float32.

    Raises
    ------
    LossInputError
        If shapes do not fit, a class is out of range, or a Hessian-vector product is requested: only the
        diagonal of the Hessian is available.

    Notes
    -----
    The loss of a sequence is not divided by its length; for that, pass ``weights=1 / label_lengths``.

    Each frame is normalized, and the normalizers are accumulated with their rounding errors: float32 stays
    accurate to about ten units in the last place over thousands of frames.

    References
    ----------
    A. Graves et al., *Connectionist temporal classification*, ICML 2006.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> logits = np.log(np.array([[0.6, 0.4], [0.5, 0.5]]))
    >>> round(float(np.exp(-lossary.ctc(logits, np.array([1])))), 12)  # 1 - 0.6 * 0.5
    0.7
    """
    _check.choice("ctc", "infeasible", infeasible, INFEASIBLE)
    lengths = passed_together("ctc", logit_lengths, label_lengths)
    return Call(
        _KERNELS[bool(lengths), infeasible],
        logits,
        labels,
        *lengths,
        axis=(-2, -1),
        params={"blank": blank},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )

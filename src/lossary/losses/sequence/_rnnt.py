r"""RNN transducer, with p the softmax of each node's logits, γ the probability that a path passes the node,
γ_k that it emits class k there, and o = γ - γ_k:

value  -log Σ over paths of Π p
grad   o·p - γ_k·(1 - p) = γ·p - γ_k
hess   γ·p·(1 - p) - γ_k·(1 - p)² - o·p² + (γ_k·(1 - p) - o·p)²

The last three terms of the second derivative are the variance of a path's slope at the node: 1 - p if it
emits the class there, -p if it emits another, 0 if it passes elsewhere. γ_k is 0 but for the blank and one
label, so a lattice of logits is read for two classes and the normalizer of each node.
"""

from math import nan
from typing import Any, NamedTuple

from lossary import _check
from lossary._arguments import CLASS_SEQUENCES, LABEL_LENGTHS, LOGIT_LENGTHS, LOGITS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import OfLabel, OfTwo, softmax_of_two
from lossary._typing import Again, AnyArray, Array, ArrayT, Axes, Reduction
from lossary.losses.sequence._lattice import Lattice, lattice, log_likelihood, log_likelihood_and_steps
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


class _Nodes(NamedTuple):
    """A batch of lattices, (..., T, L + 1) nodes each."""

    of: OfTwo
    """The softmax of the blank and of the next label."""
    is_blank: Array
    """Whether the next label is the blank, as it is after the last label."""
    lattice: Lattice


def _nodes(
    rows: Array,
    labels: Array,
    lengths: tuple[Array, ...],
    time: int,
    blank: int,
    xp: Any,
    again: Again = None,
) -> _Nodes:
    size = labels.shape[-1] + 1
    *batch, length = xp.sized(rows.shape, rows)
    shape = (*batch, time, size, length // (time * size))
    must_name_a_class("rnnt", blank, shape[-1])
    frame_count, label_count, fits = lengths_of(rows, labels, lengths, time, xp)
    frame_count, label_count = xp.floor(frame_count), xp.floor(label_count)

    def logits_of(rows: Array) -> Array:
        z = xp.reshape(rows, shape)
        if xp.is_quick or not lengths:  # NaN beyond the lengths would lead to a second run
            return z
        t = xp.astype(xp.arange_beside(time, rows), frame_count.dtype)[:, None]
        u = xp.astype(xp.arange_beside(size, rows), frame_count.dtype)
        counts = (t < frame_count[..., None, None]) & (u <= label_count[..., None, None])
        return xp.where(counts[..., None], z, 0.0)

    after = xp.broadcast_to(xp.arange_beside(1, labels) + blank, (*batch, 1))
    ids = xp.concat([labels, xp.astype(after, labels.dtype)], axis=-1)
    ids = xp.broadcast_to(ids[..., None, :], shape[:-1])
    anew = None if again is None else lambda _: logits_of(again(rows))
    of = softmax_of_two(logits_of(rows), (xp.full_like(ids, blank), ids), xp, anew)
    blanks = xp.where(fits[..., None, None], -of.first.nll, nan)
    return _Nodes(of, ids == blank, lattice(blanks, -of.second.nll, frame_count, label_count, xp))


class _Emitted(NamedTuple):
    """γ_k and o of one class, and its softmax."""

    own: Array
    others: Array
    of: OfLabel

    def slope(self) -> Array:
        return self.others * self.of.p - self.own * self.of.q

    def curvature(self) -> Array:
        p, q, _ = self.of
        slope = self.slope()
        return (self.own + self.others) * p * q - self.own * q * q - self.others * p * p + slope * slope


class _Steps(NamedTuple):
    log_likelihood: Array
    passed: Array
    """γ"""
    blank: _Emitted
    label: _Emitted


def _steps(at: _Nodes, xp: Any) -> _Steps:
    found, (blanks, labels) = log_likelihood_and_steps(at.lattice, xp)
    blanks = xp.where((found == found)[..., None, None], blanks, nan)
    passed = blanks + labels
    blank, label = [
        _Emitted(xp.where(at.is_blank, passed, own), xp.where(at.is_blank, 0.0, others), of)
        for own, others, of in ((blanks, labels, at.of.first), (labels, blanks, at.of.second))
    ]
    return _Steps(found, passed, blank, label)


def _kernel(has_lengths: bool, infeasible: Infeasible) -> Kernel:
    def value(z: Array, labels: Array, *lengths: Array, xp: Any, classes: int, blank: int = 0) -> Array:
        if not classes:
            return without_frames(z, labels, lengths, infeasible, xp)
        found = log_likelihood(_nodes(z, labels, lengths, classes, blank, xp).lattice, xp)
        return loss_of(found, infeasible, xp)

    def both(
        z: Array,
        labels: Array,
        *lengths: Array,
        xp: Any,
        again: Again,
        classes: int,
        blank: int = 0,
    ) -> tuple[Array, Array]:
        if not classes:
            return without_frames(z, labels, lengths, infeasible, xp), xp.zeros_like(z)
        at = _nodes(z, labels, lengths, classes, blank, xp, again)
        found = _steps(at, xp)
        blank_and_label = found.blank.slope(), found.label.slope()
        grad = at.of.weighted(found.passed, blank_and_label, xp)
        return loss_of(found.log_likelihood, infeasible, xp), xp.reshape(grad, z.shape)

    def grad(z: Array, labels: Array, *lengths: Array, xp: Any, classes: int, blank: int = 0) -> Array:
        return both(z, labels, *lengths, xp=xp, again=None, classes=classes, blank=blank)[1]

    def hess(z: Array, labels: Array, *lengths: Array, xp: Any, classes: int, blank: int = 0) -> Array:
        if not classes:
            return xp.zeros_like(z)
        at = _nodes(z, labels, lengths, classes, blank, xp)
        found = _steps(at, xp)
        gamma, blank_and_label = found.passed[..., None], (found.blank.curvature(), found.label.curvature())
        p = at.of.weighted(xp.ones_like(found.passed), blank_and_label, xp)
        hess = at.of.put(gamma * p * (1.0 - (2.0 - gamma) * p), blank_and_label, xp)  # else γ_k = 0, o = γ
        return xp.reshape(hess, z.shape)

    takes = (LOGITS, CLASS_SEQUENCES, *((LOGIT_LENGTHS, LABEL_LENGTHS) if has_lengths else ()))
    signature = "(t,l+1,v),(l),(),()->()" if has_lengths else "(t,l+1,v),(l)->()"
    return Kernel("rnnt", signature, takes, value, grad, hess, no_product("rnnt"), both, widens=True)


_KERNELS = {(lengths, way): _kernel(lengths, way) for lengths in (False, True) for way in INFEASIBLE}
"""Built once at import, because `torch.compile` would warn about `functools.cache`."""


@loss
def rnnt(
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
    r"""RNN transducer (RNN-T): negative log-likelihood of a label sequence over all its paths.

    Use it for streaming speech recognition: unlike in `ctc`, each label depends on the labels before it, and
    a frame may have several. A path begins at the first frame. It emits the labels in order, each without
    leaving its frame, and a blank to go on to the next frame; it ends with the blank of the last frame.

    .. math:: \ell = -\ln \sum_{\pi \in B^{-1}(y)} \prod_{(t, u) \in \pi} p_{t u \pi_{t u}}

    Parameters
    ----------
    logits : array, shape (..., T, L + 1, V)
        Scores of the classes in each frame after 0, 1, ..., L labels: the output of the joint network. The
        loss normalizes them itself. Log-probabilities work too: a softmax does not change them.
    labels : array of integers, shape (..., L)
        The classes in order, without blanks. Entries beyond `label_lengths` may be any class.
    logit_lengths, label_lengths : arrays, shape (...)
        The number of valid frames and labels; pass both or neither. Logits beyond them may be anything,
        including NaN, and have gradient 0.
    blank : int
        The class id of the blank.
    infeasible : {"inf", "zero"}
        The loss if no path has a positive probability, as with labels but no frames. The gradient is 0 in
        both cases.

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

    The gradient follows from sums over paths to and from each node. It is the only array as large as the
    logits that is kept.

    Sums over paths are normalized on each diagonal t + u, and the normalizers are accumulated with their
    rounding errors, so float32 stays accurate in long sequences.

    References
    ----------
    A. Graves, *Sequence transduction with recurrent neural networks*, 2012, arXiv:1211.3711.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> logits = np.zeros((2, 2, 3))  # two frames, one label, three classes
    >>> round(float(np.exp(lossary.rnnt(logits, np.array([1])))), 12)  # two paths of three steps: 27 / 2
    13.5
    """
    _check.choice("rnnt", "infeasible", infeasible, INFEASIBLE)
    lengths = passed_together("rnnt", logit_lengths, label_lengths)
    return Call(
        _KERNELS[bool(lengths), infeasible],
        logits,
        labels,
        *lengths,
        axis=(-3, -2, -1),
        params={"blank": blank},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )

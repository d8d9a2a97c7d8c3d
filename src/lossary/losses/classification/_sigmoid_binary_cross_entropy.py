"""Binary cross-entropy on logits, with y and n the probabilities of 1 and 0, and y weighted by w:

value  w·y·softplus(-x) + n·softplus(x) = w·y·relu(-x) + n·relu(x) + (w·y + n)·log1p(exp(-|x|))
grad   n·σ(x) - w·y·σ(-x)
hess   (w·y + n)·σ(x)·σ(-x)

The gradient is two terms, not σ(x) - y, which would be 0 in float32 at y = 1 and x = 20.
"""

from typing import Any

from lossary._arguments import LABELS, LOGITS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import by_sign, is_number, sigmoid_difference, sigmoids, softplus_tail, softpluses
from lossary._typing import Again, AnyArray, Array, ArrayT, Axes, Number, Reduction
from lossary.losses.classification._labels import both_sides, is_mixture


def _value(x: Array, y: Array, *, xp: Any, pos_weight: Number = 1.0, label_smoothing: Number = 0.0) -> Array:
    if is_number(pos_weight, 1) and is_mixture(label_smoothing, xp):
        return xp.lerp(*softpluses(x, xp), y)
    y, n, both = _weighted(y, pos_weight, label_smoothing)
    tail = softplus_tail(x, xp)
    return by_sign(x, n, y, xp) + (tail if is_number(both, 1) else both * tail)


def _grad(x: Array, y: Array, *, xp: Any, pos_weight: Number = 1.0, label_smoothing: Number = 0.0) -> Array:
    if is_number(pos_weight, 1) and is_mixture(label_smoothing, xp):
        p, q = sigmoids(x, xp)
        return xp.lerp(p, -q, y)
    y, n, _ = _weighted(y, pos_weight, label_smoothing)
    return sigmoid_difference(n, y, x, xp)


def _both(
    x: Array, y: Array, *, xp: Any, again: Again, pos_weight: Number = 1.0, label_smoothing: Number = 0.0
) -> tuple[Array, Array]:
    if is_number(pos_weight, 1) and is_mixture(label_smoothing, xp):
        log_p = xp.log_sigmoid(x)
        slope = xp.lerp(xp.sigmoid(x), xp.expm1(log_p), y)  # -q is p - 1
        return xp.lerp(xp.softplus(x), xp.negative(log_p, out=log_p), y), slope
    numbers = {"xp": xp, "pos_weight": pos_weight, "label_smoothing": label_smoothing}
    return _value(x, y, **numbers), _grad(x, y, **numbers)


def _hess(x: Array, y: Array, *, xp: Any, pos_weight: Number = 1.0, label_smoothing: Number = 0.0) -> Array:
    *_, both = _weighted(y, pos_weight, label_smoothing)
    p, q = sigmoids(x, xp)
    return both * (p * q)


def _weighted(y: Array, pos_weight: Number, label_smoothing: Number) -> tuple[Array, Array, Number]:
    """w·y, n and their sum."""
    y, n = both_sides(y, label_smoothing)
    if is_number(pos_weight, 1):
        return y, n, 1.0
    y = pos_weight * y
    return y, n, y + n


KERNEL = Kernel(
    "sigmoid_binary_cross_entropy",
    "(),()->()",
    (LOGITS, LABELS),
    _value,
    _grad,
    _hess,
    both=_both,
    all_or_nothing=True,
)


@loss
def sigmoid_binary_cross_entropy(
    logits: ArrayT,
    labels: AnyArray | float,
    *,
    pos_weight: float | AnyArray = 1.0,
    label_smoothing: float | AnyArray = 0.0,
    axis: int = -1,
    class_weights: AnyArray | None = None,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Binary cross-entropy on logits: the loss for training binary and multilabel classifiers.

    For independent labels, where several may be right; for exclusive classes use `softmax_cross_entropy`. It
    takes logits: do not apply a sigmoid first. With labels in [0, 1] it is never negative.

    .. math:: \ell = -w\,y\,\log\sigma(x) - (1-y)\,\log\sigma(-x)

    Parameters
    ----------
    logits : array, shape (...)
        Unbounded scores :math:`x`. At :math:`\pm\infty` the loss takes its limit.
    labels : array, shape (...)
        0 or 1, or the probability :math:`y` of 1, with the same shape. Any integer, boolean or floating
        dtype.
    pos_weight : float or array of one number per class along `axis`
        :math:`w \ge 0`, the weight of positive labels.
    label_smoothing : float in [0, 1)
        :math:`\varepsilon`: replaces labels with :math:`(1-\varepsilon)\,y + \varepsilon/2`.
    axis : int
        The axis of the classes, for `pos_weight` and `class_weights`.
    class_weights : array of one number per class along `axis`, optional
        The weight of each class. ``"weighted_mean"`` includes it in the denominator.

    Returns
    -------
    array
        In nats. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, labels are outside [0, 1], or a parameter is out of range.

    Notes
    -----
    At :math:`x = 0` the gradient is exactly :math:`\tfrac12(1-y) - \tfrac12 w y` and the second derivative
    exactly :math:`\tfrac14`, also under automatic differentiation. A prediction that is certain and wrong
    (:math:`x = \infty, y = 0`) costs infinity; one that is certain and right costs nothing.

    References
    ----------
    D. R. Cox, *The regression analysis of binary sequences*, J. R. Stat. Soc. B 20 (1958).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> logits = np.array([1.2, -0.5, 0.8, -1.0])
    >>> float(lossary.sigmoid_binary_cross_entropy(logits, np.array([1, 0, 1, 0])))
    0.3554304512460346
    """
    return Call(
        KERNEL,
        logits,
        labels,
        axis=axis,
        params={"label_smoothing": label_smoothing, "pos_weight": pos_weight, "class_weights": class_weights},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )

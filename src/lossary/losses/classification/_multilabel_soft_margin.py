"""Binary cross-entropy on logits, averaged over the classes of a row."""

from typing import Any

from lossary._arguments import LABELS, LOGITS
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import times
from lossary._typing import AnyArray, Array, ArrayT, Axes, Number, Reduction, RowAxes
from lossary.losses.classification._sigmoid_binary_cross_entropy import KERNEL as OF_A_CLASS


def _value(
    z: Array, labels: Array, *, xp: Any, class_weights: Array = None, label_smoothing: Number = 0.0
) -> Array:
    losses = OF_A_CLASS.value(z, labels, xp=xp, label_smoothing=label_smoothing)
    if class_weights is not None:
        losses = times(class_weights, losses, xp)
    return xp.sum(losses, axis=-1) / z.shape[-1]


def _grad(
    z: Array, labels: Array, *, xp: Any, class_weights: Array = None, label_smoothing: Number = 0.0
) -> Array:
    return _share(OF_A_CLASS.grad(z, labels, xp=xp, label_smoothing=label_smoothing), class_weights)


def _hess(
    z: Array, labels: Array, *, xp: Any, class_weights: Array = None, label_smoothing: Number = 0.0
) -> Array:
    return _share(OF_A_CLASS.hess(z, labels, xp=xp, label_smoothing=label_smoothing), class_weights)


def _share(rates: Array, class_weights: Array) -> Array:
    if class_weights is not None:
        rates = class_weights * rates
    return rates / rates.shape[-1]


KERNEL = Kernel("multilabel_soft_margin", "(c),(c)->()", (LOGITS, LABELS), _value, _grad, _hess)


@loss
def multilabel_soft_margin(
    logits: ArrayT,
    labels: AnyArray | float,
    *,
    label_smoothing: float | AnyArray = 0.0,
    axis: RowAxes = -1,
    class_weights: AnyArray | None = None,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Binary cross-entropy of multilabel examples, averaged over the classes.

    It returns one number per example, so weights and masks apply to examples. `sigmoid_binary_cross_entropy`
    returns one per class.

    .. math:: \ell = -\frac1K \sum_k c_k \bigl(y_k \log\sigma(s_k) + (1 - y_k) \log\sigma(-s_k)\bigr)

    Parameters
    ----------
    logits : array, shape (..., K, ...)
        Unbounded scores :math:`s`, the K classes on `axis`; :math:`-\infty` excludes a class.
    labels : array
        0 or 1 for each class, or the probability :math:`y` of 1, with the shape of the logits. Any integer,
        boolean or floating dtype.
    label_smoothing : float in [0, 1)
        :math:`\varepsilon`: replaces labels with :math:`(1-\varepsilon)\,y + \varepsilon/2`.
    axis : int or tuple of int
        The class axis. A tuple of axes is flattened into one class axis, in the given order.
    class_weights : array of K numbers, optional
        :math:`c`, the weight of each class. ``"weighted_mean"`` includes the mean of the class weights in the
        denominator.

    Returns
    -------
    array
        In nats; without reduction, it has the shape of the logits without the class axis. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, labels are outside [0, 1], or a parameter is out of range.

    Notes
    -----
    A class with the logit :math:`-\infty` costs nothing if its label is 0, and infinity otherwise. It still
    counts as one of the K classes.

    References
    ----------
    J. Nam et al., *Large-scale multi-label text classification: revisiting neural networks*, ECML PKDD 2014.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> logits, labels = np.array([[2.0, -1.0, 0.0]]), np.array([[1, 0, 1]])
    >>> round(float(lossary.multilabel_soft_margin(logits, labels)), 4)
    0.3778
    """
    return Call(
        KERNEL,
        logits,
        labels,
        axis=axis,
        params={"label_smoothing": label_smoothing, "class_weights": class_weights},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )

"""The hinge losses of label y against each rival, with u_k = max(margin - s_y + s_k, 0), k ≠ y, and g_k = 1
where u_k > 0 if the power is 1, 2·u_k if it is 2:

value  1/K·Σ u_k^power
grad   1/K·g_k, and minus the sum of these at y
hess   1/K·h_k with h_k = g_k'(u_k), which is 0 or 2, and the sum of these at y
hvp    1/K·h_k·(v_k - v_y), and minus the sum of these at y
"""

from typing import Any

from lossary._arguments import CLASS_IDS, LOGITS
from lossary._check import choice
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import is_number, relu, step, total
from lossary._typing import AnyArray, Array, ArrayT, Axes, Number, Reduction, RowAxes


def _value(z: Array, labels: Array, *, xp: Any, margin: Number = 1.0, power: Number = 1.0) -> Array:
    u = relu(_gaps(z, labels, margin, xp), xp)
    sums = total(u if is_number(power, 1) else u * u, xp)
    return sums[..., 0] / z.shape[-1]


def _grad(z: Array, labels: Array, *, xp: Any, margin: Number = 1.0, power: Number = 1.0) -> Array:
    gaps = _gaps(z, labels, margin, xp)
    slopes = step(gaps, xp) if is_number(power, 1) else 2.0 * relu(gaps, xp)
    slopes = slopes / z.shape[-1]
    return xp.put(slopes, labels, -total(slopes, xp))


def _hess(z: Array, labels: Array, *, xp: Any, margin: Number = 1.0, power: Number = 1.0) -> Array:
    if is_number(power, 1):
        return xp.zeros_like(z)
    bends = 2.0 * step(_gaps(z, labels, margin, xp), xp) / z.shape[-1]
    return xp.put(bends, labels, total(bends, xp))


def _hvp(v: Array, z: Array, labels: Array, *, xp: Any, margin: Number = 1.0, power: Number = 1.0) -> Array:
    if is_number(power, 1):
        return xp.zeros_like(v * z)
    bends = 2.0 * step(_gaps(z, labels, margin, xp), xp) / z.shape[-1]
    products = bends * (v - xp.pick(v, labels)[..., None])
    return xp.put(products, labels, -total(products, xp))


def _gaps(z: Array, labels: Array, margin: Number, xp: Any) -> Array:
    """How far each rival is inside the margin; -1 for the label itself and for excluded classes."""
    gaps = xp.where(z == -xp.inf, -1.0, margin + (z - xp.pick(z, labels)[..., None]))
    return xp.put(gaps, labels, -1.0)


KERNEL = Kernel("multi_margin", "(c),()->()", (LOGITS, CLASS_IDS), _value, _grad, _hess, _hvp)


@loss
def multi_margin(
    logits: ArrayT,
    labels: AnyArray | float,
    *,
    margin: float | AnyArray = 1.0,
    power: float = 1.0,
    axis: RowAxes = -1,
    class_weights: AnyArray | None = None,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Hinge loss of the label against every rival class, averaged over the classes.

    The loss of Weston and Watkins. `multiclass_hinge` uses only the best rival.

    .. math:: \ell = \frac{c_y}{K} \sum_{k \ne y} \max(0,\ m - s_y + s_k)^p

    Parameters
    ----------
    logits : array, shape (..., K, ...)
        Unbounded scores :math:`s`, the K classes on `axis`; :math:`-\infty` excludes a class.
    labels : array
        Class ids :math:`y`, 0 to K-1, with the shape of the logits without the class axis.
    margin : float
        :math:`m`, the lead that the label should have, in the units of the logits.
    power : 1 or 2
        :math:`p`; 2 squares each hinge loss.
    axis : int or tuple of int
        The class axis. A tuple of axes is flattened into one class axis in the given order, the last axis
        varying fastest; class ids index the flattened axis.
    class_weights : array of K numbers, optional
        :math:`c`, the weight of each class as a label. ``"weighted_mean"`` includes it in the denominator.

    Returns
    -------
    array
        In the units of the logits, to the power of :math:`p`; without reduction, it has the shape of the
        logits without the class axis. At least float32.

    Raises
    ------
    LossInputError
        If shapes do not match, a class id is out of range, or a parameter is out of range.

    Notes
    -----
    At the margin the derivative (for :math:`p = 2`, the second derivative) is 0, the value on the side where
    the loss is 0. The sum is divided by all K classes, including the label and excluded classes, which add 0.
    The loss is infinite if the label's class is excluded.

    References
    ----------
    J. Weston, C. Watkins, *Support vector machines for multi-class pattern recognition*, ESANN 1999.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> logits = np.array([[3.0, 1.0, 0.0], [0.5, 1.0, 0.5]])
    >>> lossary.multi_margin(logits, np.array([0, 0]), reduction="none").round(4).tolist()
    [0.0, 0.8333]
    """
    choice("multi_margin", "power", power, (1, 2))
    return Call(
        KERNEL,
        logits,
        labels,
        axis=axis,
        params={"margin": margin, "power": power, "class_weights": class_weights},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )

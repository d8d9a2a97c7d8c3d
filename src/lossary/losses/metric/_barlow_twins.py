"""Barlow Twins, with u and v the directions of a feature of each view around its mean, with an entry for each
example, so that their products c are the correlations:

value  Σ_i g_i² + λ Σ_{i≠j} c_ij², with g = 1 - c_ii = |u - v|²/2
grad   in u_i: -2 g_i (v_i - u_i) + 2 λ Σ_{j≠i} c_ij v_j

The derivative of a direction is in `Directed`. It ignores multiples of u, so u is subtracted from v: the rest
is small where the two agree, and exact. A feature without a direction correlates with nothing: g = 1.
"""

from typing import NamedTuple

from lossary._engine import ByRule, loss, losses_of
from lossary._math import are_moderate, scaled
from lossary._program._library import Library
from lossary._program._rule import Inputs, Rule
from lossary._typing import AnyArray, Array, ArrayT, Axes, Number, Reduction
from lossary.losses.metric._batch import as_given
from lossary.losses.metric._views import (
    Settings,
    centered,
    combined,
    count_of,
    features_of,
    of_views,
    off_diagonal,
    sum_of,
)
from lossary.losses.metric._walk import Directed


class _Seen(NamedTuple):
    """Both views, with a row for each feature."""

    z: Directed
    y: Directed
    ups: tuple[Number, Number]
    """The factors by which the features were multiplied before their directions were taken."""
    apart: Array
    """v - u"""
    constant: Array
    """Which features have no direction in one of the views."""
    gaps: Array
    count: Array


def _seen(backend: Library, inputs: Inputs, settings: Settings) -> _Seen:
    xp, where = backend.xp, inputs.beside[0]
    features = [features_of(x, where, settings.dtype, backend) for x in inputs.arrays]
    count = count_of(features[0], where, xp)
    ups: tuple[Number, Number] = 1.0, 1.0
    if xp.reads:
        z, y = [Directed(centered(x, where, count, xp), xp) for x in features]
    if not xp.reads or not (are_moderate(z.length, xp) and are_moderate(y.length, xp)):
        found = [scaled(x, xp) for x in features]
        z, y = [Directed(centered(at.rows, where, count, xp), xp) for at in found]
        ups = found[0].up, found[1].up
    constant = (z.length == 0) | (y.length == 0)
    apart = y.unit - z.unit
    gaps = xp.where(constant, 1.0, 0.5 * xp.row_dot(apart, apart))
    return _Seen(z, y, ups, apart, constant, gaps, count)


def _value(backend: Library, inputs: Inputs, settings: Settings) -> tuple[Array, tuple[Array, ...]]:
    xp, at = backend.xp, _seen(backend, inputs, settings)
    c = backend.matmul(at.z.unit, xp.matrix_transpose(at.y.unit), settings.dtype)
    off = off_diagonal(c, xp)
    losses = sum_of(at.gaps * at.gaps, xp) + inputs.beside[1] * sum_of(off * off, xp)
    return xp.where(at.count[..., 0, 0] > 0, losses, 0.0), (off,)


def _pull(
    backend: Library,
    inputs: Inputs,
    settings: Settings,
    saved: tuple[Array, ...],
    cotangent: Array,
    wanted: tuple[bool, ...],
) -> tuple[Array | None, ...]:
    xp, at = backend.xp, _seen(backend, inputs, settings)
    share = 2.0 * cotangent[..., None, None]
    slope, along = inputs.beside[1] * share * saved[0], share * xp.where(at.constant, 0.0, at.gaps) * at.apart

    def of(own: Directed, up: Number, other: Directed, slope: Array, along: Array) -> Array:
        in_unit = combined(slope, other.unit, settings.dtype, backend) - along
        return xp.matrix_transpose(own.pull(in_unit, xp, up))

    found = (
        of(at.z, at.ups[0], at.y, slope, along) if wanted[0] else None,
        of(at.y, at.ups[1], at.z, xp.matrix_transpose(slope), -along) if wanted[1] else None,
    )
    return tuple([as_given(g, x, backend) for g, x in zip(found, inputs.arrays, strict=True)])


LOSSES = losses_of("barlow_twins")
RULE = Rule("barlow_twins", _value, _pull)


@loss
def barlow_twins(
    embeddings: ArrayT,
    other_embeddings: AnyArray,
    *,
    redundancy_weight: float | AnyArray = 0.005,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> ByRule[ArrayT]:
    r"""Barlow Twins: the features of two views should agree, and not repeat one another.

    No negatives are needed. The loss compares features across the batch, so it is one number per batch: each
    feature should correlate with itself in the other view, and with no other feature.

    .. math:: \ell = \sum_i (1 - c_{ii})^2 + \lambda \sum_i \sum_{j \ne i} c_{ij}^2, \qquad
              c_{ij} = \frac{\sum_b z_{bi}\, y_{bj}}{\sqrt{\sum_b z_{bi}^2} \sqrt{\sum_b y_{bj}^2}}

    Parameters
    ----------
    embeddings : array, shape (..., n, d)
        One view of n examples, with d features; :math:`z` is what remains of them after subtracting each
        feature's mean over the batch.
    other_embeddings : array, shape (..., n, d)
        The other view of each example, at the same index; :math:`y` is the same of it.
    redundancy_weight : float
        :math:`\lambda`, not negative: the weight of the correlations between different features.

    Returns
    -------
    array
        Without reduction, it has shape (...), one number per batch. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, `redundancy_weight` is negative, or a Hessian is requested.

    Notes
    -----
    `where` has an entry per example, of shape (..., n): which ones are in the batch. `weights` are of
    batches. Both views have gradients.

    The loss does not depend on the scale of features, nor on what is added to them. No epsilon is added to
    their variances. A feature that is constant in a view correlates with nothing: it costs 1, with zero
    gradient. So does each feature if there is one example. The first term of equal views is exactly 0.
    The correlations of all pairs of features are held in memory. Under JAX's `shard_map` a batch is the part
    on one device; under plain `jit` it is whole, wherever its parts are.

    References
    ----------
    J. Zbontar et al., *Barlow Twins: self-supervised learning via redundancy reduction*, ICML 2021.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> one = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0]])
    >>> other = np.array([[1.0, 1.0], [0.0, 1.0], [2.0, 0.0]])
    >>> round(float(lossary.barlow_twins(one, other)), 6)
    1.006039
    """
    return of_views(
        RULE,
        LOSSES,
        {
            "embeddings": embeddings,
            "other_embeddings": other_embeddings,
            "where": where,
            "redundancy_weight": redundancy_weight,
        },
        weights=weights,
        over=over,
        reduction=reduction,
    )

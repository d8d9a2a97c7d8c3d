"""VICReg, with z a feature of a view minus its mean, n examples, d features, s = √(Σ z²/(n-1) + ε) and the
covariances C = Z Zᵀ/(n-1) without their diagonal:

value  α Σ (x - y)²/(n d) + Σ over views of [μ Σ relu(γ - s)/d + ν Σ C²/d]
grad   2 α (x - y)/(n d) - μ [s < γ] z/(s (n-1) d) + 4 ν C Z/((n-1) d)
"""

from math import nan
from typing import NamedTuple

from lossary._engine import ByRule, loss, losses_of
from lossary._math import relu, scaled, squares_are_exact, step, times
from lossary._program._library import Library
from lossary._program._rule import Inputs, Rule
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction
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


class _Given(NamedTuple):
    where: Array
    invariance: Array
    variance: Array
    covariance: Array
    target: Array
    epsilon: Array


class _View(NamedTuple):
    rows: Array
    """A row for each feature, minus its mean."""
    squares: Array
    """Their sums."""
    std: Array
    lack: Array
    """How far the deviation is below its target."""


class _Seen(NamedTuple):
    given: _Given
    error: Array
    """The difference of the views, with a row for each feature."""
    views: tuple[_View, _View]
    count: Array
    per: Array
    """1/(n - 1): NaN for one example, which has no variance, and 0 for none."""


def _seen(backend: Library, inputs: Inputs, settings: Settings) -> _Seen:
    xp, given = backend.xp, _Given(*inputs.beside)
    x, y = [features_of(x, given.where, settings.dtype, backend) for x in inputs.arrays]
    count = count_of(x, given.where, xp)
    undefined = xp.where(count > 0, nan, xp.zeros_like(count))
    per = xp.where(count > 1, 1.0 / xp.where(count > 1, count - 1.0, 1.0), undefined)

    def view(x: Array) -> _View:
        rows = centered(x, given.where, count, xp)
        squares = xp.row_dot(rows, rows)
        square = squares * per + given.epsilon
        some = square > 0
        std = xp.where(some, xp.sqrt(xp.where(some, square, 1.0)), square)
        return _View(rows, squares, std, given.target - std)

    return _Seen(given, x - y, (view(x), view(y)), count, per)


def _covariances(v: _View, per: Array, backend: Library, settings: Settings) -> Array:
    """Those of different features. Squares that overflow are infinite; their sums could be NaN."""
    xp = backend.xp
    if xp.reads and squares_are_exact(v.squares, xp):
        c = backend.matmul(v.rows, xp.matrix_transpose(v.rows), settings.dtype)
        return off_diagonal(c * per, xp)
    rows, _, back, _ = scaled(v.rows, xp)
    c = backend.matmul(rows, xp.matrix_transpose(rows), settings.dtype) * per
    return off_diagonal(c * back * xp.matrix_transpose(back), xp)


def _value(backend: Library, inputs: Inputs, settings: Settings) -> tuple[Array, tuple[Array, ...]]:
    xp, at = backend.xp, _seen(backend, inputs, settings)
    some, given = at.count[..., 0, 0] > 0, at.given
    covariances = tuple([_covariances(v, at.per, backend, settings) for v in at.views])
    losses = times(given.invariance, sum_of(at.error * at.error, xp), xp)
    losses = losses / xp.where(some, at.count[..., 0, 0], 1.0)
    for v, c in zip(at.views, covariances, strict=True):
        losses = losses + times(given.variance, sum_of(relu(v.lack, xp), xp), xp)
        losses = losses + times(given.covariance, sum_of(c * c, xp), xp)
    return xp.where(some, losses / settings.features, 0.0), covariances


def _pull(
    backend: Library,
    inputs: Inputs,
    settings: Settings,
    saved: tuple[Array, ...],
    cotangent: Array,
    wanted: tuple[bool, ...],
) -> tuple[Array | None, ...]:
    xp, at = backend.xp, _seen(backend, inputs, settings)
    given, share = at.given, cotangent[..., None, None] / settings.features
    along = (2.0 * share * given.invariance / xp.where(at.count > 0, at.count, 1.0)) * at.error

    def of(v: _View, covariances: Array, along: Array) -> Array:
        some = v.std > 0  # if not, the feature is constant and its row 0
        own = (given.variance * step(v.lack, xp) / xp.where(some, v.std, 1.0)) * v.rows
        others = 4.0 * given.covariance * combined(covariances, v.rows, settings.dtype, backend)
        return xp.matrix_transpose(along + (share * at.per) * (others - own))

    (x, y), (of_x, of_y) = at.views, saved
    found = (of(x, of_x, along) if wanted[0] else None, of(y, of_y, -along) if wanted[1] else None)
    return tuple([as_given(g, x, backend) for g, x in zip(found, inputs.arrays, strict=True)])


LOSSES = losses_of("vicreg")
RULE = Rule("vicreg", _value, _pull)


@loss
def vicreg(
    embeddings: ArrayT,
    other_embeddings: AnyArray,
    *,
    invariance_weight: float | AnyArray = 25.0,
    variance_weight: float | AnyArray = 25.0,
    covariance_weight: float | AnyArray = 1.0,
    target_std: float | AnyArray = 1.0,
    variance_epsilon: float | AnyArray = 1e-4,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> ByRule[ArrayT]:
    r"""VICReg: two views should agree, and the features of each should vary and not repeat one another.

    No negatives are needed. Unlike in `barlow_twins`, each view has its own variances and covariances, and
    the scale of features matters. The loss is one number per batch.

    .. math:: \ell = \frac{\alpha}{n \cdot d} \sum_{b,j} (x_{bj} - y_{bj})^2 + \mu\,[v(x) + v(y)]
              + \nu\,[c(x) + c(y)]

    .. math:: v(x) = \frac1d \sum_j \max\bigl(0,\, \gamma - \sqrt{C_{jj} + \epsilon}\bigr), \qquad
              c(x) = \frac1d \sum_i \sum_{j \ne i} C_{ij}^2

    Parameters
    ----------
    embeddings : array, shape (..., n, d)
        One view :math:`x` of n examples, with d features; :math:`C` is their covariance over the batch, of
        n - 1 degrees of freedom.
    other_embeddings : array, shape (..., n, d)
        The other view :math:`y` of each example, at the same index.
    invariance_weight, variance_weight, covariance_weight : float
        :math:`\alpha`, :math:`\mu` and :math:`\nu`, not negative. Set two of them to 0 for one term alone.
    target_std : float
        :math:`\gamma`, in the units of the embeddings: the deviation below which a feature costs something.
    variance_epsilon : float
        :math:`\epsilon`, in their units squared: what is added to variances. It bounds the gradient of small
        deviations.

    Returns
    -------
    array
        Without reduction, it has shape (...), one number per batch. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, there is one example, a parameter is negative, or a Hessian is requested.

    Notes
    -----
    `where` has an entry per example, of shape (..., n): which ones are in the batch. `weights` are of
    batches. Both views have gradients. One example has no variance: if `where` leaves one, the loss is NaN,
    and 0 if it leaves none. At a deviation of exactly :math:`\gamma` the derivative is 0, as it is for a
    feature that is constant. The covariances of all pairs of features are held in memory. Under JAX's
    `shard_map` a batch is the part on one device; under plain `jit` it is whole, wherever its parts are.

    The formula is the paper's. Some implementations halve the variance term: ``variance_weight=12.5``.

    References
    ----------
    A. Bardes, J. Ponce, Y. LeCun, *VICReg: variance-invariance-covariance regularization for self-supervised
    learning*, ICLR 2022.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> one = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0]])
    >>> other = np.array([[1.0, 1.0], [0.0, 1.0], [2.0, 0.0]])
    >>> round(float(lossary.vicreg(one, other)), 6)
    22.448706
    """
    return of_views(
        RULE,
        LOSSES,
        {
            "embeddings": embeddings,
            "other_embeddings": other_embeddings,
            "where": where,
            "invariance_weight": invariance_weight,
            "variance_weight": variance_weight,
            "covariance_weight": covariance_weight,
            "target_std": target_std,
            "variance_epsilon": variance_epsilon,
        },
        fewest=2,
        weights=weights,
        over=over,
        reduction=reduction,
    )

"""The Kullback-Leibler divergence of normal distributions from a prior, with e = means - prior_means:

value  ½ (e²/v₀ + v/v₀ - 1 - log(v/v₀))
grad   e/v₀
hess   1/v₀
"""

from math import inf
from typing import Any

from lossary._arguments import MEANS_OF_NORMALS, PRIOR_MEANS, PRIOR_VARIANCES, VARIANCES
from lossary._engine import Call, loss
from lossary._kernel import Kernel
from lossary._math import ratio_beyond
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction


def _value(x: Array, v: Array, y: Array, w: Array, *, xp: Any) -> Array:
    if xp.is_quick:
        return _cost(x - y, v, w, xp)
    none = (v == 0) | (w == 0) | (v == inf) | (w == inf)
    v, w = xp.where(none, 1.0, v), xp.where(none, 1.0, w)
    return xp.where(none, inf, _cost(x - y, v, w, xp))


def _cost(e: Array, v: Array, w: Array, xp: Any) -> Array:
    return 0.5 * (e * (e / w) + ratio_beyond(v, w, xp))


def _grad(x: Array, v: Array, y: Array, w: Array, *, xp: Any) -> Array:
    e = x - y
    return xp.where((e == 0) & (w == 0), 0.0, e / w) + 0.0 * xp.sign(v)


def _hess(x: Array, v: Array, y: Array, w: Array, *, xp: Any) -> Array:
    return 1.0 / w + 0.0 * (xp.sign(x - y) + xp.sign(v))


_TAKES = (MEANS_OF_NORMALS, VARIANCES, PRIOR_MEANS, PRIOR_VARIANCES)
KERNEL = Kernel("gaussian_kl_divergence", "(),(),(),()->()", _TAKES, _value, _grad, _hess)


@loss
def gaussian_kl_divergence(
    means: ArrayT,
    variances: AnyArray | float,
    prior_means: AnyArray | float = 0.0,
    prior_variances: AnyArray | float = 1.0,
    *,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""KL divergence of normal distributions from a normal prior: the KL term of a variational autoencoder.

    It returns one number per latent dimension. An autoencoder's objective sums them: pass the latent axis as
    `over` with `reduction="sum"`, then average over the batch. The mean over everything is too small by a
    factor of the number of dimensions.

    .. math:: \ell = \tfrac12 \left( (\mu - \mu_0)^2/v_0 + v/v_0 - 1 - \log (v/v_0) \right)

    Parameters
    ----------
    means : array, shape (...)
        :math:`\mu`.
    variances : array, shape (...)
        :math:`v \ge 0`, with the same shape; or a scalar. If you have log-variances, pass their exponential.
    prior_means : array, shape (...)
        :math:`\mu_0`, with the same shape; or a scalar.
    prior_variances : array, shape (...)
        :math:`v_0 \ge 0`, with the same shape; or a scalar.

    Returns
    -------
    array
        In nats, never negative. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ or variances are negative.

    Notes
    -----
    Nothing cancels where the distributions nearly agree. A variance of 0 is at infinite divergence from any
    other.

    `value_and_grad` returns the derivative in the means. For the derivative in the variances, use automatic
    differentiation.

    References
    ----------
    D. P. Kingma, M. Welling, *Auto-encoding variational Bayes*, ICLR 2014, appendix B.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> means, variances = np.array([[1.0, 0.0]]), np.array([[0.25, 1.0]])
    >>> lossary.gaussian_kl_divergence(means, variances, over=-1, reduction="sum").round(6)
    array([0.818147])
    """
    return Call(
        KERNEL,
        means,
        variances,
        prior_means,
        prior_variances,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )

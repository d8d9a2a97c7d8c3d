"""What boosting has to know of a loss beside its derivatives.

A boosted leaf takes the step -Σ grad / Σ hess, so a curvature that is negative, or next to nothing where the
slope is not, sends it off to anywhere. `upper` bounds the curvature from above where that can be done:

* Of σ and softmax cross-entropy the Hessian is positive. That of a softmax is a matrix, of which a leaf sees
  the diagonal p(1-p) alone. As the others in a row sum up to as much, twice the diagonal bounds the matrix.
* Of the focal losses one term is negative. With q = 1-p and F = q^γ·(-log p) it is -γ·p·q·F for σ (see the
  formulas of `sigmoid_focal`). For softmax and the label c it is -γ·(p_j²·p_c/q_c)·F at j ≠ c, and as
  p_j ≤ q_c and p_c ≤ q_j that is at least -γ·p_j·q_j·F. For γ < 1 the term γ(γ-1)·(p_j·p_c/q_c)²·F is
  negative as well, but no larger than the positive γ·p_j·q_j·(p_c/q_c)·F. So h + γ·p·q·F bounds the diagonal,
  and is never negative.
* Huber's curvature is 1 inside and 0 outside: 1 bounds it. Likewise 1/β and 2.

Where there is no such bound, max(hess, |grad|) takes its place, and no leaf steps further than 1. So it is of
`log_poisson` and `log_cosh`, although they are convex: their curvature of the moment, e^s and 1 - tanh², says
nothing of that at the end of a long step, and boosting with it diverges.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np

import lossary
from lossary import _math
from lossary._backend._numpy_formulas import FORMULAS
from lossary._typing import Loss

Values = np.ndarray[Any, Any]
Link = Literal["sigmoid", "softmax"]


class Point(NamedTuple):
    """The loss of each row and its derivatives, all of them weighted."""

    raw: Values
    value: Values
    grad: Values
    hess: Values
    weights: Values
    """Shaped to broadcast against `raw`."""


Curvature = Callable[[Point, Mapping[str, Any]], Values]


class Kind(NamedTuple):
    upper: Curvature | None = None
    link: Link | None = None
    """What makes probabilities of the scores."""
    has_thresholds: bool = False
    """Whether scores of classes are not compared with each other, so that it matters where they start."""


def exact(at: Point, options: Mapping[str, Any]) -> Values:
    return at.hess


def step(at: Point, options: Mapping[str, Any]) -> Values:
    return np.maximum(at.hess, np.abs(at.grad))


def sigmoid(x: Values) -> Values:
    return _both(x)[0]


def softmax(x: Values) -> Values:
    return np.asarray(_math.Softmax(x, FORMULAS).p)


def _both(x: Values) -> tuple[Values, Values]:
    with np.errstate(over="ignore"):
        p, q = _math.sigmoids(x, FORMULAS)
    return p, q


def _sigmoid_focal(at: Point, options: Mapping[str, Any]) -> Values:
    p, q = _both(at.raw)
    return np.asarray(at.hess + options["gamma"] * p * q * at.value)


def _softmax_focal(at: Point, options: Mapping[str, Any]) -> Values:
    of = _math.Softmax(at.raw, FORMULAS)
    return np.asarray(2.0 * (at.hess + options["gamma"] * of.p * of.q * at.value[:, None]))


def _softmax_cross_entropy(at: Point, options: Mapping[str, Any]) -> Values:
    # The curvature of a z-loss is negative where the logarithm is.
    return 2.0 * at.hess if options["z_weight"] == 0 else step(at, options)


def _at_most(bound: Callable[[Mapping[str, Any]], float]) -> Curvature:
    """A bound of the curvature that depends on the options alone."""

    def upper(at: Point, options: Mapping[str, Any]) -> Values:
        return at.weights * np.full_like(at.raw, bound(options))

    return upper


def _of_side(share: float) -> float:
    """How much the side counts that counts more."""
    return max(share, 1.0 - share)


KINDS: dict[Loss, Kind] = {
    lossary.sigmoid_binary_cross_entropy: Kind(exact, "sigmoid"),
    lossary.logistic: Kind(exact, "sigmoid"),
    lossary.sigmoid_focal: Kind(_sigmoid_focal, "sigmoid"),
    lossary.sigmoid_asymmetric: Kind(None, "sigmoid"),
    lossary.sigmoid_quality_focal: Kind(None, "sigmoid"),
    lossary.squared_hinge: Kind(_at_most(lambda o: 2.0)),
    lossary.squared_error: Kind(exact),
    lossary.half_squared_error: Kind(exact),
    lossary.huber: Kind(_at_most(lambda o: 1.0)),
    lossary.smooth_l1: Kind(_at_most(lambda o: 1.0 / o["beta"])),
    lossary.expectile: Kind(_at_most(lambda o: 2.0 * _of_side(o["level"]))),
    lossary.quantile_huber: Kind(_at_most(lambda o: _of_side(o["quantile"]))),
    lossary.squared_epsilon_insensitive: Kind(_at_most(lambda o: 2.0)),
    lossary.tukey_biweight: Kind(_at_most(lambda o: 1.0)),
    lossary.general_robust: Kind(_at_most(lambda o: 1.0 / o["scale"] ** 2)),
    lossary.sigmoid_ordinal: Kind(exact, has_thresholds=True),
    lossary.sigmoid_conditional_ordinal: Kind(exact, has_thresholds=True),
    lossary.softmax_cross_entropy: Kind(_softmax_cross_entropy, "softmax"),
    lossary.softmax_focal: Kind(_softmax_focal, "softmax"),
    lossary.softmax_poly1: Kind(None, "softmax"),
    lossary.softmax_generalized_cross_entropy: Kind(None, "softmax"),
}
"""Of all others neither is known."""

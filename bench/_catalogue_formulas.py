"""The formula users write by hand for each loss, once for NumPy, JAX and torch, in each one's functions.

They are right on the timed inputs and no others: most overflow, or have no gradient, somewhere.
"""

from collections.abc import Callable
from math import cos, log, pi, sin
from typing import Any

from bench._speed_work import Array

Formula = Callable[..., Any]


def _of_softmax(f: Callable[[Array, Any], Array]) -> Formula:
    """A formula in the label's log-probability, for class ids."""
    return lambda x, ids, xp: xp.mean(f(xp.pick(xp.log_softmax(x), ids), xp))


def _of_probs(f: Callable[[Array, Any], Array]) -> Formula:
    return lambda p, ids, xp: xp.mean(f(xp.pick(p, ids), xp))


def _of_signs(f: Callable[[Array, Any], Array]) -> Formula:
    """A formula in the score times the sign of a label, which is 0 or 1."""
    return lambda x, y, xp: xp.mean(f((2 * y - 1) * x, xp))


def _of_errors(f: Callable[[Array, Any], Array]) -> Formula:
    return lambda x, y, xp: xp.mean(f(x - y, xp))


def _huber(e: Array, xp: Any) -> Array:
    a = xp.abs(e)
    return xp.where(a <= 1, 0.5 * a * a, a - 0.5)


def _sparsemax(m: Array, xp: Any) -> Array:
    return xp.where(m >= 1, 0.0 * m, xp.where(m <= -1, -m, 0.25 * (1 - m) ** 2))


def _bce(x: Array, y: Array, xp: Any) -> Array:
    return xp.relu(x) - x * y + xp.log1p(xp.exp(-xp.abs(x)))


def _sigmoid_focal(x: Array, y: Array, xp: Any) -> Array:
    p = xp.sigmoid(x)
    return xp.mean(_bce(x, y, xp) * (p + y - 2 * p * y) ** 2)


def _binary_focal(p: Array, y: Array, xp: Any) -> Array:
    return xp.mean(-y * (1 - p) ** 2 * xp.log(p) - (1 - y) * p**2 * xp.log(1 - p))


def _divergence(y: Array, log_q: Array, xp: Any) -> Array:
    return xp.sum(y * (xp.log(y) - log_q), -1)


def _jensen_shannon(p: Array, y: Array, xp: Any) -> Array:
    log_m = xp.log(0.5 * (p + y))
    return xp.mean(0.5 * _divergence(p, log_m, xp) + 0.5 * _divergence(y, log_m, xp))


def _unit(x: Array, xp: Any) -> Array:
    return x / xp.sqrt(xp.sum(x * x, -1))[..., None]


def _cosine(a: Array, b: Array, xp: Any) -> Array:
    return xp.sum(_unit(a, xp) * _unit(b, xp), -1)


def _cosine_embedding(a: Array, b: Array, y: Array, xp: Any) -> Array:
    c = _cosine(a, b, xp)
    return xp.mean(y * (1 - c) + (1 - y) * xp.relu(c))


def _distance(a: Array, b: Array, xp: Any) -> Array:
    d = a - b
    return xp.sqrt(xp.sum(d * d, -1))


def _tversky_of_each(p: Array, y: Array, xp: Any) -> Array:
    hit = xp.sum(p * y, -1)
    return 1 - hit / (hit + 0.5 * xp.sum(p * (1 - y), -1) + 0.5 * xp.sum((1 - p) * y, -1))


def _tversky(p: Array, y: Array, xp: Any) -> Array:
    return xp.mean(_tversky_of_each(p, y, xp))


def _generalized_dice(p: Array, y: Array, xp: Any) -> Array:
    w = 1 / xp.sum(y, -1) ** 2
    hit, whole = xp.sum(w * xp.sum(p * y, -1), -1), xp.sum(w * xp.sum(p + y, -1), -1)
    return xp.mean(1 - 2 * hit / whole)


def _rivals(x: Array, ids: Array, xp: Any) -> Array:
    """How far each class is ahead of the label's; -1 for the label itself."""
    is_label = xp.arange(x.shape[-1]) == ids[:, None]
    return xp.where(is_label, -1.0, x - xp.pick(x, ids)[:, None])


def _multi_margin(x: Array, ids: Array, xp: Any) -> Array:
    return xp.mean(xp.sum(xp.relu(1 + _rivals(x, ids, xp)), -1) / x.shape[-1])


def _multiclass_hinge(x: Array, ids: Array, xp: Any) -> Array:
    return xp.mean(xp.relu(1 + xp.max(_rivals(x, ids, xp), -1)))


def _multiclass_perceptron(x: Array, ids: Array, xp: Any) -> Array:
    return xp.mean(xp.max(x, -1) - xp.pick(x, ids))


def _multiclass_sparsemax(x: Array, ids: Array, xp: Any) -> Array:
    ordered = -xp.sort(-x)
    k = xp.cumsum(0 * ordered[0] + 1, -1)
    sums = xp.cumsum(ordered, -1)
    tau = xp.max((sums - 1) / k, -1)
    p = xp.relu(x - tau[:, None])
    return xp.mean(xp.sum(p * (x - 0.5 * p), -1) + 0.5 - xp.pick(x, ids))


def _multilabel_margin(x: Array, y: Array, xp: Any) -> Array:
    each = xp.relu(1 - x[:, :, None] + x[:, None, :]) * y[:, :, None] * (1 - y[:, None, :])
    return xp.mean(xp.sum(xp.sum(each, -1), -1) / x.shape[-1])


def _contrasts(a: Array, b: Array, temperature: float, xp: Any) -> Array:
    return _unit(a, xp) @ xp.transpose(_unit(b, xp)) / temperature


def _info_nce(a: Array, b: Array, xp: Any) -> Array:
    s = _contrasts(a, b, 0.07, xp)
    return xp.mean(xp.logsumexp(s) - xp.diagonal(s))


def _sigmoid_contrastive(a: Array, b: Array, xp: Any) -> Array:
    z = _contrasts(a, b, 0.1, xp) - 10.0
    return xp.mean(xp.sum(_bce(z, xp.eye(len(a)), xp), -1))


def _centered(x: Array, xp: Any) -> Array:
    return x - xp.mean(x, 0)


def _barlow_twins(a: Array, b: Array, xp: Any) -> Array:
    a, b = (_centered(x, xp) for x in (a, b))
    a, b = (x / xp.sqrt(xp.mean(x * x, 0)) for x in (a, b))
    c = xp.transpose(a) @ b / len(a)
    off = xp.where(xp.eye(c.shape[0], True), 0.0, c)
    return xp.sum((1 - xp.diagonal(c)) ** 2) + 0.005 * xp.sum(off * off)


def _spread(x: Array, xp: Any) -> Array:
    x = _centered(x, xp)
    c = xp.transpose(x) @ x / (len(x) - 1)
    off = xp.where(xp.eye(c.shape[0], True), 0.0, c)
    lack = xp.relu(1 - xp.sqrt(xp.diagonal(c) + 1e-4))
    return 25 * xp.mean(lack) + xp.sum(off * off) / c.shape[0]


def _vicreg(a: Array, b: Array, xp: Any) -> Array:
    return 25 * xp.mean((a - b) ** 2) + _spread(a, xp) + _spread(b, xp)


def _among(e: Array, ids: Array, xp: Any) -> tuple[Array, Array]:
    """Cosines of all pairs, and which pairs belong together."""
    e = _unit(e, xp)
    return e @ xp.transpose(e), (ids[:, None] == ids[None, :]) & ~xp.eye(len(ids), True)


def _supervised_contrastive(e: Array, ids: Array, xp: Any) -> Array:
    c, same = _among(e, ids, xp)
    s = xp.where(xp.eye(len(ids), True), -1e9, c / 0.07)
    nll = xp.logsumexp(s)[:, None] - s
    return xp.mean(xp.sum(xp.where(same, nll, 0.0), -1) / xp.sum(same, -1))


def _nt_xent(e: Array, ids: Array, xp: Any) -> Array:
    c, same = _among(e, ids, xp)
    s = c / 0.07
    far = xp.where(same | xp.eye(len(ids), True), -1e9, s)
    nll = xp.logaddexp(s, xp.logsumexp(far)[:, None]) - s
    return xp.mean(xp.sum(xp.where(same, nll, 0.0), -1) / xp.sum(same, -1))


def _circle(e: Array, ids: Array, xp: Any) -> Array:
    c, same = _among(e, ids, xp)
    other = ~(same | xp.eye(len(ids), True))
    near = xp.where(same, -80 * xp.relu(1.4 - c) * (c - 0.6), -1e9)
    far = xp.where(other, 80 * xp.relu(c + 0.4) * (c - 0.4), -1e9)
    return xp.mean(xp.softplus(xp.logsumexp(near) + xp.logsumexp(far)))


def _multi_similarity(e: Array, ids: Array, xp: Any) -> Array:
    c, same = _among(e, ids, xp)
    other = ~(same | xp.eye(len(ids), True))
    near = xp.logsumexp(xp.where(same, -2 * (c - 0.5), -1e9))
    far = xp.logsumexp(xp.where(other, 50 * (c - 0.5), -1e9))
    return xp.mean(xp.softplus(near) / 2 + xp.softplus(far) / 50)


def _linear(h: Array, w: Array, ids: Array, xp: Any) -> Array:
    return xp.mean(-xp.pick(xp.log_softmax(h @ xp.transpose(w)), ids))


def _tukey(e: Array, xp: Any) -> Array:
    v = 1 - (e / 4.685) ** 2
    return xp.where(v > 0, 4.685**2 / 6 * (1 - v**3), 4.685**2 / 6)


def _negative_binomial(m: Array, y: Array, a: Array, xp: Any) -> Array:
    r = 1 / a
    rising = xp.gammaln(y + r) - xp.gammaln(r)
    return xp.mean((y + r) * xp.log(1 + a * m) - y * xp.log(a * m) - rising)


def _zero_inflated_poisson(s: Array, y: Array, z: Array, xp: Any) -> Array:
    rate = xp.exp(s)
    return xp.mean(xp.softplus(z) + xp.where(y > 0, rate - y * s, -xp.logaddexp(z, -rate)))


def _gaussian_crps(x: Array, y: Array, v: Array, xp: Any) -> Array:
    sd = xp.sqrt(v)
    w = (x - y) / sd
    bell = xp.exp(-0.5 * w * w) * (2 / pi) ** 0.5
    return xp.mean(sd * (w * xp.erf(w * 0.5**0.5) + bell - pi**-0.5))


def _crps_ensemble(x: Array, y: Array, xp: Any) -> Array:
    m = x.shape[-1]
    places = 2 * xp.arange(m) - (m - 1)
    return xp.mean(xp.sum(xp.abs(x - y[:, None]), -1) / m - xp.sum(xp.sort(x) * places, -1) / m**2)


def _cox(x: Array, t: Array, e: Array, xp: Any) -> Array:
    order = xp.argsort(-t, -1)
    x = xp.take_along_axis(x - xp.max(x, -1)[:, None], order, -1)
    sums = xp.log(xp.cumsum(xp.exp(x), -1)) - x
    return xp.mean(xp.sum(xp.take_along_axis(e, order, -1) * sums, -1))


def _list_mle(x: Array, y: Array, xp: Any) -> Array:
    return _cox(x, -y, xp.ones_like(y), xp)


def _pairwise_logistic(x: Array, y: Array, xp: Any) -> Array:
    pairs = xp.softplus(x[:, None, :] - x[:, :, None])
    return xp.mean(xp.sum(xp.sum(xp.where(y[:, :, None] > y[:, None, :], pairs, 0), -1), -1))


def _discrete_hazard(x: Array, k: Array, e: Array, xp: Any) -> Array:
    j, k, e = xp.arange(x.shape[-1]), k[:, None], e[:, None]
    at = xp.where(j == k, xp.softplus(x) - e * x, 0)
    return xp.mean(xp.sum(xp.where(j < k, xp.softplus(x), at), -1))


def _interval_score(x: Array, y: Array, xp: Any) -> Array:
    low, high = x[:, 0], x[:, 1]
    return xp.mean(high - low + 20 * (xp.relu(low - y) + xp.relu(y - high)))


def _brier(p: Array, ids: Array, xp: Any) -> Array:
    one_hot = xp.where(xp.arange(p.shape[-1]) == ids[:, None], 1.0, 0.0)
    return xp.mean(xp.sum((p - one_hot) ** 2, -1))


def _iou(p: Array, t: Array, xp: Any) -> tuple[Array, Array, Array]:
    """1 - IoU; the union; and the sides of the box around both."""
    low, high = xp.maximum(p[:, :2], t[:, :2]), xp.minimum(p[:, 2:], t[:, 2:])
    around = xp.maximum(p[:, 2:], t[:, 2:]) - xp.minimum(p[:, :2], t[:, :2])
    sizes, shared = [b[:, 2:] - b[:, :2] for b in (p, t)], xp.relu(high - low)
    areas = [s[:, 0] * s[:, 1] for s in (*sizes, shared)]
    union = areas[0] + areas[1] - areas[2]
    return 1 - areas[2] / union, union, around


def _generalized_iou(p: Array, t: Array, xp: Any) -> Array:
    loss, union, around = _iou(p, t, xp)
    return xp.mean(loss + 1 - union / (around[:, 0] * around[:, 1]))


def _distance_iou_of_each(p: Array, t: Array, xp: Any) -> Array:
    loss, _, around = _iou(p, t, xp)
    apart = (p[:, :2] + p[:, 2:] - t[:, :2] - t[:, 2:]) / 2
    return loss + xp.sum(apart * apart, -1) / xp.sum(around * around, -1)


def _complete_iou(p: Array, t: Array, xp: Any) -> Array:
    angles = [xp.arctan((b[:, 2] - b[:, 0]) / (b[:, 3] - b[:, 1])) for b in (p, t)]
    v = (2 / pi * (angles[0] - angles[1])) ** 2
    return xp.mean(_distance_iou_of_each(p, t, xp) + v * v / (_iou(p, t, xp)[0] + v))


def _lovasz(m: Array, y: Array, xp: Any) -> Array:
    order = xp.argsort(-m)
    m, y = xp.relu(xp.take_along_axis(m, order, -1)), xp.take_along_axis(y, order, -1)
    every = xp.sum(y, -1)[..., None]
    loss = 1 - (every - xp.cumsum(y, -1)) / (every + xp.cumsum(1 - y, -1))
    return xp.mean(loss[..., 0] * m[..., 0] + xp.sum((loss[..., 1:] - loss[..., :-1]) * m[..., 1:], -1))


def _asymmetric(x: Array, y: Array, xp: Any) -> Array:
    p = xp.sigmoid(x)
    q = xp.relu(p - 0.05)
    return xp.mean(-y * (1 - p) * xp.log(p) - (1 - y) * q**4 * xp.log(1 - q))


def _quality_focal(x: Array, y: Array, xp: Any) -> Array:
    return xp.mean(_bce(x, y, xp) * (xp.sigmoid(x) - y) ** 2)


def _margin(turn: Callable[[Array, Any], Array]) -> Formula:
    """Cross-entropy of cosines of which the label's is changed."""

    def of_rows(c: Array, ids: Array, xp: Any) -> Array:
        is_label = xp.arange(c.shape[-1]) == ids[:, None]
        return xp.mean(-xp.pick(xp.log_softmax(64 * xp.where(is_label, turn(c, xp), c)), ids))

    return of_rows


def _linear_arcface(h: Array, w: Array, ids: Array, xp: Any) -> Array:
    c = _unit(h, xp) @ xp.transpose(_unit(w, xp))
    return _margin(_turned)(c, ids, xp)


def _turned(c: Array, xp: Any) -> Array:
    return c * cos(0.5) - xp.sqrt((1 - c) * (1 + c)) * sin(0.5)


def _ordinal(x: Array, ids: Array, xp: Any) -> Array:
    above = xp.arange(x.shape[-1]) < ids[:, None]
    return xp.mean(xp.sum(xp.softplus(xp.where(above, -x, x)), -1))


def _conditional_ordinal(x: Array, ids: Array, xp: Any) -> Array:
    place = xp.arange(x.shape[-1])
    each = xp.softplus(xp.where(place < ids[:, None], -x, x))
    return xp.mean(xp.sum(xp.where(place <= ids[:, None], each, 0.0), -1))


def _distribution_focal(x: Array, y: Array, xp: Any) -> Array:
    hat = xp.relu(1 - xp.abs(xp.arange(x.shape[-1]) - y[:, None]))
    return xp.mean(-xp.sum(hat * xp.log_softmax(x), -1))


FORMULAS: dict[str, Formula] = {
    "iou": lambda p, t, xp: xp.mean(_iou(p, t, xp)[0]),
    "generalized_iou": _generalized_iou,
    "distance_iou": lambda p, t, xp: xp.mean(_distance_iou_of_each(p, t, xp)),
    "complete_iou": _complete_iou,
    "focal_tversky": lambda p, y, xp: xp.mean(_tversky_of_each(p, y, xp) ** 0.75),
    "sigmoid_focal_tversky": lambda x, y, xp: xp.mean(_tversky_of_each(xp.sigmoid(x), y, xp) ** 0.75),
    "lovasz": lambda p, y, xp: _lovasz(xp.abs(p - y), y, xp),
    "lovasz_softmax": lambda p, y, xp: _lovasz(xp.abs(p - y), y, xp),
    "lovasz_hinge": lambda x, y, xp: _lovasz(1 - (2 * y - 1) * x, y, xp),
    "contrastive": lambda d, y, xp: xp.mean(y * d * d + (1 - y) * xp.relu(1 - d) ** 2),
    "multi_similarity": _multi_similarity,
    "sigmoid_asymmetric": _asymmetric,
    "sigmoid_quality_focal": _quality_focal,
    "cosface": _margin(lambda c, xp: c - 0.35),
    "arcface": _margin(_turned),
    "linear_arcface": _linear_arcface,
    "sigmoid_ordinal": _ordinal,
    "sigmoid_conditional_ordinal": _conditional_ordinal,
    "softmax_distribution_focal": _distribution_focal,
    "orpo": lambda c, r, xp: xp.mean(xp.softplus(r - c + xp.log(1 - xp.exp(c)) - xp.log(1 - xp.exp(r)))),
    "expectile": _of_errors(lambda e, xp: 0.5 * e * e),
    "epsilon_insensitive": _of_errors(lambda e, xp: xp.relu(xp.abs(e) - 0.1)),
    "squared_epsilon_insensitive": _of_errors(lambda e, xp: xp.relu(xp.abs(e) - 0.1) ** 2),
    "general_robust": _of_errors(lambda e, xp: xp.sqrt(1 + e * e) - 1),
    "tukey_biweight": _of_errors(_tukey),
    "quantile_huber": _of_errors(lambda e, xp: xp.where(e > 0, 0.5, 0.5) * _huber(e, xp)),
    "symmetric_absolute_percentage_error": lambda x, y, xp: xp.mean(
        2 * xp.abs(x - y) / (xp.abs(x) + xp.abs(y))
    ),
    "interval_score": _interval_score,
    "log_gamma_nll": lambda s, y, xp: xp.mean(y * xp.exp(-s) + s),
    "log_tweedie": lambda s, y, xp: xp.mean(2 * y * xp.exp(-0.5 * s) + 2 * xp.exp(0.5 * s)),
    "negative_binomial": _negative_binomial,
    "log_negative_binomial": lambda s, y, a, xp: _negative_binomial(xp.exp(s), y, a, xp),
    "student_t_nll": lambda x, y, s, xp: xp.mean(2.5 * xp.log1p(((x - y) / s) ** 2 / 4) + xp.log(s)),
    "laplace_nll": lambda x, y, b, xp: xp.mean(xp.log(b) + xp.abs(x - y) / b),
    "zero_inflated_poisson": _zero_inflated_poisson,
    "gaussian_crps": _gaussian_crps,
    "crps_ensemble": _crps_ensemble,
    "gaussian_kl_divergence": lambda x, v, y, w, xp: (
        0.5 * xp.mean((x - y) ** 2 / w + v / w - 1 - xp.log(v / w))
    ),
    "brier": _brier,
    "dpo": lambda c, r, xp: xp.mean(xp.softplus(-0.1 * (c - r))),
    "ipo": lambda c, r, xp: xp.mean((c - r - 5) ** 2),
    "simpo": lambda c, r, xp: xp.mean(xp.softplus(0.5 - 2 * (c - r))),
    "kto": lambda x, y, k, xp: xp.mean(1 - xp.sigmoid((2 * y - 1) * 0.1 * (x - k))),
    "absolute_error": _of_errors(lambda e, xp: xp.abs(e)),
    "absolute_percentage_error": lambda x, y, xp: xp.mean(xp.abs(x - y) / xp.abs(y)),
    "half_squared_error": _of_errors(lambda e, xp: 0.5 * e * e),
    "huber": _of_errors(_huber),
    "log_cosh": _of_errors(lambda e, xp: e + xp.softplus(-2 * e) - log(2)),
    "pinball": _of_errors(lambda e, xp: xp.where(e > 0, 0.5 * e, -0.5 * e)),
    "pseudo_huber": _of_errors(lambda e, xp: xp.sqrt(1 + e * e) - 1),
    "smooth_l1": _of_errors(_huber),
    "squared_error": _of_errors(lambda e, xp: e * e),
    "squared_log_error": lambda x, y, xp: xp.mean((xp.log1p(x) - xp.log1p(y)) ** 2),
    "gaussian_nll": lambda x, y, v, xp: xp.mean(0.5 * (xp.log(v) + (x - y) ** 2 / v)),
    "log_poisson": lambda x, y, xp: xp.mean(xp.exp(x) - y * x),
    "poisson": lambda x, y, xp: xp.mean(x - y * xp.log(x)),
    "sigmoid_binary_cross_entropy": lambda x, y, xp: xp.mean(_bce(x, y, xp)),
    "sigmoid_focal": _sigmoid_focal,
    "binary_cross_entropy": lambda p, y, xp: xp.mean(-y * xp.log(p) - (1 - y) * xp.log(1 - p)),
    "binary_focal": _binary_focal,
    "multilabel_soft_margin": lambda x, y, xp: xp.mean(xp.mean(_bce(x, y, xp), -1)),
    "hinge": _of_signs(lambda m, xp: xp.relu(1 - m)),
    "squared_hinge": _of_signs(lambda m, xp: xp.relu(1 - m) ** 2),
    "logistic": _of_signs(lambda m, xp: xp.softplus(-m)),
    "perceptron": _of_signs(lambda m, xp: xp.relu(-m)),
    "sparsemax": _of_signs(_sparsemax),
    "softmax_cross_entropy": _of_softmax(lambda lp, xp: -lp),
    "softmax_focal": _of_softmax(lambda lp, xp: -((1 - xp.exp(lp)) ** 2) * lp),
    "softmax_poly1": _of_softmax(lambda lp, xp: 1 - xp.exp(lp) - lp),
    "softmax_generalized_cross_entropy": _of_softmax(lambda lp, xp: 2 * (1 - xp.exp(0.5 * lp))),
    "negative_log_likelihood": _of_probs(lambda lp, xp: -lp),
    "categorical_cross_entropy": _of_probs(lambda p, xp: -xp.log(p)),
    "categorical_focal": _of_probs(lambda p, xp: -((1 - p) ** 2) * xp.log(p)),
    "generalized_cross_entropy": _of_probs(lambda p, xp: 2 * (1 - xp.sqrt(p))),
    "multi_margin": _multi_margin,
    "multiclass_hinge": _multiclass_hinge,
    "multiclass_perceptron": _multiclass_perceptron,
    "multiclass_sparsemax": _multiclass_sparsemax,
    "multilabel_margin": _multilabel_margin,
    "cox": _cox,
    "list_mle": _list_mle,
    "pairwise_logistic": _pairwise_logistic,
    "discrete_hazard": _discrete_hazard,
    "softmax_ranking": lambda x, y, xp: xp.mean(-xp.sum(y * xp.log_softmax(x), -1)),
    "kl_divergence": lambda p, y, xp: xp.mean(_divergence(y, xp.log(p), xp)),
    "log_kl_divergence": lambda lp, y, xp: xp.mean(_divergence(y, lp, xp)),
    "generalized_kl_divergence": lambda x, y, xp: xp.mean(xp.sum(xp.exp(x) - y + y * (xp.log(y) - x), -1)),
    "softmax_kl_divergence": lambda x, y, xp: xp.mean(_divergence(y, xp.log_softmax(x), xp)),
    "jensen_shannon": _jensen_shannon,
    "softmax_jensen_shannon": lambda x, y, xp: _jensen_shannon(xp.exp(xp.log_softmax(x)), y, xp),
    "cosine_similarity": lambda a, b, xp: xp.mean(_cosine(a, b, xp)),
    "cosine_distance": lambda a, b, xp: xp.mean(1 - _cosine(a, b, xp)),
    "cosine_embedding": _cosine_embedding,
    "hinge_embedding": lambda d, y, xp: xp.mean(y * d + (1 - y) * xp.relu(1 - d)),
    "margin_ranking": lambda x, o, y, xp: xp.mean(xp.relu((1 - 2 * y) * (x - o))),
    "triplet": lambda n, f, xp: xp.mean(xp.relu(1 + n - f)),
    "triplet_margin": lambda a, p, n, xp: xp.mean(xp.relu(1 + _distance(a, p, xp) - _distance(a, n, xp))),
    "dice": _tversky,
    "tversky": _tversky,
    "sigmoid_dice": lambda x, y, xp: _tversky(xp.sigmoid(x), y, xp),
    "sigmoid_tversky": lambda x, y, xp: _tversky(xp.sigmoid(x), y, xp),
    "generalized_dice": _generalized_dice,
    "barlow_twins": _barlow_twins,
    "vicreg": _vicreg,
    "info_nce": _info_nce,
    "sigmoid_contrastive": _sigmoid_contrastive,
    "nt_xent": _nt_xent,
    "supervised_contrastive": _supervised_contrastive,
    "circle": _circle,
    "linear_cross_entropy": _linear,
}

"""The focal loss, and with gamma 0 the cross-entropy, term by term, to the second derivative.

p is the probability of the right class, q = 1 - p, l = -log p, m = q^gamma. At the ends of the range the
limits are written out, because no formula gives them.
"""

from collections.abc import Iterable
from functools import lru_cache
from itertools import accumulate
from typing import Any, NamedTuple

import mpmath as mp

_ZERO, _ONE = mp.mpf(0), mp.mpf(1)


class Signed(NamedTuple):
    """The sum of the positive terms, and that of the negative terms without their sign."""

    up: Any
    down: Any


def signed(terms: Iterable[Any]) -> Signed:
    terms = list(terms)
    return Signed(mp.fsum(t for t in terms if t > 0), -mp.fsum(t for t in terms if t < 0))


def focal_of_prob(p: Any, q: Any, gamma: float) -> list[list[Any]]:
    """q^gamma·(-log p) and its derivatives in p. One-sided at the ends."""
    g = mp.mpf(gamma)
    if p <= 0:
        return [[mp.inf], [mp.ninf], [mp.inf]]
    if q <= 0:
        slope, curvature = (-_ONE, _ONE) if g == 0 else (_ZERO, g * (g + 1) if g <= 1 else _ZERO)
        return [[_ZERO], [slope], [mp.inf if 0 < g < 1 else curvature]]
    m = q**g
    nll = -mp.log1p(-q) if q < p else -mp.log(p)
    return [
        [m * nll],
        [-g * m / q * nll, -m / p],
        [g * (g - 1) * m / q**2 * nll, 2 * g * m / q / p, m / p**2],
    ]


def focal_of_logit(u: Any, gamma: float) -> list[list[Any]]:
    """The same with p = 1/(1 + exp(-u)), in u: l' = -q, q' = -p·q, m' = -gamma·m·p."""
    g = mp.mpf(gamma)
    if mp.isinf(u):
        return [[_ZERO], [_ZERO], [_ZERO]] if u > 0 else [[mp.inf], [-_ONE], [_ZERO]]
    p, q, nll = 1 / (1 + mp.exp(-u)), 1 / (1 + mp.exp(u)), mp.log1p(mp.exp(-u))
    m = q**g
    return [
        [m * nll],
        [-g * m * p * nll, -m * q],
        [g**2 * m * p**2 * nll, -g * m * p * q * nll, 2 * g * m * p * q, m * p * q],
    ]


class _Class(NamedTuple):
    """f = t·m·l of one class and, as a function of l, f' and the two sides of f''."""

    value: Any
    first: Any
    second: Signed


def focal_of_row(z: list[Any], target: list[Any], gamma: float) -> tuple[Signed, list[Signed], list[Signed]]:
    """Value, gradient and diagonal Hessian of a softmax with the focal loss.

    As dl_c/dz_j = p_j - [j = c] and d²l_c/dz_j² = p_j·q_j:
    grad_j = p_j·sum_{c≠j} f'_c - q_j·f'_j,
    hess_j = p_j²·sum_{c≠j} f''_c + q_j²·f''_j + p_j·q_j·sum_c f'_c.
    """
    p, q, nll = _softmax(tuple(z))
    each = [_of_class(t, *pql, mp.mpf(gamma)) for t, *pql in zip(target, p, q, nll, strict=True)]
    first = [c.first for c in each]
    ups, downs = [c.second.up for c in each], [c.second.down for c in each]
    grads = [
        Signed(pj * others, qj * own)
        for pj, qj, own, others in zip(p, q, first, _without_each(first), strict=True)
    ]
    pull = mp.fsum(first)
    hesses = [
        Signed(pj**2 * up + qj**2 * own.second.up + pj * qj * pull, pj**2 * down + qj**2 * own.second.down)
        for pj, qj, own, up, down in zip(p, q, each, _without_each(ups), _without_each(downs), strict=True)
    ]
    return Signed(mp.fsum(c.value for c in each), _ZERO), grads, hesses


def _of_class(t: Any, p: Any, q: Any, nll: Any, g: Any) -> _Class:
    if not t or not q:  # certain and right: all factors of these are 0
        return _Class(_ZERO, _ZERO, Signed(_ZERO, _ZERO))
    m = q**g
    if not p:  # impossible: p·l tends to 0
        return _Class(mp.inf, t, Signed(_ZERO, _ZERO))
    odds = p / q
    second = signed(
        t * m * v for v in (2 * g * odds, g * (g - 1) * odds**2 * nll, -g * odds * nll)
    )  # dp/dl = -p, dq/dl = p
    return _Class(t * m * nll, t * m * (1 + g * odds * nll), second)


@lru_cache(64)
def _softmax(z: tuple[Any, ...]) -> tuple[list[Any], list[Any], list[Any]]:
    """p, 1 - p and -log p for each class. -inf is impossible; a single +inf is certain."""
    top = max(z)
    if top == mp.inf:
        certain = [x == mp.inf for x in z]
        return (
            [_ONE if c else _ZERO for c in certain],
            [_ZERO if c else _ONE for c in certain],
            [_ZERO if c else mp.inf for c in certain],
        )
    e = [_ZERO if x == mp.ninf else mp.exp(x - top) for x in z]
    others = _without_each(e)
    total = mp.fsum(e)
    nll = [mp.log1p(rest / own) if own else mp.inf for own, rest in zip(e, others, strict=True)]
    return [own / total for own in e], [rest / total for rest in others], nll


def _without_each(parts: list[Any]) -> list[Any]:
    """For each, the sum of all others, without subtraction, so that no digits are lost."""
    before = list(accumulate(parts, initial=_ZERO))
    after = list(accumulate(reversed(parts), initial=_ZERO))[::-1]
    return [before[j] + after[j + 1] for j in range(len(parts))]

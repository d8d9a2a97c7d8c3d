"""The z-loss λ·L² with L = log Σ exp(z_k), which keeps logits in the range where exponentials are accurate.

Because dL/dz_j = p_j, with q = 1 - p and τ(v)_j = v_j - Σ p_k·v_k:

grad   2λ·L·p_j
hess   2λ·p_j·(p_j + L·q_j)
hvp    2λ·p_j·(Σ p_k·v_k + L·τ(v)_j)
"""

from typing import Any

from lossary._math import log_sum_exp, softmax, softmax_tangent, times, total
from lossary._typing import Array, Number


def value(z: Array, z_weight: Number, xp: Any) -> Array:
    level = log_sum_exp(z, softmax(z, xp), xp)
    return z_weight * level * level


def grad(z: Array, z_weight: Number, xp: Any) -> Array:
    at = softmax(z, xp)
    return 2.0 * z_weight * times(at.p, log_sum_exp(z, at, xp)[..., None], xp)


def hess(z: Array, z_weight: Number, xp: Any) -> Array:
    at = softmax(z, xp)
    level = log_sum_exp(z, at, xp)[..., None]
    return 2.0 * z_weight * (at.p * at.p + times(at.p * at.q, level, xp))


def hvp(v: Array, z: Array, z_weight: Number, xp: Any) -> Array:
    at = softmax(z, xp)
    level = log_sum_exp(z, at, xp)[..., None]
    along = times(at.p, level, xp) * softmax_tangent(v, at, xp)
    return 2.0 * z_weight * (at.p * total(at.p * v, xp) + along)

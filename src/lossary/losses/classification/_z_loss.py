"""The z-loss λ·L² with L = log Σ exp(z_k), which keeps logits in the range where exponentials are accurate.

Because dL/dz_j = p_j, with q = 1 - p and τ(v)_j = v_j - Σ p_k·v_k:

grad   2λ·L·p_j
hess   2λ·p_j·(p_j + L·q_j)
hvp    2λ·p_j·(Σ p_k·v_k + L·τ(v)_j)
"""

from typing import Any

from lossary._math import Softmax, softmax_tangent, times, total
from lossary._typing import Array, Number


def value(z: Array, z_weight: Number, xp: Any) -> Array:
    level = Softmax(z, xp).log_sum_exp
    return z_weight * level * level


def grad(z: Array, z_weight: Number, xp: Any) -> Array:
    at = Softmax(z, xp)
    return 2.0 * z_weight * times(at.p, at.log_sum_exp[..., None], xp)


def hess(z: Array, z_weight: Number, xp: Any) -> Array:
    at = Softmax(z, xp)
    level = at.log_sum_exp[..., None]
    return 2.0 * z_weight * (at.p * at.p + times(at.p * at.q, level, xp))


def hvp(v: Array, z: Array, z_weight: Number, xp: Any) -> Array:
    at = Softmax(z, xp)
    level = at.log_sum_exp[..., None]
    along = times(at.p, level, xp) * softmax_tangent(v, at, xp)
    return 2.0 * z_weight * (at.p * total(at.p * v, xp) + along)

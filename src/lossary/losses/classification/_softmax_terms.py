"""Derivatives in the logits of Σ_c t_c·f(l_c), a sum over the classes with l = -log p.

As dl_c/dz_j = p_j - [j = c] and d²l_c/dz_j² = p_j·q_j, with q = 1 - p:

grad   p_j·Σ_{c≠j} t_c·f'_c - q_j·t_j·f'_j
hess   p_j²·Σ_{c≠j} t_c·f''_c + q_j²·t_j·f''_j + p_j·q_j·Σ_c t_c·f'_c
hvp    with w_j = v_j - Σ p_k·v_k: p_j·w_j·Σ_c t_c·f'_c + q_j·t_j·f''_j·w_j - p_j·Σ_{c≠j} t_c·f''_c·w_c
"""

from typing import Any, NamedTuple

from lossary._math import Softmax, others, softmax_tangent, total
from lossary._typing import Array


class Slopes(NamedTuple):
    at: Softmax
    first: Array
    """t·f'"""
    second: Array
    """t·f''"""


def grad(slopes: Slopes, xp: Any) -> Array:
    at, first, _ = slopes
    return at.p * others(first, at.largest, xp) - at.q * first


def hess(slopes: Slopes, xp: Any) -> Array:
    at, first, second = slopes
    p, q, _, largest = at
    return p * (p * others(second, largest, xp)) + q * (q * second) + p * q * total(first, xp)


def hvp(v: Array, slopes: Slopes, xp: Any) -> Array:
    at, first, second = slopes
    w = softmax_tangent(v, at, xp)
    sw = second * w
    return at.p * w * total(first, xp) + at.q * sw - at.p * others(sw, at.largest, xp)

"""Stable mathematics over any array namespace, right at kinks, at infinities and in the tails.

Functions here trust only ``exp``, ``log``, ``log1p`` of what is not negative, ``sqrt`` and arithmetic:
the rest is inaccurate on one backend or another. XLA:CPU fuses what is used once or twice, and keeps what is
used more often in memory: so a formula should mention its inputs as seldom as it can.
"""

from lossary._math._basics import (
    absolute,
    by_sign,
    is_differentiated,
    is_number,
    is_quick,
    least,
    log1m,
    negative_part,
    positive,
    reciprocal,
    relu,
    sign,
    times,
)
from lossary._math._divergence import divergence, exp_beyond, log_ratio, one_minus_exp
from lossary._math._power import power
from lossary._math._rows import others, pick, positions, total
from lossary._math._sigmoid import sigmoids, softplus_tail
from lossary._math._softmax import (
    Softmax,
    log_sum_exp,
    neg_log_softmax,
    softmax,
    softmax_minus_label,
    softmax_tangent,
)

__all__ = [
    "Softmax",
    "absolute",
    "by_sign",
    "divergence",
    "exp_beyond",
    "is_differentiated",
    "is_number",
    "is_quick",
    "least",
    "log1m",
    "log_ratio",
    "log_sum_exp",
    "neg_log_softmax",
    "negative_part",
    "one_minus_exp",
    "others",
    "pick",
    "positions",
    "positive",
    "power",
    "reciprocal",
    "relu",
    "sigmoids",
    "sign",
    "softmax",
    "softmax_minus_label",
    "softmax_tangent",
    "softplus_tail",
    "times",
    "total",
]

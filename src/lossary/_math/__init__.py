"""Stable mathematics over any array namespace, right at kinks, at infinities and in the tails.

Functions here trust only ``exp``, ``log``, ``log1p`` of what is not negative, ``sqrt`` and arithmetic:
the rest is inaccurate on one backend or another. XLA:CPU fuses what is used once or twice, and keeps what is
used more often in memory: so a formula should mention its inputs as seldom as it can.
"""

from lossary._math._basics import (
    absolute,
    by_sign,
    is_number,
    least,
    negative_part,
    positive,
    reciprocal,
    relu,
    sign,
    signed_times,
    step,
    times,
)
from lossary._math._bell import bell
from lossary._math._cosine import Cosine, cosine
from lossary._math._divergence import divergence, exp_beyond, exp_quotient, log1mexp, log_ratio, one_minus_exp
from lossary._math._erf import erf
from lossary._math._exactly import difference
from lossary._math._gamma import log_factorial, log_rising
from lossary._math._hyperbolic import log_cosh, sech_squared, tanh
from lossary._math._log1p import log1p_rest, log1p_square
from lossary._math._logsumexp import LogSum, log_sum
from lossary._math._norm import norm, norm_grad, norm_hess, norm_hvp
from lossary._math._power import power
from lossary._math._rows import besides, largest, others, put, total
from lossary._math._scale import scaled
from lossary._math._sigmoid import sigmoid, sigmoids, softplus_tail, softpluses
from lossary._math._softmax import (
    OfLabel,
    Softmax,
    log_sum_exp,
    neg_log_softmax,
    neg_log_softmax_and_slope,
    softmax,
    softmax_minus_label,
    softmax_of_label,
    softmax_of_label_and_slope,
    softmax_tangent,
)
from lossary._math._times_exp import times_exp

__all__ = [
    "Cosine",
    "LogSum",
    "OfLabel",
    "Softmax",
    "absolute",
    "bell",
    "besides",
    "by_sign",
    "cosine",
    "difference",
    "divergence",
    "erf",
    "exp_beyond",
    "exp_quotient",
    "is_number",
    "largest",
    "least",
    "log1mexp",
    "log1p_rest",
    "log1p_square",
    "log_cosh",
    "log_factorial",
    "log_ratio",
    "log_rising",
    "log_sum",
    "log_sum_exp",
    "neg_log_softmax",
    "neg_log_softmax_and_slope",
    "negative_part",
    "norm",
    "norm_grad",
    "norm_hess",
    "norm_hvp",
    "one_minus_exp",
    "others",
    "positive",
    "power",
    "put",
    "reciprocal",
    "relu",
    "scaled",
    "sech_squared",
    "sigmoid",
    "sigmoids",
    "sign",
    "signed_times",
    "softmax",
    "softmax_minus_label",
    "softmax_of_label",
    "softmax_of_label_and_slope",
    "softmax_tangent",
    "softplus_tail",
    "softpluses",
    "step",
    "tanh",
    "times",
    "times_exp",
    "total",
]

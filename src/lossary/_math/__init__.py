"""Numerically stable mathematics for any array namespace, correct at kinks, at infinities and in the tails.

These functions rely only on ``exp``, ``log``, ``log1p`` of nonnegative values, ``sqrt`` and arithmetic:
everything else is inaccurate on some backend. XLA:CPU fuses values that are used once or twice and stores
values that are used more often, so a formula should use its inputs as few times as possible.
"""

from lossary._math._angle import cos_sin
from lossary._math._basics import (
    absolute,
    by_sign,
    clipped,
    greatest,
    is_number,
    least,
    negative_part,
    positive,
    reciprocal,
    relu,
    signed_times,
    slope_by_sign,
    step,
    times,
)
from lossary._math._bell import bell
from lossary._math._cosine import Cosine, cosine
from lossary._math._divergence import (
    divergence,
    exp_and_rest,
    exp_beyond,
    exp_quotient,
    log_ratio,
    one_minus_exp,
    ratio_beyond,
)
from lossary._math._erf import erf
from lossary._math._exactly import difference
from lossary._math._gamma import log_factorial, log_rising
from lossary._math._hyperbolic import log_cosh, log_cosh_and_tanh, sech_squared, tanh
from lossary._math._log1p import log1p_rest, log1p_square
from lossary._math._logsumexp import LogSum, log_sum
from lossary._math._norm import direction_and_length, norm, norm_grad, norm_hess, norm_hvp
from lossary._math._polynomial import Polynomial, polynomial
from lossary._math._power import power
from lossary._math._rows import besides, largest, others, total
from lossary._math._running import add, exponential, farthest, running
from lossary._math._scale import are_moderate, moderate, scaled, squares_are_exact
from lossary._math._sigmoid import (
    sigmoid,
    sigmoid_and_tail,
    sigmoid_difference,
    sigmoids,
    sigmoids_and_tail,
    softplus_tail,
    softpluses,
)
from lossary._math._softmax import (
    OfLabel,
    OfTwo,
    Softmax,
    neg_log_softmax,
    neg_log_softmax_and_slope,
    softmax_minus_label,
    softmax_of_label,
    softmax_of_label_and_slope,
    softmax_of_two,
    softmax_tangent,
)
from lossary._math._times_exp import times_exp

__all__ = [
    "Cosine",
    "LogSum",
    "OfLabel",
    "OfTwo",
    "Polynomial",
    "Softmax",
    "absolute",
    "add",
    "are_moderate",
    "bell",
    "besides",
    "by_sign",
    "clipped",
    "cos_sin",
    "cosine",
    "difference",
    "direction_and_length",
    "divergence",
    "erf",
    "exp_and_rest",
    "exp_beyond",
    "exp_quotient",
    "exponential",
    "farthest",
    "greatest",
    "is_number",
    "largest",
    "least",
    "log1p_rest",
    "log1p_square",
    "log_cosh",
    "log_cosh_and_tanh",
    "log_factorial",
    "log_ratio",
    "log_rising",
    "log_sum",
    "moderate",
    "neg_log_softmax",
    "neg_log_softmax_and_slope",
    "negative_part",
    "norm",
    "norm_grad",
    "norm_hess",
    "norm_hvp",
    "one_minus_exp",
    "others",
    "polynomial",
    "positive",
    "power",
    "ratio_beyond",
    "reciprocal",
    "relu",
    "running",
    "scaled",
    "sech_squared",
    "sigmoid",
    "sigmoid_and_tail",
    "sigmoid_difference",
    "sigmoids",
    "sigmoids_and_tail",
    "signed_times",
    "slope_by_sign",
    "softmax_minus_label",
    "softmax_of_label",
    "softmax_of_label_and_slope",
    "softmax_of_two",
    "softmax_tangent",
    "softplus_tail",
    "softpluses",
    "squares_are_exact",
    "step",
    "tanh",
    "times",
    "times_exp",
    "total",
]

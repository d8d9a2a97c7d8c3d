"""Stable mathematics over any array namespace, right at kinks, at infinities and in the tails.

Functions here trust only ``exp``, ``log``, ``log1p`` of what is not negative, ``sqrt`` and arithmetic:
the rest is inaccurate on one backend or another. A function with a kink is written with ``where`` whose
branches are each smooth, and the same side wins everywhere at the kink itself: then automatic
differentiation of sums of such functions is right at the kink as well.
"""

from lossary._math._basics import absolute, is_zero, log1m, negative_part, relu, sign, times
from lossary._math._power import exp_of_product, power
from lossary._math._rows import others, pick, positions, total
from lossary._math._sigmoid import sigmoids, softplus_tail
from lossary._math._softmax import Softmax, neg_log_softmax, softmax, softmax_tangent

__all__ = [
    "Softmax",
    "absolute",
    "exp_of_product",
    "is_zero",
    "log1m",
    "neg_log_softmax",
    "negative_part",
    "others",
    "pick",
    "positions",
    "power",
    "relu",
    "sigmoids",
    "sign",
    "softmax",
    "softmax_tangent",
    "softplus_tail",
    "times",
    "total",
]

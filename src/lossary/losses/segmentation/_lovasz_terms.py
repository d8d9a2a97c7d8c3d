"""The Lovász extension of the Jaccard loss of a region, with errors m and labels y.

Errors are taken from the largest down. With I the labels not yet taken, and U all labels plus the other
pixels taken so far, an error of label y increases the Jaccard loss by

ΔJ     (I/U·(1 - y) + y) / (U + 1 - y): 1 - I/U after it minus 1 - I/U before it, without the subtraction
value  Σ ΔJ·max(m, 0)
slope  ΔJ where m > 0; for equal errors, whose order is arbitrary, the mean of their ΔJ
hess   0

The formula also holds for several errors at once. Without any labels, the first error has ΔJ = 1.
"""

from collections.abc import Callable, Sequence
from typing import Any

from lossary._arguments import LABELS
from lossary._check import mistake
from lossary._kernel import Argument, Kernel
from lossary._math import relu, step, times, total
from lossary._typing import Again, Array

Errors = Callable[[Array, Array, Any], tuple[Array, Array]]
"""The errors of predictions, and their derivatives, which are constant."""
_MOST = 2**24
"""The number of pixels that float32 can count."""


def _must_be_countable(m: Array, xp: Any) -> None:
    size = m.shape[-1]
    if isinstance(size, int) and size > _MOST and xp.finfo(m.dtype).bits < 64:
        raise mistake(
            "L202",
            f"lovasz: a region of {size:,} pixels is more than float32 can count",
            f"the largest count is {_MOST:,}",
            why="beyond it, adding a pixel leaves the count unchanged",
            fix="use float64 arrays; or leave the batch out of `axis=`, for one loss per image",
        )


def kernel(name: str, predictions: Argument, errors: Errors, of_logits: str = "") -> Kernel:
    def value(x: Array, y: Array, *, xp: Any) -> Array:
        m, _ = errors(x, y, xp)
        return _value_of(m, y, xp)

    def grad(x: Array, y: Array, *, xp: Any) -> Array:
        m, sign = errors(x, y, xp)
        return sign * value_and_slope(m, y, xp)[1]

    def hess(x: Array, y: Array, *, xp: Any) -> Array:
        return 0.0 * step(x, xp)

    def both(x: Array, y: Array, *, xp: Any, again: Again) -> tuple[Array, Array]:
        m, sign = errors(x, y, xp)
        value, slope = value_and_slope(m, y, xp)
        return value, sign * slope

    takes = (predictions, LABELS)
    return Kernel(name, "(s),(s)->()", takes, value, grad, hess, None, both, of_logits=of_logits)


def value_and_slope(m: Array, y: Array, xp: Any) -> tuple[Array, Array]:
    each = _growth(m, y, xp)
    return xp.sum(times(each, relu(m, xp), xp), axis=-1), each * step(m, xp)


def _value_of(m: Array, y: Array, xp: Any) -> Array:
    _must_be_countable(m, xp)
    if xp.is_differentiated:
        return value_and_slope(m, y, xp)[0]
    order = xp.argsort(-m, axis=-1, stable=False)
    m, y = xp.gather(m, order), xp.gather(y, order)
    return xp.sum(times(_mean_increase(y, None, xp), relu(m, xp), xp), axis=-1)


def _growth(m: Array, y: Array, xp: Any) -> Array:
    """ΔJ of each error, in the order of `m`."""
    _must_be_countable(m, xp)
    order = xp.argsort(-m, axis=-1, stable=False)
    m, y = xp.gather(m, order), xp.gather(y, order)
    return xp.ungather(_mean_increase(y, xp.runs(m, order.dtype), xp), order)


def _mean_increase(y: Array, runs: tuple[Array, Array] | None, xp: Any) -> Array:
    """ΔJ of sorted errors, the mean of each run of equal ones."""
    more = [y, 1.0 - y]
    up_to = [xp.running_total(x) for x in more]
    before = [x - own for x, own in zip(up_to, more, strict=True)]
    if runs is None:
        return _increase(total(y, xp), before, more, xp)
    start, end = runs
    before = [xp.gather(x, start) for x in before]
    more = [xp.gather(x, end) - past for x, past in zip(up_to, before, strict=True)]
    count = xp.astype(end - start, y.dtype) + 1.0
    return _increase(total(y, xp), before, more, xp) / count


def _increase(every: Array, before: Sequence[Array], more: Sequence[Array], xp: Any) -> Array:
    """ΔJ of `more` labels and other pixels after those in `before`, with `every` label counted."""
    left, union = relu(every - before[0], xp), every + before[1]
    none = union == 0
    whole = xp.where(none, 1.0, union)
    return xp.where(none, 1.0, ((left / whole) * more[1] + more[0]) / (whole + more[1]))

"""Apply the mask to the inputs, and turn invalid values that could not be read into NaN.

A masked-out example must have no effect. Its inputs, which may be NaN, infinite or out of range, are replaced
*before* any arithmetic, so neither its value nor its gradient can contaminate the others.
"""

from functools import lru_cache
from math import inf, nan, prod
from typing import Any

from lossary._check import range_of
from lossary._kernel import Domain, Kernel
from lossary._program._domains import bounds, outside
from lossary._program._library import Library
from lossary._program._plan import Plan
from lossary._program._prepare import Inputs
from lossary._typing import Array, Formula

INSIDE_EVERY_DOMAIN = 0.5


def guard(
    library: Library, plan: Plan, inputs: Inputs, where: Array, unread: tuple[str, ...]
) -> tuple[Kernel, tuple[Array, ...], Array]:
    """Return the kernel, the arrays that it may see, and None or 1 and NaN to multiply the weights by."""
    kernel, classes = plan.kernel, plan.classes
    if where is None and not unread:
        return kernel, inputs.arrays, None
    xp = library.xp
    arrays = []
    stains = []
    unsure = []
    for i, (argument, core) in enumerate(zip(kernel.takes, kernel.cores, strict=True)):
        domain, array = argument.domain, inputs.arrays[i]
        if where is not None:
            array = xp.where(where[..., None] if core else where, array, filler(domain, classes))
        if argument.name in unread:
            if domain.is_class_id or core:
                wrong = outside(domain, array, classes, xp)
                stains.append(_stain(xp.any(wrong, axis=-1) if core else wrong, plan.dtype, xp))
                array = xp.where(wrong, 0, array) if domain.is_class_id else array
            elif library.keeps_what_is_shared:
                unsure.append(i)
            else:
                array = _or_nan(domain, array, classes, xp)
        arrays.append(array)
    for name in unread:
        if name in inputs.params:
            wrong = xp.any(range_of(name).excludes(inputs.params[name]))
            stains.append(_stain(wrong, plan.dtype, xp))
    if unsure:
        kernel = _staining(kernel, tuple(unsure))
    return kernel, tuple(arrays), prod(stains[1:], start=stains[0]) if stains else None


def _or_nan(domain: Domain, x: Array, classes: int, xp: Any) -> Array:
    """x, but NaN outside its domain."""
    low, high = bounds(domain, x, xp)
    if low > -inf and high < inf and not (domain.sums_to_one or domain.box):
        return xp.where(xp.within(x, low, high) == x, x, nan)
    return xp.where(outside(domain, x, classes, xp), nan, x)


def _stain(wrong: Array, dtype: Any, xp: Any) -> Array:
    return xp.where(wrong, nan, xp.ones_like(wrong, dtype=dtype))


@lru_cache(maxsize=256)
def _staining(kernel: Kernel, unsure: tuple[int, ...]) -> Kernel:
    """The kernel with NaN in place of arguments outside their domains.

    The kernel does it itself so that value and gradient share no inputs, which XLA:CPU would keep in memory.
    """

    def of(formula: Formula, skipped: int = 0) -> Formula:
        def stained(*arrays: Array, xp: Any, **params: Any) -> Array:
            clean = list(arrays)
            for i in unsure:
                clean[i + skipped] = _stained(clean[i + skipped], kernel.takes[i].domain, xp)
            return formula(*clean, xp=xp, **params)

        return stained

    return Kernel(
        kernel.name,
        kernel.signature,
        kernel.takes,
        of(kernel.value),
        of(kernel.grad),
        of(kernel.hess),
        None if kernel.hvp is None else of(kernel.hvp, 1),
        None if kernel.both is None else of(kernel.both),
    )


def _stained(x: Array, domain: Domain, xp: Any) -> Array:
    """NaN where x is outside its domain."""
    low, high = bounds(domain, x, xp)
    if xp.is_differentiated:
        return xp.where((x < low) | (x > high), nan, x)
    # Uses the square root of a negative number rather than a comparison, which would keep XLA:CPU from fusing
    # the formula with its sum.
    if low > -inf and high < inf:
        root = xp.sqrt((x - low) * (high - x))
    else:
        beyond = low - x if low > -inf else x - high
        root = xp.sqrt(-xp.maximum(beyond, -1.0))
    return x + (root - root)


def filler(domain: Domain, classes: int) -> float:
    """A value inside the domain, for the inputs of masked-out examples."""
    if domain.is_class_id:
        return 0
    if domain.sums_to_one:
        return 1.0 / classes
    return INSIDE_EVERY_DOMAIN if domain.high > 0 else max(domain.low, -1.0)

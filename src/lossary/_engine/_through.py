"""Losses of something computed from what the user passes: of the similarities of embeddings, for instance."""

from collections.abc import Callable
from typing import Any

from lossary._check import mistake
from lossary._engine._evaluate import SIGNATURE, Request, as_written, evaluate
from lossary._kernel import Kernel
from lossary._typing import Array

Link = tuple[tuple[Array, ...], Callable[[Array], Array]]
"""The arrays that the kernel takes; and what makes the derivative in the user's first array of that in the
kernel's first."""


@as_written
def evaluate_through(link: Callable[[Array], Link], kernel: Kernel, first: Array, **options: Any) -> Any:
    """Evaluate a loss of `link(first)`; value and gradient, if a transformation asks for them.

    Automatic differentiation follows the link by itself.
    """
    if first is SIGNATURE:
        return (kernel,)
    if not isinstance(first, Request):
        return evaluate(kernel, *link(first)[0], **options)
    if first.order > 1:
        raise mistake(
            "L006",
            f"{kernel.name}: each input takes part in the losses of all examples, so there is no diagonal"
            " Hessian to return",
            fix="value_and_grad, or jax.hessian",
        )
    (inner, *beside), pull = link(first.array)
    result = evaluate(kernel, first._replace(array=inner), *beside, **options)
    if first.order == 0:
        return result
    value, slope = result
    return value, pull(slope)

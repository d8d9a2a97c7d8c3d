"""Losses that are computed in chunks, of several arrays that may each be differentiated."""

from collections.abc import Callable
from typing import Any, NamedTuple

from lossary._backend._base import Backend
from lossary._backend._rule import Inputs, Rule
from lossary._check import mistake
from lossary._engine._evaluate import SIGNATURE, Request, as_written, evaluate, no_such_gradient
from lossary._kernel import LOSSES, Kernel
from lossary._typing import Array


class Call(NamedTuple):
    """A rule, and what it is applied to."""

    backend: Backend
    rule: Rule
    inputs: Inputs
    options: Any
    names: tuple[str, ...]
    """What the arrays that may be differentiated are called."""


def losses_of(name: str) -> Kernel:
    """The kernel of a loss whose rule has made the losses already: they are weighed and reduced."""
    return Kernel(name, "()->()", (LOSSES,), _value, _one, _zero)


def _value(x: Array, *, xp: Any) -> Array:
    return 1.0 * x  # not x itself: torch.func wants an array of its own


def _one(x: Array, *, xp: Any) -> Array:
    return xp.ones_like(x)


def _zero(x: Array, *, xp: Any) -> Array:
    return xp.zeros_like(x)


@as_written
def evaluate_by_rule(call: Callable[[Array], Call], kernel: Kernel, first: Array, **options: Any) -> Any:
    """Evaluate a loss that a rule makes of its arrays; its value and gradients, if a transformation asks.

    `call` makes the call of the user's first array. A reduction is a weight, so what the kernel has for a
    gradient is how much each loss counts: the cotangent that the rule pulls back.
    """
    if first is SIGNATURE:
        return (kernel,)
    if not isinstance(first, Request):
        backend, rule, inputs, settings, _ = call(first)
        return evaluate(kernel, backend.derived(rule, inputs, settings), **options)
    if first.order > 1:
        raise mistake(
            "L006",
            f"{kernel.name}: each input takes part in the losses of many examples, so there is no diagonal"
            " Hessian to return",
            fix="value_and_grad",
        )
    backend, rule, inputs, settings, names = call(first.array)
    out, saved = rule.value(backend, inputs, settings)
    result = evaluate(kernel, first._replace(array=out, wrt=None), **options)
    if first.order == 0:
        return result
    value, share = result
    wrt = (names[0],) if first.wrt is None else (first.wrt,) if isinstance(first.wrt, str) else first.wrt
    given = [name for name, array in zip(names, inputs.arrays, strict=True) if array is not None]
    if not set(wrt) <= set(given):
        raise no_such_gradient(kernel.name, wrt, given)
    wanted = tuple([name in wrt for name in names])
    found = dict(zip(names, rule.pull(backend, inputs, settings, saved, share, wanted), strict=True))
    gradients = tuple([found[name] for name in wrt])
    return value, gradients if isinstance(first.wrt, tuple) else gradients[0]

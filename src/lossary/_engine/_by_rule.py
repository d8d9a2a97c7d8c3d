"""Losses that are computed in chunks, of several arrays that may each be differentiated."""

from collections.abc import Callable
from typing import Any, NamedTuple

from lossary._backend._base import Backend
from lossary._backend._rule import Inputs, Rule
from lossary._check import choice, mistake
from lossary._engine._evaluate import SIGNATURE, Request, as_written, evaluate, no_such_gradient
from lossary._engine._plan import REDUCTIONS
from lossary._engine._total import Total
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
def evaluate_by_rule(
    call: Callable[[Array], Call], kernel: Kernel, first: Array, *, axis_name: Any = None, **options: Any
) -> Any:
    """Evaluate a loss that a rule makes of its arrays; its value and gradients, if a transformation asks.

    `call` makes the call of the user's first array. A reduction is a weight, so what the kernel has for a
    gradient is how much each loss counts: the cotangent that the rule pulls back. With an `axis_name` sums
    and means are over its devices.
    """
    if first is SIGNATURE:
        return (kernel,)
    wanted = first if isinstance(first, Request) else Request(first)
    backend, rule, inputs, settings, names = call(wanted.array)
    if wanted.order == 0:
        losses = backend.derived(rule, inputs, settings)
        losses = losses if wanted is not first else first._replace(array=losses)
        if axis_name is None or options["reduction"] in ("none", "total"):
            return evaluate(kernel, losses, **options)
        return _over_devices(axis_name, kernel, losses, **options)
    _must_be_derivable(kernel.name, wanted, axis_name)
    wrt = (names[0],) if wanted.wrt is None else (wanted.wrt,) if isinstance(wanted.wrt, str) else wanted.wrt
    given = [name for name, array in zip(names, inputs.arrays, strict=True) if array is not None]
    if not set(wrt) <= set(given):
        raise no_such_gradient(kernel.name, wrt, given)
    which = tuple([name in wrt for name in names])
    out, saved = backend.value_to_pull(rule, inputs, settings, which)
    value, share = evaluate(kernel, wanted._replace(array=out, wrt=None), **options)
    gradients = backend.pull(rule, inputs, settings, saved, share, which)
    found = dict(zip(names, gradients, strict=True))
    return value, tuple([found[n] for n in wrt]) if isinstance(wanted.wrt, tuple) else found[wrt[0]]


def _over_devices(axis_name: Any, kernel: Kernel, losses: Array, *, reduction: str, **options: Any) -> Array:
    choice(kernel.name, "reduction", reduction, REDUCTIONS)
    total: Total = evaluate(kernel, losses, reduction="total", **options).psum(axis_name)
    if reduction == "sum":
        return total.sum
    return total.mean() if reduction == "mean" else total.weighted_mean()


def _must_be_derivable(loss: str, wanted: Request, axis_name: Any) -> None:
    if wanted.order > 1:
        raise mistake(
            "L006",
            f"{loss}: each input takes part in the losses of many examples, so there is no diagonal"
            " Hessian to return",
            fix="value_and_grad",
        )
    if axis_name is not None:
        raise mistake(
            "L006",
            f"{loss}: with `axis_name` the gradient is spread over devices, which JAX has to know",
            fix="jax.value_and_grad",
        )

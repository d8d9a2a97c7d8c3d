"""Losses that are computed in chunks, of several arrays that may each be differentiated."""

from collections.abc import Callable
from typing import Any, NamedTuple

from lossary._backend._base import Backend
from lossary._backend._rule import Inputs, Rule
from lossary._check import choice, mistake
from lossary._engine._evaluate import SIGNATURE, Request, as_written, evaluate, no_such_gradient
from lossary._engine._plan import REDUCTIONS
from lossary._engine._total import Total
from lossary._kernel import CLASS_IDS, LOSSES, Kernel
from lossary._typing import Array, AxisName


class Call(NamedTuple):
    """A rule, and what it is applied to."""

    backend: Backend
    rule: Rule
    inputs: Inputs
    options: Any
    names: tuple[str, ...]
    """What the arrays that may be differentiated are called."""
    zeros: Array | None = None
    """In the shape of the losses, for what can be known before them: the checks, and how much each counts."""
    sums: bool = False
    """Whether the rule returns a sum. How much each loss counts it gets as another array, the last; and a
    cotangent of None, for 1."""


def losses_of(name: str) -> Kernel:
    """The kernel of a loss whose rule has made the losses already: they are weighed and reduced."""
    return Kernel(name, "()->()", (LOSSES,), _value, _one, _zero)


def labelled_losses_of(name: str, classes: int) -> Kernel:
    """The same with their labels beside them, which are checked, and whose classes may have weights."""
    kernel = _LABELLED.get((name, classes))
    if kernel is None:
        kernel = Kernel(name, "(),()->()", (LOSSES, CLASS_IDS), _of_labels, _one, _zero, classes=classes)
        _LABELLED[name, classes] = kernel
    return kernel


_LABELLED: dict[tuple[str, int], Kernel] = {}
"""No `lru_cache`, of which `torch.compile` would warn."""


def _value(x: Array, *, xp: Any) -> Array:
    return 1.0 * x  # not x itself: torch.func wants an array of its own


def _of_labels(x: Array, labels: Array, *, xp: Any, class_weights: Array = None, **checked: Any) -> Array:
    return 1.0 * x  # the weights are in the losses: what is left of them is in the denominator


def _one(x: Array, *_: Array, xp: Any, **params: Any) -> Array:
    return xp.ones_like(x)


def _zero(x: Array, *_: Array, xp: Any, **params: Any) -> Array:
    return xp.zeros_like(x)


@as_written
def evaluate_by_rule(
    call: Callable[[Array], Call],
    kernel: Kernel,
    first: Array,
    *beside: Array,
    devices: AxisName = None,
    **options: Any,
) -> Any:
    """Evaluate a loss that a rule makes of its arrays; its value and gradients, if a transformation asks.

    `call` makes the call of the user's first array; `beside` is what the kernel takes beside the losses. A
    reduction is a weight, so what the kernel has for a gradient is how much each loss counts: the cotangent
    that the rule pulls back. If the losses are spread over the `devices` of a mapped axis, so are sums and
    means.
    """
    if first is SIGNATURE:
        return (kernel,)
    request = first if isinstance(first, Request) else Request(first)
    _must_be_derivable(kernel.name, request.order, devices)
    made = call(request.array)
    wanted = _wanted(kernel.name, made, request)

    def weighed(losses: Array, order: int) -> Any:
        losses = request._replace(array=losses, order=order, wrt=None)
        if devices is None or options["reduction"] in ("none", "total"):
            return evaluate(kernel, losses, *beside, **options)
        return _over_devices(devices, kernel, losses, *beside, **options)

    result = None
    if made.zeros is not None:  # before anything that takes long
        result, share = weighed(made.zeros, 1)
        if made.sums:
            inputs = made.inputs._replace(arrays=(*made.inputs.arrays, share))
            made, wanted = made._replace(inputs=inputs), (*wanted, False)
    backend, rule, inputs, settings, names, *_ = made
    if request.order == 0:
        out = backend.derived(rule, inputs, settings)
        return _sum_in(result, out) if made.sums else weighed(out, 0)
    out, saved = backend.value_to_pull(rule, inputs, settings, wanted)
    value, share = (_sum_in(result, out), None) if made.sums else weighed(out, 1)
    found = dict(zip(names, backend.pull(rule, inputs, settings, saved, share, wanted), strict=False))
    if not isinstance(request.wrt, tuple):
        return value, found[request.wrt or names[0]]
    return value, tuple([found[name] for name in request.wrt])


def _must_be_derivable(loss: str, order: int, devices: AxisName) -> None:
    if order > 1:
        raise mistake(
            "L006",
            f"{loss}: each input takes part in the losses of many examples, so there is no diagonal"
            " Hessian to return",
            fix="value_and_grad",
        )
    if order and devices is not None:
        raise mistake(
            "L006",
            f"{loss}: with `axis_name` the gradient is spread over devices, which JAX has to know",
            fix="jax.value_and_grad",
        )


def _over_devices(
    devices: AxisName, kernel: Kernel, losses: Array, *beside: Array, reduction: str, **options: Any
) -> Array:
    choice(kernel.name, "reduction", reduction, REDUCTIONS)
    total: Total = evaluate(kernel, losses, *beside, reduction="total", **options).psum(devices)
    if reduction == "sum":
        return total.sum
    return total.mean() if reduction == "mean" else total.weighted_mean()


def _wanted(loss: str, made: Call, request: Request) -> tuple[bool, ...]:
    """In which of the arrays there shall be a gradient."""
    given = [name for name, array in zip(made.names, made.inputs.arrays, strict=True) if array is not None]
    wrt = (request.wrt or given[0],) if not isinstance(request.wrt, tuple) else request.wrt
    if not set(wrt) <= set(given):
        raise no_such_gradient(loss, request.wrt, given)
    return tuple([name in wrt for name in made.names])


def _sum_in(result: Any, total: Array) -> Any:
    """The sum of the losses in the place of that of zeros; a mean is a sum already, of shares."""
    return result._replace(sum=total) if isinstance(result, Total) else total

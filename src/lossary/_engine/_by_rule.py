"""Losses computed in chunks, with several arrays that may each be differentiated."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from lossary._arguments import CLASS_IDS, LOSSES
from lossary._check import choice, mistake
from lossary._engine._call import VALUE, Asked, Call, Want
from lossary._engine._run import no_such_gradient
from lossary._engine._total import Total
from lossary._kernel import Kernel
from lossary._program._library import Library
from lossary._program._plan import REDUCTIONS, TOTAL
from lossary._program._rule import Inputs, Rule
from lossary._program._tracing import tracing
from lossary._typing import AnyArray, Array, ArrayT, AxisName
from lossary._words import REDUCTIONS as WORDS_OF_OTHERS


class Made(NamedTuple):
    """A rule and its inputs."""

    backend: Library
    rule: Rule
    inputs: Inputs
    options: Any
    zeros: Array | None = None
    """Zeros in the shape of the losses, for work that can precede them: the checks, and each loss's share."""
    sums: bool = False
    """Whether the rule returns a sum. It then gets each loss's share as an additional last array, and a
    cotangent of None, for 1."""


def losses_of(name: str) -> Kernel:
    """The kernel for losses already computed by a rule: it weights and reduces them."""
    return Kernel(name, "()->()", (LOSSES,), _value, _one, _zero)


def labelled_losses_of(name: str, classes: int) -> Kernel:
    """The same with labels, which are checked and whose classes may have weights."""
    return _labelled(name, classes) if tracing() else _labelled_once(name, classes)


def _labelled(name: str, classes: int) -> Kernel:
    return Kernel(name, "(),()->()", (LOSSES, CLASS_IDS), _of_labels, _one, _zero, classes=classes)


_labelled_once = lru_cache(256)(_labelled)


def _value(x: Array, *, xp: Any) -> Array:
    return 1.0 * x  # not x itself: torch.func requires a new array


def _of_labels(x: Array, labels: Array, *, xp: Any, class_weights: Array = None, **checked: Any) -> Array:
    return 1.0 * x  # the losses include the class weights already; only the denominator still needs them


def _one(x: Array, *_: Array, xp: Any, **params: Any) -> Array:
    return xp.ones_like(x)


def _zero(x: Array, *_: Array, xp: Any, **params: Any) -> Array:
    return xp.zeros_like(x)


class ByRule(Asked[ArrayT]):
    """A loss that a rule computes from its arrays.

    `make` builds the rule's call. `given` holds the arguments by name; those in `differentiable`, in the
    order of the rule's arrays, have gradients. `beside` holds what the kernel takes in addition to the
    losses. A reduction is a weight, so the kernel's gradient is each loss's share: the cotangent that the
    rule pulls back. If the losses are sharded over the `devices` of a mapped axis, sums and means run over
    all of them.
    """

    __slots__ = ("beside", "devices", "differentiable", "given", "kernel", "make", "options", "thorough")

    def __init__(
        self,
        make: Callable[[], Made],
        kernel: Kernel,
        given: Mapping[str, Any],
        differentiable: tuple[str, ...],
        *beside: AnyArray,
        devices: AxisName = None,
        **options: Any,
    ):
        self.make = make
        self.kernel = kernel
        self.given = given
        self.differentiable = differentiable
        self.beside = beside
        self.devices = devices
        self.options = options
        self.thorough = False

    @property
    def name(self) -> str:
        return self.kernel.name

    @property
    def derivable(self) -> tuple[str, ...]:
        """The names of the arrays that have a gradient."""
        return tuple([name for name in self.differentiable if self.given.get(name) is not None])

    def operands(self) -> list[tuple[str, Any]]:
        """Everything that may be an array, by name."""
        return [*self.given.items(), ("weights", self.options["weights"])]

    def total(self) -> "ByRule[ArrayT]":
        self._call(None).total()
        return self.changed(reduction=TOTAL)

    def changed(self, **options: Any) -> "ByRule[ArrayT]":
        self.thorough = options.pop("thorough", self.thorough)
        options.pop("accelerate", None)
        self.options |= options
        return self

    def run(self, want: Want = VALUE) -> Any:
        _must_be_derivable(self.name, want.order, self.devices)
        made = self.make()
        wanted = self._wanted(want.wrt)
        result = None
        if made.zeros is not None:  # before the expensive part
            result, (share,) = self._weighed(made.zeros, 1)
            if made.sums:
                inputs = made.inputs._replace(arrays=(*made.inputs.arrays, share))
                made, wanted = made._replace(inputs=inputs), (*wanted, False)
        backend, rule, inputs, settings, *_ = made
        if want.order == 0:
            out = backend.derived(rule, inputs, settings)
            return _sum_in(result, out) if made.sums else self._weighed(out, 0)
        out, saved = backend.value_to_pull(rule, inputs, settings, wanted)
        value, (share,) = (_sum_in(result, out), (None,)) if made.sums else self._weighed(out, 1)
        names = self.differentiable
        found = dict(zip(names, backend.pull(rule, inputs, settings, saved, share, wanted), strict=False))
        wrt = want.wrt or names[:1]
        return value, tuple([_as_given(backend, found[name], self.given[name]) for name in wrt])

    def _wanted(self, wrt: tuple[str, ...]) -> tuple[bool, ...]:
        """Which of the arrays need a gradient."""
        derivable = self.derivable
        wrt = wrt or derivable[:1]
        if not set(wrt) <= set(derivable):
            raise no_such_gradient(self.name, wrt, list(derivable))
        return tuple([name in wrt for name in self.differentiable])

    def _weighed(self, losses: Array, order: int) -> Any:
        if self.devices is None or self.options["reduction"] in ("none", TOTAL):
            return self._call(losses).run(Want(order))
        return _over_devices(self.devices, self._call(losses))

    def _call(self, losses: Array) -> Call[Any]:
        return Call(self.kernel, losses, *self.beside, **self.options).changed(thorough=self.thorough)


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


def _over_devices(devices: AxisName, call: Call[Any]) -> Array:
    reduction = call.reduction
    choice(call.name, "reduction", reduction, REDUCTIONS, WORDS_OF_OTHERS)
    total: Total[Any] = call.changed(reduction=TOTAL).run().psum(devices)
    if reduction == "sum":
        return total.sum
    return total.mean() if reduction == "mean" else total.weighted_mean()


def _as_given(backend: Library, gradient: Array, given: Any) -> Array:
    """The gradient in the dtype of its array, in case a single number was cast to the dtype of the others."""
    dtype = None if isinstance(given, np.generic) else getattr(given, "dtype", None)
    if dtype is None or backend.floating(dtype) is None:
        return gradient
    return backend.cast(gradient, dtype)


def _sum_in(result: Any, total: Array) -> Any:
    """Replace the sum of the zeros with that of the losses. A mean is already a sum, weighted by shares."""
    return result._replace(sum=total) if isinstance(result, Total) else total

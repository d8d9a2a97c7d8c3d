"""torch: two `autograd.Function`s give a rule its reverse-mode derivatives, in chunks.

One pulls a cotangent back by the rule; the other differentiates that pullback as ordinary code. Under
`torch.vmap` and forward mode the whole rule runs as ordinary code, because both would lose track of a
Function.
"""

from collections.abc import Iterable
from itertools import zip_longest
from typing import Any

import torch

from lossary._backend import _torch_modes as modes
from lossary._backend._torch_ordinary import Ordinary
from lossary._program._library import Library, Reading
from lossary._program._rule import Inputs, Rule, not_derivable
from lossary._typing import Array

Tensors = tuple[Array | None, ...]


class TorchChunks(Library):
    """What rules need from torch."""

    differentiated: Any

    readable: Library
    """The same library for tensors whose values can be read."""

    def derived(self, rule: Rule, inputs: Inputs, options: Any) -> Array:
        return _value(_Spec(self, rule, inputs, options), inputs)[0]

    def value_to_pull(
        self, rule: Rule, inputs: Inputs, options: Any, wanted: tuple[bool, ...]
    ) -> tuple[Array, Tensors]:
        return _value(_Spec(self, rule, inputs, options, wanted), inputs)

    def pull(
        self, rule: Rule, inputs: Inputs, options: Any, saved: Any, cotangent: Array, wanted: tuple[bool, ...]
    ) -> Tensors:
        spec = _Spec(self, rule, inputs, options, wanted)
        found = _pulled(spec, (*inputs.arrays, *inputs.beside), saved, cotangent)
        return tuple([g if is_wanted else None for g, is_wanted in zip(found, wanted, strict=True)])

    def knows(self, size: int) -> bool:
        return modes.knows(size)

    def sweep(self, step: Any, carry: Any, length: int, size: int) -> Any:
        if self.knows(length) and self.knows(size):
            return super().sweep(step, carry, length, size)
        return step(0, length, carry)  # a program has the same number of steps for all sizes

    def part(self, x: Array, start: int, size: int, axis: int = 0) -> Array:
        return x.narrow(axis, start, size)

    def exp(self, x: Array) -> Array:
        return x.exp_()

    def replace(self, x: Array, ids: Array, value: Any) -> Array:
        inside = (ids >= 0) & (ids < x.shape[-1])
        ids = torch.where(inside, ids, 0)
        return x.scatter_(-1, ids[:, None], torch.where(inside, value, self.xp.pick(x, ids))[:, None])


class _Spec:
    """What a Function needs in addition to tensors. Not a tuple: torch.func would search it for tensors."""

    def __init__(self, backend: Any, rule: Rule, inputs: Inputs, options: Any, wanted: Any = ()):
        self.backend = backend
        self.rule = rule
        self.options = options
        asked = zip_longest(inputs.arrays, wanted, fillvalue=False)
        self.wanted = tuple([a is not None and (w or _is_watched(a)) for a, w in asked])
        self.count = len(inputs.arrays)  # the number of differentiable arrays
        self.size = self.count + len(inputs.beside)

    def inputs(self, tensors: Any) -> Inputs:
        return Inputs(tuple(tensors[: self.count]), tuple(tensors[self.count :]))

    def value(self, backend: Any, tensors: Any) -> tuple[Array, Tensors]:
        return self.rule.value_to_pull(backend, self.inputs(tensors), self.options, self.wanted)

    def pull(self, backend: Any, tensors: Any, saved: Any, cotangent: Array) -> Tensors:
        inputs = self.inputs(tensors)
        return self.rule.pull(backend, inputs, self.options, saved, cotangent, self.wanted)


def _value(spec: _Spec, inputs: Inputs) -> tuple[Array, Tensors]:
    tensors = (*inputs.arrays, *inputs.beside)
    ordinary = Ordinary(spec.backend, modes.autocasts(_first(tensors)))
    with modes.without_autocast(tensors):
        if _is_followed():
            return spec.value(ordinary, tensors)
        if not any(map(_is_watched, tensors)):
            return spec.value(_unwatched(spec, tensors), tensors)
        out, *saved = _Derived.apply(spec, *tensors)
        return out, tuple(saved)


def _pulled(spec: _Spec, tensors: Tensors, saved: Tensors, cotangent: Array | None) -> Tensors:
    ordinary = Ordinary(spec.backend, modes.autocasts(_first(tensors)))
    with modes.without_autocast(tensors):
        if _is_followed(cotangent):
            if torch.is_grad_enabled():  # saved tensors have no derivatives
                saved = spec.value(ordinary, tensors)[1]
            return spec.pull(ordinary, tensors, saved, cotangent)
        if modes.is_compiling():
            return spec.pull(spec.backend, _apart(tensors, cotangent), saved, cotangent)
        if not any(map(_is_watched, (cotangent, *tensors))):
            if spec.rule.value_with is not None and _is_last_and_one(cotangent):
                cotangent = None
            return spec.pull(_unwatched(spec, tensors), tensors, saved, cotangent)
        found = iter(_Pulled.apply(spec, _one(tensors) if cotangent is None else cotangent, *tensors, *saved))
        return tuple([next(found) if wanted else None for wanted in spec.wanted])


class _Derived(torch.autograd.Function):
    """Saved tensors are returned with the output: inside torch.func that is the only way to keep them."""

    @staticmethod
    def forward(spec: _Spec, *tensors: Array | None) -> tuple[Array, ...]:
        saved: Any
        out, saved = spec.value(_unwatched(spec, tensors), tensors)
        found = [out]
        for x in saved:  # each must be a separate tensor, because only `out` has a derivative
            found.append(x.clone() if any(x is y for y in found) else x)
        return tuple(found)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: tuple[Array, ...]) -> None:
        spec, *tensors = inputs
        if any(ctx.needs_input_grad[1 + spec.count :]):
            raise not_derivable(spec.rule)
        ctx.spec = spec
        if not modes.is_compiling():  # dynamo does not support it
            ctx.set_materialize_grads(False)  # avoids zeros as large as the saved tensors
        ctx.mark_non_differentiable(*output[1:])
        ctx.save_for_backward(*tensors, *output[1:])

    @staticmethod
    def backward(ctx: Any, cotangent: Array | None, *_: Any) -> Any:
        spec, found = ctx.spec, ctx.saved_tensors  # readable only once
        size = len(ctx.needs_input_grad) - 1
        if cotangent is None:
            return (None,) * (1 + size)
        gradients = _pulled(spec, found[:size], found[size:], cotangent)
        return (None, *gradients, *[None] * (size - spec.count))


class _Pulled(torch.autograd.Function):
    """A rule's pullback, differentiable in the cotangent and in the arrays."""

    @staticmethod
    def forward(spec: _Spec, cotangent: Array, *tensors: Array | None) -> tuple[Array, ...]:
        size = spec.size
        gradients = spec.pull(_unwatched(spec, tensors), tensors[:size], tensors[size:], cotangent)
        return tuple([g for g in gradients if g is not None])

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: tuple[Array, ...]) -> None:
        spec, cotangent, *tensors = inputs
        ctx.spec = spec
        ctx.save_for_backward(cotangent, *tensors[: spec.size])

    @staticmethod
    def backward(ctx: Any, *cotangents: Array) -> Any:
        spec, given = ctx.spec, list(ctx.saved_tensors)
        ordinary = Ordinary(spec.backend, modes.autocasts(_first(given)))
        places = [i for i in range(1 + spec.count) if ctx.needs_input_grad[1 + i]]

        def gradients(*values: Array) -> tuple[Array, ...]:
            for i, value in zip(places, values, strict=True):
                given[i] = value
            cotangent, *tensors = given
            saved = spec.value(ordinary, tensors)[1]
            return tuple([g for g in spec.pull(ordinary, tensors, saved, cotangent) if g is not None])

        with modes.without_autocast(given):
            _, pull = torch.func.vjp(gradients, *[given[i] for i in places])
            found = dict(zip(places, pull(cotangents), strict=True))
        return (None, *[found.get(i) for i in range(len(ctx.needs_input_grad) - 1)])


def _unwatched(spec: _Spec, tensors: Tensors) -> Library:
    """The library where autograd does not see the operations."""
    library: TorchChunks = spec.backend
    return library.readable if library.reading(_first(tensors)) is Reading.FREE else library


def _is_watched(x: Array | None) -> bool:
    """Whether autograd may need a derivative in it; within torch.func only an outer level knows."""
    if x is None or not torch.is_grad_enabled():
        return False
    return bool(x.requires_grad) or modes.in_transform()


def _is_followed(cotangent: Array | None = None) -> bool:
    """Whether operations must be ordinary: they are vectorized, carry tangents, or only they are traced."""
    if modes.is_compiling() or modes.loses_functions():
        return modes.loses_functions()
    if cotangent is not None and modes.is_batch_of_cotangents(cotangent):
        return True
    return modes.in_forward_mode() or modes.is_beyond_reverse_mode()


def _apart(tensors: Tensors, cotangent: Array) -> Tensors:
    """The same tensors, marked so that a compiler assigns them to the backward pass.

    Otherwise it would find their products equal to those of the forward pass and save them all.
    """
    first, *others = tensors
    return torch.where(cotangent.sum() == 0, first, first), *others


def _first(tensors: Iterable[Array | None]) -> Array:
    return next(t for t in tensors if t is not None)


def _one(tensors: Tensors) -> Array:
    return torch.ones((), device=_first(tensors).device)


def _is_last_and_one(cotangent: Array | None) -> bool:
    """Whether the saved tensors are already the gradient and may be handed out."""
    if cotangent is None or modes.is_followed():
        return cotangent is None
    return modes.is_plain(cotangent) and modes.is_last_and_one(cotangent)

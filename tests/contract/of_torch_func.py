"""What torch may expect: forward mode, `torch.func`, and each within the others."""

import warnings
from typing import Any

import torch
from torch import func
from torch.autograd import forward_ad

from tests.contract.demands import demand
from tests.contract.of_torch import (
    NEAR,
    alone,
    along,
    close_bend,
    close_slope,
    floating,
    given,
    gradient,
    readable,
    summed,
    watched,
)
from tests.contract.subjects import Subject, close, direction, slope


def close_tangent(subject: Subject, got: Any, position: int, what: str = "") -> None:
    assert got is not None, f"{what}: there is no tangent of {position}"
    close(readable(got), (slope(subject, position) * direction(subject, position)).sum(), NEAR, what)


@demand("torch")
def tangents(subject: Subject) -> None:
    """Forward mode in each array: dual tensors, `func.jvp` and `func.linearize`."""
    for i in floating(subject):
        arrays, v = given(subject), along(subject, i)
        with forward_ad.dual_level():
            duals = [forward_ad.make_dual(a, v) if i == j else a for j, a in enumerate(arrays)]
            close_tangent(subject, forward_ad.unpack_dual(summed(subject)(*duals)).tangent, i, "dual")
        close_tangent(subject, func.jvp(summed(subject, i), (arrays[i],), (v,))[1], i, "jvp")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Attempted to insert a get_attr Node")  # torch, of itself
        _, push = func.linearize(summed(subject, 0), given(subject)[0])
    close_tangent(subject, push(along(subject, 0)), 0, "linearize")


@demand("torch")
def tangents_in_all(subject: Subject) -> None:
    """Tangents in all arrays at once add up, and unreduced losses have theirs."""
    wanted = floating(subject)
    with forward_ad.dual_level():
        duals = [
            forward_ad.make_dual(a, along(subject, i)) if i in wanted else a
            for i, a in enumerate(given(subject))
        ]
        tangent = forward_ad.unpack_dual(subject(*duals, reduction="none")).tangent
    want = sum((slope(subject, i) * direction(subject, i)).sum() for i in wanted)
    scale = sum(abs(slope(subject, i) * direction(subject, i)).sum() for i in wanted)
    assert abs(float(tangent.sum()) - want) <= NEAR * max(scale, 1e-3)


@demand("torch")
def tangents_over_gradients(subject: Subject) -> None:
    """Forward over reverse and reverse over forward, with dual tensors and in `torch.func`."""
    for i in subject.wrt:
        x, v = given(subject)[i], along(subject, i)
        with forward_ad.dual_level():
            dual = forward_ad.make_dual(x.clone().requires_grad_(), v)
            (g,) = torch.autograd.grad(summed(subject, i)(dual), dual, create_graph=True)
            tangent = forward_ad.unpack_dual(g).tangent
            if tangent is None and not subject.loss:
                tangent = torch.zeros_like(x)  # as torch has it of a gradient that is constant
            assert tangent is not None, "the gradient lost its tangent"
            close_bend(subject, tangent, i, what="dual over reverse")
        slopes = func.grad(summed(subject, i))
        close_bend(subject, func.jvp(slopes, (x,), (v,))[1], i, what="jvp of grad")

        def pushed(x: torch.Tensor, v: torch.Tensor = v, i: int = i) -> torch.Tensor:
            return func.jvp(summed(subject, i), (x,), (v,))[1]

        close_bend(subject, func.grad(pushed)(x), i, what="grad of jvp")


@demand("torch")
def tangents_of_cotangents(subject: Subject) -> None:
    """A tangent that comes with the cotangent goes through the backward pass."""
    leaf, *others = watched(subject, 0)
    value = summed(subject)(leaf, *others)
    with forward_ad.dual_level():
        ones = torch.ones_like(value)
        (g,) = torch.autograd.grad(value, leaf, forward_ad.make_dual(ones, 2.0 * ones))
        tangent = forward_ad.unpack_dual(g).tangent
        assert tangent is not None, "the tangent is lost"
        close_slope(subject, tangent / 2.0, 0)


@demand("torch")
def nested_in_func(subject: Subject) -> None:
    """`func.grad(func.grad)`, `func.hessian`, `jacrev` of `jacrev` and `jacfwd` of `jacfwd`."""
    for i in subject.wrt:
        x, v, loss = given(subject)[i], along(subject, i), summed(subject, i)

        def slope_along(x: torch.Tensor, v: torch.Tensor = v, loss: Any = loss) -> torch.Tensor:
            return (func.grad(loss)(x) * v).sum()

        close_bend(subject, func.grad(slope_along)(x), i, what="grad of grad")
        for name, nested in {
            "hessian": func.hessian(loss),
            "jacrev of jacrev": func.jacrev(func.jacrev(loss)),
            "jacfwd of jacfwd": func.jacfwd(func.jacfwd(loss)),
        }.items():
            product = nested(x).reshape(x.numel(), x.numel()) @ v.reshape(-1)
            close_bend(subject, product.reshape(x.shape), i, what=name)


@demand("torch")
def gradients_in_func(subject: Subject) -> None:
    """`func.grad`, `grad_and_value` and `func.vjp` in each array, in turn and all at once."""
    wanted = floating(subject)
    for i in (*wanted, *wanted):
        close_slope(subject, func.grad(summed(subject), argnums=i)(*given(subject)), i)
    found, value = func.grad_and_value(summed(subject), argnums=wanted)(*given(subject))
    for i, g in zip(wanted, found, strict=True):
        close_slope(subject, g, i, "all")
    close(value, float(summed(subject)(*subject.arrays)), NEAR)
    value, pull = func.vjp(summed(subject, 0), given(subject)[0])
    close_slope(subject, pull(torch.ones_like(value))[0], 0, "vjp")


@demand("torch")
def vmap(subject: Subject) -> None:
    """`func.vmap` of the loss and of its gradient, in one array or in all of them, also nested."""
    arrays, loss = given(subject), summed(subject)
    for i in subject.wrt:
        stack = torch.stack([arrays[i], arrays[i].roll(1, 0) if arrays[i].ndim else 0.9 * arrays[i]], dim=-1)
        in_dims = tuple([-1 if i == j else None for j in range(len(arrays))])
        values = func.vmap(loss, in_dims=in_dims)(*[stack if i == j else a for j, a in enumerate(arrays)])
        want = [loss(*arrays[:i], stack[..., k], *arrays[i + 1 :]) for k in (0, 1)]
        close(values, torch.stack(want), NEAR, f"in {i} alone")
        each = func.vmap(func.grad(loss, argnums=i), in_dims=in_dims)
        found = each(*[stack if i == j else a for j, a in enumerate(arrays)])
        close_slope(subject, found[0], i)
        nested = func.vmap(func.vmap(summed(subject, i)))(stack.movedim(-1, 0)[None])
        close(nested[0], values, NEAR, "nested")
    pairs = [torch.stack([a, a]) for a in arrays]
    for values in func.vmap(loss)(*pairs):
        close(values, loss(*arrays), NEAR, "in all")
    found = func.vmap(func.grad(loss, argnums=subject.wrt))(*pairs)
    for i, g in zip(subject.wrt, found, strict=True):
        close_slope(subject, g[1], i, "in all")


@demand("torch")
def autograd_around_vmap(subject: Subject) -> None:
    """Gradients by autograd of what `vmap` has mapped: of the array, and of what is the same for all."""
    arrays = watched(subject, *floating(subject))
    factors = torch.tensor([1.0, 1.0], dtype=torch.float64)
    mapped = func.vmap(lambda s: summed(subject)(arrays[0] * s, *arrays[1:]))(factors)
    mapped.sum().backward()
    for i in floating(subject):
        assert arrays[i].grad is not None, f"no gradient in {i}"
        close_slope(subject, arrays[i].grad / 2.0, i)


@demand("torch")
def functional_calls(subject: Subject) -> None:
    """In `func.functional_call` per-example gradients of a model's parameters are those of single calls."""
    if not subject.batches:
        return
    arrays = given(subject)
    model = torch.nn.Identity()
    model.factor = torch.nn.Parameter(torch.ones(arrays[0].shape[1:], dtype=torch.float64))

    def of_one(factor: torch.Tensor, *example: torch.Tensor) -> torch.Tensor:
        first, *others = [a[None] for a in example]
        return summed(subject)(first * factor, *others)

    each = func.vmap(func.grad(of_one), in_dims=(None, *[0] * len(arrays)))
    found = each(model.factor.detach(), *arrays)
    for k in range(arrays[0].shape[0]):
        factor = model.factor.detach().clone().requires_grad_()
        of_one(factor, *[a[k] for a in arrays]).backward()
        close(found[k], factor.grad, NEAR)


@demand("torch")
def eager_after_func(subject: Subject) -> None:
    """`torch.func` and eager autograd in turn give the same gradient."""
    for _ in range(2):
        close_slope(subject, func.grad(summed(subject, 0))(given(subject)[0]), 0)
        close_slope(subject, gradient(subject, 0), 0)
        close(alone(subject, 0, summed(subject))(given(subject)[0]), summed(subject)(*given(subject)), NEAR)

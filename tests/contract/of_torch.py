"""What torch may expect: derivatives of every order, in every argument, again and again."""

import functools
from collections.abc import Callable
from typing import Any

import torch

from tests.contract.demands import demand
from tests.contract.subjects import Subject, bend, close, direction, slope, within_sums

NEAR = 1e-6
"""Of gradients by central differences, which are right to about 1e-8."""
FAR = 1e-4
"""Of second derivatives by differences of differences."""


def given(subject: Subject, dtype: torch.dtype = torch.float64) -> list[torch.Tensor]:
    """The arrays of a subject as tensors of their own, integers as they are."""
    return [torch.tensor(a, dtype=dtype if a.dtype.kind == "f" else None) for a in subject.arrays]


def watched(subject: Subject, *positions: int, dtype: torch.dtype = torch.float64) -> list[torch.Tensor]:
    """The same, of which those at the positions want gradients."""
    return [t.requires_grad_(i in positions) for i, t in enumerate(given(subject, dtype))]


def floating(subject: Subject) -> tuple[int, ...]:
    """The positions of all arrays of real numbers: torch differentiates in each of them."""
    return tuple([i for i, a in enumerate(subject.arrays) if a.dtype.kind == "f"])


def summed(subject: Subject, position: int | None = None) -> Callable[..., torch.Tensor]:
    """The sum of the losses as a function of all arrays, or of one of them."""
    loss = functools.partial(subject, reduction="sum")
    return loss if position is None else alone(subject, position, loss)


def alone(subject: Subject, position: int, loss: Any = None) -> Callable[..., torch.Tensor]:
    """A loss as a function of one of its arrays."""

    def function(x: torch.Tensor) -> torch.Tensor:
        arrays = given(subject, x.dtype)
        return (loss or subject)(*arrays[:position], x, *arrays[position + 1 :])

    return function


def along(subject: Subject, position: int) -> torch.Tensor:
    return torch.tensor(direction(subject, position))


def readable(found: torch.Tensor) -> torch.Tensor:
    """What NumPy can read: a copy, as torch has zeros that are nowhere in memory."""
    return found.detach().clone()


def close_slope(subject: Subject, got: Any, position: int, what: str = "") -> None:
    assert got is not None, f"{what}: there is no gradient at {position}"
    close(readable(got), slope(subject, position), NEAR, what)


def close_bend(subject: Subject, got: Any, position: int, way: int | None = None, what: str = "") -> None:
    close(readable(got), bend(subject, position, way), FAR, what)


def derived_again(
    subject: Subject, g: torch.Tensor, leaves: Any, position: int = 0, create_graph: bool = False
) -> list[torch.Tensor]:
    """The derivatives of a gradient along its direction.

    Of a loss of ours there are always some, so that a penalty can be had of any. A peer may have no graph of
    them where they are 0: the gradient of what is linear is constant.
    """
    along_it = (g * along(subject, position).to(g.dtype)).sum()
    if subject.loss:
        return list(torch.autograd.grad(along_it, leaves, create_graph=create_graph))
    if not along_it.requires_grad:
        return [torch.zeros_like(leaf) for leaf in leaves]
    how = {"create_graph": create_graph, "allow_unused": True, "materialize_grads": True}
    return list(torch.autograd.grad(along_it, leaves, **how))


def gradient(subject: Subject, position: int) -> torch.Tensor:
    """In one of the arrays, by the usual call."""
    arrays = watched(subject, position)
    return torch.autograd.grad(summed(subject)(*arrays), arrays[position])[0]


@demand("torch")
def gradients_in_turn(subject: Subject) -> None:
    """Gradients in one array, then in another, then in the first again, and in all at once."""
    for a in floating(subject):
        for b in floating(subject):
            for i in (a, b, a):
                close_slope(subject, gradient(subject, i), i, f"{a}, {b}, {a}: {i}")
    arrays = watched(subject, *floating(subject))
    summed(subject)(*arrays).backward()
    for i in floating(subject):
        close_slope(subject, arrays[i].grad, i, "all at once")


@demand("torch")
def gradients_after_an_error(subject: Subject) -> None:
    """After a call, a backward pass and a hook that failed, the gradient is what it was."""

    def failing(_: Any) -> None:
        raise ZeroDivisionError

    arrays = watched(subject, 0)
    try:
        subject(*arrays, reduction="no such reduction")
    except (ValueError, TypeError):
        pass
    else:
        raise AssertionError("a reduction that there is not was accepted")
    arrays[0].register_hook(failing)
    value = summed(subject)(*arrays)
    for wrong, error in ((torch.ones(7, dtype=torch.float64), RuntimeError), (None, ZeroDivisionError)):
        try:
            torch.autograd.grad(value, arrays[0], wrong, retain_graph=True)
        except error:
            continue
        raise AssertionError(f"no {error.__name__}")
    for i in floating(subject):
        close_slope(subject, gradient(subject, i), i)


@demand("torch")
def cotangents(subject: Subject) -> None:
    """The gradient is that of the losses times any cotangent, for every reduction."""
    for reduction in ("mean", "sum", "none"):
        arrays = watched(subject, 0)
        value = subject(*arrays, reduction=reduction)
        (g,) = torch.autograd.grad(value, arrays[0], torch.full_like(value, 3.0))
        count = subject(*arrays, reduction="none").numel() if reduction == "mean" else 1
        close_slope(subject, g * count / 3.0, 0, reduction)


@demand("torch")
def a_graph_used_twice(subject: Subject) -> None:
    """A graph that is kept gives the same gradient twice, though the first is overwritten. One that is gone
    says so.
    """
    arrays = watched(subject, *floating(subject))
    wanted = [arrays[i] for i in floating(subject)]
    value = summed(subject)(*arrays)
    for keep in (True, False):
        found = torch.autograd.grad(value, wanted, retain_graph=keep)
        for i, g in zip(floating(subject), found, strict=True):
            close_slope(subject, g, i)
            g.zero_()
    try:
        torch.autograd.grad(value, wanted)
    except RuntimeError:
        return
    raise AssertionError("a graph that was freed gave a gradient")


@demand("torch")
def written_over_meanwhile(subject: Subject) -> None:
    """An input that is overwritten before the backward pass raises, or changes nothing."""
    for again in (False, True):
        (leaf, *others) = watched(subject, 0)
        x = leaf * 1.0
        value = summed(subject)(x, *others)
        with torch.no_grad():
            x.mul_(0.5)
        try:
            (g,) = torch.autograd.grad(value, leaf, create_graph=again)
        except RuntimeError:
            continue
        close_slope(subject, g, 0)
        if again:
            (h,) = derived_again(subject, g, [leaf])
            close_bend(subject, h, 0)


@demand("torch")
def hessian(subject: Subject) -> None:
    """`torch.autograd.functional.hessian`, row by row and vectorized, in each array with a gradient."""
    for i in subject.wrt:
        x, v = given(subject)[i], along(subject, i)
        for vectorize in (False, True):
            h = torch.autograd.functional.hessian(summed(subject, i), x, vectorize=vectorize)
            product = h.reshape(x.numel(), x.numel()) @ v.reshape(-1)
            close_bend(subject, product.reshape(x.shape), i, what=f"vectorize={vectorize}")


@demand("torch")
def gradient_penalty(subject: Subject) -> None:
    """A gradient with `create_graph=True` is differentiated again, in each array with a gradient."""
    for i in subject.wrt:
        arrays = watched(subject, i)
        (g,) = torch.autograd.grad(summed(subject)(*arrays), arrays[i], create_graph=True)
        close_slope(subject, g, i)
        (h,) = derived_again(subject, g, [arrays[i]], i)
        close_bend(subject, h, i)


@demand("torch", lambda subject: len(floating(subject)) > 1)
def mixed_second_derivatives(subject: Subject) -> None:
    """The gradient in one array is differentiated in every other."""
    for i in subject.wrt:
        arrays = watched(subject, *floating(subject))
        (g,) = torch.autograd.grad(summed(subject)(*arrays), arrays[i], create_graph=True)
        others = [j for j in floating(subject) if j != i]
        found = derived_again(subject, g, [arrays[j] for j in others], i)
        for j, h in zip(others, found, strict=True):
            want = within_sums(subject, j, bend(subject, j, i))
            close(within_sums(subject, j, readable(h)), want, FAR, f"of {i} in {j}")


@demand("torch")
def third_derivatives(subject: Subject) -> None:
    """The derivative of a second derivative is right, or the loss says that it has none."""
    x, v = given(subject)[0], along(subject, 0)

    def curvature(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = x.detach().requires_grad_()
        (g,) = torch.autograd.grad(summed(subject, 0)(x), x, create_graph=True)
        (h,) = derived_again(subject, g, [x], create_graph=True)
        return (h * v).sum(), x

    value, leaf = curvature(x)
    third = torch.zeros_like(x)
    if value.requires_grad:
        (third,) = torch.autograd.grad(value, leaf, allow_unused=True, materialize_grads=True)
    step = 1e-5
    sides = [curvature(x + move * v)[0].detach() for move in (step, -step)]
    close(readable((third * v).sum()), (sides[0] - sides[1]) / (2 * step), FAR)


@demand("torch")
def checked_by_torch(subject: Subject) -> None:
    """`gradcheck`, also of batched gradients and forward mode, in each array with a gradient."""
    arrays = watched(subject, *subject.wrt)
    assert torch.autograd.gradcheck(
        subject, arrays, check_batched_grad=True, check_forward_ad=True, fast_mode=True
    )


@demand("torch")
def checked_twice_by_torch(subject: Subject) -> None:
    """`gradgradcheck`, also forward over reverse, in each array with a gradient."""
    arrays = watched(subject, *subject.wrt)
    losses = functools.partial(subject, reduction="none")
    assert torch.autograd.gradgradcheck(
        losses, arrays, fast_mode=True, check_fwd_over_rev=True, check_batched_grad=True, atol=1e-4
    )


@demand("torch")
def batched_gradients(subject: Subject) -> None:
    """`is_grads_batched=True`, and `jacobian` vectorized."""
    for reduction in ("none", "sum"):
        arrays = watched(subject, *subject.wrt)
        value = subject(*arrays, reduction=reduction)
        two = torch.stack([torch.ones_like(value), 2.0 * torch.ones_like(value)])
        wanted = [arrays[i] for i in subject.wrt]
        found = torch.autograd.grad(value, wanted, two, is_grads_batched=True)
        for i, g in zip(subject.wrt, found, strict=True):
            close_slope(subject, g[0], i)
            close_slope(subject, g[1] / 2.0, i)
    losses = alone(subject, 0, functools.partial(subject, reduction="none"))
    jacobian = torch.autograd.functional.jacobian(losses, given(subject)[0], vectorize=True)
    count = jacobian.ndim - subject.arrays[0].ndim
    close_slope(subject, jacobian.sum(tuple(range(count))), 0)

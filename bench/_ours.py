"""The ways lossary computes value, gradient and second derivative: one per library and mode."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import torch

import lossary
from bench._variants import HALVES, Variant

Results = tuple[Any, Any, Any]
"""Value, gradient and diagonal Hessian; None where a mode does not return it."""

jax.config.update("jax_enable_x64", True)
torch.set_num_threads(1)

COMPILED = ("sigmoid_binary_cross_entropy", "softmax_cross_entropy", "binary_cross_entropy", "huber")
"""Losses whose first variant goes through inductor, which takes up to twenty seconds each."""


def modes(variant: Variant, dtype: str, first: bool, quick: bool) -> dict[str, Callable[..., Results]]:
    """What to measure: all modes in the dtypes that losses are computed in, the main modes in the others."""
    found: dict[str, Callable[..., Results]] = {}
    if dtype != "bfloat16":
        found["numpy"] = _numpy
    found["jax jit"] = _jax_jit
    found["torch eager"] = _torch_eager
    if quick:
        return found
    found["torch autograd"] = _torch_autograd
    if dtype not in HALVES:
        found["jax jit, labels constant"] = _jax_closed
        found["jax autodiff"] = _jax_autodiff
        found["jax eager"] = _jax_eager
    if first and dtype == "float32" and variant.loss in COMPILED:
        found["torch compile"] = _torch_compile
    return found


def _numpy(loss: Any, x: np.ndarray, y: np.ndarray, options: dict[str, Any]) -> Results:
    with np.errstate(all="ignore"):
        return lossary.value_grad_hess(loss)(x, y, reduction="none", **options)


def _jax_eager(loss: Any, x: np.ndarray, y: np.ndarray, options: dict[str, Any]) -> Results:
    return lossary.value_grad_hess(loss)(jnp.asarray(x), jnp.asarray(y), reduction="none", **options)


def _jax_jit(loss: Any, x: np.ndarray, y: np.ndarray, options: dict[str, Any]) -> Results:
    derive = lossary.value_grad_hess(loss)
    return jax.jit(lambda x, y: derive(x, y, reduction="none", **options))(x, y)


def _jax_closed(loss: Any, x: np.ndarray, y: np.ndarray, options: dict[str, Any]) -> Results:
    derive, y = lossary.value_grad_hess(loss), jnp.asarray(y)
    return jax.jit(lambda x: derive(x, y, reduction="none", **options))(x)


def _jax_autodiff(loss: Any, x: np.ndarray, y: np.ndarray, options: dict[str, Any]) -> Results:
    return jax_derivatives(lambda x, y: loss(x, y, reduction="none", **options), x, y)


def jax_derivatives(each: Callable[..., Any], x: np.ndarray, y: np.ndarray) -> Results:
    """A function per example and its derivatives by JAX, in one compiled call."""

    def grad(x: Any, y: Any) -> Any:
        return jax.grad(lambda x: each(x, y).sum())(x)

    def diagonal(x: Any, y: Any) -> Any:
        if x.ndim == 1:
            return jax.grad(lambda x: grad(x, y).sum())(x)

        def of_class(j: Any) -> Any:
            along = jnp.broadcast_to(jnp.arange(x.shape[1]) == j, x.shape).astype(x.dtype)
            return jax.jvp(lambda x: grad(x, y), (x,), (along,))[1][:, j]

        return jax.lax.map(of_class, jnp.arange(x.shape[1])).T

    return jax.jit(lambda x, y: (each(x, y), grad(x, y), diagonal(x, y)))(x, y)


def tensor(x: np.ndarray) -> torch.Tensor:
    if x.dtype.name == "bfloat16":
        return torch.tensor(x.astype("float32")).bfloat16()
    return torch.tensor(x)


def _options(options: dict[str, Any]) -> dict[str, Any]:
    return {k: tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}


def _torch_eager(loss: Any, x: np.ndarray, y: np.ndarray, options: dict[str, Any]) -> Results:
    return lossary.value_grad_hess(loss)(tensor(x), tensor(y), reduction="none", **_options(options))


def _torch_autograd(loss: Any, x: np.ndarray, y: np.ndarray, options: dict[str, Any]) -> Results:
    options = _options(options)
    return torch_derivatives(lambda x, y: loss(x, y, reduction="none", **options), tensor(x), tensor(y))


def torch_derivatives(each: Callable[..., Any], x: torch.Tensor, y: torch.Tensor) -> Results:
    """A function per example, its backward, and its double backward unless rows are wide."""
    x = x.requires_grad_()
    value = each(x, y)
    (grad,) = torch.autograd.grad(value.sum(), x, create_graph=True)
    if x.ndim == 1:
        return value, grad, _backward(grad, x)
    if x.shape[1] > 8:
        return value, grad, None
    columns = [_backward(grad[:, j], x)[:, j] for j in range(x.shape[1])]
    return value, grad, torch.stack(columns, 1)


def _backward(grad: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    if not grad.requires_grad:  # constant
        return torch.zeros_like(x)
    return torch.autograd.grad(grad.sum(), x, retain_graph=True, materialize_grads=True)[0]


def _torch_compile(loss: Any, x: np.ndarray, y: np.ndarray, options: dict[str, Any]) -> Results:
    derive = lossary.value_grad_hess(loss)

    @torch.compile(fullgraph=True, dynamic=False)
    def compiled(x: torch.Tensor, y: torch.Tensor) -> Results:
        return derive(x, y, reduction="none", **options)

    return compiled(tensor(x), tensor(y))

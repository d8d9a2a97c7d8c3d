"""`linear_cross_entropy` and its alternatives: value and gradients in hidden states and weights."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

import lossary

Call = Callable[[], Any]
OURS = "lossary"
"""The prefix of this library's calls."""


class Size(NamedTuple):
    tokens: int
    width: int
    classes: int


class Arrays(NamedTuple):
    hidden: Any
    weight: Any
    labels: Any


def arrays(size: Size) -> Arrays:
    rng = np.random.default_rng(0)
    hidden = rng.standard_normal((size.tokens, size.width), dtype="float32")
    weight = rng.standard_normal((size.classes, size.width), dtype="float32") / size.width**0.5
    return Arrays(hidden, weight, rng.integers(size.classes, size=size.tokens))


def numpy_calls(x: Arrays) -> dict[str, Call]:
    derive = lossary.value_and_grad(lossary.linear_cross_entropy, wrt=("hidden", "weight"))
    return {
        "materialised": partial(_materialised, *x),
        OURS: lambda: derive(*x),
        f"{OURS}, by vocabulary": lambda: derive(*x, strategy="vocab"),
    }


def _materialised(hidden: Any, weight: Any, labels: Any) -> Any:
    """What a careful user writes, in place."""
    rows = np.arange(len(labels))
    z = hidden @ weight.T
    of_label = z[rows, labels]
    top = z.max(axis=1)
    z -= top[:, None]
    np.exp(z, out=z)
    total = z.sum(axis=1)
    value = (top + np.log(total) - of_label).mean()
    z /= (total * len(labels))[:, None]
    z[rows, labels] -= 1 / len(labels)
    return value, (z @ weight, z.T @ hidden)


def jax_calls(x: Arrays) -> dict[str, Call]:
    import jax
    import jax.numpy as jnp
    import optax

    x = Arrays(*map(jnp.asarray, x))

    def naive(hidden: Any, weight: Any, labels: Any) -> Any:
        z = hidden @ weight.T
        picked = jnp.take_along_axis(z, labels[:, None], axis=1)[:, 0]
        return (jax.nn.logsumexp(z, axis=1) - picked).mean()

    def by_optax(hidden: Any, weight: Any, labels: Any) -> Any:
        return optax.softmax_cross_entropy_with_integer_labels(hidden @ weight.T, labels).mean()

    losses = {
        "optax, materialised": by_optax,
        "logsumexp, materialised": naive,
        OURS: lossary.linear_cross_entropy,
        f"{OURS}, by vocabulary": partial(lossary.linear_cross_entropy, strategy="vocab"),
    }
    derived = {name: jax.jit(jax.value_and_grad(loss, argnums=(0, 1))) for name, loss in losses.items()}
    return {name: partial(_ready, derive, x) for name, derive in derived.items()}


def _ready(derive: Callable[..., Any], x: Arrays) -> Any:
    value, gradients = derive(*x)
    return value.block_until_ready(), tuple([g.block_until_ready() for g in gradients])


def torch_calls(x: Arrays) -> dict[str, Call]:
    import torch
    from torch.nn import functional

    hidden, weight, labels = map(torch.from_numpy, x)
    hidden.requires_grad_()
    weight.requires_grad_()

    def derived(loss: Callable[..., Any]) -> Any:
        value = loss(hidden, weight, labels)
        return value.detach(), torch.autograd.grad(value, (hidden, weight))

    losses = {
        "F.cross_entropy, materialised": lambda h, w, y: functional.cross_entropy(h @ w.T, y),
        OURS: lossary.linear_cross_entropy,
        f"{OURS}, by vocabulary": partial(lossary.linear_cross_entropy, strategy="vocab"),
    }
    if hasattr(torch.nn, "LinearCrossEntropyOptions"):
        # The size it chooses itself takes several times as long.
        options = torch.nn.LinearCrossEntropyOptions(batch_chunk_size=512)
        losses["F.linear_cross_entropy, 512 tokens"] = partial(
            functional.linear_cross_entropy, options=options
        )
    return {name: partial(derived, loss) for name, loss in losses.items()}


LIBRARIES = {"NumPy": numpy_calls, "JAX": jax_calls, "torch": torch_calls}

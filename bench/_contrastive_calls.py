"""CLIP's loss with both gradients: ours, and the common formula on all pairs at once."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import lossary

TEMPERATURE = 0.07
OURS, NAIVE = "lossary.info_nce", "all pairs at once"
Call = Callable[[], Any]


class Size(NamedTuple):
    pairs: int
    features: int


def arrays(size: Size) -> tuple[Any, Any]:
    x, y = np.random.default_rng(0).normal(size=(2, *size)).astype("float32")
    return x, y


def ours(x: Any, y: Any, **options: Any) -> Any:
    return lossary.info_nce(x, y, temperature=TEMPERATURE, directions="both", **options)


def naive_jax(x: Any, y: Any) -> Any:
    import jax
    import jax.numpy as jnp

    u, v = (a / jnp.linalg.norm(a, axis=-1, keepdims=True) for a in (x, y))
    logits = u @ v.T / TEMPERATURE
    own = jnp.diagonal(logits)
    rows, columns = (jnp.mean(jax.nn.logsumexp(logits, axis=axis) - own) for axis in (1, 0))
    return (rows + columns) / 2


def naive_torch(x: Any, y: Any) -> Any:
    import torch
    from torch.nn import functional

    logits = functional.normalize(x) @ functional.normalize(y).T / TEMPERATURE
    places = torch.arange(len(x), device=x.device)
    return (functional.cross_entropy(logits, places) + functional.cross_entropy(logits.T, places)) / 2


def of_numpy(size: Size) -> dict[str, Call]:
    x, y = arrays(size)
    derived = lossary.value_and_grad(ours, wrt=("anchors", "positives"))

    def naive() -> Any:
        lengths = [np.linalg.norm(a, axis=-1, keepdims=True) for a in (x, y)]
        u, v = x / lengths[0], y / lengths[1]
        logits = u @ v.T / np.float32(TEMPERATURE)
        probs, losses = [], []
        for axis in (1, 0):
            e = np.exp(logits - logits.max(axis=axis, keepdims=True))
            probs.append(e / e.sum(axis=axis, keepdims=True))
            losses.append(-np.log(np.diagonal(probs[-1])).mean())
        slope = (probs[0] + probs[1]) / 2
        slope[np.diag_indices_from(slope)] -= 1
        slope /= np.float32(size.pairs * TEMPERATURE)
        grads = [
            (g - w * (w * g).sum(-1, keepdims=True)) / n
            for g, w, n in zip((slope @ v, slope.T @ u), (u, v), lengths, strict=True)
        ]
        return sum(losses) / 2, tuple(grads)

    return {OURS: lambda: derived(x, y), NAIVE: naive}


def of_jax(size: Size) -> dict[str, Call]:
    import jax

    given = [jax.numpy.asarray(a) for a in arrays(size)]

    def call(function: Any) -> Call:
        compiled = jax.jit(jax.value_and_grad(function, argnums=(0, 1)))
        return lambda: jax.block_until_ready(compiled(*given))

    return {OURS: call(ours), NAIVE: call(naive_jax)}


def of_torch(size: Size) -> dict[str, Call]:
    import torch

    x, y = (torch.tensor(a, requires_grad=True) for a in arrays(size))

    def call(function: Any) -> Call:
        def run() -> Any:
            value = function(x, y)
            return value.detach(), torch.autograd.grad(value, (x, y))

        return run

    return {OURS: call(ours), NAIVE: call(naive_torch)}


LIBRARIES = {"NumPy": of_numpy, "JAX": of_jax, "torch": of_torch}

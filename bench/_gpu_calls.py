"""The losses in `bench.gpu`: value and gradient, by lossary and by its peers."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

import lossary
from bench._contrastive_calls import Size as Pairs
from bench._contrastive_calls import arrays as pairs
from bench._contrastive_calls import naive_jax, naive_torch
from bench._contrastive_calls import ours as info_nce
from bench._linear_calls import Size as Layer
from bench._linear_calls import arrays as layer

EAGER, COMPILED, OPTAX = "peer", "peer, compiled", "optax"
OURS, OURS_COMPILED = "lossary", "lossary, compiled"
LOSSES = (
    "bce float32",
    "bce bfloat16",
    "focal float32",
    "huber float32",
    "softmax float32",
    "softmax bfloat16",
    "linear float32",
    "clip float32",
)
_ELEMENTS, _ROWS, _LAYER, _PAIRS = 10**7, (8192, 50257), Layer(8192, 1024, 50257), Pairs(8192, 512)
_QUICK = 10**4, (64, 1000), Layer(64, 32, 500), Pairs(64, 32)

Calls = dict[str, Callable[[], Any]]


def _arrays(name: str, quick: bool) -> tuple[np.ndarray[Any, Any], ...]:
    elements, rows, of_layer, of_pairs = _QUICK if quick else (_ELEMENTS, _ROWS, _LAYER, _PAIRS)
    rng = np.random.default_rng(0)
    loss = name.split()[0]
    if loss == "linear":
        return tuple(layer(of_layer))
    if loss == "clip":
        return pairs(of_pairs)
    if loss == "softmax":
        return rng.standard_normal(rows, dtype="float32"), rng.integers(0, rows[1], rows[0])
    x = rng.standard_normal(elements, dtype="float32")
    return x, (rng.standard_normal(elements, dtype="float32") if loss == "huber" else (x > 0.3) * 1.0)


def of_torch(device: Any, quick: bool) -> Iterator[tuple[str, Calls]]:
    import torch
    from torch.nn import functional as F  # noqa: N812 (so the framework's own documentation calls it)

    from bench._speed_torch import torchvision_focal

    peers: dict[str, tuple[Any, Any]] = {
        "bce": (lossary.sigmoid_binary_cross_entropy, F.binary_cross_entropy_with_logits),
        "focal": (lossary.sigmoid_focal, torchvision_focal),
        "huber": (lossary.huber, F.huber_loss),
        "softmax": (lossary.softmax_cross_entropy, F.cross_entropy),
        "linear": (lossary.linear_cross_entropy, lambda h, w, y: F.cross_entropy(h @ w.T, y)),
        "clip": (info_nce, naive_torch),
    }
    for name in LOSSES:
        loss, dtype = name.split()
        given = [torch.as_tensor(a).to(device) for a in _arrays(name, quick)]
        given = [a.to(getattr(torch, dtype)) if a.dtype.is_floating_point else a for a in given]
        wanted = given[: 2 if loss in ("linear", "clip") else 1]
        for x in wanted:
            x.requires_grad_()
        ours, peer = peers[loss]
        losses = {EAGER: peer, COMPILED: torch.compile(peer), OURS: ours, OURS_COMPILED: torch.compile(ours)}
        if loss in ("linear", "clip"):  # chunks, which are meant to run one by one
            del losses[OURS_COMPILED]
        yield name, {call: partial(_pulled, function, given, wanted) for call, function in losses.items()}


def _pulled(loss: Any, given: Any, wanted: Any) -> Any:
    import torch

    value = loss(*given)
    return value.detach(), torch.autograd.grad(value, wanted)


def of_jax(quick: bool) -> Iterator[tuple[str, Calls]]:
    import jax
    import jax.numpy as jnp
    import optax

    peers: dict[str, tuple[Any, Any]] = {
        "bce": (lossary.sigmoid_binary_cross_entropy, optax.sigmoid_binary_cross_entropy),
        "focal": (lossary.sigmoid_focal, lambda x, y: optax.sigmoid_focal_loss(x, y, gamma=2.0)),
        "huber": (lossary.huber, optax.huber_loss),
        "softmax": (lossary.softmax_cross_entropy, optax.softmax_cross_entropy_with_integer_labels),
        "linear": (
            lossary.linear_cross_entropy,
            lambda h, w, y: optax.softmax_cross_entropy_with_integer_labels(h @ w.T, y),
        ),
        "clip": (info_nce, naive_jax),
    }
    for name in LOSSES:
        loss, dtype = name.split()
        given = [jnp.asarray(a) for a in _arrays(name, quick)]
        given = [a.astype(dtype) if jnp.issubdtype(a.dtype, jnp.floating) else a for a in given]
        both = (0, 1) if loss in ("linear", "clip") else 0
        ours, peer = peers[loss]

        def mean(*arrays: Any, peer: Any = peer) -> Any:
            return peer(*arrays).mean()

        derived = {
            OPTAX: jax.value_and_grad(mean, argnums=both),
            OURS: jax.value_and_grad(ours, argnums=both),
        }
        yield name, {call: partial(jax.jit(function), *given) for call, function in derived.items()}

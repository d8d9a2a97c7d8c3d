"""Compiled JAX: lossary, optax, Keras, and formulas that users compile themselves."""

import os
import tempfile
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

import lossary
from bench._speed_formulas import stable
from bench._speed_group import Call, Group, Settings, installed
from bench._speed_work import Work

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("KERAS_HOME", tempfile.gettempdir())

_BCE, _FOCAL, _SOFTMAX = "sigmoid_binary_cross_entropy", "sigmoid_focal", "softmax_cross_entropy"


def group(settings: Settings) -> Group:
    jax.config.update("jax_enable_x64", settings.dtype == "float64")
    reference = "optax" if installed("optax") else "formula"
    return Group(device(), reference, jnp.asarray, _calls, reads, jax.block_until_ready)


def device() -> str:
    return "cpu" if jax.default_backend() == "cpu" else jax.devices()[0].device_kind


def _calls(work: Work, quantity: str, x: Any, y: Any) -> dict[str, Call]:
    loss = partial(getattr(lossary, work.loss), **work.options)
    losses = {"lossary": loss, **peers(work), "formula": partial(stable[work.loss], xp=jnp)}
    if quantity == "value":
        return {name: partial(jax.jit(function), x, y) for name, function in losses.items()}
    found = {name: partial(jax.jit(jax.value_and_grad(function)), x, y) for name, function in losses.items()}
    derive = partial(lossary.value_and_grad(getattr(lossary, work.loss)), **work.options)
    return {"lossary.value_and_grad": partial(jax.jit(derive), x, y), **found}


def peers(work: Work) -> dict[str, Any]:
    found = {}
    if installed("optax"):
        found["optax"] = optax_mean(work)
    if installed("keras"):
        from keras import losses

        found["keras"] = {
            _BCE: lambda x, y: losses.binary_crossentropy(y, x, from_logits=True),
            _FOCAL: lambda x, y: losses.binary_focal_crossentropy(y, x, from_logits=True, **work.options),
            "huber": lambda x, y: losses.huber(y, x, **work.options),
            _SOFTMAX: lambda x, y: losses.sparse_categorical_crossentropy(y, x, from_logits=True).mean(),
        }[work.loss]
    return found


def optax_mean(work: Work) -> Any:
    import optax

    each = {
        _BCE: optax.sigmoid_binary_cross_entropy,
        _FOCAL: optax.sigmoid_focal_loss,
        "huber": optax.huber_loss,
        _SOFTMAX: optax.softmax_cross_entropy_with_integer_labels,
    }[work.loss]
    return lambda x, y: each(x, y, **work.options).mean()


def reads(x: Any, y: Any) -> dict[str, Call]:
    return {"compiled sum": partial(jax.jit(lambda x, y: (x.sum(), y.sum())), x, y)}

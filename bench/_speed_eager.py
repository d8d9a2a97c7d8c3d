"""JAX without `jit`, as in a notebook: lossary, optax, and a formula that the user did compile."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

import lossary
from bench._speed_formulas import stable
from bench._speed_group import Call, Group, Settings, installed
from bench._speed_jax import device, optax_mean, reads
from bench._speed_work import Work


def group(settings: Settings) -> Group:
    jax.config.update("jax_enable_x64", settings.dtype == "float64")
    reference = "optax" if installed("optax") else "formula, compiled"
    return Group(device(), reference, jnp.asarray, _calls, reads, jax.block_until_ready)


def _calls(work: Work, quantity: str, x: Any, y: Any) -> dict[str, Call]:
    ours = getattr(lossary, work.loss)
    losses = {"lossary": partial(ours, **work.options)}
    if installed("optax"):
        losses["optax"] = optax_mean(work)
    formula = partial(stable[work.loss], xp=jnp)
    if quantity == "value":
        found = {name: partial(loss, x, y) for name, loss in losses.items()}
        return {**found, "formula, compiled": partial(jax.jit(formula), x, y)}
    derive = lossary.value_and_grad(ours)
    return {
        "lossary.value_and_grad": partial(derive, x, y, **work.options),
        **{name: partial(jax.value_and_grad(loss), x, y) for name, loss in losses.items()},
        "formula, compiled": partial(jax.jit(jax.value_and_grad(formula)), x, y),
    }

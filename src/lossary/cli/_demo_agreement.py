"""The loss on the held-out predictions, and its gradient, on arrays of three libraries."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

import lossary
from lossary._typing import Array, Loss
from lossary.cli._demo_data import Digits
from lossary.cli._demo_text import paragraph, table
from lossary.cli._demo_training import Training


class _Result(NamedTuple):
    value: float
    gradient: Array


def report(trainings: list[Training], digits: Digits) -> None:
    """Print the values side by side, with 15 of float64's 15.95 digits."""
    libraries: dict[str, Callable[[Loss, Array, Array], _Result]] = {"NumPy": _numpy, "JAX": _jax}
    if find_spec("torch") is not None:
        libraries["torch"] = _torch
    columns = [["", *libraries, "gap", "base rate"]]
    labels = digits.held_out_labels
    for training in trainings:
        logits = training.held_out_logits.astype(np.float64)
        results = [compute(training.loss, logits, labels) for compute in libraries.values()]
        constant = training.loss(np.full_like(logits, digits.base_logit), labels)
        columns.append(
            [
                training.short_name,
                *(f"{result.value:#.15g}" for result in results),
                f"{_largest_difference(results):.0e}",
                f"{constant:.4f}",
            ]
        )
    table(list(zip(*columns, strict=True)))
    paragraph(
        "Each network's training loss, on the held-out images, in float64. Gap: the largest difference "
        "between the gradients, which come from lossary on NumPy and from autodiff on the other libraries. "
        "Base rate: the same loss when always predicting the base rate."
    )
    if "torch" not in libraries:
        paragraph("torch is not installed; if it were, there would be a column for it.")


def _largest_difference(results: list[_Result]) -> float:
    return float(np.ptp([result.gradient for result in results], axis=0).max())


def _numpy(loss: Loss, logits: Array, labels: Array) -> _Result:
    value, gradient = lossary.value_and_grad(loss)(logits, labels)
    return _Result(float(value), gradient)


def _jax(loss: Loss, logits: Array, labels: Array) -> _Result:
    import jax
    import jax.numpy as jnp

    with _double_precision():
        value, gradient = jax.value_and_grad(loss)(jnp.asarray(logits), jnp.asarray(labels))
        return _Result(float(value), np.asarray(gradient))


def _double_precision() -> Any:
    """JAX's 64-bit mode, temporarily: the global setting stays unchanged."""
    import jax

    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)
    from jax.experimental import enable_x64

    return enable_x64(True)


def _torch(loss: Loss, logits: Array, labels: Array) -> _Result:
    import torch

    predictions = torch.tensor(logits, requires_grad=True)
    value = loss(predictions, torch.tensor(labels))
    value.backward()
    return _Result(value.item(), predictions.grad.numpy())

"""What every loss returns at the edges of its domain, found by running it on NumPy, JAX and torch."""

from typing import Any, NamedTuple

import jax
import numpy as np
import torch

import lossary

jax.config.update("jax_enable_x64", True)
_INF, _NAN = np.inf, np.nan
_TINY = float(np.finfo("float64").smallest_normal)


class Edges(NamedTuple):
    """Losses of one kind, and their inputs: each with each label."""

    losses: tuple[str, ...]
    inputs: list[Any]
    labels: list[Any]


_PAIRS = [[_INF, 0.0], [0.0, _INF], [-_INF, 0.0], [0.0, -_INF]]
EDGES = [
    Edges(("sigmoid_binary_cross_entropy", "sigmoid_focal"), [0.0, _INF, -_INF, _NAN], [1, 0]),
    Edges(("binary_cross_entropy", "binary_focal"), [0.0, 1.0, _NAN], [1, 0]),
    Edges(
        ("softmax_cross_entropy", "softmax_focal"),
        [[0.0, 0.0], *_PAIRS, [_INF, _INF], [-_INF, -_INF], [_NAN, 0.0]],
        [0],
    ),
    Edges(("categorical_cross_entropy", "categorical_focal"), [[0.0, 1.0], [1.0, 0.0], [_NAN, 0.5]], [0]),
    Edges(("negative_log_likelihood",), [[-_INF, 0.0], [0.0, -_INF], [_NAN, -1.0]], [0]),
    Edges(("squared_error", "absolute_error"), [0.0, _INF, -_INF, _NAN], [0.0]),
    Edges(("huber",), [0.0, 1.0, -1.0, _INF, -_INF, _NAN], [0.0]),
    Edges(("squared_error", "absolute_error", "huber"), [_INF], [_INF]),
]


def table() -> str:
    """Markdown with the value, gradient and Hessian at each point."""
    lines = ["| Loss | Input | Label or target | Value | Gradient | Second derivative |", "|---" * 6 + "|"]
    for losses, inputs, labels in EDGES:
        for loss in losses:
            for x in inputs:
                for y in labels:
                    cells = [_text(v) for v in (x, y, *_run(loss, x, y))]
                    lines.append(f"| `{loss}` | " + " | ".join(cells) + " |")
    _assert_nothing_counts()
    return "\n".join(lines)


def _run(loss: str, x: Any, y: Any) -> list[np.ndarray]:
    """One example in float64: the same on all three libraries, or an error."""
    derive = lossary.value_grad_hess(getattr(lossary, loss))
    first, second = np.asarray([x], dtype="float64"), np.asarray([y])
    with np.errstate(all="ignore"):
        found = [np.asarray(r) for r in derive(first, second, reduction="none")]
    on_jax = jax.jit(lambda a, b: derive(a, b, reduction="none"))(first, second)
    on_torch = derive(torch.tensor(first), torch.tensor(second), reduction="none")
    for other in (on_jax, [t.detach() for t in on_torch]):
        for mine, theirs in zip(found, other, strict=True):
            np.testing.assert_allclose(np.asarray(theirs), mine, rtol=1e-14, err_msg=f"{loss} at {x}, {y}")
    return [r[0] for r in found]


def _assert_nothing_counts() -> None:
    """Empty arrays and full masks have mean 0 and derivatives 0, for every loss."""
    for losses, inputs, labels in EDGES:
        x, y = np.asarray([inputs[0]] * 2, dtype="float64"), np.asarray([labels[0]] * 2)
        for loss in losses:
            derive = lossary.value_grad_hess(getattr(lossary, loss))
            for a, b, where in ((x[:0], y[:0], None), (x, y, np.zeros(2, dtype=bool))):
                value, grad, hess = derive(a, b, where=where)
                if value != 0 or grad.shape != a.shape or np.any(grad) or np.any(hess):
                    raise AssertionError(f"{loss} of nothing is {value}, its gradient {grad}")


def _text(value: Any) -> str:
    value = np.asarray(value)
    if value.ndim:
        return f"[{', '.join(_text(v) for v in value)}]"
    number = float(value)
    if np.isnan(number):
        return "NaN"
    if np.isinf(number):
        return "inf" if number > 0 else "-inf"
    if abs(number) == 1 / _TINY:
        return "1/tiny" if number > 0 else "-1/tiny"
    return f"{number:.6g}".replace("-0", "0") if number == 0 else f"{number:.6g}"

"""What users write, which type checkers must follow: the arrays that go in come out."""

from functools import partial
from typing import Any, assert_type

import jax
import numpy as np
import numpy.typing as npt
import torch

import lossary
from lossary.kernel import Argument, Call, Kernel, call, loss

Values = npt.NDArray[np.float64]

x: Values = np.zeros(3)
ids: npt.NDArray[np.int64] = np.zeros(3, np.int64)
mask: npt.NDArray[np.bool_] = np.ones(3, bool)
j: jax.Array = jax.random.normal(jax.random.key(0), (3,))
t: torch.Tensor = torch.zeros(3)
parameter = torch.nn.Parameter(torch.zeros(3))

assert_type(lossary.huber(x, x, delta=2.0), Values)
assert_type(lossary.huber(x, 0.0, weights=x, where=mask, over=0, reduction="none"), Values)
assert_type(lossary.huber(predictions=x, targets=x), Values)
assert_type(lossary.huber(j, j), jax.Array)
assert_type(lossary.huber(t, t, delta=torch.tensor(1.0)), torch.Tensor)
assert_type(lossary.softmax_cross_entropy(x, ids, label_smoothing=0.1, axis=-1), Values)
assert_type(lossary.info_nce(t, t, negatives=t, temperature=0.1, directions="both"), torch.Tensor)
assert_type(lossary.linear_cross_entropy(j, j, j, bias=j, z_weight=1e-4), jax.Array)

derive = lossary.value_and_grad(lossary.huber)
assert_type(derive(x, x, delta=2.0), tuple[Values, Values])
assert_type(derive(t, t), tuple[torch.Tensor, torch.Tensor])
assert_type(lossary.value_grad_hess(lossary.huber)(j, j), tuple[jax.Array, jax.Array, jax.Array])
both = lossary.value_and_grad(lossary.info_nce, wrt=("anchors", "positives"))
assert_type(both(j, j), tuple[jax.Array, tuple[jax.Array, ...]])
assert_type(lossary.check(lossary.hinge)(x, ids), Values)
assert_type(lossary.accelerate(lossary.hinge)(x, ids), Values)

summed = lossary.total(lossary.huber)(x, x)
assert_type(summed, lossary.Total[Values])
assert_type((summed + summed).mean(), Values)
assert_type(lossary.value_and_grad(lossary.total(lossary.huber))(x, x), tuple[lossary.Total[Values], Values])


def returned(predictions: Values, targets: Values) -> Values:
    return lossary.squared_error(predictions, targets, weights=2.0)


@loss
def robust(predictions: Values, targets: Values, *, delta: float = 1.0) -> Any:
    huber = call(lossary.huber, predictions, targets, delta=delta)
    return 0.5 * huber + call(lossary.log_cosh, predictions, targets)


def _value(x: Any, y: Any, *, xp: Any) -> Any:
    return 0.5 * (x - y) * (x - y)


def _grad(x: Any, y: Any, *, xp: Any) -> Any:
    return x - y


def _hess(x: Any, y: Any, *, xp: Any) -> Any:
    return xp.ones_like(x)


KERNEL = Kernel("half", "(),()->()", (Argument("predictions"), Argument("targets")), _value, _grad, _hess)


@loss
def half(predictions: Values, targets: Values) -> Call[Values]:
    return Call(KERNEL, predictions, targets)


assert_type(half(x, x), Values)
assert_type(lossary.value_and_grad(half)(x, x), tuple[Values, Values])
lossary.value_and_grad(partial(lossary.huber, delta=2.0))(x, x)

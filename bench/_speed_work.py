"""The tasks: which losses, at which sizes, on which inputs."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]

QUANTITIES = ("value", "value+grad")
DTYPES = ("float32", "float64")


@dataclass(frozen=True)
class Work:
    """The mean of one loss, under the name of lossary's function."""

    loss: str
    shapes: tuple[Shape, ...]
    doubles: tuple[Shape, ...]
    """Those also measured in float64."""
    quick: tuple[Shape, ...]
    tiny: Shape
    """For warm-up where it must not touch memory."""
    options: dict[str, Any] = field(default_factory=dict, hash=False)

    def chosen(self, dtype: str, quick: bool) -> tuple[Shape, ...]:
        if quick:
            return self.quick
        return self.shapes if dtype == "float32" else self.doubles


WORKS = (
    Work(
        "sigmoid_binary_cross_entropy",
        shapes=((10**2,), (10**3,), (10**5,), (10**6,), (10**7,)),
        doubles=((10**2,), (10**5,), (10**7,)),
        quick=((10**2,), (10**5,)),
        tiny=(100,),
    ),
    Work(
        "sigmoid_focal",
        shapes=((10**2,), (10**5,), (10**7,)),
        doubles=(),
        quick=((10**2,),),
        tiny=(100,),
        options={"gamma": 2.0},
    ),
    Work(
        "huber",
        shapes=((10**2,), (10**5,), (10**7,)),
        doubles=(),
        quick=((10**2,),),
        tiny=(100,),
        options={"delta": 1.0},
    ),
    Work(
        "softmax_cross_entropy",
        shapes=((65536, 10), (8192, 1000), (1024, 50257)),
        doubles=((65536, 10),),
        quick=((4096, 10),),
        tiny=(4, 10),
    ),
)

IN_MEMORY = {("sigmoid_binary_cross_entropy", (10**7,)), ("softmax_cross_entropy", (1024, 50257))}
"""Those whose peak memory is measured."""


def named(loss: str) -> Work:
    return next(work for work in WORKS if work.loss == loss)


def label(shape: Shape) -> str:
    """1e5, or 65536x10."""
    return "x".join(map(str, shape)) if len(shape) > 1 else f"{shape[0]:.0e}".replace("e+0", "e")


def inputs(work: Work, shape: Shape, dtype: str) -> tuple[Array, Array]:
    """Ordinary logits, and hard labels as every peer takes them: class ids, or 0. and 1.

    On these all calls agree. Elsewhere some do not: functions that clip, on classes less likely than 1e-7;
    Keras' focal gradient, which is NaN above logits of 16; hand-written formulas, whose derivative by
    autodiff is wrong at a logit of exactly 0.
    """
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape, dtype=dtype)
    if work.loss == "huber":
        return x, x + 2 * rng.standard_normal(shape, dtype=dtype)
    if len(shape) == 2:
        return x, rng.integers(0, shape[1], shape[0])
    x *= 2
    x[x == 0] = 1
    return x, rng.integers(0, 2, shape).astype(dtype)

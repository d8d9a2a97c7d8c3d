"""The test points for a loss: certain, unsure and absurd predictions, each with its targets."""

from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

Kind: TypeAlias = Literal["logits", "probs", "classes", "real"]
Values: TypeAlias = np.ndarray[Any, Any]

_SCORES = (0.0, 1e-3, -1e-3, 0.5, -0.5, 3.0, -3.0, 15.0, -15.0, 40.0, -40.0, 100.0, -100.0, 1e4, -1e4)
_PROBS = (0.5, 1e-6, 1e-3, 0.1, 0.3, 0.7, 0.9, 0.999, 1 - 1e-6)
_CLASSES = 3


class Point(NamedTuple):
    """One example: a number to vary, from which the arrays of a call are built."""

    kind: Kind
    x: float
    target: float

    def arrays(self, x: float | None = None, dtype: str = "float64") -> tuple[Values, Values]:
        """The example as a batch of one."""
        return batch([self if x is None else self._replace(x=x)], dtype)

    @property
    def step(self) -> float:
        """The step for finite differences."""
        return 1e-5 * (min(self.x, 1 - self.x) if self.kind == "probs" else max(1.0, abs(self.x)))

    @property
    def best(self) -> float:
        """The right prediction, or the closest one among the test points."""
        if self.kind == "real":
            return self.target
        if self.kind == "probs":
            return 1 - 1e-6 if self.target == 1 else 1e-6
        is_up = self.target == 1 if self.kind == "logits" else self.target == 0
        return 100.0 if is_up else -100.0

    def __str__(self) -> str:
        what = {"logits": "logit", "probs": "probability", "classes": "logits", "real": "prediction"}[
            self.kind
        ]
        at = f"[{self.x:g}, 0, 0]" if self.kind == "classes" else f"{self.x:g}"
        return f"{what} {at}, target {self.target:g}"


def points(kind: Kind) -> list[Point]:
    """The points, with 0 first: that is where a zero-initialized last layer starts."""
    values = _PROBS if kind == "probs" else _SCORES
    targets = (0.0, 2.0) if kind == "real" else (0.0, 1.0)
    return [Point(kind, x, target) for x in values for target in targets]


def batch(some: list[Point], dtype: str = "float64") -> tuple[Values, Values]:
    x = np.array([point.x for point in some], dtype=dtype)
    if some[0].kind == "classes":
        rows = np.zeros((len(some), _CLASSES), dtype=dtype)
        rows[:, 0] = x
        return rows, np.array([point.target for point in some], dtype=np.int64)
    return x, np.array([point.target for point in some], dtype=dtype)

"""The object that CatBoost calls. CatBoost maximizes."""

from typing import Any, Protocol

import numpy as np

from lossary.integrations.boosting._kinds import Values


class _Objective(Protocol):
    def __call__(self, targets: Any, raw: Any, sample_weight: Any = None) -> tuple[Values, Values]: ...
    def value(self, raw: Any, targets: Any, weights: Any = None) -> float: ...


class CatBoostObjective:
    """Objective and metric; the names of the methods are CatBoost's."""

    def __init__(self, objective: _Objective):
        self._objective = objective

    def calc_ders_range(self, approxes: Any, targets: Any, weights: Any) -> list[tuple[float, float]]:
        grad, hess = self._objective(targets, approxes, weights)
        return list(zip((-grad).tolist(), (-hess).tolist(), strict=True))

    def calc_ders_multi(self, approxes: Any, target: float, weight: float) -> tuple[list[float], list[Any]]:
        grad, hess = self._objective([target], [approxes], None if weight is None else [weight])
        return (-grad[0]).tolist(), np.diag(-hess[0]).tolist()

    def is_max_optimal(self) -> bool:
        return False

    def evaluate(self, approxes: Any, targets: Any, weights: Any) -> tuple[float, float]:
        """The sum of the losses and the sum of the weights."""
        raw = approxes[0] if len(approxes) == 1 else np.stack(approxes, axis=-1)
        total = float(len(targets) if weights is None else np.sum(weights))
        return self._objective.value(raw, targets, weights) * total, total

    def get_final_error(self, error: float, weight: float) -> float:
        return error / weight if weight else 0.0

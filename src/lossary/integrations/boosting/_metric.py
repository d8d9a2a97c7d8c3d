"""The loss as a metric that XGBoost and LightGBM print and use for early stopping."""

from collections.abc import Callable
from typing import Any

from lossary.integrations.boosting._output import must_be_raw

Value = Callable[[Any, Any, Any], float]


def labels_and_weights(data: Any) -> tuple[Any, Any]:
    """Those of an `xgboost.DMatrix`, where an empty array means no weights, or of a `lightgbm.Dataset`."""
    weights = data.get_weight()
    return data.get_label(), None if weights is None or len(weights) == 0 else weights


class _Metric:
    """Native interfaces pass raw predictions and a data set, scikit-learn interfaces pass targets first."""

    def __init__(self, name: str, first: str, value: Value):
        self.__name__ = name
        self._first = first
        self._value = value

    def _measure(self, first: Any, second: Any, sample_weight: Any) -> tuple[float, bool]:
        """The loss, and whether it was a native call."""
        must_be_raw(self.__name__, self._first, second)
        if hasattr(second, "get_label"):
            return self._value(first, *labels_and_weights(second)), True
        return self._value(second, first, sample_weight), False


class XGBoostMetric(_Metric):
    def __call__(self, targets: Any, raw: Any, sample_weight: Any = None) -> Any:
        value, native = self._measure(targets, raw, sample_weight)
        return (self.__name__, value) if native else value


class LightGBMMetric(_Metric):
    def __call__(self, targets: Any, raw: Any, sample_weight: Any = None) -> tuple[str, float, bool]:
        return self.__name__, self._measure(targets, raw, sample_weight)[0], False  # higher is not better

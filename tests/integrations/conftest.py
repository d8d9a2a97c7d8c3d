"""The libraries, imported by the tests that need them, and data that comes with scikit-learn."""

from typing import Any

import numpy as np
import pytest

from tests.integrations.needs import needs


@pytest.fixture(scope="module")
def xgboost() -> Any:
    return needs("xgboost")


@pytest.fixture(scope="module")
def lightgbm() -> Any:
    return needs("lightgbm")


@pytest.fixture(scope="module")
def catboost() -> Any:
    return needs("catboost")


@pytest.fixture(scope="module")
def cancer() -> tuple[np.ndarray, np.ndarray]:
    return needs("sklearn.datasets").load_breast_cancer(return_X_y=True)


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    return needs("sklearn.datasets").load_digits(return_X_y=True)


@pytest.fixture(scope="module")
def diabetes() -> tuple[np.ndarray, np.ndarray]:
    return needs("sklearn.datasets").load_diabetes(return_X_y=True)


@pytest.fixture(scope="module")
def weights() -> np.ndarray:
    return np.random.default_rng(1).uniform(0.2, 4.0, size=569)


@pytest.fixture(scope="module")
def rare() -> list[np.ndarray]:
    """3 % positives: features and labels to train on and to look at."""
    x, y = needs("sklearn.datasets").make_classification(
        8000, 20, n_informative=6, weights=[0.97], flip_y=0.01, class_sep=0.8, random_state=0
    )
    return [x[:5000], y[:5000], x[5000:], y[5000:]]

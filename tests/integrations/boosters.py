"""What the tests of boosting share: objectives, and parameters that make training small and quiet."""

import pytest

import lossary
from lossary.integrations.boosting import Objective

ROUNDS = 20
SHARED = {"learning_rate": 0.3, "max_depth": 3, "nthread": 1}
QUIET = {"verbose": -1}
FOREST = {"iterations": ROUNDS, "verbose": 0, "thread_count": 1, "allow_writing_files": False, "depth": 4}

CROSS_ENTROPY = Objective(lossary.sigmoid_binary_cross_entropy)
SOFTMAX = Objective(lossary.softmax_cross_entropy)
FOCAL = Objective(lossary.sigmoid_focal, gamma=2.0)

SILENCED = pytest.mark.filterwarnings(
    "ignore:Failed to import numba:UserWarning",
    "ignore:Cannot compute class probabilities:UserWarning",
    "ignore:X does not have valid feature names:UserWarning",
)
"""What the libraries say of custom objectives, and scikit-learn of LightGBM."""

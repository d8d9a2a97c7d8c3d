"""Which losses compare the scores of classes with the id of one; all others have a number for each target."""

import lossary
from lossary._typing import Loss

OF_CLASSES: frozenset[Loss] = frozenset(
    {
        lossary.brier,
        lossary.softmax_cross_entropy,
        lossary.softmax_focal,
        lossary.softmax_poly1,
        lossary.softmax_generalized_cross_entropy,
        lossary.categorical_cross_entropy,
        lossary.categorical_focal,
        lossary.generalized_cross_entropy,
        lossary.negative_log_likelihood,
        lossary.multiclass_hinge,
        lossary.multiclass_perceptron,
        lossary.multiclass_sparsemax,
        lossary.multi_margin,
    }
)


def name_of(loss: Loss) -> str:
    return str(getattr(loss, "__name__", loss))

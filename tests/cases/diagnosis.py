"""What triggers each finding of `diagnose`, a near miss that must not, and words that the text must have."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from tests.cases.problems import (
    Problem,
    binary,
    calibrated_between_0_and_1,
    certain,
    changed_at,
    few_between_0_and_1,
    good,
    in_order_of_time,
    multiclass,
    of_logits,
    of_targets,
    sigmoid,
    softmax,
    sure,
    wrong_labels,
)


class Row(NamedTuple):
    """A trigger, what its finding must say, and a near miss."""

    code: str
    severity: str
    trigger: Callable[[], Problem]
    says: tuple[str, ...]
    near_miss: Callable[[], Problem]
    name: str = ""


ROWS = [
    Row(
        "L001",
        "error",
        lambda: Problem(binary()[0][:, None], binary()[1], {"kind": "logits"}),
        (
            "predictions (2000, 1) and targets (2000,)",
            "4,000,000 pairs instead of 2,000",
            "predictions[..., 0]",
        ),
        lambda: Problem(binary()[0][:, None], binary()[1][:, None], {"kind": "logits"}),
    ),
    Row(
        "L001",
        "error",
        lambda: good(weights=np.ones(3)),
        ("weights (3,) do not fit the loss, which has shape (2000,)",),
        lambda: good(weights=np.ones(2000)),
        "weights",
    ),
    Row(
        "L002",
        "error",
        lambda: Problem(*binary()[::-1], {"kind": "probs"}),
        ("predictions hold only {0, 1}, targets 2,000 distinct values", "Keras and scikit-learn"),
        lambda: Problem(binary()[1], np.where(binary()[1] == 1, 0.9, 0.1), {"kind": "probs"}),
    ),
    Row(
        "L003",
        "error",
        lambda: multiclass(lambda z, y: (z.T, y)),
        ("the classes seem to be on axis 0", "axis=0"),
        lambda: multiclass(lambda z, y: (z.T, y), axis=0),
    ),
    Row(
        "L005",
        "error",
        lambda: of_targets(lambda y: np.where(y == 1, "yes", "no")),
        ("targets are not real numbers", "targets == 'yes'"),
        lambda: of_targets(lambda y: y == 1),
    ),
    Row(
        "L010",
        "error",
        lambda: of_logits(lambda z: changed_at(z, 7, np.nan)),
        ("1 of 2,000 NaN: [7]=nan", "every gradient"),
        lambda: Problem(
            changed_at(binary()[0], 7, np.nan), binary()[1], {"kind": "logits", "where": np.arange(2000) != 7}
        ),
    ),
    Row(
        "L011",
        "error",
        lambda: of_targets(lambda y: changed_at(y, 3, np.nan)),
        ("1 of 2,000 NaN: [3]=nan", "where=~np.isnan(targets)"),
        lambda: Problem(
            binary()[0], changed_at(binary()[1], 3, np.nan), {"kind": "logits", "where": np.arange(2000) != 3}
        ),
    ),
    Row(
        "L101",
        "error",
        lambda: of_targets(lambda y: 2 * y - 1),
        ("[4]=-1", "distinct: {-1, 1}", "targets = (targets + 1) / 2"),
        lambda: of_targets(lambda y: 0.9 * y + 0.05),
        "plus or minus one",
    ),
    Row(
        "L101",
        "error",
        lambda: of_targets(lambda y: y + 1),
        ("distinct: {1, 2}", "targets = targets - 1"),
        lambda: of_targets(lambda y: y.astype(bool)),
        "one and two",
    ),
    Row(
        "L101",
        "error",
        lambda: of_targets(lambda y: (255 * y).astype("uint8")),
        ("distinct: {0, 255}", "targets = targets / 255"),
        lambda: of_targets(lambda y: (255 * y).astype("uint8") / 255),
        "mask",
    ),
    Row(
        "L102",
        "error",
        lambda: of_logits(lambda z: z, kind="probs"),
        ("these look like logits", "do not clip", 'kind="logits"'),
        lambda: of_logits(sigmoid, kind="probs"),
    ),
    Row(
        "L102",
        "error",
        lambda: of_logits(lambda z: np.log(sigmoid(z)), kind="probs"),
        ("log-probabilities", "np.exp(predictions)"),
        lambda: of_logits(lambda z: sigmoid(z).astype("float32"), kind="probs"),
        "logarithms",
    ),
    Row(
        "L102",
        "error",
        lambda: of_logits(lambda z: 1.3 * sigmoid(z), kind="probs"),
        ("something scaled them or added them up", "do not clip"),
        lambda: of_logits(lambda z: sigmoid(z) / 1.3, kind="probs"),
        "scaled",
    ),
    Row(
        "L102",
        "error",
        lambda: multiclass(lambda z, y: (1.3 * softmax(z), y), kind="probs"),
        ("each row sums to 1.3", "predictions / 1.3"),
        lambda: multiclass(lambda z, y: (softmax(z), y), kind="probs"),
        "scaled rows",
    ),
    Row(
        "L102",
        "note",
        lambda: of_logits(lambda z: changed_at(sigmoid(z), 0, 1 + 1.2e-7), kind="probs"),
        ("rounding pushed probabilities outside [0, 1]", "[0]=1"),
        lambda: of_logits(lambda z: changed_at(sigmoid(z), 0, 1 - 1.2e-7), kind="probs"),
        "rounding",
    ),
    Row(
        "L103",
        "error",
        lambda: of_logits(sigmoid),
        ("sigmoid applied twice?", "after the sigmoid in [0.500, 0.731]", "the loss cannot fall below 0.50"),
        # Calibrated logits between 0 and 1, all of which say that positives are likelier.
        lambda: Problem(*binary(spread=0.1, shift=0.5), {"kind": "logits"}),
    ),
    Row(
        "L103",
        "error",
        lambda: of_logits(lambda z: sigmoid(sigmoid(z)), kind="probs"),
        ("probabilities look like a sigmoid of probabilities", "remove one of the two sigmoids"),
        lambda: Problem(
            sigmoid(binary(spread=0.1, shift=0.5)[0]), binary(spread=0.1, shift=0.5)[1], {"kind": "probs"}
        ),
        "of probabilities",
    ),
    Row(
        "L103",
        "warning",
        lambda: multiclass(lambda z, y: (sigmoid(z), y)),
        ("logits look like sigmoid outputs, one per class", "cannot fall below 0.7437"),
        calibrated_between_0_and_1,
        "of classes",
    ),
    Row(
        "L103",
        "note",
        lambda: few_between_0_and_1(2.0),
        ("logits may be probabilities", "if the model ends in a sigmoid"),
        lambda: few_between_0_and_1(0.0),
        "of few",
    ),
    Row(
        "L104",
        "error",
        lambda: of_targets(lambda y: np.arange(2000) % 10),
        ("targets are class ids 0..9", "cannot represent 10 classes", 'task="multiclass"'),
        lambda: of_targets(lambda y: y.astype("int64")),
    ),
    Row(
        "L110",
        "error",
        lambda: multiclass(lambda z, y: (z, y + 1)),
        ("class ids from 0 to 3", "targets = targets - 1"),
        lambda: multiclass(lambda z, y: (z, y.astype(float))),
    ),
    Row(
        "L110",
        "error",
        lambda: multiclass(lambda z, y: (z, np.where(np.arange(2000) < 5, -100, y))),
        ("5 of 2,000 outside: [0]=-100", "where=targets != -100"),
        lambda: multiclass(
            lambda z, y: (z, np.where(np.arange(2000) < 5, -100, y)), where=np.arange(2000) >= 5
        ),
        "padding",
    ),
    Row(
        "L111",
        "error",
        lambda: multiclass(lambda z, y: (z, np.eye(4)[y] + np.eye(4)[(y + 1) % 4])),
        ("each row of targets must sum to 1", "[0]=2", 'task="multilabel"'),
        lambda: multiclass(lambda z, y: (z, np.eye(4)[y])),
    ),
    Row(
        "L112",
        "error",
        lambda: multiclass(lambda z, y: (softmax(z), y)),
        ("softmax applied twice", "cannot fall below 0.7437 = log(1 + 3/e)"),
        lambda: multiclass(lambda z, y: (z - z.mean(axis=-1, keepdims=True) + 0.25, y)),
    ),
    Row(
        "L112",
        "error",
        lambda: multiclass(lambda z, y: (softmax(softmax(2 * z)), y), kind="probs"),
        ("softmax applied twice", "remove one of the two softmaxes"),
        lambda: multiclass(lambda z, y: (softmax(z), y), kind="probs"),
        "of probabilities",
    ),
    Row(
        "L113",
        "error",
        lambda: multiclass(lambda z, y: (z.argmax(axis=-1), y)),
        ("predictions hold 4 class ids, 0 to 3", "one score per class"),
        lambda: multiclass(lambda z, y: (z, y)),
    ),
    Row(
        "L113",
        "error",
        lambda: of_logits(lambda z: (z > 0).astype(int)),
        ("all 2,000 logits are 0 or 1", "not predict(X)"),
        lambda: of_logits(lambda z: np.where(z > 0, 1.3, -1.3)),
        "of two",
    ),
    Row(
        "L201",
        "warning",
        lambda: of_logits(lambda z: (z > 0).astype(float), kind="probs"),
        ("these are predicted classes, not probabilities", "instead of predict(X)"),
        lambda: of_logits(lambda z: np.where(z > 0, 0.8, 0.2), kind="probs"),
        "classes",
    ),
    Row(
        "L201",
        "warning",
        lambda: certain(wrong=3),
        ("15 of 2,000 probabilities are exactly 0 or 1, 3 of them wrong", "16.1 in Keras"),
        lambda: of_logits(lambda z: np.clip(sigmoid(z), 1e-9, 1 - 1e-9), kind="probs"),
    ),
    Row(
        "L201",
        "note",
        lambda: certain(wrong=0),
        ("15 of 2,000 probabilities are exactly 0 or 1, 0 of them wrong",),
        lambda: of_logits(sigmoid, kind="probs"),
        "all right",
    ),
    Row(
        "L301",
        "error",
        lambda: good(weights=np.where(np.arange(2000) == 5, -1.0, 1.0)),
        ("1 of 2,000 negative: [5]=-1", "rewarded for being wrong"),
        lambda: good(weights=np.where(np.arange(2000) == 5, -1.0, 1.0), where=np.arange(2000) != 5),
    ),
    Row(
        "L302",
        "error",
        lambda: good(weights=np.zeros(2000)),
        ("all 2,000 are 0",),
        lambda: good(weights=np.where(np.arange(2000) < 1990, 1.0, 0.0)),
    ),
    Row(
        "L303",
        "note",
        lambda: good(weights=np.full(2000, 3.0)),
        ("the weights have mean 3, not 1", "2,000 examples count like 2000", "weights / weights.mean()"),
        lambda: good(weights=np.tile([0.5, 1.5], 1000)),
    ),
    Row(
        "L401",
        "warning",
        lambda: of_targets(np.ones_like),
        ("all 2,000 targets are 1", "stratify=targets"),
        lambda: of_targets(lambda y: np.where(np.arange(2000) == 0, 0, y)),
    ),
    Row(
        "L401",
        "note",
        lambda: Problem([-3.0, -4.0, -3.5, -5.0], [0, 0, 0, 0], {"kind": "logits"}),
        ("all 4 targets are 0",),
        lambda: Problem([-3.0, -4.0, -3.5, -5.0], [0, 0, 0, 1], {"kind": "logits"}),
        "of a rare class",
    ),
    Row(
        "L402",
        "note",
        lambda: Problem(*binary(shift=-6.0), {"kind": "logits"}),
        ("% are positive", "always the base rate"),
        lambda: Problem(*binary(shift=-3.0), {"kind": "logits"}),
    ),
    Row(
        "L403",
        "warning",
        lambda: of_logits(np.zeros_like),
        ("all 2,000 probabilities are 0.5", "ignores its input"),
        lambda: Problem(*binary(spread=0.1), {"kind": "logits"}),
    ),
    Row(
        "L404",
        "error",
        lambda: of_logits(np.negative),
        ("standard errors below chance", "1 - probs"),
        lambda: of_logits(lambda z: 0.3 * z),
    ),
    Row(
        "L404",
        "error",
        lambda: multiclass(lambda z, y: (z[:, [2, 0, 1, 3]], y)),
        ("in different orders", "with the columns [1, 2, 0, 3]"),
        lambda: multiclass(lambda z, y: (z + np.array([0.5, 0.0, -0.5, 0.0]), y)),
        "of classes",
    ),
    Row(
        "L405",
        "error",
        lambda: of_logits(np.random.default_rng(9).permutation),
        ("of all pairs, as by chance", "shuffle=True"),
        lambda: sure(0.62),
    ),
    Row(
        "L405",
        "error",
        lambda: of_logits(lambda z: np.roll(z, 1)),
        ("shifted by 1 row", "1 row earlier, the predictions have loss 0.4", "np.roll(targets, 1)"),
        lambda: in_order_of_time(),
        "shifted",
    ),
    Row(
        "L405",
        "error",
        lambda: multiclass(lambda z, y: (z, np.roll(y, 2))),
        ("shifted by 2 rows", "np.roll(targets, -2)"),
        lambda: multiclass(lambda z, y: (np.roll(z, 1, axis=0), np.roll(y, 1))),
        "shifted classes",
    ),
    Row(
        "L405",
        "error",
        lambda: multiclass(lambda z, y: (np.random.default_rng(9).permutation(z), y)),
        ("no better than those of other rows", "shuffle=True"),
        lambda: multiclass(lambda z, y: (z + np.random.default_rng(1).normal(size=z.shape), y)),
        "of classes",
    ),
    Row(
        "L406",
        "warning",
        lambda: sure(0.55),
        ("always predicting the base rate has loss 0.6931", "does harm on these examples"),
        lambda: sure(0.62),
    ),
    Row(
        "L407",
        "warning",
        lambda: of_logits(lambda z: 3 * z),
        ("overconfident", "slope 0.3", "fit this on held-out data"),
        lambda: of_logits(lambda z: 1.05 * z),
    ),
    Row(
        "L407",
        "warning",
        lambda: of_logits(lambda z: z + 1.0),
        ("too high throughout", "shift -1.0"),
        lambda: of_logits(lambda z: z + 0.02),
        "shifted",
    ),
    Row(
        "L408",
        "warning",
        lambda: wrong_labels(0.005),
        ("10 of 2,000 labels had a probability below 0.001", "[0], [1], [2]", "report.worst(20)"),
        lambda: of_logits(lambda z: z, spread=4.0),
    ),
    Row(
        "L407",
        "warning",
        lambda: of_logits(lambda z: 10 * z, spread=4.0),
        ("overconfident", "slope 0.1"),
        lambda: of_logits(lambda z: z, spread=4.0),
        "by ten",
    ),
    Row(
        "L409",
        "note",
        lambda: wrong_labels(0.0),
        ("all 2,000 examples are right", "most important feature"),
        lambda: wrong_labels(0.001),
    ),
]


def ids(rows: list[Row]) -> list[str]:
    return [f"{row.code} {row.name}".strip() for row in rows]

"""Losses on boxes in torchvision, the asymmetric loss in timm, ordinal losses in coral-pytorch."""

from math import exp, log1p

from tests.peers import Differs, Equal

_BOXES = {
    "x": [[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 1.0, 1.0]],
    "y": [[1.0, 1.0, 3.0, 4.0], [2.0, 2.0, 3.0, 3.0]],
}
_MULTILABEL = {"z": [[2.0, -0.5, 0.25], [-1.0, 0.0, 3.0]], "y": [[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]]}
_Z = [1.5, 0.2, -1.0]
_LEVELS = {
    "z": [_Z] * 4,
    "levels": [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [1.0, 1.0, 1.0]],
}

EQUALS = [
    *[
        Equal(
            f"torchvision.ops.{theirs}_iou_loss(x, y, reduction='mean')",
            f"lossary.{ours}_iou(x, y)",
            _BOXES,
        )
        for theirs, ours in (
            ("generalized_box", "generalized"),
            ("distance_box", "distance"),
            ("complete_box", "complete"),
        )
    ],
    Equal(
        "timm.loss.AsymmetricLossMultiLabel(gamma_neg=n, gamma_pos=p, clip=c, reduction='mean')(z, y)",
        "lossary.sigmoid_asymmetric(z, y, negative_gamma=n, positive_gamma=p, shift=c)",
        _MULTILABEL,
        {"n": [4.0], "p": [0.0, 1.0], "c": [0.05, 0.2]},
        note="timm sums over the labels of an image by default, and divides by the number of images.",
        rtol=1e-5,
    ),
    Equal(
        "coral_pytorch.losses.coral_loss(z, levels)",
        "lossary.sigmoid_ordinal(z, levels.sum(-1).astype(int))",
        _LEVELS,
        note="coral-pytorch takes levels, one binary label per threshold. lossary takes class ids.",
    ),
]


def _conditional(label: int) -> float:
    """Thresholds that are exceeded, and the first that is not."""
    taken = [log1p(exp(-z)) for z in _Z[:label]]
    return sum(taken) + sum(log1p(exp(z)) for z in _Z[label : label + 1])


_P = 1.0 / (1.0 + exp(-40.0))
_Q = exp(-40.0) * _P

DIFFERS = [
    Differs(
        "torchvision.ops.complete_box_iou_loss(x, y)",
        "lossary.complete_iou(x, y, reduction='none')",
        {"x": [[1.0, 1.0, 1.0, 1.0]], "y": [[0.0, 0.0, 2.0, 2.0]]},
        [1.0],
        "The width of a box that is a point, divided by its height, is 0/0: loss and gradient are NaN.",
    ),
    Differs(
        "torchvision.ops.complete_box_iou_loss(x, y)",
        "lossary.complete_iou(x, y, reduction='none')",
        {"x": [[0.0, 0.0, 1e-4, 1e-4]], "y": [[0.0, 0.0, 1e-4, 1e-4]]},
        [0.0],
        "1e-7 is added to areas, but the area of this box is 1e-8: two equal boxes cost 0.91.",
    ),
    Differs(
        "timm.loss.AsymmetricLossMultiLabel()(z, y)",
        "lossary.sigmoid_asymmetric(z, y)",
        {"z": [[-40.0]], "y": [[1.0]]},
        40.0,
        "Probabilities are clipped at 1e-8: even a confidently wrong prediction costs at most 18.4.",
    ),
    Differs(
        "timm.loss.AsymmetricLossMultiLabel()(z, y)",
        "lossary.sigmoid_asymmetric(z, y)",
        {"z": [[-40.0]], "y": [[1.0]]},
        [[-1.0]],
        "Its gradient is 0, so the model never learns the label.",
        gradient=True,
    ),
    Differs(
        "timm.loss.AsymmetricLossMultiLabel(gamma_pos=0.5)(z, y)",
        "lossary.sigmoid_asymmetric(z, y, positive_gamma=0.5)",
        {"z": [[40.0]], "y": [[1.0]]},
        [[-(_Q**0.5) * (0.5 * _P * log1p(exp(-40.0)) + _Q)]],
        "If a label is predicted with certainty, the gradient is NaN: 0 to a negative power.",
        gradient=True,
    ),
    Differs(
        "coral_pytorch.losses.corn_loss(z, k, 4)",
        "lossary.sigmoid_conditional_ordinal(z, k)",
        {"z": [_Z] * 4, "k": [0, 1, 2, 3]},
        sum(map(_conditional, range(4))) / 4,
        "The sum is divided by the number of thresholds used in the batch: 0.66. The weight of an example"
        " depends on the labels of the others.",
    ),
]

"""MONAI's losses of the overlap of regions, on images whose classes are on axis 1."""

from typing import Any

import numpy as np

from tests.peers import Equal


def _images() -> dict[str, Any]:
    """Two images of 4 × 5 pixels, in which each of three classes has some; and soft labels."""
    x = np.round(2 * np.sin(np.arange(120) ** 1.5), 2).reshape(2, 3, 4, 5)
    e, soft = np.exp(x), np.exp(np.cos(np.arange(120.0) ** 1.3).reshape(x.shape))
    return {
        "x": x,
        "softmax_of_x": e / e.sum(1, keepdims=True),
        "y": np.moveaxis(np.eye(3)[np.arange(40).reshape(2, 4, 5) % 7 % 3], -1, 1),
        "soft": soft / soft.sum(1, keepdims=True),
        "w": np.asarray([1.0, 0.25, 3.0]),
    }


IMAGES = _images()
SMOOTH = {"s": [0.5, 1.0]}
_SMOOTH = "smooth_nr=2 * s, smooth_dr=2 * s"

EQUALS = [
    Equal(
        f"monai.losses.DiceLoss(sigmoid=True, {_SMOOTH})(x, y)",
        "lossary.sigmoid_dice(x, y, axis=(2, 3), smooth=s)",
        IMAGES,
        SMOOTH,
        note="MONAI's default for both is 1e-5, which is `smooth=5e-6`.",
    ),
    Equal(
        f"monai.losses.DiceLoss(softmax=True, batch=True, {_SMOOTH})(x, y)",
        "lossary.dice(softmax_of_x, y, axis=(0, 2, 3), smooth=s)",
        IMAGES,
        SMOOTH,
        note="Apply the softmax before the call. `axis` defines one region.",
    ),
    Equal(
        f"monai.losses.DiceLoss(softmax=True, include_background=False, {_SMOOTH})(x, y)",
        "lossary.dice(softmax_of_x[:, 1:], y[:, 1:], axis=(2, 3), smooth=s)",
        IMAGES,
        SMOOTH,
    ),
    Equal(
        f"monai.losses.DiceLoss(softmax=True, weight=w, {_SMOOTH})(x, y)",
        "lossary.dice(softmax_of_x, y, axis=(2, 3), weights=w[None], smooth=s)",
        IMAGES,
        SMOOTH,
        note="One weight per class is an ordinary weight on the loss of each image and class.",
    ),
    Equal(
        f"monai.losses.DiceLoss(sigmoid=True, squared_pred=True, {_SMOOTH})(x, y)",
        "lossary.sigmoid_dice(x, y, axis=(2, 3), overlap='squared', smooth=s)",
        IMAGES,
        SMOOTH,
    ),
    Equal(
        f"monai.losses.DiceLoss(soft_label=True, {_SMOOTH})(softmax_of_x, soft)",
        "lossary.dice(softmax_of_x, soft, axis=(2, 3), overlap='minimum', smooth=s)",
        IMAGES,
        SMOOTH,
        note='Without `soft_label` it is the `overlap` "product", which is not 0 at p = y.',
    ),
    Equal(
        f"monai.losses.DiceLoss(sigmoid=True, jaccard=True, {_SMOOTH})(x, y)",
        "lossary.sigmoid_tversky(x, y, axis=(2, 3), fp_weight=1.0, fn_weight=1.0, smooth=s)",
        IMAGES,
        SMOOTH,
    ),
    Equal(
        "monai.losses.TverskyLoss(sigmoid=True, alpha=alpha, beta=beta, smooth_nr=s, smooth_dr=s)(x, y)",
        "lossary.sigmoid_tversky(x, y, axis=(2, 3), fp_weight=alpha, fn_weight=beta, smooth=s)",
        IMAGES,
        {**SMOOTH, "alpha": [0.5, 0.3], "beta": [0.5, 0.9]},
    ),
    Equal(
        "monai.losses.TverskyLoss(soft_label=True, alpha=0.3, smooth_nr=s, smooth_dr=s)(softmax_of_x, soft)",
        "lossary.tversky("
        "softmax_of_x, soft, axis=(2, 3), fp_weight=0.3, fn_weight=0.5, overlap='minimum', smooth=s)",
        IMAGES,
        SMOOTH,
    ),
    Equal(
        f"monai.losses.GeneralizedDiceLoss(softmax=True, {_SMOOTH})(x, y)",
        "lossary.generalized_dice(softmax_of_x, y, axis=(2, 3), class_axis=1, smooth=s)",
        IMAGES,
        SMOOTH,
        note="MONAI gives a class without pixels the largest weight among the others; lossary gives it 0.",
    ),
    Equal(
        f"monai.losses.GeneralizedDiceLoss(soft_label=True, {_SMOOTH})(softmax_of_x, soft)",
        "lossary.generalized_dice("
        "softmax_of_x, soft, axis=(2, 3), class_axis=1, overlap='minimum', smooth=s)",
        IMAGES,
        SMOOTH,
    ),
    Equal(
        f"monai.losses.DiceCELoss(softmax=True, {_SMOOTH})(x, y)",
        "lossary.dice(softmax_of_x, y, axis=(2, 3), smooth=s) + lossary.softmax_cross_entropy(x, y, axis=1)",
        IMAGES,
        SMOOTH,
    ),
    Equal(
        "monai.losses.FocalLoss(gamma=gamma)(x, y)",
        "lossary.sigmoid_focal(x, y, gamma=gamma)",
        IMAGES,
        {"gamma": [0.0, 2.0]},
    ),
    Equal(
        "monai.losses.FocalLoss(gamma=gamma, use_softmax=True)(x, y)",
        "lossary.softmax_focal(x, y, axis=1, gamma=gamma) / x.shape[1]",
        IMAGES,
        {"gamma": [0.0, 2.0]},
        note="MONAI's mean also divides by the number of classes.",
    ),
]

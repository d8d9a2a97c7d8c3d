"""Losses of the overlap of regions."""

from math import exp
from typing import Any

import numpy as np

from tests.peers import Differs, Equal


def _images() -> dict[str, Any]:
    """Two images of 3 × 4 pixels, in which each of three classes has some."""
    logits = np.round(2 * np.sin(np.arange(72) ** 1.5), 2).reshape(2, 3, 4, 3)
    e = np.exp(logits)
    one_hot = np.eye(3, dtype="int64")[np.arange(24).reshape(2, 3, 4) % 5 % 3]
    return {
        "z": logits.astype("float32"),
        "softmax_of_z": (e / e.sum(-1, keepdims=True)).astype("float32"),
        "y": one_hot,
        "w": (1 / one_hot.sum((0, 1, 2)) ** 2).astype("float32"),
    }


IMAGES = _images()

EQUALS = [
    Equal(
        "optax.losses.dice_loss(z, y, smooth=smooth, alpha=alpha, beta=beta)",
        "lossary.tversky(softmax_of_z, y, axis=(1, 2), "
        "fp_weight=alpha, fn_weight=beta, smooth=smooth, over=-1)",
        IMAGES,
        {"smooth": [0.0, 1.0], "alpha": [0.5, 0.3], "beta": [0.5, 0.9]},
        note="Apply the softmax before the call. optax's default for `smooth` is 1, lossary's is 0."
        " `dice` has both weights at one half.",
    ),
    Equal(
        "optax.losses.dice_loss(z, y, class_weights=w, reduction='none')",
        "lossary.dice(softmax_of_z, y, axis=(1, 2), smooth=1.0, weights=w[None], reduction='none')",
        IMAGES,
        note="One weight per class is an ordinary weight on the loss of each image and class.",
    ),
    Equal(
        "optax.losses.dice_loss(z, y, ignore_background=True, axis=(0, 1, 2))",
        "lossary.dice(softmax_of_z[..., 1:], y[..., 1:], axis=(0, 1, 2), smooth=1.0)",
        IMAGES,
    ),
    Equal(
        "optax.losses.binary_dice_loss(z[..., 0], y[..., 0], smooth=smooth)",
        "lossary.sigmoid_dice(z[..., 0], y[..., 0], axis=(1, 2), smooth=smooth, reduction='none')",
        IMAGES,
        {"smooth": [0.0, 1.0]},
        note="For probabilities, use `dice`. optax's `apply_sigmoid=False` raises under `jit`.",
    ),
    Equal(
        "optax.losses.multiclass_generalized_dice_loss(z, y, smooth=smooth)",
        "lossary.dice(softmax_of_z, y, axis=(1, 2), smooth=smooth, weights=w[None] / w.mean())",
        IMAGES,
        {"smooth": [0.0, 1.0]},
        note="With w = 1 / (pixels of each class)². It is a weighted mean of the Dice loss per class,"
        " not the paper's generalized Dice, which is `generalized_dice`.",
    ),
    Equal(
        "keras.losses.dice(y, softmax_of_z, axis=axis)",
        "lossary.dice(softmax_of_z, y, axis=axis, reduction='none')",
        IMAGES,
        {"axis": [(1, 2), (0, 1, 2, 3)]},
        note="Targets come first. `axis` defaults to all axes, including the batch and the classes.",
    ),
    Equal(
        "keras.losses.tversky(y, softmax_of_z, alpha=alpha, beta=beta, axis=(1, 2))",
        "lossary.tversky(softmax_of_z, y, axis=(1, 2), fp_weight=beta, fn_weight=alpha, reduction='none')",
        IMAGES,
        {"alpha": [0.5, 0.3], "beta": [0.5, 0.9]},
        note="Targets come first. Up to keras 3.15, `alpha` weights false negatives, contrary to its"
        " documentation.",
    ),
]

_CERTAIN = 1 / (1 + exp(20))
_NEAR = 1 - 2**-22

DIFFERS = [
    Differs(
        "keras.losses.dice(y, p, axis=0)",
        "lossary.dice(p, y, axis=0)",
        {"p": [0.0, 0.0], "y": [0, 0]},
        0.0,
        "An empty region with no false positives costs as much as one that was missed entirely.",
    ),
    Differs(
        "keras.losses.dice(y, p, axis=0)",
        "lossary.dice(p, y, axis=0)",
        {"p": [1.0, 1.0, 1.0, _NEAR], "y": [1, 1, 1, 1]},
        (1 - _NEAR) / (7 + _NEAR),
        "One minus a ratio near 1 loses its digits, and an epsilon is added to the denominator.",
    ),
    Differs(
        "keras.losses.tversky(y, p, alpha=1.0, beta=0.0, axis=0)",
        "lossary.tversky(p, y, axis=0, fp_weight=1.0, fn_weight=0.0)",
        {"p": [1.0, 1.0], "y": [1, 0]},
        0.5,
        "`alpha`, documented as the weight of false positives, weights false negatives. There are none here.",
    ),
    Differs(
        "optax.losses.dice_loss(x, y, smooth=0.0, axis=0)",
        "lossary.sigmoid_dice(x, y, axis=(0, 1))",
        {"x": [[float("-inf")], [float("-inf")]], "y": [[0], [0]]},
        0.0,
        "Without `smooth`, an empty region with no false positives gives NaN.",
    ),
    Differs(
        "optax.losses.binary_dice_loss(x, y)",
        "lossary.sigmoid_dice(x, y, axis=1, smooth=1.0, reduction='none')",
        {"x": [[20.0, -20.0]], "y": [[1, 0]]},
        [_CERTAIN / 2],
        "One minus a ratio near 1: a confident prediction appears perfect.",
    ),
    Differs(
        "optax.losses.multiclass_generalized_dice_loss(p, y, apply_softmax=False)",
        "lossary.generalized_dice(p, y, axis=(1, 2))",
        {"p": [[[[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]]], "y": [[[[1, 0, 0], [0, 1, 0]]]]},
        1.0,
        "A class without pixels gets all but a ten-millionth of the weight: every pixel is wrong"
        " here, and the loss is nearly 0.",
    ),
]

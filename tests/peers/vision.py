"""Losses on images and embeddings in torchvision, timm and pytorch-metric-learning."""

from tests.peers import Equal

_MAPS = {"z": [[2.0, -0.5, 0.25], [-1.0, 0.0, 3.0]], "y": [[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]]}
_CLASSES = {"z": [[2.0, -0.5, 0.25], [-1.0, 0.0, 3.0]], "k": [2, 1]}
_EMBEDDED = {"v": [[1.0, 0.0], [0.8, 0.6], [0.0, 1.0], [-0.6, 0.8]], "k": [0, 0, 1, 1]}

EQUALS = [
    Equal(
        "torchvision.ops.sigmoid_focal_loss(z, y, alpha=a, gamma=g, reduction='mean')",
        "lossary.sigmoid_focal(z, y, alpha=a, gamma=g)",
        _MAPS,
        {"a": [0.25, 0.75], "g": [1.0, 2.0]},
        note="torchvision's defaults are `alpha=0.25` and no reduction.",
    ),
    Equal(
        "timm.loss.LabelSmoothingCrossEntropy(smoothing=s)(z, k)",
        "lossary.softmax_cross_entropy(z, k, label_smoothing=s)",
        _CLASSES,
        {"s": [0.1, 0.5]},
    ),
    Equal(
        "timm.loss.SoftTargetCrossEntropy()(z, y)",
        "lossary.softmax_cross_entropy(z, y)",
        {**_MAPS, "y": [[0.5, 0.25, 0.25], [0.0, 0.125, 0.875]]},
    ),
    Equal(
        "timm.loss.BinaryCrossEntropy(smoothing=0.0)(z, y)",
        "lossary.sigmoid_binary_cross_entropy(z, y)",
        _MAPS,
    ),
    Equal(
        "pytorch_metric_learning.losses.SupConLoss(temperature=t)(v, k)",
        "lossary.supervised_contrastive(v, k, temperature=t)",
        _EMBEDDED,
        {"t": [0.1, 0.5]},
        rtol=1e-5,
    ),
    Equal(
        "pytorch_metric_learning.losses.NTXentLoss(temperature=t)(v, k)",
        "lossary.nt_xent(v, k, temperature=t)",
        _EMBEDDED,
        {"t": [0.1, 0.5]},
        note="pytorch-metric-learning averages over pairs, lossary over anchors. The two are equal if all"
        " groups have the same size.",
        rtol=1e-5,
    ),
]

"""Losses on lists in pycox and allRank: survival times and rankings."""

from math import exp, log, log1p

from tests.peers import Differs, Equal

_COX = {"z": [0.5, -0.2, 1.0, 0.3], "t": [2.0, 3.0, 5.0, 6.0], "e": [1.0, 1.0, 1.0, 0.0]}
_HAZARDS = {"z": [[-1.0, 0.5, 2.0], [0.25, -0.75, 1.0]], "k": [1, 2], "e": [1.0, 0.0]}
_RANKED = {"s": [[1.0, 2.0, 0.0], [0.5, -0.25, 0.75]], "y": [[2.0, 0.0, 1.0], [0.0, 1.0, 2.0]]}

EQUALS = [
    Equal(
        "pycox.models.loss.cox_ph_loss(z, t, e)",
        "lossary.cox(z, t, e, per_list='mean')",
        _COX,
        note="For tied events, and scores far apart, see [How others differ](differences.md).",
    ),
    Equal("pycox.models.loss.nll_logistic_hazard(z, k, e)", "lossary.discrete_hazard(z, k, e)", _HAZARDS),
    Equal(
        "allrank.models.losses.listMLE(s, y)",
        "lossary.list_mle(s, y)",
        _RANKED,
        note="In allRank, a label of -1 is padding: pass `items=y >= 0`. allRank breaks ties at random.",
    ),
    Equal(
        "allrank.models.losses.rankNet(s, y)",
        "lossary.pairwise_logistic(s, y, reduction='sum') / 6",
        _RANKED,
        note="allRank averages over all pairs of the batch (6 in this example), so long lists count more.",
    ),
    Equal(
        "allrank.models.losses.listNet(s, y)",
        "lossary.softmax_ranking(s, np.exp(y) / np.exp(y).sum(-1, keepdims=True))",
        _RANKED,
        note="allRank applies a softmax to the labels.",
        rtol=1e-5,
    ),
]

_RISK = [exp(v) for v in (0.5, -0.2, 1.0, 0.3)]
_BRESLOW = (log(sum(_RISK)) - 0.5 + 2 * log(sum(_RISK[1:])) - 0.8) / 3
_TIED = {"e": [1.0, 1.0, 1.0, 0.0]}
_PYCOX = "pycox.models.loss.cox_ph_loss(z, t, e)"
_OURS = "lossary.cox(z, t, e, per_list='mean')"

DIFFERS = [
    Differs(
        _PYCOX,
        _OURS,
        {"z": [0.0, -100.0, 100.0], "t": [2.0, 3.0, 1.0], "e": [1.0, 1.0, 1.0]},
        (log1p(exp(-100)) + log1p(exp(-100) + exp(-200))) / 3,
        "The largest score is subtracted from all, and 1e-7 is added to each sum: a perfect order with scores"
        " far apart costs 89.",
    ),
    Differs(
        _PYCOX,
        _OURS,
        {"z": [0.0, -100.0, 100.0], "t": [2.0, 3.0, 1.0], "e": [1.0, 1.0, 1.0]},
        [0.0, 0.0, 0.0],
        "The gradient is wrong too, and pushes the scores together: -1/3, -1/3 and 2/3.",
        gradient=True,
    ),
    Differs(
        _PYCOX,
        _OURS,
        {"z": [0.5, -0.2, 1.0, 0.3], "t": [2.0, 3.0, 3.0, 5.0], **_TIED},
        _BRESLOW,
        "Among tied events, each is compared only with those before it in the data: 0.98 in this order.",
    ),
    Differs(
        _PYCOX,
        _OURS,
        {"z": [0.5, 1.0, -0.2, 0.3], "t": [2.0, 3.0, 3.0, 5.0], **_TIED},
        _BRESLOW,
        "The same people in another order have a different loss, 1.19.",
    ),
    Differs(
        _PYCOX,
        _OURS,
        {"z": [0.5, -0.2], "t": [2.0, 3.0], "e": [0.0, 0.0]},
        0.0,
        "For a batch without events, the loss is 0/0: loss and gradient are NaN.",
    ),
    Differs(
        "allrank.models.losses.listMLE(s, y)",
        "lossary.list_mle(s, y)",
        {"s": [[-60.0, 0.0]], "y": [[0.0, 1.0]]},
        log1p(exp(-60)),
        "1e-10 is added inside the logarithm: a perfect order with scores far apart costs 37.",
    ),
    Differs(
        "allrank.models.losses.listMLE(s, y)",
        "lossary.list_mle(s, y)",
        {"s": [[-60.0, 0.0]], "y": [[0.0, 1.0]]},
        [[exp(-60), -exp(-60)]],
        "The gradient is -1 and 1: a perfect order is still trained.",
        gradient=True,
    ),
    Differs(
        "allrank.models.losses.listMLE(s, y)",
        "lossary.list_mle(s, y)",
        {"s": [[0.0, -60.0, -70.0]], "y": [[2.0, 0.0, 1.0]]},
        log1p(exp(-60) + exp(-70)) + 10 + log1p(exp(-10)),
        "A single pair in the wrong order, with scores 10 apart, costs 84.",
    ),
    Differs(
        "allrank.models.losses.rankNet(s, y)",
        "lossary.pairwise_logistic(s, y)",
        {"s": [[1.0, 2.0]], "y": [[1.0, 1.0]]},
        0.0,
        "For a batch without pairs, the mean over nothing is NaN.",
    ),
]

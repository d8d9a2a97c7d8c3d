"""Rows for classes that are rare, ordered, between others, or to be kept apart by a margin."""

from math import inf

from tests.cases import Case
from tests.cases.classification import HARD, IDS, MASKED, ROWS, SOFT

_ASL, _QFL, _DFL = "sigmoid_asymmetric", "sigmoid_quality_focal", "softmax_distribution_focal"
_ENDS = ([inf, -inf, inf, -inf], [1, 0, 0, 1])
_NEAR = [-2.96, -2.9, -2.75, -2.5, -2.0]
"""Around logit(0.05)."""
_EXPONENTS = {"positive_gamma": 0.5, "negative_gamma": 2.7, "shift": 0.25, "label_smoothing": 0.1}
# A power multiplies the relative errors of its base, which has two sigmoids and an exponential; and NumPy's
# float32 exp is off by 2.5 ULP. The curvature crosses zero.
_POWERS = {"ulp": (18.0, 18.0, 18.0), "ulp32": (24.0, 24.0, 32.0)}

_COSINES = [
    [0.6, 0.1, 0.1, -0.2],
    [0.25, 0.25, 0.25, 0.25],
    [-0.9, 0.5, 0.99, 0.0],
    [0.9999, -0.9999, 0.5, 0.0],
    [0.0, 0.0, 0.125, 1.0],
    [-1.0, 0.1, 0.2, 0.3],
]
_WHICH = [0, 3, 0, 0, 2, 1]
# Of logits that are multiplied by 64 the exponential has as many units of error as they are large.
_SCALED = {"ulp": (64.0, 64.0, 64.0)}
_LDAM = {"margin": [0.5, 0.25, 0.125, 1.0], "scale": 30.0}

_RANKS = [0, 4, 1, 2, 3, 4, 2]
_BINS = [0.0, 3.0, 1.25, 0.5, 2.0, 2.75, 1e-3]

CASES = [
    Case("hard", _ASL, HARD, **_POWERS),
    Case("soft", _ASL, SOFT, _EXPONENTS, **_POWERS),
    # As many units as the edge, where it is rounded, is off beside the way to it; and XLA adds up its parts.
    Case("near", _ASL, (_NEAR, [0.0] * 5), ulp=(256.0, 256.0, 256.0), ulp32=(128.0, 128.0, 128.0)),
    *[
        Case(
            f"shift{m:g}-gammas{g:g}", _ASL, HARD, {"positive_gamma": g, "negative_gamma": g, "shift": m},
            **_POWERS,
        )
        for m, g in ((0.0, 0.0), (0.0, 2.0), (0.25, 1.0))
    ],
    # -log(0.05)·0.95**4 is all that a negative costs.
    Case(
        "ends", _ASL, _ENDS, value=[0, 0, 2.4400426601364353, inf], grad=[0, 0, 0, -1], hess=[0] * 4,
        smooth=False, ulp=(6.0, 4.0, 8.0),
    ),
    # At the kink derivatives are those of the side where the loss is 0.
    Case(
        "kink", _ASL, ([0.0], [0]), {"shift": 0.5, "negative_gamma": 0.0}, value=[0], grad=[0], hess=[0],
        smooth=False,
    ),
    Case("hard", _QFL, HARD, **_POWERS),
    Case("soft", _QFL, ([0.3, -1.0, 0.5, 8.0, -15.0, 40.0], [0.7, 0.5, 0.125, 0.9, 0.25, 0.75]), **_POWERS),
    Case(
        "gamma0.5", _QFL, ([0.3, -1.0, 0.5, -15.0, -80.0], [0.7, 1.0, 0.125, 0.0, 0.0]), {"gamma": 0.5},
        **_POWERS,
    ),
    Case("gamma0", _QFL, SOFT, {"gamma": 0.0}),
    Case(
        "met", _QFL, ([0.0], [0.5]), value=[0], grad=[0], hess=[0.08664339756999316],
        smooth=False,
    ),
    Case("met-gamma3", _QFL, ([0.0], [0.5]), {"gamma": 3.0}, value=[0], grad=[0], hess=[0], smooth=False),
    Case("ends", _QFL, _ENDS, value=[0, 0, inf, inf], grad=[0, 0, 1, -1], hess=[0] * 4, smooth=False),
    Case("bins", _DFL, (ROWS, _BINS)),
    Case("whole", _DFL, (ROWS, [float(i) for i in IDS])),
    Case("published", _DFL, ([[0.1, -1.0, 2.0, 0.5]], [1.25])),
    Case("one-bin", _DFL, ([[0.5], [2.0]], [0.0, 0.0])),
    Case(
        "impossible", _DFL, ([[0.0, -inf, 0.0], [0.0, -inf, 0.0]], [0.5, 2.0]),
        value=[inf, 0.6931471805599453], grad=[[0.0, -0.5, 0.5], [0.5, 0.0, -0.5]],
        hess=[[0.25, 0.0, 0.25]] * 2, smooth=False,
    ),
    Case("plain", "cosface", ([[0.6, 0.1, 0.1], [0.1, 0.2, 0.3]], [0, 0]), **_SCALED),
    Case("cosines", "cosface", (_COSINES, _WHICH), **_SCALED),
    Case("logits", "cosface", (ROWS, IDS), {"margin": 0.5, "scale": 1.0}),
    Case("masked", "cosface", (MASKED, [2, 1, 3]), {"margin": 0.5, "scale": 2.0}),
    Case("ldam", "cosface", (_COSINES, _WHICH), _LDAM, ("margin",), **_SCALED),
    Case("plain", "arcface", ([[0.6, 0.1, 0.1], [0.1, 0.2, 0.3]], [0, 0]), **_SCALED),
    Case("cosines", "arcface", (_COSINES, _WHICH), **_SCALED),
    Case("options", "arcface", (_COSINES, _WHICH), {"angular_margin": 1.25, "scale": 4.0}, **_SCALED),
    Case("none", "arcface", (_COSINES, _WHICH), {"angular_margin": 0.0, "scale": 1.0}),
    # The label at an end: the slope is that of the cosine alone, which stands still there.
    Case(
        "ends", "arcface", ([[1.0, 0.0], [-1.0, 1.0]], [0, 0]), {"scale": 1.0}, smooth=False,
        value=[0.34768544486725067, 2.340904787061732],
        grad=[[-0.25772755324225005, 0.29367898182375834], [-0.903759478353343, 0.903759478353343]],
        hess=[[0.1597537147438344, 0.20743163745871895], [0.0869782836398363, 0.0869782836398363]],
    ),
    # Beyond 1 by rounding: sin θ is 0.
    Case(
        "beyond", "arcface", ([[1.0005, 0.0]], [0]), {"scale": 1.0}, smooth=False,
        value=[0.34755660105863856],
        grad=[[-0.25764768361690565, 0.2935879708707007]], hess=[[0.15972478538048715, 0.2073940742307253]],
    ),
    *[
        Case(name, loss, (rows, ranks))
        for loss in ("sigmoid_ordinal", "sigmoid_conditional_ordinal")
        for name, rows, ranks in (
            ("published", [[1.5, 0.2, -1.0]] * 4, [0, 1, 2, 3]),
            ("ranks", ROWS, _RANKS),
            ("one-threshold", [[0.5], [-20.0]], [0, 1]),
        )
    ],
    Case(
        "ends", "sigmoid_ordinal", ([[inf, -inf], [inf, -inf]], [1, 2]),
        value=[0, inf], grad=[[0, 0], [0, -1]], hess=[[0, 0]] * 2, smooth=False,
    ),
    Case(
        "ends", "sigmoid_conditional_ordinal", ([[-inf, inf], [inf, -inf]], [0, 2]),
        value=[0, inf], grad=[[0, 0], [0, -1]], hess=[[0, 0]] * 2, smooth=False,
    ),
]  # fmt: skip

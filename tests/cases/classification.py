"""Rows for the losses that take logits: 0, tiny, ordinary, saturated to both sides, infinite."""

from math import inf

from tests.cases import Case

_LOGITS = [0.0, 1e-8, -1e-8, 0.5, -0.5, 1.0, -1.0, 8.0, -8.0, 15.0, -15.0, 20.0, -20.0, 40.0, -40.0]
_LOGITS += [80.0, -80.0, 1e3, -1e3, 1e4, -1e4]
_N = len(_LOGITS)
LOGITS = _LOGITS * 4
LABELS = [0] * _N + [1] * _N + [0.5] * _N + [0.125] * _N
HARD = (_LOGITS * 2, [0] * _N + [1] * _N)
SOFT = (LOGITS, LABELS)
INFINITE = ([inf, -inf, inf, -inf], [1, 0, 0, 1])

ROWS = [
    [0.0, 0.0, 0.0, 0.0],
    [1.0, -2.0, 0.5, 1.0],
    [56.0, -36.5, 7.75, -9.25],
    [-80.0, 1e3, 0.0, 1e3 - 20],
    [1e4, 1e4 - 1, 1e4 - 3, -1e4],
    [1e-8, 0.0, -1e-8, 0.0],
    [0.1, 0.1, 30.0, 0.1],
]
MASKED = [[0.5, -inf, 1.5, -inf], [-inf, 2.0, -inf, -inf], [40.0, -inf, 0.0, 1.0]]
IDS = [0, 3, 1, 1, 2, 3, 2]
DISTRIBUTIONS = [
    [0.25, 0.25, 0.25, 0.25],
    [1.0, 0.0, 0.0, 0.0],
    [0.0, 0.875, 0.125, 0.0],
    [0.5, 0.0, 0.0, 0.5],
    [0.0, 0.0, 0.0, 1.0],
    [0.125, 0.125, 0.25, 0.5],
    [0.0, 0.0, 1.0, 0.0],
]
WEIGHTS = {"class_weights": [1.0, 0.25, 3.0, 0.5]}
UNSURE = (
    [[90.0, 0.0, -1.0, 0.5], [5.8125, -0.828125, 1.5, -0.953125]],
    [[0.1875, 0.0625, 0.25, 0.5], [0.9921875, 0.0078125, 0.0, 0.0]],
)
"""Confident rows whose labels are not: what the others bear is what is left."""
_TWO = [[1.0, 3.0, -50.0], [0.5, -2.0, 4.0]]
_TWO_LABELS = [[1, 0, 1], [0, 1, 1]]


def _binary(loss: str, name: str, options: dict, **bounds: tuple) -> list[Case]:
    return [
        Case(f"{name}hard", loss, HARD, options, **bounds),
        Case(f"{name}soft", loss, SOFT, options, **bounds),
    ]


def _rows(loss: str, name: str, options: dict, **bounds: tuple) -> list[Case]:
    per_class = ("class_weights",) if "class_weights" in options else ()
    return [
        Case(f"{name}ids", loss, (ROWS, IDS), options, per_class, **bounds),
        Case(f"{name}distributions", loss, (ROWS, DISTRIBUTIONS), options, per_class, **bounds),
        Case(f"{name}masked", loss, (MASKED, [2, 1, 3]), options, per_class, **bounds),
        Case(f"{name}unsure", loss, UNSURE, options, per_class, **bounds),
    ]


_BCE = "sigmoid_binary_cross_entropy"
_CE = "softmax_cross_entropy"
_LIMITS = {"value": [0, 0, inf, inf], "grad": [0, 0, 1, -1], "hess": [0] * 4, "smooth": False}
# A power multiplies the relative error of 1 - p by gamma, and NumPy's float32 exp is off by 2.5 ULP. The
# curvature crosses zero, near which its ULPs are small.
_POWERS = {5.0: {"ulp": (8.0, 8.0, 10.0), "ulp32": (10.0, 8.0, 10.0)}, 1.0: {"ulp32": (4.0, 4.0, 16.0)}}

_GCE = "softmax_generalized_cross_entropy"
# Where p underflows its power is the exponential of some hundred, which is rounded; the curvature crosses 0.
_GCE_BOUNDS = {"ulp": (4.0, 64.0, 64.0)}

# In float32 p is 3 ULP off, and is in the gradient twice.
_TWICE = {"ulp32": (4.0, 7.0, 8.0)}

_SIGMOID_POWERS = {
    1.0: {"ulp": (5.0, 5.0, 8.0)},
    2.0: {"ulp": (7.0, 8.0, 8.0)},
    2.7: {"ulp": (8.0, 8.0, 12.0)},
    5.0: {"ulp": (12.0, 14.0, 12.0)},
}

CASES = [
    *_binary(_BCE, "", {}),
    *_binary(_BCE, "smoothed-", {"label_smoothing": 0.1}),
    *_binary(_BCE, "pos_weight-", {"pos_weight": 3.0}),
    Case("pos_weight-per-label", _BCE, (_TWO, _TWO_LABELS), {"pos_weight": [1.0, 2.0, 0.5]}, ("pos_weight",)),
    Case("infinite", _BCE, INFINITE, **_LIMITS),
    *[
        case
        for gamma in (0.0, 0.5, 1.0, 2.0, 2.7, 5.0)
        for case in _binary(
            "sigmoid_focal", f"gamma{gamma:g}-", {"gamma": gamma}, **_SIGMOID_POWERS.get(gamma, {})
        )
    ],
    *_binary("sigmoid_focal", "alpha-", {"alpha": 0.25, "label_smoothing": 0.2}),
    Case("infinite", "sigmoid_focal", INFINITE, **_LIMITS),
    *_rows(_CE, "", {}),
    *_rows(_CE, "smoothed-", {"label_smoothing": 0.1}),
    *_rows(_CE, "weighted-", WEIGHTS),
    # Weighted labels and p times their sum nearly cancel.
    *_rows(_CE, "both-", {"label_smoothing": 0.3, **WEIGHTS}, ulp=(4.0, 6.0, 8.0)),
    Case("one-class", _CE, ([[3.0], [0.0]], [0, 0])),
    Case(
        "impossible", _CE, ([[0.0, -inf, 1.0], [inf, 0.0, 0.0], [0.0, inf, 1.0]], [1, 0, 0]), smooth=False,
        value=[inf, 0, inf],
        grad=[[0.2689414213699951, -1, 0.7310585786300049], [0, 0, 0], [-1, 1, 0]],
        hess=[[0.19661193324148185, 0, 0.19661193324148185], [0, 0, 0], [0, 0, 0]],
    ),
    *[
        case
        for gamma in (0.0, 0.5, 1.0, 2.0, 5.0)
        for case in _rows("softmax_focal", f"gamma{gamma:g}-", {"gamma": gamma}, **_POWERS.get(gamma, {}))
    ],
    # A difference of t·q·f' and p times the same of the other classes, which nearly cancel.
    *_rows("softmax_focal", "both-", {"label_smoothing": 0.3, **WEIGHTS}, ulp=(4.0, 6.0, 8.0)),
    *_rows(_CE, "z-", {"z_weight": 0.01}),
    *_rows(_CE, "z-both-", {"z_weight": 0.5, "label_smoothing": 0.3, **WEIGHTS}, **_TWICE)[1:3],
    *[
        case
        for epsilon in (1.0, -1.0)
        for case in _rows("softmax_poly1", f"epsilon{epsilon:g}-", {"epsilon": epsilon})
    ],
    *_rows("softmax_poly1", "both-", {"epsilon": 2.0, "label_smoothing": 0.3, **WEIGHTS}, **_TWICE)[1:3],
    *[
        case
        for power in (0.5, 0.75, 1.0, 1e-6)
        for case in _rows(_GCE, f"power{power:g}-", {"power": power}, **_GCE_BOUNDS)
    ],
    *_rows(_GCE, "both-", {"label_smoothing": 0.3, **WEIGHTS}, **_GCE_BOUNDS)[1:3],
]  # fmt: skip

"""Rows for the losses of overlap: each row of numbers is a region; certain, unsure, missed, all of it."""

from math import inf

from tests.cases import Case

_PROBS = [
    [0.5, 0.25, 0.75, 0.125],
    [1.0, 1 - 2**-20, 1e-7, 0.0],
    [1e-30, 0.0, 1e-15, 0.0],
    [0.9, 0.1, 0.4140625, 0.6],
    [1.0, 1.0, 1.0, 0.5],
    [0.0, 0.0, 1e-3, 1.0],
    [0.3, 0.999, 0.2, 0.7],
]
_HARD = [[1, 0, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0], [0, 1, 1, 0], [1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 0, 1]]
_SOFT = [
    [0.25, 0.5, 0.875, 0.0],
    [0.75, 1.0, 0.0, 0.125],
    [0.5, 0.0, 0.0, 0.25],
    [0.125, 0.125, 0.125, 0.125],
    [1.0, 0.0, 0.5, 0.5],
    [0.0, 0.0, 0.0, 0.5],
    [0.25, 0.75, 0.0, 1.0],
]
_LOGITS = [
    [0.0, 1e-8, -1e-8, 0.5],
    [40.0, 15.0, -15.0, -40.0],
    [-80.0, 3.0, -3.0, -60.0],
    [80.0, 40.0, 20.0, 80.0],
    [1.0, -2.0, 2.5, 5.0],
    [-20.0, -30.0, 30.0, 20.0],
    [-1e3, 0.75, 1e3, -0.5],
]
HARD, SOFT = (_PROBS, _HARD), (_PROBS, _SOFT)
HARD_LOGITS, SOFT_LOGITS = (_LOGITS, _HARD), (_LOGITS, _SOFT)
_AXIS = {"axis": -1}
_TABLE = {"axis": -1, "class_axis": -2}
_TVERSKY = {"fp_weight": 0.3, "fn_weight": 1.75, "smooth": 0.5, **_AXIS}

_TABLES = [
    [[0.5, 0.25, 1.0], [0.25, 0.5, 0.0], [0.25, 0.25, 0.0]],
    [[1.0, 1.0, 0.5], [0.0, 0.0, 0.5], [0.0, 0.0, 0.0]],
    [[1e-3, 0.125, 0.5], [0.75, 1e-7, 0.25], [0.25, 0.875, 0.25]],
    [[0.125, 0.5, 0.5], [0.125, 0.25, 0.5], [0.75, 0.25, 0.0]],
]
_ONE_HOT = [
    [[1, 0, 1], [0, 1, 0], [0, 0, 0]],
    [[1, 1, 0], [0, 0, 1], [0, 0, 0]],
    [[0, 0, 0], [1, 0, 0], [0, 1, 1]],
    [[1, 1, 1], [0, 0, 0], [0, 0, 0]],
]
_MIXED = [
    [[0.5, 0.25, 1.0], [0.5, 0.25, 0.0], [0.0, 0.5, 0.0]],
    [[1e-3, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 1e-4, 0.0]],
    [[0.25, 0.25, 0.25], [0.75, 0.0, 0.75], [0.0, 0.75, 0.0]],
    [[1.0, 1.0, 0.875], [0.0, 0.0, 0.125], [0.0, 0.0, 0.0]],
]

# Both sides of a region with nothing in it: nothing found, a little found. Then all found.
_EMPTY = ([[0.0, 0.0], [0.25, 0.0], [1.0, 1.0]], [[0, 0], [0, 0], [1, 1]])
_NOTHING = {"value": [0, 1, 0], "grad": [[0, 0], [0, 0], [-0.25, -0.25]], "smooth": False}
_CURVED = [[0, 0], [0, 0], [0.125, 0.125]]


def _logits(loss: str) -> list[Case]:
    # In the gradient three sigmoids are multiplied, each a ULP or two off.
    bounds = (4.0, 6.0, 8.0)
    return [
        Case("hard", loss, HARD_LOGITS, _AXIS, ulp=bounds),
        Case("soft", loss, SOFT_LOGITS, _AXIS, ulp=bounds),
        Case("smoothed", loss, SOFT_LOGITS, {**_AXIS, "smooth": 1.0}, ulp=bounds),
        Case(
            "infinite", loss, ([[inf, -inf], [-inf, -inf], [-inf, inf]], [[1, 0], [0, 0], [1, 0]]), _AXIS,
            value=[0, 0, 1], grad=[[0, 0]] * 3, hess=[[0, 0]] * 3, smooth=False,
        ),
    ]  # fmt: skip


CASES = [
    Case("hard", "dice", HARD, _AXIS),
    Case("soft", "dice", SOFT, _AXIS),
    Case("smoothed", "dice", SOFT, {**_AXIS, "smooth": 1.0}),
    Case("empty", "dice", _EMPTY, _AXIS, **_NOTHING, hess=_CURVED),
    Case("hard", "tversky", HARD, _TVERSKY),
    Case("soft", "tversky", SOFT, _TVERSKY),
    Case("empty", "tversky", _EMPTY, _AXIS, **_NOTHING, hess=_CURVED),
    *_logits("sigmoid_dice"),
    Case("weighted", "sigmoid_tversky", HARD_LOGITS, _TVERSKY),
    *_logits("sigmoid_tversky"),
    Case("hard", "generalized_dice", (_TABLES, _ONE_HOT), _TABLE),
    Case("soft", "generalized_dice", (_TABLES, _MIXED), _TABLE),
    Case(
        "empty", "generalized_dice", ([[[0.5, 0.25], [0.5, 0.75]]], [[[0, 0], [0, 0]]]),
        _TABLE, value=[0], grad=[[[0, 0], [0, 0]]], hess=[[[0, 0], [0, 0]]], smooth=False,
    ),
]  # fmt: skip

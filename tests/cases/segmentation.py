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

# No probability is its label, where the minimum has a kink; and where all are.
_BETWEEN = [[0.25, 0.5, 0.875, 0.0], [0.125] * 4, [0.25, 0.75, 0.0, 1.0]]
_APART = ([_PROBS[0], _PROBS[3], _PROBS[6]], _BETWEEN)
_APART_HARD = ([_PROBS[0], _PROBS[3]], [_HARD[0], _HARD[3]])
_APART_LOGITS = (_LOGITS, [[0.25, 0.625, 0.875, 0.0], *_SOFT[1:]])
# The second derivative is a difference: of what squares bend by themselves, and what their sum does.
_CROSSING = (4.0, 4.0, 32.0)
# A power of a quotient, in the gradient times another and in the second derivative less one.
_POWER = (4.0, 8.0, 32.0)
_PUBLISHED = ([[0.7, 0.2, 0.9]], [[1, 0, 0]])
_APART_FROM_EACH_OTHER = (
    [[0.5, 0.25, 0.625, 0.125], [0.875, 0.2, 0.4140625, 0.6], [1e-3, 0.25, 0.75, 0.9]],
    [_HARD[0], _HARD[3], _HARD[6]],
)
_THREE_CLASSES = ([[[0.7, 0.2, 0.9], [0.2, 0.6, 0.05], [0.1, 0.2, 0.05]]], _ONE_HOT[:1])
_DISTINCT = [
    [0.0, 1e-4, -2e-4, 0.5],
    [40.0, 15.0, -15.0, -40.0],
    [-8.0, 3.0, -3.25, -60.0],
    [80.0, 40.0, 20.0, 75.0],
    [1.5, -2.0, 2.5, 5.0],
]
_EQUAL = ([[0.25, 0.5, 0.0, 1.0]], [[0.25, 0.5, 0.0, 1.0]])
_AT_KINK = {"value": [0], "grad": [[0, 0, 2 / 7, -2 / 7]], "hess": [[0, 0, -8 / 49, 8 / 49]], "smooth": False}
_TABLES_APART = [[[0.875 if v == 0 else 0.375 for v in line] for line in table] for table in _TABLES]

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
        Case("minimum", loss, _APART_LOGITS, {**_AXIS, "overlap": "minimum"}, ulp=bounds),
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
    Case("minimum", "dice", _APART, {**_AXIS, "overlap": "minimum"}),
    Case("minimum of hard", "dice", _APART_HARD, {**_AXIS, "overlap": "minimum"}),
    Case("minimum at the labels", "dice", _EQUAL, {**_AXIS, "overlap": "minimum"}, **_AT_KINK),
    Case("squared", "dice", SOFT, {**_AXIS, "overlap": "squared", "smooth": 0.5}, ulp=_CROSSING),
    Case("squared of hard", "dice", HARD, {**_AXIS, "overlap": "squared"}, ulp=_CROSSING),
    Case("minimum", "tversky", _APART, {**_TVERSKY, "overlap": "minimum"}),
    *_logits("sigmoid_dice"),
    Case(
        "squared", "sigmoid_dice", SOFT_LOGITS, {**_AXIS, "overlap": "squared", "smooth": 1.0},
        ulp=(4.0, 6.0, 80.0),
    ),
    Case("weighted", "sigmoid_tversky", HARD_LOGITS, _TVERSKY),
    *_logits("sigmoid_tversky"),
    Case("hard", "focal_tversky", HARD, _TVERSKY, ulp=_POWER),
    Case("soft", "focal_tversky", SOFT, {**_TVERSKY, "exponent": 4 / 3}, ulp=_POWER),
    Case("published", "focal_tversky", _PUBLISHED, {**_AXIS, "fp_weight": 0.3, "fn_weight": 0.7}, ulp=_POWER),
    Case("one", "focal_tversky", HARD, {**_TVERSKY, "exponent": 1.0}),
    Case(
        "all found", "focal_tversky", _EMPTY, _AXIS,
        value=[0, 1, 0], grad=[[0, 0]] * 3, hess=[[0, 0]] * 3, smooth=False,
    ),
    Case("minimum", "focal_tversky", _APART, {**_TVERSKY, "overlap": "minimum"}, ulp=_POWER),
    Case("hard", "sigmoid_focal_tversky", HARD_LOGITS, _TVERSKY, ulp=_POWER),
    Case("soft", "sigmoid_focal_tversky", SOFT_LOGITS, {**_AXIS, "exponent": 1.5}, ulp=_POWER),
    Case("minimum", "sigmoid_focal_tversky", _APART_LOGITS, {**_AXIS, "overlap": "minimum"}, ulp=_POWER),
    Case("published", "lovasz_hinge", ([[0.5, -1.0, 2.0]], [[1, 0, 0]]), _AXIS, value=[1.75]),
    Case("hard", "lovasz_hinge", (_DISTINCT, _HARD[:5]), _AXIS),
    Case("empty", "lovasz_hinge", ([[0.5, -1.0, 2.0], [-3.0, -2.0, -1.5]], [[0] * 3] * 2), _AXIS),
    Case(
        "ties", "lovasz_hinge", ([[0.0] * 4, [2.0, 0.0, 0.0, -1.0]], [[1, 0, 0, 1], [0, 0, 1, 0]]), _AXIS,
        value=[1, 2], grad=[[-1 / 4, 1 / 4, 1 / 4, -1 / 4], [1 / 2, 1 / 4, -1 / 4, 0]], hess=[[0] * 4] * 2,
        smooth=False,
    ),
    Case(
        "infinite", "lovasz_hinge", ([[inf, -inf, 0.5], [inf, -inf, inf]], [[1, 0, 0], [0, 0, 1]]), _AXIS,
        value=[0.75, inf], grad=[[0, 0, 1 / 2], [1 / 2, 0, 0]], hess=[[0] * 3] * 2, smooth=False,
    ),
    Case("published", "lovasz", ([[0.7, 0.2, 0.9], [0.7, 0.2, 0.9]], [[1, 0, 0], [0, 0, 0]]), _AXIS),
    Case("hard", "lovasz", _APART_FROM_EACH_OTHER, _AXIS),
    Case(
        "ties", "lovasz", ([[0.5] * 4, [1.0, 0.0, 0.0, 0.0]], [[1, 0, 0, 1], [1, 0, 0, 0]]), _AXIS,
        value=[0.5, 0], grad=[[-1 / 4, 1 / 4, 1 / 4, -1 / 4], [0, 0, 0, 0]], hess=[[0] * 4] * 2, smooth=False,
    ),
    Case("published", "lovasz_softmax", _THREE_CLASSES, _TABLE, value=[49 / 180]),
    Case("present", "lovasz_softmax", _THREE_CLASSES, {**_TABLE, "absent": "skipped"}, value=[37 / 120]),
    Case(
        "empty", "lovasz_softmax", ([[[0.5, 0.25], [0.5, 0.75]]], [[[0, 0], [0, 0]]]),
        {**_TABLE, "absent": "skipped"}, value=[0], grad=[[[0, 0], [0, 0]]], hess=[[[0, 0], [0, 0]]],
    ),
    Case("hard", "generalized_dice", (_TABLES, _ONE_HOT), _TABLE),
    Case("soft", "generalized_dice", (_TABLES, _MIXED), _TABLE),
    Case("smoothed", "generalized_dice", (_TABLES, _MIXED), {**_TABLE, "smooth": 0.25}),
    Case("minimum", "generalized_dice", (_TABLES, _TABLES_APART), {**_TABLE, "overlap": "minimum"}),
    Case(
        "squared", "generalized_dice", (_TABLES, _MIXED), {**_TABLE, "overlap": "squared", "smooth": 0.25},
    ),
    Case(
        "apart", "generalized_dice",
        ([[[0.875, 0.25], [0.125, 0.75]]], [[[1, 2.0**-47], [2.0**-46, 2.0**-48]]]), _TABLE,
    ),
    Case(
        "empty", "generalized_dice", ([[[0.5, 0.25], [0.5, 0.75]]], [[[0, 0], [0, 0]]]),
        _TABLE, value=[0], grad=[[[0, 0], [0, 0]]], hess=[[[0, 0], [0, 0]]], smooth=False,
    ),
]  # fmt: skip

"""Rows for boxes: overlapping in all ways, nearly equal, apart, flat, tiny, huge, and with common edges."""

from tests.cases import Case

_PREDICTED = [
    [0.0, 0.0, 2.0, 2.0],
    [0.5, 0.25, 3.0, 1.75],
    [1.25, 1.5, 2.5, 3.5],
    [-3.0, -1.0, 7.0, 9.5],
    [0.0, 0.0, 1.0, 1.0],
    [-2.0, 1.5, -1.25, 2.5],
    [100.0, 200.0, 164.0, 248.0],
    [-1.5, 2.5, 6.0, 3.5],
    [0.1, 0.2, 0.3, 0.4],
    [1e-12, 2e-12, 5e-12, 9e-12],
    [-1e4, -2e4, 3e4, 1e4],
]
_TRUE = [
    [1.0, 1.0, 3.0, 4.0],
    [0.25, 0.5, 3.5, 1.5],
    [1.0, 1.0, 3.0, 4.0],
    [1.0, 1.0, 3.0, 4.0],
    [2.0, 2.0, 3.0, 3.0],
    [1.0, 1.0, 3.0, 4.0],
    [100.25, 199.75, 164.5, 247.5],
    [1.0, 1.0, 3.0, 4.0],
    [0.15, 0.1, 0.35, 0.45],
    [2e-12, 1e-12, 6e-12, 7e-12],
    [-2e4, -1e4, 2e4, 2e4],
]
CORNERS = (_PREDICTED, _TRUE)
CENTERS = (
    [[1.0, 1.0, 2.0, 2.0], [1.75, 1.0, 2.5, 1.625], [-1.5, 2.0, 0.75, 1.0], [132.0, 224.0, 64.0, 48.0]],
    [
        [2.0, 2.5, 2.0, 3.0],
        [1.75, 1.25, 3.25, 1.0],
        [2.0, 2.5, 2.0, 3.0],
        [132.0 + 2.0**-9, 224.0, 65.0, 48.5],
    ],
)
_TINY = 2.0**-60
_SAME = [
    [2.0, 1.0, 3.0, 4.0],
    [0.125, 0.25, 0.125 + 2.0**-10, 0.25 + 2.0**-10],
    [_TINY, 2 * _TINY, 2 * _TINY, 4 * _TINY],
    [0.0, 1.0, 2.0, 1.0],
]
_CURVED = {"iou": [0, 0, 0, 0], "generalized_iou": [0, 0, 0, 0]}
"""Areas are linear in each number; the square of the distance is not."""
_DISTANT = [0.05, 2.0**18, 0.1 / _TINY**2, 0.125]
# A point in a box; a flat box in one; two of these, across; a point beside a point; two lengths of one line.
FLAT = (
    [
        [1.0, 1.0, 1.0, 1.0],
        [0.5, 1.5, 1.5, 1.5],
        [0.5, 1.0, 1.5, 1.0],
        [0.0, 0.0, 0.0, 0.0],
        [0.0, 1.0, 2.0, 1.0],
    ],
    [
        [0.0, 0.0, 2.0, 2.0],
        [0.0, 0.0, 2.0, 2.0],
        [1.0, 0.5, 1.0, 1.5],
        [3.0, 4.0, 3.0, 4.0],
        [1.0, 1.0, 4.0, 1.0],
    ],
)
_BOUNDS = {"complete_iou": (4.0, 4.0, 128.0)}
"""Of nearly equal shapes the angle is a difference of products, and its square is in α."""
_NOTHING = [0, 0, 0, 0]


def _rows(loss: str) -> list[Case]:
    curved = [[h] * 4 for h in _CURVED.get(loss, _DISTANT)]
    return [
        Case("corners", loss, CORNERS),
        Case("centers", loss, CENTERS, {"format": "center"}, ulp=_BOUNDS.get(loss, (4.0, 4.0, 8.0))),
        Case(
            "equal", loss, (_SAME, _SAME),
            value=[0] * 4, grad=[_NOTHING] * 4, hess=curved, smooth=False,
        ),
    ]  # fmt: skip


CASES = [
    *[case for loss in ("iou", "generalized_iou", "distance_iou", "complete_iou") for case in _rows(loss)],
    Case(
        "flat", "iou", FLAT,
        value=[1, 1, 1, 1, 3 / 4],
        grad=[_NOTHING, [0, 1 / 4, 0, -1 / 4], _NOTHING, _NOTHING, [-1 / 16, 0, -1 / 4, 0]],
        hess=[_NOTHING, _NOTHING, _NOTHING, _NOTHING, [-1 / 32, 0, 0, 0]],
        smooth=False,
    ),
]  # fmt: skip

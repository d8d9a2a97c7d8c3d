"""Boxes that are flat, points or inverted, and what is a constant in a gradient."""

from typing import Any

import numpy as np
import pytest

import lossary
from tests.cases.boxes import CORNERS, FLAT
from tests.libraries import Library

LOSSES = (lossary.iou, lossary.generalized_iou, lossary.distance_iou, lossary.complete_iou)
of_all = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
OF_FLAT = {
    "iou": [1, 1, 1, 1, 3 / 4],
    "generalized_iou": [1, 1, 2, 2, 3 / 4],
    "distance_iou": [1, 1 + 1 / 32, 1, 2, 3 / 4 + 9 / 64],
    "complete_iou": [1, 1 + 1 / 32 + 1 / 20, 1 + 1 / 2, 2, 3 / 4 + 9 / 64],
}


@of_all
def test_flat_boxes_and_points(loss: Any, library: Library) -> None:
    """By hand; a point has no shape, so that v is 0 with one."""
    arrays = [library.array(np.asarray(a, "float32")) for a in FLAT]
    value, grad = library.call(lossary.value_and_grad(loss), *arrays, reduction="none")
    np.testing.assert_allclose(library.to_numpy(value), OF_FLAT[loss.__name__], rtol=1e-6)
    assert np.isfinite(library.to_numpy(grad)).all()


@of_all
def test_boxes_in_both_formats(loss: Any, library: Library) -> None:
    by_corners = [np.asarray(a, "float64") for a in CORNERS]
    by_centers = [
        np.concatenate([(a[:, :2] + a[:, 2:]) / 2, a[:, 2:] - a[:, :2]], axis=1).T for a in by_corners
    ]
    want = loss(*by_corners, reduction="none")
    arrays = [library.array(a.astype("float32")) for a in by_centers]
    got = library.call(loss, *arrays, format="center", axis=0, reduction="none")
    np.testing.assert_allclose(library.to_numpy(got), want, rtol=1e-4, atol=1e-4)


def _result(library: Library, loss: Any, arrays: list[Any], form: str) -> Any:
    """Or the error, where values can be read."""
    try:
        return library.call(loss, *arrays, format=form, reduction="none")
    except lossary.LossInputError as error:
        return error


@pytest.mark.parametrize(
    ("form", "box", "fix"),
    [("corners", [3.0, 1.0, 2.0, 4.0], "center"), ("center", [3.0, 1.0, 2.0, -4.0], "corners")],
)
@of_all
def test_an_inverted_box_is_an_error_or_nan(
    loss: Any, form: str, box: list[float], fix: str, library: Library
) -> None:
    right = [1.0, 1.0, 2.0, 2.0]
    for wrong in ([[box, right], [right] * 2], [[right] * 2, [box, right]]):
        arrays = [library.array(np.asarray(a, "float32")) for a in wrong]
        found = _result(library, loss, arrays, form)
        if isinstance(found, lossary.LossInputError):
            assert found.code == "L120"
            assert fix in found.fix
        else:
            np.testing.assert_array_equal(library.to_numpy(found), [np.nan, 0.0])
        masked = library.call(loss, *arrays, format=form, where=library.array(np.asarray([False, True])))
        assert library.to_numpy(masked) == 0.0


def test_where_values_can_be_read_it_is_an_error() -> None:
    boxes = np.asarray([[3.0, 1.0, 2.0, 4.0]])
    with pytest.raises(lossary.LossInputError, match="x1 <= x2") as caught:
        lossary.iou(boxes, boxes)
    assert "[0, 2]=2" in "".join(caught.value.__notes__)

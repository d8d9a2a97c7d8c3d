"""NumPy stores short rows column by column, which changes no result."""

from typing import Any

import numpy as np
import pytest

import lossary
from lossary._backend import _numpy_columns
from lossary._backend._numpy_columns import COLUMN_FORMULAS, stored_by_column
from lossary._backend._numpy_formulas import FORMULAS, QUICK_FORMULAS
from tests.accuracy import assert_close, exact, inputs
from tests.cases import Case, all_cases

pytestmark = pytest.mark.of("numpy")

BY_COLUMN = {
    *("multilabel_margin", "softmax_cross_entropy", "softmax_distribution_focal", "softmax_focal"),
    *("softmax_generalized_cross_entropy", "softmax_jensen_shannon", "softmax_kl_divergence"),
    *("softmax_poly1", "softmax_ranking"),
}
OF_ROWS = [c for c in all_cases() if c.loss in BY_COLUMN and np.ndim(c.arrays[0]) == 2]
MANY = 1100
"""Copies, so that a call has more numbers than are computed as they came."""


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Each array that was stored by column."""
    found: list[Any] = []

    def seen(x: Any) -> Any:
        found.append(x)
        return stored_by_column(x)

    monkeypatch.setattr(_numpy_columns, "stored_by_column", seen)
    return found


def _many(case: Case, dtype: str) -> list[Any]:
    return [np.repeat(np.asarray(a), MANY, axis=0) for a in inputs(case, dtype)]


def _both(case: Case, arrays: list[Any], **beside: Any) -> tuple[Any, Any]:
    dtype = arrays[0].dtype
    options = {k: np.asarray(v, dtype) if isinstance(v, list) else v for k, v in case.options.items()}
    found: tuple[Any, Any] = lossary.value_and_grad(case.function)(*arrays, **options, **beside)
    return found


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", OF_ROWS, ids=str)
def test_values_and_gradients(case: Case, dtype: str) -> None:
    many = _many(case, dtype)
    found = [_of_each(x) for x in _both(case, many, reduction="none")]
    for order, got in enumerate(found):
        assert_close(got, exact(case, order, dtype), dtype, case.bounds(dtype)[order], case)
    mask = np.arange(len(many[0])) >= MANY
    for got, masked in zip(found, _both(case, many, reduction="none", where=mask), strict=True):
        _assert_equal(_of_each(masked)[1:], got[1:])
        np.testing.assert_array_equal(_of_each(masked)[0], 0.0)


def _of_each(results: Any) -> Any:
    """One result of equal ones."""
    copies = results.reshape(-1, MANY, *results.shape[1:])
    _assert_equal(copies, np.broadcast_to(copies[:, :1, ...], copies.shape))
    return copies[:, 0, ...]


def _assert_equal(got: Any, want: Any) -> None:
    """NumPy's functions round the last numbers of an array differently."""
    np.testing.assert_allclose(got, want, rtol=8 * np.finfo(got.dtype).eps)


def test_all_of_them_are_stored_by_column(stored: list[Any]) -> None:
    used = set()
    for case in OF_ROWS:
        stored.clear()
        _both(case, _many(case, "float32"))
        used |= {case.loss} if stored else set()
    assert used == BY_COLUMN


TIES = np.asarray([[1, 3, 3, 0], [2, 2, 2, 2], [0, 1, 2, 3], [5, 1, 0, 5], [-1, -2, -3, -4]], "float32")
ENDS = np.asarray([[np.nan, 1, 2, 3], [np.inf, 1, 2, 3], [-np.inf, -np.inf, 1, 1], [np.inf, np.inf, 0, 0]])


@pytest.mark.parametrize("rows", [TIES, np.concatenate([TIES, ENDS.astype("float32")]), TIES.T.copy()])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_operations_on_columns(rows: np.ndarray, dtype: str) -> None:
    """What each operation of the namespace returns, against NumPy's own, with ties, infinities, and NaN."""
    x = np.repeat(rows.astype(dtype), MANY, axis=0)
    columns, xp = stored_by_column(x), COLUMN_FORMULAS
    np.testing.assert_array_equal(columns, x)
    assert columns.strides[0] == columns.itemsize
    real = ~np.isnan(x).any(axis=-1)
    first = np.argmax(x, axis=-1)
    np.testing.assert_array_equal(xp.argmax(columns, axis=-1)[real], first[real])
    place, value = xp.top(columns)
    np.testing.assert_array_equal(value[..., 0], np.max(x, axis=-1))
    marked = FORMULAS.positions(x, first)
    for found in (xp.positions(columns, place), xp.mark_largest(columns)):
        np.testing.assert_array_equal(found[real], marked[real])
    ids = np.arange(len(x)) % x.shape[-1]
    for at, of_rows in ((place, first), (ids, ids)):
        np.testing.assert_array_equal(
            xp.pick(columns, at)[real], np.take_along_axis(x, of_rows[:, None], -1)[real, 0]
        )
        for new in (0.0, 7.0, value):
            want = np.where(FORMULAS.positions(x, of_rows), new, x)
            for got in (xp.put(columns.copy(order="K"), at, new), xp.replaced(columns, at, new)):
                np.testing.assert_array_equal(got[real], want[real])
        np.testing.assert_array_equal(columns, x)
    with np.errstate(invalid="ignore"):
        for keepdims in (False, True):
            got, want = xp.sum(columns, axis=-1, keepdims=keepdims), np.sum(x, axis=-1, keepdims=keepdims)
            np.testing.assert_allclose(got, want, rtol=4 * np.finfo(dtype).eps)


def test_where_chooses_zeros_without_their_signs() -> None:
    rng = np.random.default_rng(0)
    x, chosen = rng.normal(size=(2048, 4)).astype("float32"), rng.random((2048, 4)) < 0.5
    x[0] = [np.inf, -np.inf, np.nan, -0.0]
    for xp in (QUICK_FORMULAS, COLUMN_FORMULAS):
        for a in (x, stored_by_column(x)):
            for mask in (chosen, chosen[:, :1], chosen[:, :1] | np.zeros((2048, 4), bool)):
                np.testing.assert_array_equal(xp.where(mask, 0.0, a), np.where(mask, 0.0, a))
                np.testing.assert_array_equal(xp.where(mask, a, 0.0), np.where(mask, a, 0.0))
                np.testing.assert_array_equal(xp.where(mask, a, a[:, :1]), np.where(mask, a, a[:, :1]))

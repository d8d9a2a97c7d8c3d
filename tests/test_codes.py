"""Every code that a loss can raise: the least input that does, and the nearest that must not."""

import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import lossary
from lossary._codes import CODES
from tests.codes import PAGE, whole
from tests.libraries import Library
from tests.test_errors import BCE, CE, READS, row_id

SOURCE = Path(lossary.__file__).parent
RAISING = (
    "_backend",
    "_engine",
    "_program",
    "losses",
    "_check.py",
    "_config.py",
    "_arguments.py",
    "_advice.py",
    "_words.py",
)

RNG = np.random.default_rng(3)
SCORES = RNG.normal(size=40).astype("float32")
SOFT = RNG.uniform(0.05, 0.95, 40).astype("float32")
BITS = np.asarray([0, 1] * 20)
HARD = BITS.astype("float32")
TABLE = RNG.normal(size=(8, 3)).astype("float32")
IDS = np.asarray([0, 1, 2, 0, 1, 2, 0, 1])
IMAGE = RNG.normal(size=(2, 3, 4, 5)).astype("float32")
PIXELS = RNG.integers(3, size=(2, 4, 5))
SOFTMAX = (np.exp(TABLE) / np.exp(TABLE).sum(axis=1, keepdims=True)).astype("float32")
ONE_HOT = np.eye(3, dtype="float32")[IDS]
ACROSS = np.ascontiguousarray(np.moveaxis(np.eye(3, dtype="float32")[PIXELS], -1, 1))
NAN, INF = np.nan, np.inf
COUNTS = np.asarray([0, 3, 1, 7, 2] * 8, dtype="float32")
RATES = (COUNTS + SOFT).astype("float32")
ZEROS, ONES = np.zeros(40, "float32"), np.ones(40, "float32")
FIRST_TWO = np.arange(40) < 2
BCE_OF_PROBS = lossary.binary_cross_entropy


LOGITS = (SCORES, BITS)
"""The arguments of a binary loss, with nothing wrong."""
PROBS = (SOFT, BITS)
CLASSES = (TABLE, IDS)
"""Those of a loss of classes."""


class Row(NamedTuple):
    """A mistake, and what is one step from it and right."""

    code: str
    loss: Any
    bad: tuple[Any, ...]
    good: tuple[Any, ...]
    text: str
    """What the message or the notes say."""
    unread: float | None = None
    """What comes of it where values cannot be read; None: the same error, as no value is needed."""
    wrong: dict[str, Any] | None = None
    """Options beside what is bad."""
    right: dict[str, Any] | None = None


def of_options(
    code: str, given: tuple[Any, ...], wrong: Any, right: Any, text: str, unread: Any = None
) -> Row:
    """A mistake in the options alone."""
    return Row(code, CE if given is CLASSES else BCE, given, given, text, unread, wrong, right)


WEIGHTED = {"reduction": "weighted_mean"}
FIRST_OF_NONE = {"weights": HARD * ~FIRST_TWO, "where": FIRST_TWO, **WEIGHTED}
NONE = {"weights": ZEROS, "where": FIRST_TWO & ~FIRST_TWO, **WEIGHTED}
PM1 = {"labels_in": "pm1"}
NLL, KL = lossary.negative_log_likelihood, lossary.generalized_kl_divergence
HESSIAN = lossary.value_grad_hess(lossary.nt_xent)
OF_HARD_ROWS = (lossary.categorical_cross_entropy, (ONE_HOT, SOFTMAX), (SOFTMAX, ONE_HOT))

ROWS = [
    Row("L001", BCE, (SCORES[:, None], BITS), LOGITS, "would compare 1,600 pairs instead of 40"),
    Row("L001", BCE, (SCORES, BITS[:, None]), LOGITS, r"labels\[..., 0\]   or   logits\[..., None\]"),
    Row("L001", CE, (TABLE, IDS[:, None]), CLASSES, r"labels\[..., 0\]"),
    Row("L001", lossary.nt_xent, (TABLE, IDS[:6]), CLASSES, r"labels of shape \(n,\)"),
    of_options(
        "L001", CLASSES, {"class_weights": ONES[:2]}, {"class_weights": ONES[:3]}, "one number per class"
    ),
    of_options("L001", CLASSES, {"weights": ONES[:3]}, {"weights": ONES[:8]}, "class_weights=weights"),
    Row("L002", CE, (IDS, TABLE), CLASSES, "are they swapped?"),
    Row("L002", NLL, (IDS, TABLE), (np.log(SOFTMAX), IDS), "by name: labels="),
    Row("L002", BCE, (HARD, SCORES), (SCORES, HARD), "`logits` hold only 0 and 1", NAN),
    Row("L002", BCE_OF_PROBS, (HARD, SOFT), (SOFT, HARD), "binary_cross_entropy.probs, labels.", INF),
    Row("L002", lossary.binary_focal, (HARD, SOFT), (SOFT, SOFT), "hold fractional numbers", INF),
    Row("L002", *OF_HARD_ROWS, "are they swapped?", INF),
    Row("L003", CE, (IMAGE, PIXELS), (IMAGE, PIXELS), "fix: axis=1", right={"axis": 1}),
    Row("L003", CE, (IMAGE, ACROSS), (IMAGE, ACROSS), "does so along axis 1, not 3", NAN, right={"axis": 1}),
    of_options("L003", CLASSES, {"axis": 2}, {"axis": 1}, "has no axis 2 for the classes"),
    Row("L005", CE, (TABLE, IDS.astype("float32")), CLASSES, "class ids, which must be integers"),
    of_options("L005", LOGITS, {"where": BITS}, {"where": BITS > 0}, "where=where != 0"),
    Row("L006", HESSIAN, CLASSES, (), "no diagonal Hessian"),
    Row("L002", lossary.poisson, (COUNTS, RATES), (RATES, COUNTS), "hold only whole numbers", INF),
    Row("L002", lossary.log_poisson, (COUNTS, SCORES), (SCORES, COUNTS), "are they swapped?", NAN),
    of_options("L014", LOGITS, {"sample_weight": ONES}, {"weights": ONES}, "fix: weights="),
    Row("L101", BCE, (SCORES, BITS + 1), LOGITS, r"labels - 1     # \{1, 2\}", NAN),
    Row("L101", lossary.hinge, (SCORES, 3 * BITS - 1), (SCORES, 2 * BITS - 1), "the sign of", NAN, PM1, PM1),
    Row("L101", CE, (TABLE, 2 * ONE_HOT), (TABLE, ONE_HOT), "only for a distribution", NAN),
    Row("L102", BCE_OF_PROBS, LOGITS, PROBS, "sigmoid_binary_cross_entropy.logits", NAN),
    Row("L102", BCE_OF_PROBS, (HARD * np.float32(1.000001), BITS), (HARD, BITS), "with rounding errors", NAN),
    Row("L102", NLL, CLASSES, (np.log(SOFTMAX), IDS), "log_softmax", NAN),
    Row("L104", BCE, (SCORES, 4 * BITS), LOGITS, "these are class ids", NAN),
    Row("L110", CE, (TABLE, IDS + 1), CLASSES, "labels - 1     if they count from 1", NAN),
    Row("L110", CE, (TABLE, IDS - 1), CLASSES, "where=labels != -1     if", NAN),
    Row("L110", CE, (TABLE[:, :2], IDS), CLASSES, "3 classes need a class axis of length 3", NAN),
    Row("L111", CE, (TABLE, ONE_HOT / 2), (TABLE, SOFTMAX), "a sigmoid loss", NAN),
    Row("L120", lossary.poisson, LOGITS, PROBS, "logarithms of rates", NAN),
    Row("L120", KL, (TABLE, TABLE), (TABLE, SOFTMAX), "a negative amount has no logarithm", NAN),
    of_options("L130", LOGITS, {"label_smoothing": 10}, {"label_smoothing": 0.1}, r"in \[0, 1\), got 10"),
    of_options("L130", LOGITS, {"reduction": "avg"}, {"reduction": "mean"}, "must be one of 'mean'"),
    of_options("L301", LOGITS, {"weights": -ONES}, {"weights": ZEROS}, "rewarded for being wrong", NAN),
    of_options(
        "L301", CLASSES, {"class_weights": -ONES[:3]}, {"class_weights": ZEROS[:3]}, "must be >= 0", NAN
    ),
    of_options("L302", LOGITS, {"weights": ZEROS, **WEIGHTED}, {"weights": ZEROS}, "all 40 weights", 0.0),
    of_options("L302", LOGITS, FIRST_OF_NONE, NONE, "all 2 weights that are not masked out are 0", 0.0),
]

ELSEWHERE = {
    "L004": "test_libraries.py",
    "L008": "test_transforms.py",
    "L013": "test_namespaces.py",
    "L202": "test_codes.py",
}
"""Codes that not every library can show, or that no call of a loss can."""


def _call(xp: Library, loss: Any, arrays: tuple[Any, ...], options: dict[str, Any] | None) -> Any:
    given = {k: xp.array(v) if isinstance(v, np.ndarray) else v for k, v in (options or {}).items()}
    return xp.call(loss, *map(xp.array, arrays), **given)


def _skip_unless_sizes_are_known(row: Row, xp: Library) -> None:
    if row.code == "L001" and not xp.knows_sizes:
        pytest.skip("sizes that differ are found when they are known: tests/test_tensorflow.py")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.code}-{row_id(row.loss)}")
def test_the_least_that_is_an_error(row: Row, xp: Library) -> None:
    _skip_unless_sizes_are_known(row, xp)
    if row.unread is not None and xp.name not in READS:
        np.testing.assert_equal(float(xp.to_numpy(_call(xp, row.loss, row.bad, row.wrong))), row.unread)
        return
    with pytest.raises((lossary.LossInputError, lossary.LossTypeError)) as caught:
        _call(xp, row.loss, row.bad, row.wrong)
    error = caught.value
    text = "\n".join([str(error), *error.__notes__])
    assert error.code == row.code
    assert text.startswith(f"[{row.code}] {row.loss.__name__}: ")
    assert re.search(row.text, text), text
    assert (f"  = why: {error.why}" in error.__notes__) == bool(error.why)
    assert (f"  = fix: {error.fix}" in error.__notes__) == bool(error.fix)
    assert error.__suppress_context__ or error.__context__ is None  # one error, and not two in a row


@pytest.mark.parametrize("row", [r for r in ROWS if r.good], ids=lambda r: f"{r.code}-{row_id(r.loss)}")
def test_the_nearest_that_is_none(row: Row, xp: Library) -> None:
    _skip_unless_sizes_are_known(row, xp)
    assert np.isfinite(xp.to_numpy(_call(xp, row.loss, row.good, row.right)))


def test_all_codes_that_are_raised_have_a_row() -> None:
    files = [
        f for name in RAISING for f in ([SOURCE / name] if "." in name else (SOURCE / name).rglob("*.py"))
    ]
    raised = {code for file in files for code in re.findall(r'"(L\d{3})"', file.read_text(encoding="utf-8"))}
    assert raised == {row.code for row in ROWS} | set(ELSEWHERE)
    assert raised <= set(CODES)
    assert all(len(CODES[code].text) > 200 for code in raised)


WIDE = [(lossary.huber, "weights"), (BCE, "pos_weight"), (lossary.poisson, "counts")]


@pytest.mark.parametrize(("loss", "name"), WIDE, ids=row_id)
def test_what_would_become_infinite(loss: Any, name: str, library: Library) -> None:
    """On JAX, NumPy arrays of float64: its own have lost the value already."""
    if library.name not in READS:
        pytest.skip("values cannot be read there")

    def call(largest: float) -> Any:
        wide = np.full(40, largest)
        wide = wide if library.name == "jax" else library.array(wide)
        if name == "counts":
            return library.call(loss, library.array(SOFT), wide)
        return library.call(loss, library.array(SOFT), library.array(HARD), **{name: wide})

    if name == "counts" and library.name != "jax":
        assert np.isfinite(library.to_numpy(call(1e39))), "all is computed in float64 then"
        return
    if library.name == "jax" and library.float_dtypes() != ("float32",):
        pytest.skip("float64 is switched on")
    if name == "pos_weight":
        call(1e30)
    else:
        assert np.isfinite(library.to_numpy(call(1e30)))
    with pytest.raises(lossary.LossInputError, match=rf"\[L202\] {loss.__name__}: `{name}`") as caught:
        call(1e39)
    assert "40 of 40 outside: [0]=1e+39" in caught.value.__notes__[0]


def test_the_page_is_that_of_the_codes() -> None:
    """`python -m tests.codes` writes it."""
    page = PAGE.read_text(encoding="utf-8")
    assert page == whole(page)

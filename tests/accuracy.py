"""Results against exact ones, in ULP."""

import os
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np

from tests import reference
from tests.cases import Case

ORDERS = ("value", "grad", "hess")
KEPT = Path(__file__).parents[1] / "build" / "exact"
"""What the reference has computed: most of the time of the tests on NumPy, and the same for each library."""


def inputs(case: Case, dtype: str) -> tuple[np.ndarray, ...]:
    """The row's arrays: the first and floating ones rounded to the dtype, other integers as they are."""
    first, *others = map(np.asarray, case.arrays)
    return first.astype(dtype), *(a if a.dtype.kind == "i" else a.astype(dtype) for a in others)


def exact(case: Case, order: int, dtype: str) -> reference.Expected:
    """What the row states, or else the reference computes from the rounded inputs."""
    stated = getattr(case, ORDERS[order])
    if stated is not None:
        result = np.asarray(stated, dtype="float64")
        return reference.Expected(result, np.abs(result))
    asked = (case.loss, order, sorted(case.options.items()), case.per_class)
    given = [(a.dtype.str, a.shape, a.tobytes()) for a in inputs(case, dtype)]
    path = KEPT / f"{sha256(repr((reference_in_use(), asked, given)).encode()).hexdigest()}.npy"
    if not path.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        being_written = path.with_suffix(f".{os.getpid()}.npy")
        found = computed(case, order, dtype)
        np.save(being_written, [found.result, found.magnitude])
        being_written.replace(path)
    return reference.Expected(*np.load(path))


@cache
def reference_in_use() -> str:
    """Changes with the reference, so that what another has computed is never looked at."""
    files = sorted(Path(reference.__file__).parent.glob("*.py"))
    code = b"".join(file.read_bytes() for file in [*files, Path(__file__)])
    return f"{sha256(code).hexdigest()} {mp.__version__}"


def computed(case: Case, order: int, dtype: str) -> reference.Expected:
    """By the reference, each time anew."""
    formula = reference.formula(case.loss)
    if case.options.get("axis") == ():
        formula = reference.of_each(formula)
    options = {k: v for k, v in case.options.items() if k not in ("min_prob", "axis", "class_axis")}
    arrays = inputs(case, dtype)
    if "pos_weight" in case.per_class:
        columns = [
            reference.expected(
                formula, order, (arrays[0][:, j], arrays[1][:, j]), {**options, "pos_weight": w}
            )
            for j, w in enumerate(case.options["pos_weight"])
        ]
        return reference.Expected(
            np.stack([c.result for c in columns], -1), np.stack([c.magnitude for c in columns], -1)
        )
    return reference.expected(formula, order, arrays, options)


def ulps(got: Any, want: reference.Expected, dtype: str) -> np.ndarray:
    """The error in units in the last place of the largest term; inf where finiteness differs.

    Results that XLA flushes, and what depends on intermediates that it flushes, are below 2**10 times the
    smallest normal number: an error of that size does not count.
    """
    got = np.asarray(got, dtype="float64")
    assert got.shape == want.result.shape
    info = np.finfo(dtype)
    tiny = float(info.smallest_normal)
    with np.errstate(invalid="ignore", over="ignore"):
        rounded = want.result.astype(dtype).astype("float64")
        unit = np.maximum(np.abs(want.magnitude), tiny)
        unit = float(info.eps) * 2.0 ** np.floor(np.log2(np.where(np.isfinite(unit), unit, 1.0)))
        error = np.maximum(np.abs(got - want.result) - 2.0**10 * tiny, 0.0) / unit
    same = (got == rounded) | (got == want.result) | (np.isnan(got) & np.isnan(rounded))
    return np.where(same, 0.0, np.where(np.isfinite(got) & np.isfinite(rounded), error, np.inf))


def assert_close(got: Any, want: reference.Expected, dtype: str, bound: float, case: Case) -> None:
    errors = ulps(got, want, dtype)
    worst = np.unravel_index(np.argmax(errors), errors.shape) if errors.size else ()
    assert errors.size == 0 or errors[worst] <= bound, (
        f"{case}: {errors[worst]:.3g} ULP at {[int(i) for i in worst]}, allowed {bound}; "
        f"got {np.asarray(got)[worst]!r}, exactly {want.result[worst]!r}; inputs {case.arrays}"
    )

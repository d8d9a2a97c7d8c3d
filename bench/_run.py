"""One variant in one dtype: exact results once, then every way of computing them."""

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch

import lossary
from bench._exact import Exact, exact
from bench._grids import inputs, rounded
from bench._measure import Tally, bound, measure, unit_dtype
from bench._ours import Results, jax_derivatives, modes, tensor, torch_derivatives
from bench._peers import NAMES, peer
from bench._variants import HALVES, ORDERS, Variant


class Task(NamedTuple):
    variant: Variant
    dtype: str
    seed: int
    first: bool
    """Whether it is the first variant of its loss."""
    quick: bool
    peers: bool


class Row(NamedTuple):
    """How one way of computing did in one order."""

    loss: str
    variant: str
    dtype: str
    by: str
    """lossary or a peer."""
    mode: str
    """Of lossary: on which library, and how."""
    order: str
    unit: str
    """The dtype whose last place is the unit."""
    bound: float
    tally: Tally


def run(task: Task) -> list[Row]:
    variant, dtype = task.variant, task.dtype
    x, y = inputs(variant.grid, dtype, task.seed, task.quick)
    options = {
        k: rounded(v, "float32" if dtype in HALVES else dtype) if isinstance(v, tuple) else v
        for k, v in variant.options.items()
    }
    want = exact(variant, x, y, options)
    rows = []
    with _quietly():
        for by, mode, results, kept in _computed(task, x, y, options):
            for order, result, truth in zip(ORDERS, results, want, strict=False):
                if result is not None:
                    tally, unit = _judge(result, truth.at(kept), order, dtype, x[kept], y[kept])
                    limit = bound(order, unit)
                    rows.append(Row(variant.loss, variant.name, dtype, by, mode, order, unit, limit, tally))
    return rows


def _computed(task: Task, x: Any, y: Any, options: dict[str, Any]) -> Iterator[tuple[str, str, Results, Any]]:
    """Everything that computes this loss: by whom, how, the results, and on which of the points."""
    variant, dtype = task.variant, task.dtype
    everywhere = np.full(len(x), True)
    for mode, compute in modes(variant, dtype, task.first, task.quick).items():
        yield "lossary", mode, compute(getattr(lossary, variant.loss), x, y, options), everywhere
    for name in NAMES if task.peers else ():
        found = peer(name, variant, dtype, options)
        if found is None:
            continue
        kept = found.only(x, y) if found.only else everywhere
        if found.derives:
            results = found.each(x[kept], y[kept])
        elif name == "torch":
            results = torch_derivatives(found.each, tensor(x[kept]), tensor(y[kept]))
        else:
            results = jax_derivatives(found.each, x[kept], y[kept])
        yield name, "", results[: found.orders], kept


def _judge(result: Any, truth: Exact, order: str, dtype: str, x: Any, y: Any) -> tuple[Tally, str]:
    if isinstance(result, torch.Tensor):
        returned, got = str(result.dtype).removeprefix("torch."), (result.detach().double() + 0.0).numpy()
    else:
        returned, got = str(result.dtype), np.asarray(result).astype("float64")
    unit = unit_dtype(dtype, returned)
    tally, error = measure(got, truth, unit, bound(order, unit))
    _locate(tally, error, got, truth.high, x, y)
    return tally, unit


def _locate(tally: Tally, error: np.ndarray, got: np.ndarray, want: np.ndarray, x: Any, y: Any) -> None:
    def describe(i: int) -> dict[str, Any]:
        index = np.unravel_index(i, error.shape)
        return {
            "at": "; ".join([_text(x[index[0]]), _text(y[index[0]]), *[f"class {j}" for j in index[1:]]]),
            "got": float(got.reshape(error.shape)[index]),
            "exact": float(want[index]),
        }

    if not error.size:
        return
    finite = np.where(np.isfinite(error), error, -1.0)
    tally.worst = describe(int(np.argmax(finite)))
    bad = np.isinf(error)
    if bad.any():  # rather with finite inputs, and rather a NaN
        finite_input = np.isfinite(x.astype("float64")).reshape(len(x), -1).all(-1)
        finite_input = np.broadcast_to(finite_input[:, None], (len(x), bad[0].size)).reshape(bad.shape)
        tally.bad = describe(int(np.argmax(bad * (1 + 2 * np.isnan(got.reshape(bad.shape)) + finite_input))))


def _text(a: Any) -> str:
    if not isinstance(a, np.ndarray):
        return f"{a:.9g}" if a.dtype.kind == "f" or a.dtype.name == "bfloat16" else str(a)
    shown = [_text(v) for v in a]
    return f"[{', '.join(shown if len(shown) < 8 else [*shown[:2], '…', *shown[-1:]])}]"


@contextlib.contextmanager
def _quietly() -> Any:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield

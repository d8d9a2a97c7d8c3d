"""One variant in one dtype: exact results once, then every way to compute them."""

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
    """How one way of computing did, in one order."""

    loss: str
    variant: str
    dtype: str
    by: str
    """lossary or a peer."""
    mode: str
    """For lossary: on which library, and how."""
    order: str
    unit: str
    """The dtype that sets the unit."""
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
                    tally, unit = _judge(by, result, truth.at(kept), order, dtype, x[kept], y[kept])
                    limit = bound(order, unit)
                    rows.append(Row(variant.loss, variant.name, dtype, by, mode, order, unit, limit, tally))
    return rows


def _computed(task: Task, x: Any, y: Any, options: dict[str, Any]) -> Iterator[tuple[str, str, Results, Any]]:
    """Everything that computes this loss: by whom, how, the results, and at which points."""
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


def _judge(by: str, result: Any, truth: Exact, order: str, dtype: str, x: Any, y: Any) -> tuple[Tally, str]:
    if isinstance(result, torch.Tensor):
        returned, got = str(result.dtype).removeprefix("torch."), (result.detach().double() + 0.0).numpy()
    else:
        returned, got = str(result.dtype), np.asarray(result).astype("float64")
    got = got.reshape(truth.high.shape)
    unit = unit_dtype(by, dtype, returned)
    finite = np.isfinite(x.astype("float64")).reshape(len(x), -1).all(-1)
    finite = np.broadcast_to(finite.reshape(-1, *[1] * (got.ndim - 1)), got.shape)
    tally, error = measure(got, truth, finite, unit, bound(order, unit))
    if error.size:
        _locate(tally, error, got, truth.high, x, y)
    return tally, unit


def _locate(tally: Tally, error: np.ndarray, got: np.ndarray, want: np.ndarray, x: Any, y: Any) -> None:
    def describe(chosen: np.ndarray) -> dict[str, Any]:
        index = np.unravel_index(int(np.argmax(chosen)), got.shape)
        return {
            "at": "; ".join([_text(x[index[0]]), _text(y[index[0]]), *[f"class {j}" for j in index[1:]]]),
            "got": float(got[index]),
            "exact": float(want[index]),
        }

    bad = np.isinf(error)
    error = np.where(bad, -1.0, error)
    # Relative to the exact result: 0.4 or more means that no digit is right.
    hopeless = ~bad & (np.abs(got - want) > 0.4 * np.abs(want)) & (error > 100)
    tally.worst = describe(np.where(hopeless, np.abs(want) + error.max(), error) if hopeless.any() else error)
    if bad.any():  # prefer a NaN, and prefer it at finite inputs or at -inf, which masks a class
        flat = x.astype("float64").reshape(len(x), -1)
        sane = 1.0 * np.isfinite(flat).all(-1) + (flat < np.inf).all(-1)
        tally.bad = describe(bad * (1 + 3 * np.isnan(got) + sane.reshape(-1, *[1] * (got.ndim - 1))))


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

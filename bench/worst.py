"""The worst inputs that a search finds for every loss: `python -m bench.worst`.

A search starts from the random examples of the tests' certificate and climbs: it changes the worst of them
slightly, keeps those that are worse still, and repeats. Errors are in units in the last place of float32,
relative to the largest term of the result; the reference has 60 digits. A whole run takes a few minutes
and writes the table in `docs/accuracy.md`. `--loss` searches for one loss and prints its worst inputs.
"""

import argparse
import multiprocessing
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import lossary
from bench import _marks
from lossary._arguments import BINS
from lossary._kernel import Argument, Kernel
from tests.accuracy import computed, ulps
from tests.cases import Case
from tests.contract.subjects import asked_for, shape_of
from tests.test_precision import CLASSES, DRAWN, KERNELS, PIXELS, as_taken, beside_the_slope

Arrays = list[np.ndarray[Any, Any]]
DTYPE = "float32"
_PAGE = Path(__file__).parents[1] / "docs" / "accuracy.md"
_TITLES = {"numpy": "NumPy", "jax": "JAX", "torch": "torch"}
_EXAMPLES, _KEPT, _STEPS = 16, 4, 12
_LIBRARIES: dict[str, Callable[..., Any]] = {}


class Worst(NamedTuple):
    ulp: float
    example: str


def search(kernel: Kernel, seed: int = 0) -> dict[str, list[Worst]]:
    """The worst value, gradient and second derivative on each library."""
    rng = np.random.default_rng(seed)
    found = {name: [Worst(0.0, "")] * 3 for name in _TITLES}
    for order in range(3):
        arrays = _drawn(kernel, rng)
        for step in range(_STEPS):
            errors = _errors(kernel, arrays, order)
            for name, each in errors.items():
                at = int(np.argmax(each))
                if each[at] > found[name][order].ulp:
                    example = ", ".join(np.array2string(a[at], precision=9) for a in arrays)
                    found[name][order] = Worst(float(each[at]), example)
            worst = np.argsort(-np.max(list(errors.values()), axis=0))[:_KEPT]
            parents = [a[np.resize(worst, _EXAMPLES)] for a in arrays]
            arrays = _moved(kernel, parents, 0.5 ** (1 + step), rng)
    return found


def _search_at(position: int, seed: int) -> dict[str, list[Worst]]:
    return search(KERNELS[position], seed)


def _drawn(kernel: Kernel, rng: np.random.Generator) -> Arrays:
    first, *others = [
        DRAWN[argument](rng, shape_of(core, (_EXAMPLES, CLASSES, PIXELS)))
        for argument, core in zip(kernel.takes, kernel.cores, strict=True)
    ]
    return [_rounded(x) for x in (first, *as_taken(kernel, others))]


def _rounded(x: Any) -> np.ndarray[Any, Any]:
    x = np.asarray(x)
    return x.astype(DTYPE) if x.dtype.kind == "f" else x


def _moved(kernel: Kernel, arrays: Arrays, width: float, rng: np.random.Generator) -> Arrays:
    """New inputs near the old ones: other floats of the same sign, within their domains."""
    return [_moved_one(a, x, width, rng) for a, x in zip(kernel.takes, arrays, strict=True)]


def _moved_one(argument: Argument, x: Any, width: float, rng: np.random.Generator) -> Any:
    if x.dtype.kind != "f" or np.array_equal(x, np.round(x)):  # ids, counts, hard labels
        return x
    moved = x * np.exp(width * rng.normal(size=x.shape))
    if argument.domain.box == "corners":
        moved = np.sort(moved.reshape(*x.shape[:-1], 2, 2), axis=-2).reshape(x.shape)
    if argument.domain.sums_to_one:
        moved = moved / moved.sum(axis=-1, keepdims=True)
    most = CLASSES - 1 if argument is BINS else argument.domain.high
    low, high = np.asarray([argument.domain.low, most], DTYPE)
    # Not at the ends, beyond which the reference would have to look for its derivatives.
    return np.clip(moved.astype(DTYPE), np.nextafter(low, high), np.nextafter(high, low))


def _errors(kernel: Kernel, arrays: Arrays, order: int) -> dict[str, np.ndarray[Any, Any]]:
    """For each example its worst error, on each library."""
    case = Case("searched", kernel.name, tuple(arrays), asked_for(kernel))
    want = computed(case, order, DTYPE)
    if order == 2:
        want = beside_the_slope(case.loss, want, lambda: computed(case, 1, DTYPE))
    found = {}
    for name, compute in _libraries().items():
        got = np.asarray(compute(case, arrays)[order])
        found[name] = ulps(got, want, DTYPE).reshape(_EXAMPLES, -1).max(axis=1, initial=0.0)
    return found


def _libraries() -> dict[str, Callable[..., Any]]:
    if not _LIBRARIES:
        import jax
        import torch

        torch.set_num_threads(1)
        compiled: dict[str, Any] = {}

        def derived(case: Case) -> Callable[..., Any]:
            return partial(lossary.value_grad_hess(case.function), reduction="none", **case.options)

        def of_jax(case: Case, arrays: Arrays) -> Any:
            kinds = f"{case.loss} {case.options} {[(a.shape, a.dtype) for a in arrays]}"
            return compiled.setdefault(kinds, jax.jit(derived(case)))(*arrays)

        def of_numpy(case: Case, arrays: Arrays) -> Any:
            with np.errstate(all="ignore"):
                return derived(case)(*arrays)

        _LIBRARIES.update(
            numpy=of_numpy, jax=of_jax, torch=lambda case, arrays: derived(case)(*map(torch.asarray, arrays))
        )
    return _LIBRARIES


def table(found: dict[str, dict[str, list[Worst]]]) -> str:
    """Value / gradient / second derivative; the least exact loss first."""
    lines = ["| Loss | " + " | ".join(_TITLES.values()) + " |", "|---" * (1 + len(_TITLES)) + "|"]

    def first_two(loss: str) -> float:
        return max(worst.ulp for orders in found[loss].values() for worst in orders[:2])

    for loss in sorted(found, key=first_two, reverse=True):
        cells = [_cell(found[loss][library]) for library in _TITLES]
        lines.append(f"| `{loss}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(orders: list[Worst]) -> str:
    return " / ".join(f"{worst.ulp:.1f}" for worst in orders)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loss")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    kernels = [k for k in KERNELS if given.loss in (None, k.name)]
    found: dict[str, dict[str, list[Worst]]] = {}
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        # Kernels are functions of functions, which cannot be sent to another process; their positions can.
        positions = [KERNELS.index(kernel) for kernel in kernels]
        results = pool.imap(partial(_search_at, seed=given.seed), positions)
        for kernel, result in zip(kernels, results, strict=True):
            known = found.setdefault(kernel.name, {name: [Worst(0.0, "")] * 3 for name in _TITLES})
            for name, orders in result.items():
                known[name] = [max(pair) for pair in zip(known[name], orders, strict=True)]
            ulp = {
                name: " / ".join(f"{worst.ulp:.1f}" for worst in orders) for name, orders in result.items()
            }
            print(f"{kernel.name}{kernel.signature}", *ulp.items(), flush=True)
            for name, orders in result.items() if given.loss else ():
                for order, worst in enumerate(orders):
                    print(f"  {name}, derivative {order}: {worst.ulp:.2f} at {worst.example}")
    if not given.loss:
        _marks.replace(_PAGE, {"worst": table(found)}, "bench.worst")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""What checking values costs when nothing is wrong: `python -m bench.checks`.

Each loss is timed as it is and with `config(check="never")`, in turns. Prints the ratios, and writes them to
`docs/errors.md` if no library is missing.
"""

import argparse
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

import lossary
from bench import _marks, _speed_machine
from bench._speed_time import measure
from lossary._config import SETTINGS

PAGE = Path(__file__).parents[1] / "docs" / "errors.md"
SIZES = (100, 1_000, 10_000, 100_000, 1_000_000)
CLASSES = 10
LIBRARIES = {"numpy": "NumPy", "torch": "torch", "jax": "JAX, eager"}

Place = Callable[[np.ndarray[Any, Any]], Any]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.checks", description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="approximate seconds per ratio")
    given = parser.parse_args(arguments)
    names = [name for name in LIBRARIES if importlib.util.find_spec(name)]
    head = f"| | Loss | {' | '.join(f'{size:,}' for size in SIZES)} | µs more for {SIZES[0]} |"
    lines = [head, "|---" * (3 + len(SIZES)) + "|"]
    print(*lines, sep="\n")
    for name in names:
        for loss in WORKS:
            lines.append(f"| {LIBRARIES[name]} | `{loss}` | {' | '.join(cells(name, loss, given.seconds))} |")
            print(lines[-1], flush=True)
    if len(names) == len(LIBRARIES):
        machine = f"Measured on {_speed_machine.sentence(_speed_machine.describe())}"
        _marks.replace(PAGE, {"cost": "\n".join([*lines, "", machine])}, "bench.checks")
    return 0


def cells(library: str, loss: str, seconds: float) -> list[str]:
    """The ratio of the time with checks to the time without, by size; and the difference."""
    place, ready = _place(library), _ready(library)
    found, more = [], []
    for size in SIZES:
        arrays = [place(a) for a in WORKS[loss](size)]
        calls = {check: _call(check, getattr(lossary, loss), arrays) for check in ("never", "auto")}
        timings = measure(calls, "never", ready, seconds)
        never, auto = timings["never"].samples, timings["auto"].samples
        ratio = timings["auto"].over(timings["never"])
        found.append(f"{ratio.median:.2f} ({ratio.low:.2f}–{ratio.high:.2f})")
        more.append(median(taken.wall - never[i].wall for i, taken in auto.items()))
    return [*found, f"{more[0] * 1e6:.1f}"]


def _call(check: str, loss: Callable[..., Any], arrays: list[Any]) -> Callable[[], Any]:
    def call() -> Any:
        SETTINGS.check = check  # otherwise `config` would be timed as well
        return loss(*arrays)

    return call


def _probs_and_labels(size: int) -> list[np.ndarray[Any, Any]]:
    rng = np.random.default_rng(size)
    return [rng.uniform(0.01, 0.99, size).astype("float32"), rng.integers(2, size=size).astype("float32")]


def _logits_and_labels(size: int) -> list[np.ndarray[Any, Any]]:
    rng = np.random.default_rng(size)
    return [rng.normal(size=size).astype("float32"), rng.integers(2, size=size).astype("float32")]


def _rows_and_ids(size: int) -> list[np.ndarray[Any, Any]]:
    rng = np.random.default_rng(size)
    rows = size // CLASSES
    return [rng.normal(size=(rows, CLASSES)).astype("float32"), rng.integers(CLASSES, size=rows)]


WORKS = {
    "sigmoid_binary_cross_entropy": _logits_and_labels,
    "binary_cross_entropy": _probs_and_labels,
    "softmax_cross_entropy": _rows_and_ids,
}
"""One array to check, two, and class ids; with so many scores in all."""


def _place(library: str) -> Place:
    if library == "torch":
        import torch

        return torch.from_numpy
    if library == "jax":
        import jax.numpy as jnp

        return jnp.asarray
    return np.asarray


def _ready(library: str) -> Callable[[Any], Any] | None:
    if library != "jax":
        return None
    import jax

    return jax.block_until_ready


if __name__ == "__main__":
    sys.exit(main())

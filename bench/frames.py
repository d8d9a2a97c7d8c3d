"""How many lossary frames a warm call passes through, in how many files, and how often it changes file.

`python -m bench.frames` prints the counts and their limits, and fails where a limit is exceeded.
"""

import sys
import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

import lossary

_SOURCE = str(Path(lossary.__file__).parent)
N, CLASSES = 100, 5

MOST = {
    "NumPy huber": (20, 10),
    "NumPy huber, weights and mask": (34, None),
    "NumPy softmax_cross_entropy": (36, None),
    "NumPy value_and_grad(huber)": (32, None),
    "torch huber, forward and backward": (60, None),
    "JAX huber, eager": (14, None),
}
"""Frames, and changes of file."""


def frames_of(call: Callable[[], Any]) -> list[str]:
    """The files of the lossary frames that a call enters, in order, once it is warm."""
    files: list[str] = []

    def profile(frame: Any, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(_SOURCE):
            files.append(frame.f_code.co_filename)

    call()
    call()
    threading.setprofile(profile)
    sys.setprofile(profile)
    try:
        call()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return files


def calls() -> dict[str, Callable[[], Any]]:
    import jax.numpy as jnp
    import torch

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, N))
    z, ids = rng.normal(size=(N, CLASSES)), rng.integers(0, CLASSES, N)
    weights, where = np.ones(N), np.ones(N, bool)
    derive = lossary.value_and_grad(lossary.huber)
    jx, jy = jnp.asarray(x), jnp.asarray(y)
    tx, ty = torch.tensor(x, requires_grad=True), torch.tensor(y)
    return {
        "NumPy huber": lambda: lossary.huber(x, y),
        "NumPy huber, weights and mask": lambda: lossary.huber(x, y, weights=weights, where=where),
        "NumPy softmax_cross_entropy": lambda: lossary.softmax_cross_entropy(z, ids),
        "NumPy value_and_grad(huber)": lambda: derive(x, y),
        "torch huber, forward and backward": lambda: lossary.huber(tx, ty).backward(),
        "JAX huber, eager": lambda: lossary.huber(jx, jy),
    }


def main() -> int:
    print(f"{'call':36} {'frames':>6} {'most':>5} {'changes':>8} {'most':>5} {'files':>6}")
    too_many = 0
    for name, call in calls().items():
        files = frames_of(call)
        changes = sum(a != b for a, b in pairwise(files))
        most, most_changes = MOST[name]
        too_many += len(files) > most or (most_changes is not None and changes > most_changes)
        print(f"{name:36} {len(files):6} {most:5} {changes:8} {most_changes or '':>5} {len(set(files)):6}")
    return 1 if too_many else 0


if __name__ == "__main__":
    sys.exit(main())

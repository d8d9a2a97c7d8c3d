"""What a call on 100 elements costs compared with the formula itself, where overhead counts most.

`python -m bench.small` prints the ratios of CPU time (medians of interleaved rounds on one thread) and their
limits, and fails where a limit is exceeded.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

import lossary
from bench import _speed_formulas, _speed_machine
from bench._cpu_time import compare

N = 100
Pair = tuple[Callable[[], Any], Callable[[], Any], float]


def pairs() -> dict[str, Pair]:
    import jax
    import jax.numpy as jnp
    import torch
    from torch.nn import functional

    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, N)).astype("float32")
    bits = rng.integers(2, size=N).astype("float32")
    jx, jy, jbits = map(jnp.asarray, (x, y, bits))
    leaf, ty, tbits = torch.tensor(x, requires_grad=True), torch.tensor(y), torch.tensor(bits)

    def backward(loss: Callable[..., Any], target: Any) -> Callable[[], Any]:
        def run() -> None:
            leaf.grad = None
            loss(leaf, target).backward()

        return run

    def compiled(loss: Callable[..., Any]) -> Callable[..., Any]:
        return jax.jit(loss)

    bce, huber = lossary.sigmoid_binary_cross_entropy, lossary.huber
    stable, torch_bce = _speed_formulas.stable, functional.binary_cross_entropy_with_logits
    jit_bce, jit_huber = compiled(bce), compiled(huber)
    return {
        "NumPy BCE / the stable formula": (
            lambda: bce(x, bits),
            lambda: stable["sigmoid_binary_cross_entropy"](x, bits, np),
            2.0,
        ),
        "NumPy huber / the stable formula": (lambda: huber(x, y), lambda: stable["huber"](x, y, np), 2.0),
        "torch BCE, value and backward / F": (backward(bce, tbits), backward(torch_bce, tbits), 2.0),
        "torch huber, value and backward / F": (
            backward(huber, ty),
            backward(functional.huber_loss, ty),
            2.0,
        ),
        "JAX BCE, eager / jitted": (
            lambda: bce(jx, jbits).block_until_ready(),
            lambda: jit_bce(jx, jbits).block_until_ready(),
            3.0,
        ),
        "JAX huber, eager / jitted": (
            lambda: huber(jx, jy).block_until_ready(),
            lambda: jit_huber(jx, jy).block_until_ready(),
            3.0,
        ),
    }


def main() -> int:
    print(_speed_machine.sentence(_speed_machine.describe()))
    print(f"{'call':36} {'ours, µs':>9} {'other, µs':>10} {'ratio':>6} {'most':>5}")
    too_many = 0
    for name, (ours, theirs, most) in pairs().items():
        a, b, found = compare(ours, theirs)
        too_many += found > most
        print(f"{name:36} {a / 1e3:9.1f} {b / 1e3:10.1f} {found:6.2f} {most:5.1f}")
    return 1 if too_many else 0


if __name__ == "__main__":
    sys.exit(main())

"""How long every loss takes, compared with what its users have: `python -m bench.catalogue`.

On each library our time is divided by that of the library's own function, or optax's; where there is none, by
that of the formula users write by hand. Ratios of CPU time, medians of interleaved rounds, each loss in its
own process: the value, the value with its gradient, and, where values are read, the value without checks.
On a machine with AVX-512 all is measured a second time with AVX2. `--library` and `--loss` choose a part; a
whole run writes the table in `docs/speed.md`, worst first.
"""

import argparse
import json
from pathlib import Path

import numpy as np

import lossary
from bench import _marks, _speed_machine
from bench._catalogue_calls import CALLS, LOSSES
from bench._catalogue_reasons import explained, reasons
from bench._child import answered, ask
from bench._cpu_time import Call, compare

_PAGE = Path(__file__).parents[1] / "docs" / "speed.md"
_TITLES = {"numpy": "NumPy", "jax": "JAX", "torch": "torch"}
Ratios = dict[str, dict[str, list[float]]]
"""By loss and library."""
_READS = ("numpy", "torch")
"""Libraries that read values before they compute."""


def ratio(ours: Call, theirs: Call) -> float:
    """The ratio of the first CPU time to the second, if both return the same."""
    np.testing.assert_allclose(float(ours()), float(theirs()), rtol=2e-3)
    return compare(ours, theirs).ratio


def measure(library: str, losses: list[str]) -> dict[str, list[float]]:
    if library == "torch":
        import torch

        torch.set_num_threads(1)
    found = {}
    for loss in losses:
        value, both = CALLS[library](loss)
        found[loss] = [ratio(*value), ratio(*both)]
        if library in _READS:
            with lossary.config(check="never"):
                found[loss].append(ratio(*value))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", choices=tuple(CALLS))
    parser.add_argument("--loss", choices=LOSSES)
    given = parser.parse_args()
    machine = _speed_machine.sentence(_speed_machine.describe())
    print(machine)
    libraries = [given.library] if given.library else list(CALLS)
    losses = [given.loss] if given.loss else list(LOSSES)
    found = [measure_all(libraries, losses)]
    if narrower := _speed_machine.narrower():
        print("With AVX2")
        found.append(measure_all(libraries, losses, **narrower))
    if not (given.library or given.loss):
        _marks.replace(_PAGE, {"catalogue": table(found)}, "bench.catalogue")
        data = _PAGE.parent / "_data" / "catalogue.json"
        ratios = dict(zip(("ratios", "ratios with AVX2"), found, strict=False))
        data.write_text(json.dumps({"machine": machine, **ratios}, indent=1) + "\n", encoding="utf-8")
    return 0


def measure_all(libraries: list[str], losses: list[str], **environment: str) -> Ratios:
    found: Ratios = {loss: {} for loss in losses}
    for library in libraries:
        for loss in losses:
            found[loss] |= {library: ask("bench.catalogue", library, [loss], **environment)[loss]}
            print(f"{library:6} {loss:34}", *[f"{r:6.2f}" for r in found[loss][library]], flush=True)
    return found


def table(found: list[Ratios]) -> str:
    """Value / value with gradient by library and instruction set, and why; the worst loss first."""
    suffixes = ("", ", AVX2")[: len(found)]
    titles = [f"{title}{suffix}" for suffix in suffixes for title in _TITLES.values()]
    lines = ["| Loss | " + " | ".join([*titles, "Why"]) + " |", "|---" * (2 + len(titles)) + "|"]
    own = found[0]
    for loss in sorted(own, key=lambda loss: -max(max(numbers[:2]) for numbers in own[loss].values())):
        cells = [
            " / ".join(f"{r:.2f}" for r in ratios[loss][library][:2])
            for ratios in found
            for library in _TITLES
        ]
        lines.append(f"| `{loss}` | " + " | ".join([*cells, reasons(loss, own[loss])]) + " |")
    return "\n".join([*lines, "", explained()])


if __name__ == "__main__" and not answered(measure):
    raise SystemExit(main())

"""How often `diagnose` finds something where there is nothing: `python -m bench.false_alarms 20000`.

Every problem is calibrated by construction: logits are drawn from some distribution, and targets from the
probabilities they represent. So each error or warning is a false alarm.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

import lossary
from lossary.diagnosis import Report

Random = np.random.Generator
_SIZES = (20, 50, 200, 1000, 5000)


class Problem(NamedTuple):
    """The arguments for `diagnose`."""

    predictions: Any
    targets: Any
    options: dict[str, Any]

    def diagnose(self) -> Report:
        return lossary.diagnose(self.predictions, self.targets, **self.options)


def problems(count: int, seed: int = 0) -> Iterator[Problem]:
    """All tasks and kinds: small and large, balanced and rare, confident and unsure, weighted or not."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        task = rng.choice(["binary", "binary", "multiclass", "multilabel"])
        n = int(rng.choice(_SIZES))
        classes = 1 if task == "binary" else int(rng.integers(2, 12))
        logits = _logits(rng, n, classes)
        kind = str(rng.choice(["logits", "probs"]))
        if task == "multiclass":
            probs = np.exp(logits - logits.max(axis=-1, keepdims=True))
            probs /= probs.sum(axis=-1, keepdims=True)
            targets = (rng.random((n, 1)) > probs.cumsum(axis=-1)[:, :-1]).sum(axis=-1)
        else:
            logits = logits[:, 0] if task == "binary" else logits
            probs = 1 / (1 + np.exp(-np.clip(logits, -700, 700)))
            targets = (rng.random(logits.shape) < probs).astype(int)
        options: dict[str, Any] = {"kind": kind, "task": str(task)}
        if rng.random() < 0.3:
            options["weights"] = rng.gamma(2.0, 0.5, n)
        yield Problem(logits if kind == "logits" else probs, targets, options)


def _logits(rng: Random, n: int, classes: int) -> np.ndarray[Any, Any]:
    shape, spread = (n, classes), float(np.exp(rng.uniform(np.log(0.05), np.log(6))))
    drawn = (
        rng.normal(size=shape),
        rng.standard_t(2, size=shape),
        rng.uniform(-1.7, 1.7, size=shape),
        rng.choice([-1.0, 1.0], size=shape) + 0.2 * rng.normal(size=shape),
        rng.normal(size=shape).round(),
    )[int(rng.integers(5))]
    return spread * drawn + rng.normal(scale=2.0, size=(1, classes))


def count_alarms(count: int, seed: int = 0) -> Counter[str]:
    """The number of errors and warnings by code, and the number of problems with any."""
    found: Counter[str] = Counter()
    for problem in problems(count, seed):
        alarms = [one for one in problem.diagnose().findings if one.severity != "note"]
        found.update(f"{one.severity} {one.code}" for one in alarms)
        found["problems with any"] += bool(alarms)
    return found


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    found = count_alarms(count)
    print(f"{count:,} calibrated problems")
    for name, times in sorted(found.items()):
        print(f"{name}: {times:,}")


if __name__ == "__main__":
    main()

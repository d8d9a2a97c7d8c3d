"""The targets, in float32: bounds on ratios of times and on memory, and why some are missed."""

from collections.abc import Iterable
from fnmatch import fnmatch
from math import prod
from typing import NamedTuple

from bench._speed_memory import Peak
from bench._speed_run import Row
from bench._speed_work import WORKS, label

_BCE, _FOCAL, _HUBER = "sigmoid_binary_cross_entropy", "sigmoid_focal", "huber"
_SOFTMAX = "softmax_cross_entropy"
_QUANTITIES = ("value", "value+grad")
_WIDEST = (1024, 50257)

FLOOR, MEMORY = "reading the inputs", "megabytes"


class Target(NamedTuple):
    """One call in one row, and its bound."""

    group: str
    loss: str
    size: str
    quantity: str
    bound: float
    to: str = ""
    """The divisor if it is not the reference: a call's name, or FLOOR. MEMORY is not divided."""
    name: str = "lossary"

    @property
    def clock(self) -> str:
        """CPU time, unless a call is meant to use all cores."""
        return "wall" if self.to == FLOOR or self.name == "lossary.accelerate" else "cpu"


class Measured(NamedTuple):
    """With one instruction set."""

    ratio: float
    """On the target's clock; or megabytes."""
    low: float
    """The lower quartile of a ratio of times."""
    wall: float
    disturbed: bool
    """Disturbed by other processes: a call on several threads then waits milliseconds for a lost core."""


class Outcome(NamedTuple):
    target: Target
    to: str
    """The divisor, or MEMORY."""
    measured: tuple[Measured, ...]
    """With the machine's instruction set, and, if that is AVX-512, with AVX2."""

    @property
    def key(self) -> str:
        t = self.target
        return f"{t.group} {t.loss} {t.size} {t.quantity}: {t.name} / {self.to}"

    @property
    def verdict(self) -> str:
        """The worst one."""
        return max(map(self._verdict, self.measured), key=_VERDICTS.index)

    def _verdict(self, found: Measured) -> str:
        if found.ratio <= self.target.bound:
            return "met"
        if found.disturbed and self.target.clock == "wall":
            return "disturbed"
        return "within the noise" if found.low <= self.target.bound else "missed"

    @property
    def why(self) -> str:
        if self.verdict in ("met", "disturbed"):
            return ""
        return next((reason for pattern, reason in WHY.items() if fnmatch(self.key, pattern)), "")


_VERDICTS = ("met", "within the noise", "disturbed", "missed")

_CALL = (
    "Besides the jitted call, finding the program takes 7 µs, and reading and checking the labels 5. The"
    " exact formula has twice as many operations as the usual one."
)
_PASSES = (
    "NumPy processes blocks of logits in passes (exponential, sum; the gradient takes a division, a product,"
    " and a look for NaN); torch has one loop."
)
_LEFT_OUT = (
    "The label's class is left out of the sum of exponentials; otherwise 1 - p of a confident row would"
    " lose its digits. That takes a comparison and a selection per logit in addition to optax's plain"
    " sum."
)
_TWICE = _LEFT_OUT + " Value and gradient each compute the exponentials, which optax keeps in memory."
_FLOOR = (
    "The stable formula itself, compiled by XLA, takes 3.3 times as long as reading. The rest is the"
    " guard that makes 0 times infinity 0, a division on either side."
)
_EXACT = "Value and gradient are also exact at infinite logits, which takes two caps with a division each."

WHY: dict[str, str] = {
    "numpy * 1e2 value: *": (
        "A call has 15 operations of 0.3 to 1 µs each; 5 of them check the labels and sum in double"
        " precision."
    ),
    "numpy * 1e7 value: lossary.accelerate / *": _FLOOR,
    "numpy * 1e[567] value*: lossary / *": (
        "With AVX-512, NumPy's own log1p is vectorized; it and exp take half the time of both on one thread."
        " lossary.config(threads=2) uses two."
    ),
    "torch sigmoid_* 1e2 value+grad: *": (
        "A `torch.autograd.Function` that computes nothing takes three quarters of the time of"
        " `torch.nn.functional` with everything."
    ),
    "torch sigmoid_* 1e2 value: *": (
        "Fifteen NumPy operations of 0.3 to 1 µs each, where torch has one kernel. Viewing the tensors as"
        " arrays takes 2.3 µs."
    ),
    "torch huber * value+grad: *": (
        "Checking types, shapes, and options takes 6 to 10 µs, and hooks for second derivatives 8."
    ),
    "torch huber *": "Checking types, shapes, and options takes 6 to 10 µs.",
    "torch sigmoid_focal 1e5 *": "With AVX2, a logarithm of 1 + x takes fifteen NumPy operations.",
    "torch sigmoid_binary_* 1e[56] *": (
        "Two exponentials, because one for value and gradient would be 4.01 ULP off where 4 are promised."
    ),
    "torch softmax_*": _PASSES,
    "jax softmax_* value: *": _LEFT_OUT,
    "jax softmax_* value+grad: *": _TWICE,
    "jax * reading*": _FLOOR,
    "jax * 1e2 *": "The cost of a jitted call with two arrays; the computation itself is 1 µs.",
    "jax *": _EXACT,
    "eager * 1e[23] *": _CALL,
    "eager *": ("The arithmetic of a compiled call; optax's single operations run on two threads each, too."),
}
"""Reasons for misses, by patterns of keys as `bench.speed` prints them. The first match counts."""


def _bounded(group: str, loss: str, bounds: dict[str, tuple[float, float]]) -> list[Target]:
    """The bounds of value and value+grad, by size."""
    return [
        Target(group, loss, size, quantity, bound)
        for size, both in bounds.items()
        for quantity, bound in zip(_QUANTITIES, both, strict=True)
    ]


def _numpy() -> list[Target]:
    return [
        Target("numpy", _BCE, "1e2", "value", 2.0),
        *_bounded("numpy", _BCE, {"1e5": (0.7, 1.0), "1e6": (0.7, 1.0), "1e7": (0.5, 0.6)}),
        Target("numpy", _BCE, "1e7", "value", 4.0, MEMORY),
        Target("numpy", _BCE, "1e5", "value", 1.3, name="lossary.accelerate"),
        Target("numpy", _BCE, "1e7", "value", 0.2, name="lossary.accelerate"),
        Target("numpy", _BCE, "1e7", "value", 2.5, FLOOR, "lossary.accelerate"),
    ]


def _torch() -> list[Target]:
    small, middle, large = (1.8, 1.6), (1.4, 1.6), (0.8, 0.8)
    rows = {"65536x10": (1.3, 1.1), "8192x1000": (1.4, 0.8), label(_WIDEST): (0.7, 0.9)}
    # The gradient is as large as the logits, plus room for one copy of them.
    two_copies = 2 * prod(_WIDEST) * 4 / 1e6
    return [
        *_bounded("torch", _BCE, {"1e2": small, "1e5": middle, "1e6": (1.4, 1.5), "1e7": large}),
        *_bounded("torch", _FOCAL, {"1e2": small, "1e5": (1.0, 1.0), "1e7": (1.0, 1.0)}),
        *_bounded("torch", _HUBER, {"1e2": small, "1e5": (1.3, 1.6), "1e7": (1.3, 1.6)}),
        *_bounded("torch", _SOFTMAX, rows),
        Target("torch", _SOFTMAX, label(_WIDEST), "value+grad", two_copies, MEMORY),
    ]


def _jax() -> list[Target]:
    bounds = {
        _BCE: {"1e5": (0.4, 0.5), "1e6": (0.35, 0.45), "1e7": (0.2, 0.35)},
        _SOFTMAX: {"65536x10": (0.9, 1.0), label(_WIDEST): (0.5, 1.0)},
    }
    found = []
    for work in WORKS:
        ones = dict.fromkeys(_sizes(work.loss), (1.0, 1.0))
        found += _bounded("jax", work.loss, ones | bounds.get(work.loss, {}))
    found.append(Target("jax", _BCE, "1e7", "value", 2.5, FLOOR))
    return found


def _eager() -> list[Target]:
    found = [
        Target("eager", work.loss, size, "value", 0.4 if size in ("1e2", "1e3") else 0.3)
        for work in WORKS
        for size in _sizes(work.loss)
    ]
    found.append(Target("eager", _BCE, "1e2", "value+grad", 0.05, name="lossary.value_and_grad"))
    found.append(Target("eager", _BCE, "1e2", "value", 1.2, "formula, compiled"))
    return found


def _sizes(loss: str) -> list[str]:
    return [label(shape) for work in WORKS if work.loss == loss for shape in work.shapes]


TARGETS = [*_numpy(), *_torch(), *_jax(), *_eager()]


def outcomes(rows: Iterable[Row], narrow: Iterable[Row], peaks: Iterable[Peak]) -> list[Outcome]:
    """For all targets with measurements: rows with the machine's instruction set, and with AVX2."""
    sets = [
        {(r.group, r.loss, r.size, r.quantity): r for r in measured if r.dtype == "float32"}
        for measured in (rows, narrow)
    ]
    by_peak = {(p.group, p.loss, p.size, p.quantity, p.name): p.megabytes for p in peaks}
    found = []
    for t in TARGETS:
        at = (t.group, t.loss, t.size, t.quantity)
        if t.to == MEMORY:
            peak = by_peak.get((*at, t.name))
            measured = () if peak is None else (Measured(peak, peak, peak, False),)
        else:
            ratios = (_ratio(by_row[at], t) for by_row in sets if at in by_row)
            measured = tuple(ratio for ratio in ratios if ratio is not None)
        if measured:
            found.append(Outcome(t, t.to or sets[0][at].reference, measured))
    return found


def _ratio(row: Row, target: Target) -> Measured | None:
    """The ratio, if there are such calls."""
    ours = row.timings.get(target.name)
    if ours is None or target.to not in ("", FLOOR, *row.timings):
        return None
    if target.to == FLOOR:
        return None if row.read is None else Measured(*(ours.seconds / row.read,) * 3, row.disturbed)
    wall = row.ratio(target.name, target.to).median
    judged = row.ratio(target.name, target.to, target.clock)
    return Measured(judged.median, judged.low, wall, row.disturbed)


def table(found: Iterable[Outcome]) -> str:
    lines = ["\nTargets: CPU time (wall time) with each instruction set"]
    for o in found:
        ratios = "  ".join(f"{m.ratio:8.3g} ({m.wall:.3g})" for m in o.measured)
        lines.append(f"  {o.verdict:16}  {ratios} <= {o.target.bound:<6.3g} {o.key}")
    return "\n".join(lines)

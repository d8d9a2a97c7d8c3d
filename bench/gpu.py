"""Value and gradient on a GPU, compared with what its users have, in a few minutes: `python -m bench.gpu`.

For torch and JAX, prints the time of each loss as a ratio to the peer named in its line, its memory beyond
the inputs, and which targets hold. `--device cpu --quick` tries it without a GPU.
"""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any, NamedTuple

from bench import _child, _gpu_calls
from bench._gpu_calls import COMPILED, EAGER, OPTAX, OURS, OURS_COMPILED
from bench._speed_time import take_turns

LIBRARIES = ("torch", "jax")
ROUNDS, QUICK_ROUNDS = 15, 3
MB = 2**20

Calls = dict[str, Callable[[], Any]]


class Target(NamedTuple):
    """How much time and memory a call may take, relative to a peer."""

    library: str
    call: str
    peer: str
    time: dict[str, float]
    """By loss; losses without a target of their own use that of ""."""
    memory: float = 1.0


TARGETS = (
    Target("torch", OURS, EAGER, {"bce": 2.0, "huber": 1.4, "focal": 1.2, "": 1.5}),
    Target("torch", OURS_COMPILED, COMPILED, {"": 1.1}),
    Target("jax", OURS, OPTAX, {"": 1.05}),
)


class Row(NamedTuple):
    library: str
    loss: str
    call: str
    milliseconds: float
    megabytes: float | None
    """Beyond the inputs."""


def main(arguments: list[str] | None = None) -> int:
    given = _parse(arguments)
    rows: list[Row] = []
    for library in LIBRARIES:
        if given.library in (None, library):
            platform = "cpu" if given.device == "cpu" else "cuda"
            asked = _child.ask(
                "bench.gpu", library, given.device, given.quick, given.loss, JAX_PLATFORMS=platform
            )
            found = [Row(*row) for row in asked]
            print(table(found), flush=True)
            rows += found
    print(outcomes(rows))
    return 0


def measured(library: str, device: str, quick: bool, loss: str | None) -> list[Row]:
    """One library, in its own process."""
    make, ready, peak = (_torch if library == "torch" else _jax)(device)
    rows = []
    for name, calls in make(quick):
        if loss not in (None, name):
            continue
        finished = {call: partial(_finished, ready, function) for call, function in calls.items()}
        peaks = {call: peak(function) for call, function in calls.items()}  # which also warms it up
        taken = take_turns(finished, QUICK_ROUNDS if quick else ROUNDS)
        rows += [Row(library, name, call, 1e3 * median(taken[call]), peaks[call]) for call in calls]
    return rows


def _finished(ready: Callable[[Any], Any], call: Callable[[], Any]) -> None:
    ready(call())


def _torch(device: str) -> Any:
    import torch

    place = torch.device(device)

    def ready(_: Any) -> None:
        if place.type == "cuda":
            torch.cuda.synchronize(place)

    def peak(call: Callable[[], Any]) -> float | None:
        call()
        if place.type != "cuda":
            return None
        ready(None)
        torch.cuda.reset_peak_memory_stats(place)
        before = torch.cuda.memory_allocated(place)
        call()
        ready(None)
        return float(torch.cuda.max_memory_allocated(place) - before) / MB

    return partial(_gpu_calls.of_torch, place), ready, peak


def _jax(_: str) -> Any:
    import jax

    def peak(call: Any) -> float:
        """What the compiler reports that it sets aside: the results and everything in between."""
        said = call.func.lower(*call.args).compile().memory_analysis()
        jax.block_until_ready(call())
        return float(said.temp_size_in_bytes + said.output_size_in_bytes) / MB

    return _gpu_calls.of_jax, jax.block_until_ready, peak


def table(rows: list[Row]) -> str:
    lines = [f"\n{rows[0].library if rows else ''}: value and gradient"]
    for row in rows:
        memory = "" if row.megabytes is None else f"{row.megabytes:10.0f} MB"
        lines.append(f"  {row.loss:24} {row.call:22} {row.milliseconds:10.3f} ms {memory}")
    return "\n".join(lines)


def outcomes(rows: list[Row]) -> str:
    """Each call next to its peer, and whether the target holds."""
    by_call = {(row.library, row.loss, row.call): row for row in rows}
    lines = ["\nTargets: time, and memory beyond the inputs, as ratios to the peer"]
    for target in TARGETS:
        for (library, loss, call), row in by_call.items():
            peer = by_call.get((library, loss, target.peer))
            if (library, call) != (target.library, target.call) or peer is None:
                continue
            limit = target.time.get(loss.split()[0], target.time[""])
            ratio = row.milliseconds / peer.milliseconds
            held = "holds" if ratio <= limit else "missed"
            line = f"  {library} {loss:24} {call} to {target.peer}: {ratio:.2f}, at most {limit}: {held}"
            if row.megabytes is not None and peer.megabytes:
                share = row.megabytes / peer.megabytes
                line += f"; memory {share:.2f}: {'holds' if share <= target.memory else 'missed'}"
            lines.append(line)
    return "\n".join(lines)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.gpu", description=__doc__)
    parser.add_argument("--device", default="cuda", help="torch's name of the device (default: cuda)")
    parser.add_argument("--library", choices=LIBRARIES)
    parser.add_argument("--loss", choices=_gpu_calls.LOSSES)
    parser.add_argument("--quick", action="store_true", help="small arrays, few rounds")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    if not _child.answered(measured):
        sys.exit(main())

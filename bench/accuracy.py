"""How accurate every loss and its peers are: `python -m bench.accuracy`.

Prints a table. If everything was measured, also writes `docs/_data/accuracy.json` and the tables in
`docs/accuracy.md`. With `--check` the exit status is 1 if a result exceeds its bound.
"""

import argparse
import multiprocessing
import sys
import time
from pathlib import Path

from bench import _page, _report
from bench._peers import NAMES, NEEDS
from bench._run import Row, Task, run
from bench._variants import DTYPES, Variant, all_variants, first_of_each
from bench._verify import verify

PROCESSES = 2
DOCS = Path(__file__).parents[1] / "docs"


def main(arguments: list[str] | None = None) -> int:
    given = _parse(arguments)
    started = time.perf_counter()
    variants = first_of_each() if given.quick else all_variants()
    variants = [v for v in variants if given.loss in (None, v.loss)]
    if not variants:
        print(f"there is no loss named {given.loss}", file=sys.stderr)
        return 2
    rows = measure_all(variants, given)
    print(_report.table(rows))
    if left_out := set(NEEDS) - set(NAMES):
        print(f"not installed, so left out: {', '.join(sorted(left_out))}")
    over = _report.exceeding(rows)
    print(_report.listing(over))
    if not (given.quick or given.loss or given.no_peers):
        write(rows, given.seed)
    print(f"{time.perf_counter() - started:.0f} s")
    return int(bool(over) and given.check)


def write(rows: list[Row], seed: int) -> None:
    """The data and the generated parts of the page."""
    data = DOCS / "_data" / "accuracy.json"
    data.parent.mkdir(exist_ok=True)
    data.write_text(_report.as_json(rows, seed, NAMES), encoding="utf-8")
    _page.rewrite(DOCS / "accuracy.md", rows, seed)


def measure_all(variants: list[Variant], given: argparse.Namespace) -> list[Row]:
    firsts = first_of_each()
    tasks = [
        Task(variant, dtype, given.seed, variant in firsts, given.quick, not given.no_peers)
        for dtype in (("float32",) if given.quick else DTYPES)
        for variant in variants
    ]
    tasks.sort(key=lambda task: not task.variant.wide)
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        checked = sum(pool.starmap(verify, [(v, given.seed) for v in variants], chunksize=1))
        print(f"{checked} closed-form results agree with the textbook formulas", flush=True)
        found = pool.map(run, tasks, chunksize=1)
        pool.close()
        pool.join()
    by_task = dict(zip(tasks, found, strict=True))
    return [
        row for variant in variants for task in by_task if task.variant is variant for row in by_task[task]
    ]


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.accuracy", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one variant of each loss, few points, float32")
    parser.add_argument("--loss", help="measure this loss alone")
    parser.add_argument("--seed", type=int, default=0, help="seed of the random points")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a bound is exceeded")
    parser.add_argument("--no-peers", action="store_true", help="measure lossary alone")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())

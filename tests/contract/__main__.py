"""Print how many demands of JAX and torch their own losses meet, and how many ours do.

`python -m tests.contract [--peers] [LIBRARY or DEMAND ...]`: names limit what is asked, and `--peers` leaves
out our own losses, of which there are many.
"""

import argparse
import importlib
import logging
import time

from tests.contract import every
from tests.contract.demands import DEMANDS, Demand
from tests.contract.peers import PEERS, peers
from tests.contract.score import Score, grouped, score
from tests.contract.subjects import subjects


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.contract", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="libraries or demands; by default all")
    parser.add_argument("--peers", action="store_true", help="only the libraries' own losses")
    return parser.parse_args()


def _selected(library: str, names: list[str]) -> list[Demand]:
    of_library = [demand for demand in DEMANDS if demand.library == library]
    wanted = set(names) - set(PEERS)
    return [demand for demand in of_library if not wanted or demand.name in wanted]


def _versions(library: str) -> str:
    packages = dict.fromkeys([PEERS[library].partition(".")[0], library])
    return ", ".join(f"{name} {importlib.import_module(name).__version__}" for name in packages)


def _print(library: str, demands: list[Demand], only_peers: bool) -> None:
    theirs_in_all, ours_in_all, start = Score(), Score(), time.monotonic()
    theirs = peers(library)
    print(f"\n{PEERS[library]} ({_versions(library)}): {len(theirs)} calls")
    print(f"{'':36}{PEERS[library]:>20}{'lossary':>12}{'says so':>10}", flush=True)
    for demand in demands:
        of_theirs = Score() if demand.ours else score(demand, theirs)
        of_ours = Score() if only_peers else score(demand, subjects())
        note = f"  peers not asked: {demand.ours}" if demand.ours else ""
        print(f"{demand.name:36}{of_theirs!s:>20}{of_ours!s:>12}{of_ours.says_so:>10}{note}", flush=True)
        for whose, found in ((PEERS[library], of_theirs), ("lossary", of_ours)):
            for why, names in grouped(found.failures):
                print(f"    {whose}: {', '.join(names)}: {why}")
        theirs_in_all, ours_in_all = theirs_in_all + of_theirs, ours_in_all + of_ours
    print(f"{'in all':36}{theirs_in_all!s:>20}{ours_in_all!s:>12}{ours_in_all.says_so:>10}")
    left_out = sum(bool(demand.ours) for demand in demands)
    print(f"{len(demands)} demands, {left_out} not asked of peers; {time.monotonic() - start:.0f} s")


def main() -> None:
    arguments = _arguments()
    libraries = [name for name in PEERS if name in arguments.names] or list(PEERS)
    logging.disable()  # torch's compiler reports at length what is caught here
    for library in every(libraries):
        demands = _selected(library, arguments.names)
        if demands:
            _print(library, demands, arguments.peers)


if __name__ == "__main__":
    main()

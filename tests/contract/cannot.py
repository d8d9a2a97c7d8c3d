"""What a loss cannot do, and why: it raises L006, and the pages say so. Whatever is not here, it can do."""

from typing import NamedTuple


class Cannot(NamedTuple):
    """A demand that some losses do not meet."""

    library: str
    demand: str
    losses: tuple[str, ...]
    why: str


CANNOT: tuple[Cannot, ...] = ()


def reason(library: str, demand: str, loss: str) -> Cannot | None:
    """Why a loss does not meet a demand; None if it does."""
    return next((c for c in CANNOT if (c.library, c.demand) == (library, demand) and loss in c.losses), None)

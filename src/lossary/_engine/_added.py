"""Terms of a sum must have one shape: broadcasting would add one loss to each of the others."""

from typing import Any

from lossary._backend._resolve import resolve
from lossary._check import mistake
from lossary._program._layout import agree


def added(total: Any, part: Any, what: str) -> Any:
    """The sum of two loss results. Raises if their shapes differ, at the latest when the program runs."""
    shape, other = tuple(getattr(total, "shape", ())), tuple(getattr(part, "shape", ()))
    if not agree(shape, other):
        raise mistake(
            "L001",
            f"{what} have the shapes {shape} and {other}",
            why="broadcasting would add each loss of one to all losses of the other",
            fix="reduce each to one number, or give all the same shape",
        )
    if None in (*shape, *other):
        library = resolve(total, part)
        part = library.of_shape(part, library.xp.sized(shape, total))
    return total + part

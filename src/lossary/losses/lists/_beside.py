"""Optional inputs of losses on lists: which items there are, and which list each belongs to."""

from typing import Literal

from lossary._arguments import ITEMS, SEGMENTS
from lossary._backend._holders import plain
from lossary._backend._resolve import resolve
from lossary._typing import AnyArray

BESIDE = (ITEMS, SEGMENTS)
PerList = Literal["sum", "mean"]
PER_LIST: tuple[PerList, ...] = ("sum", "mean")


def beside(items: AnyArray | None, segments: AnyArray | None) -> list[AnyArray]:
    """The inputs that are given. With segments there are always items, by default all of them."""
    if segments is not None and items is None:
        segments = plain(segments)
        xp = resolve(segments).xp
        items = xp.ones_like(segments, dtype=xp.bool)
    return [array for array in (items, segments) if array is not None]

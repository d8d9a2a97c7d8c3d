"""What XLA compiled, read: the arrays that its instructions make."""

import re
from collections.abc import Iterator
from math import prod
from typing import NamedTuple

SENDING = r"all-gather|all-reduce|(?:ragged-)?all-to-all|collective-\w+|reduce-scatter"


class Made(NamedTuple):
    instruction: str
    shape: tuple[int, ...]
    bits: int
    """Of an element."""

    @property
    def elements(self) -> int:
        return prod(self.shape)


def made(program: str, instructions: str = r"[\w-]+") -> Iterator[Made]:
    """The arrays, of which an instruction can make several, by instructions of these names."""
    for shapes, name in re.findall(rf"= (\(.*?\)|\S+) ({instructions})(?:-start)?\(", program):
        for bits, numbers in re.findall(r"[a-z]+(\d*)\w*\[([\d,]*)\]", shapes):
            yield Made(name, tuple(int(n) for n in numbers.split(",") if n), int(bits or 8))

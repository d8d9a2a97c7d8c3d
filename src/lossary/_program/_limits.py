"""Sequence lengths, and positions on an axis, are limited to the size of that axis."""

from dataclasses import replace
from typing import Any

from lossary._kernel import Kernel
from lossary._program._layout import sizes_of


def limited(kernel: Kernel, shapes: list[Any], axes: tuple[int, ...]) -> Kernel:
    """The kernel with the size of an axis where its signature has a name."""
    if not any(argument.domain.length_of for argument in kernel.takes):
        return kernel
    sizes = sizes_of(kernel, shapes, axes)
    takes = []
    for argument in kernel.takes:
        size = sizes.get(argument.domain.length_of)
        domain = argument.domain
        domain = domain if size is None else replace(domain, high=float(size + domain.beyond))
        takes.append(replace(argument, domain=domain))
    return replace(kernel, takes=tuple(takes))

"""Sequence lengths are limited to the size of their axis."""

from dataclasses import replace
from typing import Any

from lossary._kernel import Kernel


def limited(kernel: Kernel, shapes: list[Any], axes: tuple[int, ...]) -> Kernel:
    """The kernel with the size of an axis where its signature has a name."""
    if not any(argument.domain.length_of for argument in kernel.takes):
        return kernel
    sizes = dict(zip(kernel.cores[0], [shapes[0][i] for i in axes], strict=True))
    for core, shape in zip(kernel.cores[1:], shapes[1:], strict=True):
        sizes |= dict(zip(core, shape[len(shape) - len(core) :], strict=True))
    takes = []
    for argument in kernel.takes:
        size = sizes.get(argument.domain.length_of)
        domain = argument.domain if size is None else replace(argument.domain, high=float(size))
        takes.append(replace(argument, domain=domain))
    return replace(kernel, takes=tuple(takes))

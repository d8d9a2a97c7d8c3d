"""A function of several arrays whose derivative is known, and must not be left to autodiff.

Where a loss is computed in chunks, so that something as large as all logits never exists, autodiff would keep
every chunk. So the function comes with what pulls a cotangent back, which computes the chunks again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from lossary._check import mistake
from lossary._typing import Array


class Inputs(NamedTuple):
    """What a rule is applied to."""

    arrays: tuple[Array | None, ...]
    """What may be differentiated."""
    beside: tuple[Array | None, ...]
    """What may not: ids and masks."""


@dataclass(frozen=True, eq=False)
class Rule:
    """`value(backend, inputs, options)` returns the output and what it saves, a tuple of arrays;
    `pull(backend, inputs, options, saved, cotangent, wanted)` the gradient in each of the arrays that are
    wanted, and None for the others. `options` is one hashable thing.
    """

    name: str
    value: Callable[..., tuple[Array, tuple[Array, ...]]]
    pull: Callable[..., tuple[Array | None, ...]]


def not_derivable(rule: Rule) -> Exception:
    """For what is beside the arrays: a gradient of zero would be taken for one."""
    return mistake(
        "L006",
        f"{rule.name}: a gradient was asked for in a parameter that has none",
        why="the loss is computed in chunks, with derivatives of its own",
        fix="jax.lax.stop_gradient(parameter), parameter.detach(), or a number",
    )

"""A function of several arrays with a known derivative that must not be left to autodiff.

A loss computed in chunks never stores all logits, but autodiff would keep every chunk. Therefore the function
comes with its own pullback, which recomputes the chunks.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, NamedTuple

from lossary._check import mistake
from lossary._typing import Array


class Inputs(NamedTuple):
    """The inputs of a rule."""

    arrays: tuple[Array | None, ...]
    """Arrays that may be differentiated."""
    beside: tuple[Array | None, ...]
    """Arrays that may not: ids and masks."""


@dataclass(frozen=True, eq=False)
class Rule:
    """`value(backend, inputs, options)` returns the output and a tuple of saved arrays. `pull(backend,
    inputs, options, saved, cotangent, wanted)` returns the gradient in each wanted array, and None for the
    others. `options` is a single hashable object.
    """

    name: str
    value: Callable[[Any, Inputs, Any], tuple[Array, tuple[Array, ...]]]
    pull: Callable[..., tuple[Array | None, ...]]
    value_with: Callable[..., tuple[Array, tuple[Array, ...]]] | None = None
    """Like `value`, but also gets `wanted`, for a rule that computes gradients along with its value, which is
    one number. Its cotangent may be None, for 1; `pull` may then return what was saved."""

    axes: tuple[str, ...] = ()
    """The axes of each array, of the arrays beside them and of the output, for a rule that works on parts of
    arrays: ``"nd"`` has examples ``n``, on any number of axes, and vectors ``d``. An axis ``k`` may be
    sharded too if `options` has an `axis_name`, over which the rule merges its results."""

    def value_to_pull(
        self, backend: Any, inputs: Inputs, options: Hashable, wanted: tuple[bool, ...]
    ) -> tuple[Array, tuple[Array, ...]]:
        """The value when a cotangent will be pulled back to the wanted arrays."""
        if self.value_with is None:
            return self.value(backend, inputs, options)
        return self.value_with(backend, inputs, options, wanted)


def not_derivable(rule: Rule) -> Exception:
    """The error for arrays without a derivative, where a gradient of zero would be silently wrong."""
    return mistake(
        "L006",
        f"{rule.name}: a gradient was asked for in a parameter that has none",
        why="the loss is computed in chunks, with derivatives of its own",
        fix="jax.lax.stop_gradient(parameter), parameter.detach(), or a number",
    )

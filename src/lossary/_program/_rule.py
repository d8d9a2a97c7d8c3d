"""A function of several arrays whose derivative is known, and must not be left to autodiff.

Where a loss is computed in chunks, so that something as large as all logits never exists, autodiff would keep
every chunk. So the function comes with what pulls a cotangent back, which computes the chunks again.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, NamedTuple

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
    value: Callable[[Any, Inputs, Any], tuple[Array, tuple[Array, ...]]]
    pull: Callable[..., tuple[Array | None, ...]]
    value_with: Callable[..., tuple[Array, tuple[Array, ...]]] | None = None
    """The same as `value`, told what is `wanted` as well: for a rule that makes gradients beside the value,
    which is one number. Its cotangent may be None, for 1: then `pull` may return what was saved."""

    axes: tuple[str, ...] = ()
    """What the axes of each array, of what is beside them and of the output are, for a rule that works on
    parts of arrays: ``"nd"`` has examples ``n``, on any number of axes, and vectors ``d``. An axis ``k`` may
    be in parts as well if `options` has an `axis_name`, over which the rule then merges what it finds."""

    def value_to_pull(
        self, backend: Any, inputs: Inputs, options: Hashable, wanted: tuple[bool, ...]
    ) -> tuple[Array, tuple[Array, ...]]:
        """The value, where a cotangent will be pulled back to the arrays that are wanted."""
        if self.value_with is None:
            return self.value(backend, inputs, options)
        return self.value_with(backend, inputs, options, wanted)


def not_derivable(rule: Rule) -> Exception:
    """For what is beside the arrays: a gradient of zero would be taken for one."""
    return mistake(
        "L006",
        f"{rule.name}: there is no gradient with respect to this parameter",
        why="the loss is computed in chunks, with its own derivatives",
        fix="jax.lax.stop_gradient(parameter), parameter.detach(), or a number",
    )

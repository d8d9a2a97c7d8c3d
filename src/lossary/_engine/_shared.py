"""The keywords that all losses share, documented in one place."""

import re
from inspect import cleandoc

SHARED = {
    "weights": """weights : array or float, optional
    How much each example counts; at least 0. One number, or an array with the shape of the unreduced loss, of
    its leading axes (one weight per example), or with as many axes, some of length 1. Nothing else
    broadcasts.""",
    "where": """where : array of bool, optional
    True for the examples that count, with the same shapes as `weights`. Masked-out examples are ignored: NaN
    behind the mask changes neither the value nor the gradient, and they do not count in a mean.""",
    "over": """over : int or tuple of int, optional
    The axes of the unreduced loss to reduce. Default: all.""",
    "reduction": """reduction : {"mean", "weighted_mean", "sum", "none"}
    ``"mean"`` (default): the sum of weights times losses, divided by the number of losses that are not masked
    out. ``"weighted_mean"``: divided by the sum of their weights instead. ``"sum"``: not divided. ``"none"``:
    one number per loss, weighted, and 0 where masked out. See :doc:`aggregation`.""",
}


def with_shared(doc: str, parameters: tuple[str, ...]) -> str:
    """Append the shared parameters that a loss takes to its Parameters section, unless already there."""
    text = cleandoc(doc)
    missing = [name for name in SHARED if name in parameters and f"\n{name} : " not in text]
    shared = "\n".join([SHARED[name] for name in missing])
    section = re.search(r"^Parameters\n-+\n", text, re.MULTILINE)
    if section is None or not shared:
        return text
    following = re.compile(r"\n\n\S.*\n-{3,}$", re.MULTILINE).search(text, section.end())
    end = following.start() if following else len(text)
    return f"{text[:end].rstrip()}\n{shared}{text[end:]}"

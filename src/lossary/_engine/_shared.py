"""The keywords that all losses share, documented once."""

import re
from inspect import cleandoc

SHARED = {
    "weights": """weights : array, optional
    How much each example counts: shaped as the unreduced loss or as its leading axes, or with as many axes
    and ones. Not negative.""",
    "where": """where : array of bool, optional
    Which examples count, shaped as `weights` may be. The rest is as if it were not there: NaN behind the mask
    changes neither the value nor the gradient.""",
    "over": """over : int or tuple of int, optional
    The axes of the unreduced loss to reduce; by default all.""",
    "reduction": """reduction : {"mean", "weighted_mean", "sum", "none"}
    ``"mean"`` divides the sum of the weighted losses by the number of those that are not masked out,
    ``"weighted_mean"`` by the sum of their weights: see :doc:`aggregation`.""",
}


def with_shared(doc: str, parameters: tuple[str, ...]) -> str:
    """A docstring whose parameters end with the shared ones that a loss has, unless they are there."""
    text = cleandoc(doc)
    missing = [name for name in SHARED if name in parameters and f"\n{name} : " not in text]
    shared = "\n".join([SHARED[name] for name in missing])
    section = re.search(r"^Parameters\n-+\n", text, re.MULTILINE)
    if section is None or not shared:
        return text
    following = re.compile(r"\n\n\S.*\n-{3,}$", re.MULTILINE).search(text, section.end())
    end = following.start() if following else len(text)
    return f"{text[:end].rstrip()}\n{shared}{text[end:]}"

"""The page of all losses and their options, written from their signatures: `python -m tests.catalogue`."""

import inspect
from pathlib import Path
from typing import Any

import lossary

PAGE = Path("docs/losses.md")
SHARED = ("weights", "where", "over", "reduction")
"""What every loss takes."""
OPTIONS = ("axis", "class_weights", "label_smoothing", "min_prob", "labels_in", "axis_name")
"""What those take that it makes sense for: a column each."""
NO_LOSSES = (
    *("accelerate", "check", "config", "diagnose", "diagnose_history", "fenchel_young", "smooth_labels"),
    *("total", "value_and_grad", "value_grad_hess"),
)

_HEAD = """# All losses

Each takes `weights`, `where`, `over` and `reduction` ([how they are summed](aggregation.md)), on every array
library, with `value_and_grad`; and those of the columns below that are marked. This page is written from the
signatures by `python -m tests.catalogue`.

`axis` names the classes, the vector or the region. `class_weights` needs labels that are classes, of which
one can count more than another: a divergence with weights would be none. `label_smoothing` needs labels that
may be probabilities, which a margin, having sides, does not; before the losses of distributions,
`smooth_labels` does it. `min_prob` is for probabilities whose logarithm is taken, `labels_in` for labels that
have two spellings, `axis_name` for [classes spread over devices](sharding.md).
"""


def losses() -> dict[str, dict[str, list[str]]]:
    """The parameters of each loss, by family and name."""
    found: dict[str, dict[str, list[str]]] = {}
    for name in lossary.__all__:
        loss: Any = getattr(lossary, name)
        if inspect.isfunction(loss) and name not in NO_LOSSES:
            family = loss.__module__.split(".")[2]
            found.setdefault(family, {})[name] = list(inspect.signature(loss).parameters)
    return found


def text() -> str:
    lines = [_HEAD]
    for family, members in losses().items():
        lines += [
            f"## {family.capitalize()}",
            "",
            f"| Loss | Of | {' | '.join(f'`{o}`' for o in OPTIONS)} | Its own |",
            f"|---|---|{'---|' * len(OPTIONS)}---|",
        ]
        lines += [_row(name, parameters) for name, parameters in members.items()]
        lines.append("")
    return "\n".join(lines)


def _row(name: str, parameters: list[str]) -> str:
    signature = inspect.signature(getattr(lossary, name)).parameters
    arrays = [p for p in parameters if signature[p].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    own = [p for p in parameters if p not in (*arrays, *SHARED, *OPTIONS)]
    marks = ["●" if option in parameters else "" for option in OPTIONS]
    cells = [f"`{name}`", ", ".join(arrays), *marks, ", ".join(f"`{p}`" for p in own)]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")

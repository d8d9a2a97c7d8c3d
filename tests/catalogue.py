"""The page of all losses and their options, written from their signatures: `python -m tests.catalogue`."""

import inspect
from pathlib import Path
from typing import Any

import lossary

PAGE = Path("docs/losses.md")
SHARED = ("weights", "where", "over", "reduction")
"""What every loss takes."""
NO_LOSSES = (
    *("accelerate", "check", "config", "diagnose", "diagnose_history", "fenchel_young", "smooth_labels"),
    *("total", "value_and_grad", "value_grad_hess"),
)

_HEAD = """# All losses

Every loss takes `weights`, `where`, `over` and `reduction` ([what they do](aggregation.md)) on every
array library, and works with `value_and_grad`. The tables list its arguments and its other options;
`python -m tests.catalogue` writes them from the signatures.

| Option | Meaning |
|---|---|
| `axis` | the axis, or axes, of the classes, the vector or the region |
| `class_weights` | how much each class counts |
| `label_smoothing` | how much of each label is spread over all classes |
| `min_prob` | the smallest probability whose logarithm is taken |
| `labels_in` | how labels are encoded: as 0 and 1 or -1 and 1, as probabilities or their logarithms |
| `axis_name` | the mapped axis when [classes are spread over devices](sharding.md) |

A loss on distributions has no `label_smoothing`: apply `smooth_labels` to the labels first.
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
            "| Loss | Arguments | Options |",
            "|---|---|---|",
        ]
        lines += [_row(name, parameters) for name, parameters in members.items()]
        lines.append("")
    return "\n".join(lines)


def _row(name: str, parameters: list[str]) -> str:
    signature = inspect.signature(getattr(lossary, name)).parameters
    arrays = [p for p in parameters if signature[p].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    options = [p for p in parameters if p not in (*arrays, *SHARED)]
    return f"| `{name}` | {_listed(arrays)} | {_listed(options)} |"


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")

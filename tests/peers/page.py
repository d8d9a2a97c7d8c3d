"""The pages of the docs that the tables make, and the table that `lossary show` prints."""

import json

from tests.peers import ALL, Differs, Equal, Refused, differences, equals, refusals

TITLES = {
    "optax": "optax",
    "torch": "torch",
    "keras": "keras.losses",
    "sklearn": "scikit-learn",
    "monai": "MONAI",
    "pycox": "pycox",
    "allrank": "allRank",
    "scoringrules": "scoringrules",
    "gluonts": "GluonTS",
    "torchvision": "torchvision",
    "timm": "timm",
    "coral_pytorch": "coral-pytorch",
    "pytorch_metric_learning": "pytorch-metric-learning",
}

_MIGRATE = """# Coming from another library

For each loss of optax, `torch.nn.functional`, `keras.losses` and scikit-learn's metrics, and for some of
MONAI, pycox, allRank, timm, scoringrules, GluonTS, torchvision and pytorch-metric-learning, the equal call
here. Both are evaluated, with all options shown, from the table that this page is written from (`python -m
tests.peers`), by `tests/test_peers.py` and `nox -s peers-elsewhere`. Where theirs is wrong, or follows
another convention, see [How others differ](differences.md).

The table is at hand where you work as well. `lossary.mse_loss`, `lossary.BCEWithLogitsLoss` and
`from lossary import mse_loss` are errors that name the equal call; keywords such as `ignore_index`,
`sample_weight` or `y_pred` are errors that say what is meant. `lossary show log_loss` finds what scikit-learn
calls so, and `lossary explain ignore_index` what that keyword is here.
"""

_DIFFER = """# How others differ

The same inputs, another number. The exact one is that of mathematics, and what lossary returns; that the
other library returns something else is tested with the versions installed, by `tests/test_peers.py` and
`nox -s peers-elsewhere`. Written by `python -m tests.peers`.

Two things are no number. In torch the labels of `hinge_embedding_loss` and `cosine_embedding_loss` are
compared with 1 and -1, and have no gradient; here a label between the two is a mixture of both, and has one.
And the `where` of optax's losses of classes says which classes there are, `where` here which examples: see
[Coming from another library](migrate.md).
"""

_REFUSED = """## What is refused here

A number there, an error here, whose text says how to fix it. Where values cannot be read, inside `jit` and on
accelerators, it is NaN.
"""


def pages() -> dict[str, str]:
    """The texts by their paths."""
    return {
        "docs/migrate.md": _migrate(),
        "docs/differences.md": _differ(),
        "src/lossary/equal_calls.json": _equal_calls(),
    }


def _equal_calls() -> str:
    """For `lossary show` and errors: by our name, pairs of their call and ours."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in equals(ALL):
        found.setdefault(row.loss, []).append((row.theirs, row.ours))
    return json.dumps(found, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _migrate() -> str:
    text = [_MIGRATE]
    for library in ALL:
        rows = sorted(equals((library,)), key=lambda row: row.name)
        if not rows:
            continue
        text.append(f"## {TITLES[library]}\n\n| There | Here | Mind |\n|---|---|---|")
        text += [_row(row) for row in rows]
        text.append("")
    return "\n".join(text)


def _row(row: Equal) -> str:
    return f"| {_code(row.theirs)} | {_code(row.ours)} | {_cell(row.note)} |"


def _differ() -> str:
    text = [_DIFFER]
    for library in ALL:
        rows = differences((library,))
        if rows:
            text.append(f"## {TITLES[library]}\n")
            text += [_difference(row) for row in rows]
    text.append(_REFUSED)
    text += [_refusal(row) for row in refusals()]
    return "\n".join(text)


def _refusal(row: Refused) -> str:
    inputs = ", ".join(f"{k} = {v}" for k, v in row.inputs.items())
    return f"**{row.what}**: {row.why}\n\nWith `{inputs}`: `{row.theirs}`. {row.code}: `{row.ours}`.\n"


def _difference(row: Differs) -> str:
    inputs = ", ".join(f"{k} = {v}" for k, v in row.inputs.items())
    what = "The derivative is" if row.gradient else "The loss is"
    return (
        f"**`{row.name}`**: {row.why}\n\nWith `{inputs}`: `{row.theirs}`. {what} {row.exact}: `{row.ours}`.\n"
    )


def _code(expression: str) -> str:
    return f"`{_cell(expression)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")

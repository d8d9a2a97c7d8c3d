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

_MIGRATE = """# Equivalent losses in torch, optax, Keras, scikit-learn, and MONAI

The equivalent lossary call for each loss in optax, `torch.nn.functional`, `keras.losses`, and scikit-learn's
metrics, and for some in MONAI, pycox, allRank, timm, scoringrules, GluonTS, torchvision and
pytorch-metric-learning. `tests/test_peers.py` and `nox -s peers-elsewhere` evaluate both calls with all
options shown. `python -m tests.peers` writes this page from the same table. If the other library is wrong or
follows another convention, see [How others differ](differences.md).

You can look up the table while you work. `lossary.mse_loss`, `lossary.BCEWithLogitsLoss`, and
`from lossary import mse_loss` raise errors that name the equivalent call. Keywords such as `ignore_index`,
`sample_weight`, or `y_pred` raise errors that name the right keyword. `lossary show log_loss` finds
scikit-learn's loss, and `lossary explain ignore_index` explains that keyword.
"""

_DIFFER = """# How others differ

For the inputs on this page, other libraries return a different number. The exact number is the mathematical
one, and lossary returns it. `tests/test_peers.py` and `nox -s peers-elsewhere` check that the other libraries
do not, with the installed versions. `python -m tests.peers` writes this page.

Two differences are not about a number. In torch, the labels of `hinge_embedding_loss` and
`cosine_embedding_loss` are compared with 1 and -1 and have no gradient. In lossary, a label in between mixes
both cases and has a gradient. And `where` selects classes in optax's losses over classes, but examples in
lossary: see [Equivalent losses](migrate.md).
"""

_REFUSED = """## Where lossary raises an error

Other libraries return a number here. lossary raises an error that tells you the fix. Where values cannot be
read, such as inside `jit` and on accelerators, it returns NaN.
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
        text.append(f"## {TITLES[library]}\n\n| {TITLES[library]} | lossary | Notes |\n|---|---|---|")
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
    what = "The exact derivative is" if row.gradient else "The exact loss is"
    return (
        f"**`{row.name}`**: {row.why}\n\nWith `{inputs}`: `{row.theirs}`. {what} {row.exact}: `{row.ours}`.\n"
    )


def _code(expression: str) -> str:
    return f"`{_cell(expression)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")

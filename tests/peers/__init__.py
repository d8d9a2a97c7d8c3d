"""Which call here equals which call of another library, stated once: for the tests and for the docs.

Calls are written as their users write them. `tests/test_peers.py` evaluates both, over the options, and
`python -m tests.peers` writes the tables of `docs/migrate.md` and `docs/differences.md` from them.
"""

from dataclasses import dataclass, field
from itertools import product
from types import ModuleType
from typing import Any

import numpy as np

LIBRARIES = ("optax", "torch", "keras", "sklearn", "monai")
ELSEWHERE = (
    "pycox",
    "allrank",
    "scoringrules",
    "gluonts",
    "torchvision",
    "timm",
    "coral_pytorch",
    "pytorch_metric_learning",
)
"""These ask for other versions of what they use, and have an environment of their own: a session of nox."""
ALL = LIBRARIES + ELSEWHERE


@dataclass(frozen=True)
class Equal:
    """A public function of another library, and the equal call here.

    `theirs` and `ours` are expressions over the names in `inputs` (arrays, as nested lists or NumPy arrays)
    and `options` (a list of values for each name; all combinations are tried).
    """

    theirs: str
    ours: str
    inputs: dict[str, Any]
    options: dict[str, list[Any]] = field(default_factory=dict)
    note: str = ""
    """What to mind when moving: argument order, defaults, epsilon, denominator, encoding of labels."""
    rtol: float = 1e-6

    @property
    def name(self) -> str:
        """The function's name with its library: ``optax.huber_loss``."""
        name = self.theirs.partition("(")[0]
        return name.replace("F.", "torch.nn.functional.").replace("optax.losses.", "optax.")

    @property
    def library(self) -> str:
        return self.name.partition(".")[0]

    @property
    def loss(self) -> str:
        """The name of ours."""
        return self.ours.partition("lossary.")[2].partition("(")[0]

    def combinations(self) -> list[dict[str, Any]]:
        return [dict(zip(self.options, values, strict=True)) for values in product(*self.options.values())]


@dataclass(frozen=True)
class Differs:
    """Where another library gives another number, and the exact one is ours."""

    theirs: str
    ours: str
    inputs: dict[str, Any]
    exact: Any
    """From mathematics, not from a library: a closed form in `math`, or more digits by mpmath."""
    why: str
    """A sentence for the docs: what they do, and what that means."""
    gradient: bool = False
    """Whether the numbers are derivatives in the first input."""

    name = Equal.name
    library = Equal.library
    loss = Equal.loss


@dataclass(frozen=True)
class Refused:
    """Where another library gives a number, and here is an error."""

    what: str
    theirs: str
    ours: str
    inputs: dict[str, Any]
    code: str
    why: str

    library = Equal.library
    name = Equal.name


def _families() -> tuple[ModuleType, ...]:
    from tests.peers import (
        batches,
        boxes_and_levels,
        classification,
        classification_differs,
        divergences,
        forecasts,
        likelihoods,
        lists,
        margins,
        metric,
        probabilities,
        ranking,
        regression,
        segmentation,
        segmentation_monai,
        vision,
    )

    return (
        *(regression, likelihoods, classification, probabilities, margins),
        *(segmentation, segmentation_monai, ranking, metric, divergences, classification_differs, batches),
        *(lists, forecasts, vision, boxes_and_levels),
    )


def equals(libraries: tuple[str, ...] = LIBRARIES) -> list[Equal]:
    rows = [row for family in _families() for row in getattr(family, "EQUALS", ())]
    return [row for row in rows if row.library in libraries]


def differences(libraries: tuple[str, ...] = LIBRARIES) -> list[Differs]:
    rows = [row for family in _families() for row in getattr(family, "DIFFERS", ())]
    return [row for row in rows if row.library in libraries]


def refusals() -> list[Refused]:
    from tests.peers.refused import REFUSED

    return REFUSED


def names(library: str) -> dict[str, Any]:
    """What expressions of a library may name."""
    if library == "lossary":
        import lossary

        return {"lossary": lossary, "np": np}
    if library == "optax":
        import jax
        import optax

        return {"optax": optax, "jax": jax, "jnp": jax.numpy}
    if library == "torch":
        import torch

        return {"torch": torch, "F": torch.nn.functional}
    if library == "monai":
        import monai
        import torch

        return {"monai": monai, "torch": torch}
    if library == "keras":
        import keras

        return {"keras": keras}
    if library == "sklearn":
        import sklearn.metrics

        return {"sklearn": sklearn}
    from tests.peers.elsewhere import load

    return {library: load(library), "np": np}


def converted(library: str, value: Any) -> Any:
    """An input as the library's users have it; what is no array, or list of numbers, stays as it is."""
    if not isinstance(value, list | np.ndarray):
        return value
    array = np.asarray(value, dtype="float32") if np.asarray(value).dtype.kind == "f" else np.asarray(value)
    if library == "optax":
        import jax.numpy as jnp

        return jnp.asarray(array)
    if library not in ("lossary", "keras", "sklearn", "scoringrules", "gluonts"):
        import torch

        return torch.tensor(array)
    return array


def evaluate(expression: str, library: str, values: dict[str, Any]) -> Any:
    known: dict[str, Any | ModuleType] = names(library)
    given = {k: converted(library, v) for k, v in values.items()}
    return eval(expression, {**known, **given})

"""Imports of the libraries that have a separate environment."""

import importlib
import re
from types import ModuleType
from typing import Any

MODULES = {
    "pycox": "pycox.models.loss",
    "allrank": "allrank.models.losses",
    "coral_pytorch": "coral_pytorch.losses",
    "gluonts": "gluonts.evaluation.metrics",
    "torchvision": "torchvision.ops",
    "timm": "timm.loss",
    "pytorch_metric_learning": "pytorch_metric_learning.losses",
}
"""The modules of their losses, if not the top one."""
_DECLARED: list[Any] = []
"""Kept, because torch drops a declaration together with the object that made it."""
_MISSING = re.compile(r"operator torchvision::(\w+) does not exist")


def load(library: str) -> ModuleType:
    """The top module, with the module of its losses imported."""
    name = MODULES.get(library, library)
    while True:
        try:
            importlib.import_module(name)
            return importlib.import_module(library)
        except RuntimeError as error:
            missing = _MISSING.search(str(error))
            if missing is None:
                raise
            _declare(missing[1])


def _declare(operator: str) -> None:
    """Torchvision from PyPI has no compiled operators for torch without CUDA, and its losses need none."""
    import torch

    _DECLARED.append(torch.library.Library("torchvision", "FRAGMENT"))
    _DECLARED[-1].define(f"{operator}(Tensor x) -> Tensor")

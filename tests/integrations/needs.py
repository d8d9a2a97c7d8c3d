"""What a test needs: skipped without it, or failed where all has to be there."""

import importlib
from typing import Any

import pytest

from tests.libraries import REQUIRED


def needs(module: str) -> Any:
    return importlib.import_module(module) if REQUIRED else pytest.importorskip(module)

"""What a test needs: skipped without it, or failed where all has to be there."""

import importlib
from typing import Any

import pytest

from tests.libraries import REQUIRED


def needs(module: str) -> Any:
    return importlib.import_module(module) if REQUIRED else pytest.importorskip(module)


def needs_eight_devices() -> None:
    """Which one CPU plays."""
    if needs("jax").device_count() != 8:
        reason = "needs XLA_FLAGS=--xla_force_host_platform_device_count=8"
        if REQUIRED:
            pytest.fail(reason)
        pytest.skip(reason, allow_module_level=True)

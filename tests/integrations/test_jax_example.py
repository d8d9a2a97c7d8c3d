"""The example of the documentation: training with data and vocabulary on eight devices."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.integrations.needs import needs, needs_eight_devices

jax = needs("jax")
needs("optax")

PATH = Path(__file__).parents[2] / "docs" / "examples" / "next_character.py"
STEPS = 12


@pytest.fixture(scope="module")
def example() -> Any:
    needs_eight_devices()
    spec = spec_from_file_location("next_character", PATH)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_eight_devices_train_as_one(example: Any):
    alone = example.train(STEPS, example.mesh_of(1, 1))
    together = example.train(STEPS, example.mesh_of(2, 4))
    assert together[-1] < together[0] - 1.0
    np.testing.assert_allclose(together, alone, rtol=2e-3)

"""DTensors in two processes give the values and gradients of plain tensors, and only small sums travel."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.integrations.needs import needs
from tests.integrations.processes import run_two

torch = needs("torch")

if not torch.distributed.is_available():
    pytest.skip("this torch has no torch.distributed", allow_module_level=True)

from tests.integrations import torch_process  # noqa: E402


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What two processes found: they are started once for all tests."""
    file = tmp_path_factory.mktemp("processes") / "found.json"
    run_two("torch_process.py", str(file))
    read: dict[str, Any] = json.loads(Path(file).read_text())
    return read


CASES = list(torch_process.CASES)
GATHERS = ("nt_xent",)
"""Of all pairs of a batch: if that is sharded, embeddings must meet."""


@pytest.mark.parametrize("axis", [0, 1], ids=["rows", "classes"])
@pytest.mark.parametrize("case", CASES)
def test_values_and_gradients_are_those_of_plain_tensors(found: Any, case: str, axis: int) -> None:
    result = found[f"{case}/{axis}"]
    *values, wanted = result["value"]
    assert values == pytest.approx([wanted, wanted], rel=1e-14)
    assert max(result["off"]) < 1e-15
    assert set(result["placements"]) == {f"(Shard(dim={axis}),)"}  # nothing was gathered, nothing is whole


@pytest.mark.parametrize("case", [case for case in CASES if case not in GATHERS])
def test_sharded_rows_send_the_last_sums_only(found: Any, case: str) -> None:
    forward, backward = found[f"{case}/0"]["sent"]
    assert {name for name, _ in forward} == {"all_reduce"}
    assert all(size == 1 for _, size in forward)
    assert len(forward) <= 2  # losses, and what they are divided by
    assert backward == []


@pytest.mark.parametrize("case", CASES)
def test_sharded_classes_send_numbers_of_rows(found: Any, case: str) -> None:
    forward, backward = found[f"{case}/1"]["sent"]
    assert {name for name, _ in forward + backward} == {"all_reduce"}
    # One a row; for the similarities of all pairs one a pair.
    most = torch_process.ROWS ** (2 if case == "nt_xent" else 1)
    assert max(size for _, size in forward + backward) <= most


def test_cross_entropy_of_sharded_classes_needs_six_sums(found: Any) -> None:
    forward, backward = found["softmax_cross_entropy/1"]["sent"]
    assert (len(forward), len(backward)) == (3, 3)


def test_a_layer_with_sharded_classes_gets_a_sharded_gradient(found: Any) -> None:
    assert found["head"]["off"] < 1e-7
    assert found["head"]["placements"] == "(Shard(dim=0),)"


def test_unreduced_and_total_losses(found: Any) -> None:
    z, ids = torch_process._LOGITS.numpy(), torch_process._IDS.numpy()
    with np.errstate(all="ignore"):
        wanted = np.log(np.exp(z - z.max(1, keepdims=True)).sum(1)) + z.max(1) - z[np.arange(len(z)), ids]
    assert found["none"] == pytest.approx(wanted, rel=1e-12, abs=1e-15)
    assert np.isnan(found["bad ids"][0])  # an id that is no class, where no value can be read
    assert found["bad ids"][2] == len(z)


def test_plain_labels_beside_sharded_logits_are_an_error(found: Any) -> None:
    what, fix = found["mixed"]
    assert "torch.DTensor as `logits` and torch.Tensor as `labels`" in what
    assert fix == "labels = distribute_tensor(labels, mesh, placements)"

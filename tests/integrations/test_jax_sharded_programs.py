"""What is compiled for arrays that are spread over devices: little is sent, and nothing is gathered."""

from functools import partial
from math import prod
from typing import Any

import pytest

import lossary
from tests.integrations.needs import needs, needs_eight_devices
from tests.programs import SENDING, made

jax = needs("jax")
jnp = jax.numpy
needs_eight_devices()

from jax.sharding import AxisType, NamedSharding  # noqa: E402
from jax.sharding import PartitionSpec as P  # noqa: E402

from tests.integrations.test_jax_sharding import mesh_of  # noqa: E402

MANY = (256, 4096)
SHARE = prod(MANY) // 8


def compiled(kind: str, loss: Any) -> Any:
    mesh = mesh_of(AxisType.Explicit if kind == "Explicit" else AxisType.Auto)
    specs = (P("data", "model"), P("data"))
    if kind == "shard_map":

        def local(logits: Any, ids: Any) -> Any:
            return lossary.total(loss)(logits, ids, axis_name="model").psum("data").mean()

        function = jax.shard_map(local, mesh=mesh, in_specs=specs, out_specs=P())
    else:
        function = loss
    logits = jax.ShapeDtypeStruct(MANY, jnp.float32, sharding=NamedSharding(mesh, specs[0]))
    ids = jax.ShapeDtypeStruct(MANY[:1], jnp.int32, sharding=NamedSharding(mesh, specs[1]))
    with jax.set_mesh(mesh):
        return jax.jit(jax.value_and_grad(function)).lower(logits, ids).compile()


@pytest.mark.parametrize("kind", ["Auto", "Explicit", "shard_map"])
def test_cross_entropy_sends_numbers_of_rows_only(kind: str) -> None:
    program = compiled(kind, lossary.softmax_cross_entropy)
    found = list(made(program.as_text(), SENDING))
    assert {sent.instruction for sent in found} == {"all-reduce"}
    assert max(sent.elements for sent in found) == MANY[0] // 2  # the rows of a device
    # One array beside the gradient, as on one device: what XLA for CPUs does not fuse with a sum.
    assert program.memory_analysis().temp_size_in_bytes < 1.1 * 4 * SHARE
    assert program.memory_analysis().output_size_in_bytes < 1.1 * 4 * SHARE


@pytest.mark.parametrize("kind", ["Auto", "Explicit", "shard_map"])
@pytest.mark.parametrize("option", [{"label_smoothing": 0.1, "z_weight": 1e-4}, {"gamma": 2.0}], ids=str)
def test_no_option_gathers_logits(kind: str, option: dict[str, float]) -> None:
    loss = lossary.softmax_focal if "gamma" in option else lossary.softmax_cross_entropy
    program = compiled(kind, partial(loss, **option))
    found = list(made(program.as_text(), SENDING))
    # Where a row is largest each device says for its part, if the compiler decides: four numbers a row.
    expected = {"all-reduce"} if kind == "shard_map" else {"all-reduce", "all-gather"}
    assert {sent.instruction for sent in found} <= expected
    assert max(sent.elements for sent in found) <= 4 * MANY[0] // 2 < SHARE // 64
    assert program.memory_analysis().output_size_in_bytes < 1.1 * 4 * SHARE

"""One of two processes with four devices each, started by `test_jax_sharding`.

``jax_process.py PORT RANK`` fails if anything differs from what NumPy gives.
"""

import sys

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

import lossary


def main(port: str, rank: int) -> None:
    jax.distributed.initialize(f"127.0.0.1:{port}", num_processes=2, process_id=rank)
    rng = np.random.default_rng(0)
    logits, ids = rng.normal(size=(8, 32)).astype("float32"), rng.integers(32, size=8).astype("int32")
    wanted, slope = lossary.value_and_grad(lossary.softmax_cross_entropy)(logits, ids, label_smoothing=0.1)

    def loss(logits: jax.Array, ids: jax.Array) -> jax.Array:
        return lossary.softmax_cross_entropy(logits, ids, label_smoothing=0.1)

    def in_parts(logits: jax.Array, ids: jax.Array) -> jax.Array:
        total = lossary.total(lossary.softmax_cross_entropy)
        return total(logits, ids, label_smoothing=0.1, axis_name="model").psum("data").mean()

    for kind in (AxisType.Auto, AxisType.Explicit):
        # Classes lie on devices of both processes.
        mesh = jax.make_mesh((2, 4), ("data", "model"), axis_types=(kind, kind), devices=_interleaved())
        specs = (P("data", "model"), P("data"))
        arrays = [_spread(x, NamedSharding(mesh, s)) for x, s in zip((logits, ids), specs, strict=True)]
        mapped = jax.shard_map(in_parts, mesh=mesh, in_specs=specs, out_specs=P())
        with jax.set_mesh(mesh):
            for function in (loss, mapped):
                value, gradient = jax.jit(jax.value_and_grad(function))(*arrays)
                assert not gradient.is_fully_addressable
                np.testing.assert_allclose(value, wanted, rtol=1e-6)
                for shard in gradient.addressable_shards:
                    np.testing.assert_allclose(shard.data, slope[shard.index], rtol=1e-5, atol=1e-7)
    assert jnp.isfinite(wanted)


def _interleaved() -> list[jax.Device]:
    first, second = jax.devices()[:4], jax.devices()[4:]
    return [device for pair in zip(first, second, strict=True) for device in pair]


def _spread(x: np.ndarray, sharding: NamedSharding) -> jax.Array:
    return jax.make_array_from_callback(x.shape, sharding, lambda index: x[index])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

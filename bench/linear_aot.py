"""What `linear_cross_entropy` needs on a TPU v5e, by its compiler: `python -m bench.linear_aot`.

libtpu compiles for a TPU that is not there. Fails if the temporary memory of value and gradients is more than
it has to be; says so and does nothing if libtpu is not installed.
"""

import os
import sys
from importlib.util import find_spec
from typing import Any

import lossary

TOKENS, WIDTH, CLASSES = 8192, 1024, 128256
LIMITS = {2048: 80, 4096: 170}
"""MiB, by the classes in a chunk. With all logits in float32 it is 4009."""


def main() -> int:
    if find_spec("libtpu") is None:
        print("not measured: libtpu is not installed (pip install libtpu)")
        return 0
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    os.environ.setdefault("TPU_SKIP_MDS_QUERY", "1")
    from jax.experimental import topologies

    topology = topologies.get_topology_desc(platform="tpu", topology_name="v5e:2x4")
    failed = False
    for chunk, limit in LIMITS.items():
        found = temporary(topology.devices[0], chunk)
        failed |= found > limit
        print(f"TPU v5e, chunks of {chunk} classes: {found:.0f} MiB, of {limit}")
    return int(failed)


def temporary(device: Any, chunk: int) -> float:
    """MiB of a compiled call, beside its arguments and results."""
    import jax
    import jax.numpy as jnp

    place = jax.sharding.SingleDeviceSharding(device)
    shapes = [((TOKENS, WIDTH), jnp.bfloat16), ((CLASSES, WIDTH), jnp.bfloat16), ((TOKENS,), jnp.int32)]
    arrays = [jax.ShapeDtypeStruct(shape, dtype, sharding=place) for shape, dtype in shapes]

    def loss(hidden: Any, weight: Any, labels: Any) -> Any:
        return lossary.linear_cross_entropy(hidden, weight, labels, strategy="vocab", chunk=chunk)

    derived = jax.jit(jax.value_and_grad(loss, argnums=(0, 1)))
    found: int = derived.lower(*arrays).compile().memory_analysis().temp_size_in_bytes
    return found / 2**20


if __name__ == "__main__":
    sys.exit(main())

"""A model that writes the next character of Python's own documentation, on eight devices.

The examples of a batch are spread over two of them, the vocabulary over four: `jax.jit` divides the work, and
the loss is called as on one. Run it anywhere; one CPU plays the devices:

    XLA_FLAGS=--xla_force_host_platform_device_count=8 python docs/examples/next_character.py
"""

import sys
from pydoc_data.topics import topics
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

import lossary

WIDTH, HEADS, CONTEXT, BATCH = 64, 4, 64, 32

Params = dict[str, Any]


class Text(NamedTuple):
    """Text as numbers: which character stands where."""

    characters: list[str]
    ids: np.ndarray


def read() -> Text:
    text = "\n".join(topics[name] for name in sorted(topics))
    characters, ids = np.unique(list(text), return_inverse=True)
    return Text(characters.tolist(), ids.astype(np.int32))


def batches(ids: np.ndarray, steps: int) -> Any:
    """Pieces of the text, and the same one character on."""
    rng = np.random.default_rng(0)
    for _ in range(steps):
        starts = rng.integers(len(ids) - CONTEXT - 1, size=BATCH)
        pieces = ids[starts[:, None] + np.arange(CONTEXT + 1)]
        yield pieces[:, :-1], pieces[:, 1:]


def initial(vocabulary: int, parts: int) -> Params:
    """Weights of one block of a transformer.

    The vocabulary is rounded up, to be divided among the devices: a bias of -inf says that there are no such
    characters.
    """
    size = -(-vocabulary // parts) * parts
    keys = iter(jax.random.split(jax.random.key(0), 7))

    def matrix(*shape: int) -> jax.Array:
        return jax.random.normal(next(keys), shape) / np.sqrt(shape[-1])

    return {
        "embedding": matrix(size, WIDTH),
        "position": matrix(CONTEXT, WIDTH),
        "qkv": matrix(3, WIDTH, WIDTH),
        "mixed": matrix(WIDTH, WIDTH),
        "up": matrix(WIDTH, 4 * WIDTH),
        "down": matrix(4 * WIDTH, WIDTH),
        "output": 0.1 * matrix(size, WIDTH),
        "bias": jnp.where(jnp.arange(size) < vocabulary, 0.0, -jnp.inf),
    }


def hidden_states(params: Params, ids: jax.Array) -> jax.Array:
    x = params["embedding"][ids] + params["position"]
    q, k, v = [(_normalised(x) @ w).reshape(*ids.shape, HEADS, WIDTH // HEADS) for w in params["qkv"]]
    attended = jax.nn.dot_product_attention(q, k, v, is_causal=True)
    x = x + attended.reshape(x.shape) @ params["mixed"]
    return x + jax.nn.gelu(_normalised(x) @ params["up"]) @ params["down"]


def _normalised(x: jax.Array) -> jax.Array:
    return jax.nn.standardize(x, axis=-1)


def loss(params: Params, ids: jax.Array, labels: jax.Array) -> jax.Array:
    hidden = _normalised(hidden_states(params, ids))
    bias = jax.lax.stop_gradient(params["bias"])
    return lossary.linear_cross_entropy(hidden, params["output"], labels, bias=bias)


def sharded(params: Params, mesh: Any) -> Params:
    """What has a row for each character is divided among the devices; the rest is on all."""
    spread = {"embedding": P("vocabulary"), "output": P("vocabulary"), "bias": P("vocabulary")}
    return {
        name: jax.device_put(value, NamedSharding(mesh, spread.get(name, P())))
        for name, value in params.items()
    }


def train(steps: int, mesh: Any, report: int = 0) -> list[float]:
    """The loss of each step, in bits for a character."""
    text = read()
    params = sharded(initial(len(text.characters), mesh.shape["vocabulary"]), mesh)
    optimizer = optax.adam(3e-3)
    state = optimizer.init(params)

    @jax.jit
    def step(params: Params, state: Any, ids: jax.Array, labels: jax.Array) -> Any:
        value, grads = jax.value_and_grad(loss)(params, ids, labels)
        updates, state = optimizer.update(grads, state)
        return optax.apply_updates(params, updates), state, value

    bits = []
    share = NamedSharding(mesh, P("data"))
    for i, batch in enumerate(batches(text.ids, steps)):
        params, state, value = step(params, state, *jax.device_put(batch, share))
        bits.append(float(value) / np.log(2))
        if report and i % report == 0:
            print(f"step {i:4}: {bits[-1]:.3f} bits for a character")
    return bits


def mesh_of(data: int, vocabulary: int) -> Any:
    devices = jax.devices()[: data * vocabulary]
    return jax.make_mesh(
        (data, vocabulary), ("data", "vocabulary"), (AxisType.Auto, AxisType.Auto), devices=devices
    )


if __name__ == "__main__":
    if jax.device_count() < 8:
        sys.exit("eight devices are needed: XLA_FLAGS=--xla_force_host_platform_device_count=8")
    bits = train(steps=300, mesh=mesh_of(2, 4), report=20)
    print(f"the last ten steps: {np.mean(bits[-10:]):.3f}")

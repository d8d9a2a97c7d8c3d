"""A small network and Adam in plain JAX, to show a loss inside `jit`, `value_and_grad` and `scan`."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from lossary._typing import Array, Loss

_HIDDEN = 32
_BATCH = 64
_RATE = 2e-3
_MEAN_DECAY, _SQUARE_DECAY, _EPSILON = 0.9, 0.999, 1e-8
_SEED = 0


class Network(NamedTuple):
    """One hidden layer."""

    hidden_weights: Array
    hidden_bias: Array
    weights: Array
    bias: Array


class Adam(NamedTuple):
    """Running means of the gradient and of its square, and the number of steps so far."""

    mean: Network
    square: Network
    count: Array


def logits_of(network: Network, pixels: Array) -> Array:
    """Return one logit per image. There is no sigmoid at the end, because the losses take logits."""
    import jax

    hidden = jax.nn.relu(pixels @ network.hidden_weights + network.hidden_bias)
    return hidden @ network.weights + network.bias


def train(loss: Loss, pixels: Array, labels: Array, epochs: int) -> Iterator[Network]:
    """Yield the network before training and after each epoch. The same seed gives the same batches."""
    import jax
    import jax.numpy as jnp

    pixels, labels = jnp.asarray(pixels), jnp.asarray(labels)
    slope = jax.grad(lambda network, x, y: loss(logits_of(network, x), y))

    def step(state: tuple[Network, Adam], batch: Array) -> tuple[tuple[Network, Adam], None]:
        network, adam = state
        return _descend(network, slope(network, pixels[batch], labels[batch]), adam), None

    def epoch(network: Network, adam: Adam, key: Array) -> Any:
        order = jax.random.permutation(key, len(labels))
        whole_batches = order[: len(order) // _BATCH * _BATCH].reshape(-1, _BATCH)
        return jax.lax.scan(step, (network, adam), whole_batches)[0]

    first_key, *keys = jax.random.split(jax.random.key(_SEED), epochs + 1)
    network = _first_network(first_key, pixels.shape[1])
    zeros = jax.tree.map(jnp.zeros_like, network)
    adam = Adam(zeros, zeros, jnp.zeros(()))
    yield network
    compiled_epoch = jax.jit(epoch)
    for key in keys:
        network, adam = compiled_epoch(network, adam, key)
        yield network


def _first_network(key: Array, inputs: int) -> Network:
    """The last layer starts at zero, so every training starts with logit 0 for every image."""
    import jax
    import jax.numpy as jnp

    spread = (2.0 / inputs) ** 0.5
    hidden_weights = spread * jax.random.normal(key, (inputs, _HIDDEN))
    return Network(hidden_weights, jnp.zeros(_HIDDEN), jnp.zeros(_HIDDEN), jnp.zeros(()))


def _descend(network: Network, slope: Network, adam: Adam) -> tuple[Network, Adam]:
    """One step of D. P. Kingma and J. Ba, *Adam: a method for stochastic optimization*, 2015."""
    import jax
    import jax.numpy as jnp

    def moving_average(decay: float, old: Network, new: Network) -> Any:
        return jax.tree.map(lambda a, b: decay * a + (1.0 - decay) * b, old, new)

    count = adam.count + 1.0
    mean = moving_average(_MEAN_DECAY, adam.mean, slope)
    square = moving_average(_SQUARE_DECAY, adam.square, jax.tree.map(jnp.square, slope))
    # Both averages start at zero; dividing by the sum of their weights so far removes that bias.
    mean_share, square_share = 1.0 - _MEAN_DECAY**count, 1.0 - _SQUARE_DECAY**count

    def moved(w: Array, m: Array, s: Array) -> Array:
        return w - _RATE * (m / mean_share) / (jnp.sqrt(s / square_share) + _EPSILON)

    return jax.tree.map(moved, network, mean, square), Adam(mean, square, count)

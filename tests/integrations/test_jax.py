"""Recipes for JAX's libraries: training, accumulating, several devices. There is no adapter to test."""

from typing import Any

import numpy as np
import pytest

import lossary
from tests.integrations.needs import needs, needs_eight_devices

jax = needs("jax")
jnp = jax.numpy
optax = needs("optax")


@pytest.fixture(scope="module")
def batch() -> tuple[Any, Any, Any]:
    """Eight sequences of which 1 to 6 tokens count; the rest is garbage."""
    rng = np.random.default_rng(0)
    lengths = np.array([6, 1, 2, 6, 3, 1, 0, 4])
    where = np.arange(6) < lengths[:, None]
    x = np.where(where[..., None], rng.normal(size=(8, 6, 5)), np.nan)
    ids = np.where(where, rng.integers(4, size=(8, 6)), -100)
    return jnp.asarray(x), jnp.asarray(ids), jnp.asarray(where)


@pytest.fixture(scope="module")
def weight() -> Any:
    return jnp.asarray(np.random.default_rng(1).normal(size=(5, 4)))


def logits(weight: Any, x: Any) -> Any:
    return jnp.nan_to_num(x) @ weight


def mean_over_all(weight: Any, x: Any, ids: Any, where: Any) -> Any:
    return lossary.softmax_focal(logits(weight, x), ids, where=where, gamma=2.0)


def total(weight: Any, x: Any, ids: Any, where: Any) -> Any:
    return lossary.total(lossary.softmax_focal)(logits(weight, x), ids, where=where, gamma=2.0)


def test_flax_nnx_trains_as_with_optax():
    nnx = needs("flax.nnx")
    x, y = needs("sklearn.datasets").load_digits(return_X_y=True)
    x, y = jnp.asarray(x[:500] / 16.0), jnp.asarray(y[:500])

    def train(loss: Any) -> np.ndarray:
        model = nnx.Sequential(
            nnx.Linear(64, 32, rngs=nnx.Rngs(0)), nnx.relu, nnx.Linear(32, 10, rngs=nnx.Rngs(1))
        )
        optimizer = nnx.Optimizer(model, optax.adam(1e-2), wrt=nnx.Param)

        @nnx.jit
        def step(model: Any, optimizer: Any) -> Any:
            value, grads = nnx.value_and_grad(lambda model: loss(model(x), y))(model)
            optimizer.update(model, grads)
            return value

        return np.array([step(model, optimizer) for _ in range(30)])

    ours = train(lossary.softmax_cross_entropy)
    theirs = train(lambda z, ids: optax.softmax_cross_entropy_with_integer_labels(z, ids).mean())
    assert ours[-1] < 0.3 * ours[0]
    assert ours == pytest.approx(theirs, rel=1e-3)


def test_equinox_filters_and_maps_it():
    eqx = needs("equinox")
    model = eqx.nn.MLP(4, 3, 8, 1, key=jax.random.key(0))
    x, ids = jax.random.normal(jax.random.key(1), (16, 4)), jnp.arange(16) % 3

    def mean(model: Any) -> Any:
        return lossary.softmax_cross_entropy(jax.vmap(model)(x), ids)

    def of_each(model: Any) -> Any:
        losses = jax.vmap(lambda row, i: lossary.softmax_cross_entropy(model(row), i))(x, ids)
        return losses.mean()

    value, grads = eqx.filter_jit(eqx.filter_value_and_grad(mean))(model)
    other, others = eqx.filter_value_and_grad(of_each)(model)
    assert float(value) == pytest.approx(float(other), rel=1e-6)
    for a, b in zip(jax.tree.leaves(grads), jax.tree.leaves(others), strict=True):
        assert np.allclose(a, b, atol=1e-6)


def test_totals_of_micro_batches_give_the_gradient_of_the_batch(batch, weight):
    def accumulate(carry: Any, part: Any) -> Any:
        def summed(weight: Any) -> Any:
            result = total(weight, *part)
            return result.sum, result

        return jax.tree.map(jnp.add, carry, jax.grad(summed, has_aux=True)(weight)), None

    parts = jax.tree.map(lambda a: a.reshape(4, 2, *a.shape[1:]), batch)
    zero = (jnp.zeros_like(weight), lossary.Total(*jnp.zeros(3)))
    (grads, result), _ = jax.jit(lambda: jax.lax.scan(accumulate, zero, parts))()
    value, wanted = jax.value_and_grad(mean_over_all)(weight, *batch)
    assert result.count == 23
    assert float(result.mean()) == pytest.approx(float(value), rel=1e-6)
    assert np.allclose(grads / result.count, wanted, atol=1e-7)
    means = [mean_over_all(weight, *part) for part in zip(*parts, strict=True)]
    assert abs(np.mean(means) - value) > 0.01  # what totals are for


def test_eight_devices_give_the_mean_and_gradient_of_the_batch(batch, weight):
    needs_eight_devices()
    P = jax.sharding.PartitionSpec
    mesh = jax.sharding.Mesh(jax.devices(), ("data",))

    @jax.jit
    @jax.shard_map(mesh=mesh, in_specs=(P(), *[P("data")] * 3), out_specs=P())
    def sharded(weight: Any, *part: Any) -> Any:
        return total(weight, *part).psum("data").mean()

    value, grads = jax.value_and_grad(sharded)(weight, *batch)
    wanted, wanted_grads = jax.value_and_grad(mean_over_all)(weight, *batch)
    assert float(value) == pytest.approx(float(wanted), rel=1e-6)
    assert np.allclose(grads, wanted_grads, atol=1e-7)


def test_sharded_arrays_under_jit_need_no_psum(batch, weight):
    mesh = jax.sharding.Mesh(jax.devices(), ("data",))
    where_it_lies = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("data"))
    sharded = jax.device_put(batch, where_it_lies)
    value, grads = jax.jit(jax.value_and_grad(mean_over_all))(weight, *sharded)
    wanted, wanted_grads = jax.value_and_grad(mean_over_all)(weight, *batch)
    assert float(value) == pytest.approx(float(wanted), rel=1e-6)
    assert np.allclose(grads, wanted_grads, atol=1e-7)


def test_labels_that_jit_cannot_read_give_nan():
    step = jax.jit(jax.value_and_grad(lossary.sigmoid_focal))
    value, grads = step(jnp.zeros(3), jnp.array([0.0, 1.0, 2.0]))
    assert np.isnan(value)
    assert np.isnan(grads).tolist() == [False, False, True]

"""Losses of all pairs of a batch that is spread over devices: a ring by `shard_map`, or plain `jit`."""

from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np
import pytest

import lossary
from tests.integrations.needs import needs, needs_eight_devices
from tests.programs import made

jax = needs("jax")
jnp = jax.numpy

DEVICES = 8
N, D = 48, 6
_RNG = np.random.default_rng(0)
ANCHORS, POSITIVES = _RNG.normal(size=(2, N, D)).astype("float32")
NEGATIVES = np.random.default_rng(1).normal(size=(2 * N, D)).astype("float32")
LABELS = _RNG.integers(0, 11, N)
WHERE = _RNG.random(N) < 0.7


class Case(NamedTuple):
    loss: Any
    second: Any
    numbers: dict[str, float]
    options: dict[str, Any]


CASES = {
    "info_nce": Case(lossary.info_nce, POSITIVES, {"temperature": 0.3}, {}),
    "info_nce-both": Case(lossary.info_nce, POSITIVES, {"temperature": 0.3}, {"directions": "both"}),
    "info_nce-negatives": Case(
        lossary.info_nce, (POSITIVES, NEGATIVES), {"temperature": 0.3}, {"directions": "both"}
    ),
    "sigmoid": Case(lossary.sigmoid_contrastive, POSITIVES, {"temperature": 0.5, "bias": -2.0}, {}),
    "nt_xent": Case(lossary.nt_xent, LABELS, {"temperature": 0.3}, {}),
    "supervised": Case(lossary.supervised_contrastive, LABELS, {"temperature": 0.3}, {}),
    "multi_similarity": Case(lossary.multi_similarity, LABELS, {}, {"negative_scale": 10.0}),
    "circle": Case(lossary.circle, LABELS, {}, {"gamma": 6.0}),
}
each_loss = pytest.mark.parametrize("name", CASES)
Arrays = tuple[Any, Any, dict[str, Any], Any]


def arrays(case: Case) -> Arrays:
    """Both arrays, what is learned beside them, and the mask."""
    return ANCHORS, case.second, {k: jnp.asarray(v) for k, v in case.numbers.items()}, WHERE


def evaluate(case: Case, x: Any, y: Any, numbers: dict[str, Any], where: Any, **options: Any) -> Any:
    if isinstance(y, tuple):
        y, options["negatives"] = y
    return case.loss(x, y, where=where, **numbers, **case.options, **options)


def derived(function: Any, case: Case) -> Any:
    """The value and the gradients in all that has one."""
    places = (0, 2) if case.second is LABELS else (0, 1, 2)
    return jax.jit(jax.value_and_grad(function, argnums=places))


@lru_cache
def on_one_device(name: str) -> Any:
    return derived(partial(evaluate, CASES[name]), CASES[name])(*arrays(CASES[name]))


def close(got: Any, want: Any) -> None:
    for a, b in zip(jax.tree.leaves(got), jax.tree.leaves(want), strict=True):
        assert float(jnp.max(jnp.abs(a - b))) <= 1e-6 * max(1.0, float(jnp.max(jnp.abs(b))))


@pytest.fixture
def mesh() -> Any:
    needs_eight_devices()
    return jax.sharding.Mesh(jax.devices(), ("data",))


def sharded(function: Any, mesh: Any, check_vma: bool, out: Any) -> Any:
    share, whole = jax.sharding.PartitionSpec("data"), jax.sharding.PartitionSpec()
    specs = (share, share, whole, share)
    return jax.shard_map(function, mesh=mesh, in_specs=specs, out_specs=out, check_vma=check_vma)


@pytest.mark.parametrize("check_vma", [True, False])
@each_loss
def test_a_ring_of_devices_is_one_batch(name: str, check_vma: bool, mesh: Any) -> None:
    """By a mean that is that of all, and by totals, which add up."""
    case = CASES[name]

    def mean(*given: Any) -> Any:
        if check_vma:
            return evaluate(case, *given, axis_name="data", chunk=4)
        total = case._replace(loss=lossary.total(case.loss))
        return evaluate(total, *given, axis_name="data").psum("data").mean()

    ring = derived(sharded(mean, mesh, check_vma, jax.sharding.PartitionSpec()), case)
    close(ring(*arrays(case)), on_one_device(name))


@pytest.mark.parametrize("name", ["info_nce-both", "nt_xent"])
def test_gradients_inside_of_the_map(name: str, mesh: Any) -> None:
    """Where a training step is inside as well, parameters and all."""
    case = CASES[name]
    places = (0, 2) if case.second is LABELS else (0, 1, 2)
    share, whole = jax.sharding.PartitionSpec("data"), jax.sharding.PartitionSpec()
    mean = partial(evaluate, case, axis_name="data")
    out = (whole, tuple([{0: share, 1: share, 2: whole}[i] for i in places]))
    inside = jax.jit(sharded(jax.value_and_grad(mean, argnums=places), mesh, True, out))
    close(inside(*arrays(case)), on_one_device(name))


@pytest.mark.parametrize("reduction", ["none", "sum", "weighted_mean"])
def test_reductions(reduction: str, mesh: Any) -> None:
    case = CASES["info_nce-both"]
    spec = jax.sharding.PartitionSpec(*(["data"] if reduction == "none" else []))
    function = partial(evaluate, case, axis_name="data", reduction=reduction)
    want = evaluate(case, *arrays(case), reduction=reduction)
    close(jax.jit(sharded(function, mesh, True, spec))(*arrays(case)), want)


@pytest.mark.parametrize("name", ["info_nce-both", "nt_xent"])
def test_spread_by_plain_jit(name: str, mesh: Any) -> None:
    case = CASES[name]
    spread = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("data"))
    x, y, numbers, where = arrays(case)
    given = (jax.device_put(x, spread), jax.device_put(y, spread), numbers, jax.device_put(where, spread))
    close(derived(partial(evaluate, case, chunk=16), case)(*given), on_one_device(name))


@pytest.mark.parametrize("loss", [lossary.barlow_twins, lossary.vicreg])
def test_two_views_spread_by_plain_jit(loss: Any, mesh: Any) -> None:
    spread = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("data"))
    function = jax.jit(jax.value_and_grad(lambda x, y, w: loss(x, y, where=w), argnums=(0, 1)))
    whole = ANCHORS, POSITIVES, WHERE
    close(function(*[jax.device_put(x, spread) for x in whole]), function(*whole))


@pytest.mark.parametrize("name", ["info_nce-both", "nt_xent"])
def test_nothing_of_the_size_of_all_pairs(name: str, mesh: Any) -> None:
    """Of 1024 x 1024 pairs a device sees a chunk of others at a time, whichever way the batch is spread."""
    case, n = CASES[name], 1024
    share = jax.sharding.PartitionSpec("data")
    spread = jax.sharding.NamedSharding(mesh, share)
    x = jax.ShapeDtypeStruct((n, D), "float32", sharding=spread)
    y = x if case.second is POSITIVES else jax.ShapeDtypeStruct((n,), "int32", sharding=spread)
    where = jax.ShapeDtypeStruct((n,), "bool", sharding=spread)
    numbers = {k: jnp.asarray(v) for k, v in case.numbers.items()}
    ring = sharded(
        partial(evaluate, case, axis_name="data", chunk=32), mesh, True, jax.sharding.PartitionSpec()
    )
    for function in (ring, partial(evaluate, case, chunk=32)):
        compiled = derived(function, case).lower(x, y, numbers, where).compile()
        assert max(x.elements for x in made(compiled.as_text())) <= n // DEVICES * 128 < n * n // DEVICES
        assert compiled.memory_analysis().temp_size_in_bytes < n * n * 4 / DEVICES


def test_plain_jit_gathers_one_chunk_at_a_time(mesh: Any) -> None:
    n, chunk = 1024, 64
    spread = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("data"))
    x = jax.ShapeDtypeStruct((n, D), "float32", sharding=spread)
    function = jax.jit(jax.grad(partial(lossary.info_nce, chunk=chunk), argnums=(0, 1)))
    text = function.lower(x, x).compile().as_text()
    assert max(x.elements for x in made(text, "all-gather")) <= chunk * D


def test_negatives_that_all_devices_share_are_refused(mesh: Any) -> None:
    """Going around the ring they would count once for each device."""
    share, whole = jax.sharding.PartitionSpec("data"), jax.sharding.PartitionSpec()

    def mean(x: Any, y: Any, z: Any) -> Any:
        return lossary.info_nce(x, y, negatives=z, axis_name="data")

    of_shared = jax.shard_map(mean, mesh=mesh, in_specs=(share, share, whole), out_specs=whole)
    with pytest.raises(lossary.LossTypeError, match="no part of its own on each device of 'data'"):
        of_shared(ANCHORS, POSITIVES, NEGATIVES)
    of_parts = jax.shard_map(mean, mesh=mesh, in_specs=share, out_specs=whole)
    want = lossary.info_nce(ANCHORS, POSITIVES, negatives=NEGATIVES)
    np.testing.assert_allclose(of_parts(ANCHORS, POSITIVES, NEGATIVES), want, rtol=1e-5)


def test_value_and_grad_says_who_must_derive(mesh: Any) -> None:
    loss = lossary.value_and_grad(partial(lossary.info_nce, axis_name="data"))
    with pytest.raises(lossary.LossInputError, match="which JAX must know"):
        loss(ANCHORS, POSITIVES)


@pytest.mark.parametrize("chunk", [None, 7])
def test_naive_formulas(chunk: int | None) -> None:
    """All pairs at once, differentiated by JAX."""

    def clip(x: Any, y: Any, temperature: Any) -> Any:
        u, v = (a / jnp.linalg.norm(a, axis=-1, keepdims=True) for a in (x, y))
        z = u @ v.T / temperature
        p, q = (jnp.diagonal(jax.nn.log_softmax(z, axis=axis)) for axis in (0, 1))
        return -(p + q).mean() / 2

    def siglip(x: Any, y: Any, temperature: Any) -> Any:
        u, v = (a / jnp.linalg.norm(a, axis=-1, keepdims=True) for a in (x, y))
        z = u @ v.T / temperature - 2.0
        return -jax.nn.log_sigmoid(z * (2 * jnp.eye(N) - 1)).sum() / N

    ours = (
        lambda x, y, t: lossary.info_nce(x, y, temperature=t, directions="both", chunk=chunk),
        lambda x, y, t: lossary.sigmoid_contrastive(x, y, temperature=t, bias=-2.0, chunk=chunk),
    )
    for one, other in zip(ours, (clip, siglip), strict=True):
        got, want = (
            jax.jit(jax.value_and_grad(f, argnums=(0, 1, 2)))(ANCHORS, POSITIVES, jnp.asarray(0.2))
            for f in (one, other)
        )
        close(got, want)


def test_moco_by_optax() -> None:
    """One positive and a queue for each query, as its authors write it."""
    optax = pytest.importorskip("optax")

    def moco(q: Any, k: Any, queue: Any, temperature: Any) -> Any:
        q, k, queue = (a / jnp.linalg.norm(a, axis=-1, keepdims=True) for a in (q, k, queue))
        logits = jnp.concatenate([(q * k).sum(axis=1, keepdims=True), q @ queue.T], axis=1) / temperature
        labels = jnp.zeros(len(q), int)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    def ours(q: Any, k: Any, queue: Any, temperature: Any) -> Any:
        return lossary.info_nce(q[:, None], k[:, None], negatives=queue, temperature=temperature, chunk=40)

    arrays = (ANCHORS, POSITIVES, NEGATIVES, jnp.asarray(0.2))
    got, want = (jax.jit(jax.value_and_grad(f, argnums=(0, 1, 2, 3)))(*arrays) for f in (ours, moco))
    close(got, want)


def test_labels_beyond_32_bits_stay_apart() -> None:
    """Hashes, for example: without 64 bits JAX would make one group of two."""
    embeddings = jnp.asarray(ANCHORS[:4])
    labels = np.asarray([1, 1, 2**32 + 1, 7])
    with jax.enable_x64(False), pytest.raises(lossary.LossTypeError, match="two groups") as caught:
        lossary.nt_xent(embeddings, labels)
    assert caught.value.code == "L005"
    ids = np.unique(labels, return_inverse=True)[1]
    np.testing.assert_allclose(
        lossary.nt_xent(embeddings, ids), lossary.nt_xent(ANCHORS[:4], labels), rtol=1e-5
    )

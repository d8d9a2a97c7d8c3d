"""`linear_cross_entropy` on several devices, which one CPU plays: the numbers of one, and little traffic."""

from typing import Any

import numpy as np
import pytest

import lossary
from lossary._engine import asking
from lossary.losses.classification._linear_rules import BY_VOCABULARY
from tests.integrations.needs import needs, needs_eight_devices
from tests.programs import SENDING, made

jax = needs("jax")
jnp = jax.numpy
sharding = jax.sharding
P = sharding.PartitionSpec
needs_eight_devices()

LOSS = lossary.linear_cross_entropy
BATCH, LENGTH, WIDTH, CLASSES = 16, 4, 32, 512
RNG = np.random.default_rng(0)
HIDDEN = RNG.normal(size=(BATCH, LENGTH, WIDTH)).astype("float32")
WEIGHT = (RNG.normal(size=(CLASSES, WIDTH)) / 4).astype("float32")
BIAS = RNG.normal(size=CLASSES).astype("float32")
LABELS = RNG.integers(CLASSES, size=(BATCH, LENGTH)).astype("int32")
WHERE = RNG.uniform(size=(BATCH, LENGTH)) < 0.6
ARRAYS = (HIDDEN, WEIGHT, BIAS, LABELS, WHERE)
OF_CLASSES = RNG.uniform(0.5, 2, CLASSES).astype("float32")
OPTIONS: dict[str, Any] = {
    "label_smoothing": 0.1,
    "z_weight": 1e-3,
    "soft_cap": 20.0,
    "class_weights": OF_CLASSES,
    "reduction": "weighted_mean",
}

LAYOUTS = {
    "data": (P("x"), P(), P()),
    "tensor": (P(), P("x"), P("x")),
    "both": (P("x"), P("y"), P("y")),
    "sequence": (P("x", "y"), P("y"), P("y")),
    "fsdp": (P("x"), P(None, "x"), P()),
    "two axes": (P(), P(("x", "y")), P(("x", "y"))),
}
"""How hidden states, weights and bias are spread."""


def mesh_for(name: str, kind: Any) -> Any:
    shape = (2, 4) if name in ("both", "sequence", "two axes") else (8, 1)
    return jax.make_mesh(shape, ("x", "y"), axis_types=(kind, kind))


def placed(name: str, mesh: Any) -> list[Any]:
    of_hidden, of_weight, of_bias = LAYOUTS[name]
    specs = (of_hidden, of_weight, of_bias, of_hidden, of_hidden)
    return [jax.device_put(a, sharding.NamedSharding(mesh, s)) for a, s in zip(ARRAYS, specs, strict=True)]


def mean(h: Any, w: Any, b: Any, labels: Any, where: Any, **options: Any) -> Any:
    return LOSS(h, w, labels, bias=b, where=where, **{**OPTIONS, **options})


def derived(**options: Any) -> Any:
    return jax.value_and_grad(lambda *arrays: mean(*arrays, **options), argnums=(0, 1, 2))


@pytest.fixture(scope="module")
def alone() -> Any:
    """Value and gradients on one device, from the logits."""

    def naive(h: Any, w: Any, b: Any, labels: Any, where: Any) -> Any:
        options = {k: v for k, v in OPTIONS.items() if k != "soft_cap"}
        logits = 20.0 * jnp.tanh((h @ w.T + b) / 20.0)
        return lossary.softmax_cross_entropy(logits, labels, where=where, **options)

    return jax.value_and_grad(naive, argnums=(0, 1, 2))(*map(jnp.asarray, ARRAYS))


def agree(got: Any, want: Any, factor: float = 1.0) -> None:
    for mine, theirs in zip(jax.tree.leaves(got), jax.tree.leaves(want), strict=True):
        scale = max(1.0, float(np.abs(theirs).max())) * factor
        np.testing.assert_allclose(np.asarray(mine), factor * np.asarray(theirs), rtol=0, atol=1e-6 * scale)


@pytest.mark.parametrize("strategy", ["vocab", "token"])
@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("kind", ["Auto", "Explicit"])
def test_the_numbers_of_one_device(kind: str, name: str, strategy: str, alone: Any) -> None:
    mesh = mesh_for(name, getattr(sharding.AxisType, kind))
    with jax.set_mesh(mesh):
        got = jax.jit(derived(strategy=strategy))(*placed(name, mesh))
    agree(got, alone)


@pytest.mark.parametrize("strategy", ["vocab", "token"])
@pytest.mark.parametrize("tracked", [True, False])
def test_a_vocabulary_in_parts_inside_shard_map(tracked: bool, strategy: str, alone: Any) -> None:
    mesh = mesh_for("both", sharding.AxisType.Auto)
    of_hidden, of_weight, of_bias = LAYOUTS["both"]
    specs = (of_hidden, of_weight, of_bias, of_hidden, of_hidden)

    def total(*parts: Any) -> Any:
        h, w, b, labels, where = parts
        options = {k: v for k, v in OPTIONS.items() if k != "reduction"}
        options |= {"axis_name": "y", "strategy": strategy}
        found = lossary.total(LOSS)(h, w, labels, bias=b, where=where, **options)
        return found.psum("x").weighted_mean()

    parts = jax.shard_map(total, mesh=mesh, in_specs=specs, out_specs=P(), check_vma=tracked)
    agree(jax.jit(jax.value_and_grad(parts, argnums=(0, 1, 2)))(*ARRAYS), alone)


def compiled(kind: str, name: str, **options: Any) -> str:
    mesh = mesh_for(name, getattr(sharding.AxisType, kind))
    with jax.set_mesh(mesh):
        return jax.jit(derived(**options)).lower(*placed(name, mesh)).compile().as_text()


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("kind", ["Auto", "Explicit"])
def test_the_logits_are_neither_held_nor_sent(kind: str, name: str) -> None:
    text = compiled(kind, name, chunk=64, strategy="vocab")
    tokens = BATCH * LENGTH
    assert max((x.elements for x in made(text, SENDING)), default=0) <= CLASSES * WIDTH
    assert max(x.elements for x in made(text, "dot|fusion|exponential")) < tokens * CLASSES


@pytest.mark.parametrize(
    ("kind", "strategy"), [("Auto", "vocab"), ("Explicit", "vocab"), ("Explicit", "token")]
)
def test_no_device_computes_the_tokens_of_another(kind: str, strategy: str) -> None:
    """Chunks along an axis that is spread would be computed by all."""
    text = compiled(kind, "data", chunk=64 if strategy == "vocab" else 4, strategy=strategy)
    rows = BATCH * LENGTH // 8
    largest = max(made(text, "dot"), key=lambda product: product.elements)
    assert largest.elements <= max(rows * 64, 64 * WIDTH, CLASSES * 8, CLASSES * WIDTH), largest


def test_by_default_every_device_has_a_part_of_each_chunk() -> None:
    """By the vocabulary, in the largest chunks that there is room for and that divide it."""
    tokens = 1 << 14
    hidden, labels = jnp.zeros((tokens, 2)), jnp.zeros(tokens, int)
    for classes, chunk in ((3000, 125), (512, 128), (1009, 144)):  # the last is a prime
        asked: Any = asking(LOSS)(hidden, jnp.zeros((classes, 2)), labels)
        call = asked.make()
        assert call.rule is BY_VOCABULARY
        assert call.options.chunk == chunk

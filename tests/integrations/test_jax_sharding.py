"""Arrays spread over eight devices, which one CPU plays, give the losses and gradients of one device."""

from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np
import pytest

import lossary
from tests.integrations.needs import needs, needs_eight_devices
from tests.integrations.processes import run_two

jax = needs("jax")
jnp = jax.numpy
needs_eight_devices()

from jax.sharding import AxisType, Mesh, NamedSharding  # noqa: E402
from jax.sharding import PartitionSpec as P  # noqa: E402

ROWS, CLASSES = 8, 32
SPECS = {"rows": P("data"), "classes": P(None, "model"), "both": P("data", "model")}


class Case(NamedTuple):
    loss: Any
    labels: Any
    options: dict[str, Any] = {}  # noqa: RUF012
    arrays: tuple[str, ...] = ()
    """The names of the options that are arrays."""


@lru_cache
def data() -> dict[str, np.ndarray]:
    """Confident, unsure and impossible classes; two rows of garbage, which `where` leaves out."""
    rng = np.random.default_rng(0)
    logits = rng.normal(scale=4.0, size=(ROWS, CLASSES)).astype("float32")
    logits[1, 3] = 90.0
    logits[2, 17] = -np.inf
    ids = rng.integers(CLASSES, size=ROWS).astype("int32")
    ids[:2] = 3, 3
    where = np.array([True] * 3 + [False] + [True] * 3 + [False])
    return {
        "logits": logits,
        "spoilt": np.where(where[:, None], logits, np.float32(np.nan)),
        "ids": ids,
        "distributions": rng.dirichlet(np.ones(CLASSES), size=ROWS).astype("float32"),
        "weights": rng.uniform(0.5, 2.0, size=ROWS).astype("float32"),
        "where": where,
        "margin": rng.uniform(0.1, 1.0, size=CLASSES).astype("float32"),
        "class_weights": rng.uniform(0.5, 2.0, size=CLASSES).astype("float32"),
    }


def finite_logits() -> np.ndarray:
    return np.maximum(data()["logits"], np.float32(-90))


CASES = {
    "ids": Case(lossary.softmax_cross_entropy, "ids"),
    "all options": Case(
        lossary.softmax_cross_entropy,
        "ids",
        {"label_smoothing": 0.1, "z_weight": 1e-2, "reduction": "weighted_mean"},
        ("weights", "where", "class_weights"),
    ),
    "distributions": Case(
        lossary.softmax_cross_entropy, "distributions", {"label_smoothing": 0.1}, ("where",)
    ),
    "focal": Case(lossary.softmax_focal, "ids", {"gamma": 1.5}, ("class_weights",)),
    "cosface": Case(lossary.cosface, "ids", {"scale": 2.0}, ("margin",)),
    "arcface": Case(lossary.arcface, "ids", {"scale": 4.0}),
    "poly1": Case(lossary.softmax_poly1, "ids", {}, ("weights",)),
    "generalized": Case(lossary.softmax_generalized_cross_entropy, "distributions"),
    "kl": Case(lossary.softmax_kl_divergence, "distributions", {}, ("where",)),
    "jensen_shannon": Case(lossary.softmax_jensen_shannon, "distributions"),
}


def arrays_of(case: Case) -> dict[str, Any]:
    logits = data()["spoilt" if "where" in case.arrays else "logits"]
    if case.labels == "distributions":  # which would cost infinity where a class is impossible
        logits = np.maximum(logits, np.float32(-90))
    if case.loss is lossary.arcface:
        logits = np.tanh(logits / 8)
    return {"logits": logits, "labels": data()[case.labels], **{name: data()[name] for name in case.arrays}}


def spec_of(name: str, x: Any, spec: P) -> P:
    """How an array is spread if the logits are spread by `spec`."""
    rows, classes = (*spec, None)[:2]
    return P(classes) if name in ("class_weights", "margin") else P(rows, classes)[: x.ndim]


def specs_of(arrays: dict[str, Any], spec: P) -> dict[str, P]:
    return {name: P(*spec_of(name, x, spec)) for name, x in arrays.items()}


def value_and_grad(case: Case, arrays: dict[str, Any], **more: Any) -> Any:
    def loss(logits: Any, labels: Any, **rest: Any) -> Any:
        return case.loss(logits, labels, **rest, **case.options, **more)

    arrays = dict(arrays)
    return jax.value_and_grad(loss)(arrays.pop("logits"), arrays.pop("labels"), **arrays)


@lru_cache
def on_one_device(name: str) -> Any:
    return jax.device_get(jax.jit(partial(value_and_grad, CASES[name]))(arrays_of(CASES[name])))


def mesh_of(kind: Any, shape: tuple[int, ...] = (2, 4), names: tuple[str, ...] = ("data", "model")) -> Mesh:
    return jax.make_mesh(shape, names, axis_types=(kind,) * len(names))


def spread(arrays: dict[str, Any], mesh: Mesh, spec: P) -> dict[str, Any]:
    specs = specs_of(arrays, spec)
    return {name: jax.device_put(x, NamedSharding(mesh, specs[name])) for name, x in arrays.items()}


def assert_same(found: Any, wanted: Any) -> None:
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True):
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *[(AxisType.Explicit, name) for name in ("ids", "all options", "distributions", "focal", "kl")],
        *[(AxisType.Auto, name) for name in ("ids", "all options")],
    ],
    ids=str,
)
def test_sharded_arrays_give_what_one_device_gives(kind: Any, name: str) -> None:
    mesh = mesh_of(kind)
    with jax.set_mesh(mesh):
        step = jax.jit(partial(value_and_grad, CASES[name]))
        for spec in SPECS.values() if name == "ids" else [SPECS["both"]]:
            value, gradient = step(spread(arrays_of(CASES[name]), mesh, spec))
            assert_same((value, gradient), on_one_device(name))
            assert gradient.sharding.is_equivalent_to(NamedSharding(mesh, spec), 2)  # nothing was gathered


@pytest.mark.parametrize(
    ("tracked", "name"),
    [*[(True, name) for name in CASES], *[(False, name) for name in ("ids", "all options")]],
)
def test_each_device_has_a_part_of_the_classes(tracked: bool, name: str) -> None:
    case, mesh, spec = CASES[name], mesh_of(AxisType.Auto), SPECS["both"]
    arrays = arrays_of(case)
    options = {k: v for k, v in case.options.items() if k != "reduction"}

    def local(logits: Any, rest: dict[str, Any]) -> Any:
        rest = dict(rest)
        labels = rest.pop("labels")
        total = lossary.total(case.loss)(logits, labels, **rest, **options, axis_name="model").psum("data")
        return total.weighted_mean() if case.options.get("reduction") == "weighted_mean" else total.mean()

    specs = specs_of(arrays, spec)
    specs = specs.pop("logits"), specs
    rest = {k: v for k, v in arrays.items() if k != "logits"}
    over = partial(jax.shard_map, mesh=mesh, in_specs=specs, check_vma=tracked)
    outside = jax.jit(jax.value_and_grad(over(local, out_specs=P())))
    assert_same(outside(arrays["logits"], rest), on_one_device(name))
    if tracked:
        inside = jax.jit(over(jax.value_and_grad(local), out_specs=(P(), spec)))
        assert_same(inside(arrays["logits"], rest), on_one_device(name))


@pytest.mark.parametrize("tracked", [True, False], ids=["check_vma", "unchecked"])
def test_our_own_gradient_is_right_inside_whatever_is_tracked(tracked: bool) -> None:
    """JAX's own, taken inside without check_vma, is multiplied by the number of devices."""
    loss = partial(lossary.softmax_cross_entropy, axis_name="model", reduction="sum", label_smoothing=0.1)
    of_own = lossary.value_and_grad(lossary.softmax_cross_entropy)

    def inside(logits: Any, ids: Any) -> Any:
        return of_own(logits, ids, axis_name="model", reduction="sum", label_smoothing=0.1)[1], jax.grad(
            loss
        )(logits, ids)

    logits, ids = finite_logits(), data()["ids"]
    mesh, specs = mesh_of(AxisType.Auto), (P("data", "model"), P("data"))
    over = jax.shard_map(inside, mesh=mesh, in_specs=specs, out_specs=(specs[0],) * 2, check_vma=tracked)
    ours, theirs = jax.jit(over)(logits, ids)
    wanted = jax.grad(partial(lossary.softmax_cross_entropy, reduction="sum", label_smoothing=0.1))(
        logits, ids
    )
    assert_same(ours, wanted)
    assert_same(theirs, wanted if tracked else 4 * wanted)


def test_second_derivatives_and_those_of_other_arrays() -> None:
    logits, y = finite_logits(), data()["distributions"]
    v = jnp.cos(jnp.arange(logits.size, dtype=float)).reshape(logits.shape)
    mesh = mesh_of(AxisType.Auto)

    def loss(logits: Any, y: Any, epsilon: Any, **how: Any) -> Any:
        return lossary.softmax_cross_entropy(logits, y, label_smoothing=epsilon, z_weight=0.01, **how)

    def in_parts(logits: Any, y: Any, epsilon: Any) -> Any:
        return jax.lax.pmean(loss(logits, y, epsilon, axis_name="model"), "data")  # the shards are equal

    specs = (SPECS["both"], SPECS["both"], P())
    mapped = jax.shard_map(in_parts, mesh=mesh, in_specs=specs, out_specs=P())

    def derivatives(loss: Any) -> Any:
        def along(logits: Any, y: Any, epsilon: Any) -> Any:
            return jax.jvp(jax.grad(loss), (logits, y, epsilon), (v, y, jnp.float32(0.5)))

        return jax.jit(along)(logits, y, jnp.float32(0.1)), jax.jit(jax.grad(loss, (1, 2)))(logits, y, 0.1)

    found, wanted = derivatives(mapped), derivatives(loss)
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True):
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("option", [{}, {"label_smoothing": 0.1}], ids=["ids", "smoothed"])
def test_the_ends_are_the_same_over_devices(option: dict[str, float]) -> None:
    """Infinite and NaN logits, a row of nothing, a tie between devices, ids that are no class."""
    logits = np.zeros((7, CLASSES))
    logits[0, 9], logits[1], logits[2, 31], logits[3, [0, 31]] = np.inf, -np.inf, np.nan, 50.0
    ids = np.array([9, 0, 1, 31, -1, CLASSES, 5])
    loss = partial(lossary.softmax_cross_entropy, reduction="none", **option)
    specs = (P(None, "model"), P())
    in_parts = jax.shard_map(
        partial(loss, axis_name="model"), mesh=mesh_of(AxisType.Auto), in_specs=specs, out_specs=P()
    )

    def both(loss: Any) -> Any:
        gradient = jax.grad(lambda z, y: loss(z, y).sum())
        return jax.jit(lambda z, y: (loss(z, y), gradient(z, y)))(jnp.asarray(logits), jnp.asarray(ids))

    assert_same(both(in_parts), both(loss))
    assert np.isnan(both(in_parts)[0]).tolist()[2:6] == [True, False, True, True]


def test_classes_along_two_axes_of_a_mesh_or_a_mapped_one() -> None:
    logits, ids = data()["logits"], data()["ids"]
    wanted = lossary.softmax_cross_entropy(jnp.asarray(logits), ids, reduction="none")
    mesh = mesh_of(AxisType.Auto, (2, 2, 2), ("data", "a", "b"))
    loss = partial(lossary.softmax_cross_entropy, reduction="none")
    specs = (P("data", ("a", "b")), P("data"))
    mapped = jax.shard_map(
        partial(loss, axis_name=("a", "b")), mesh=mesh, in_specs=specs, out_specs=P("data")
    )
    assert_same(jax.jit(mapped)(logits, ids), wanted)
    parts = logits.reshape(ROWS, 4, CLASSES // 4)
    by_vmap = jax.vmap(lambda z: loss(z, ids, axis_name="parts"), in_axes=1, axis_name="parts")
    assert_same(by_vmap(parts), jnp.stack([wanted] * 4))
    mesh = mesh_of(AxisType.Auto, (8,), ("a",))  # another number of devices by the same name, classes first
    first = jax.shard_map(
        partial(loss, axis_name="a", axis=0), mesh=mesh, in_specs=(P("a"), P()), out_specs=P()
    )
    assert_same(jax.jit(first)(logits.T, ids), wanted)


def test_half_precision_stays_that_of_the_logits() -> None:
    logits, ids = jnp.asarray(finite_logits(), jnp.bfloat16), data()["ids"]
    loss = partial(lossary.softmax_cross_entropy, axis_name="model")
    mapped = jax.shard_map(loss, mesh=mesh_of(AxisType.Auto), in_specs=(P(None, "model"), P()), out_specs=P())
    value, gradient = jax.jit(jax.value_and_grad(mapped))(logits, ids)
    wanted = jax.value_and_grad(lossary.softmax_cross_entropy)(logits, ids)
    assert (value.dtype, gradient.dtype) == (jnp.float32, jnp.bfloat16)
    assert float(value) == pytest.approx(float(wanted[0]), rel=1e-6)
    assert jnp.array_equal(gradient, wanted[1])


# The mean over all devices -------------------------------------------------------------------------


def test_uneven_padding_and_an_empty_device_are_weighed_rightly() -> None:
    """Eight devices have 6 to 0 examples that count, of which each is a sequence of its own length."""
    rng = np.random.default_rng(3)
    counts = np.array([6, 1, 2, 6, 3, 1, 0, 4])
    where = jnp.asarray(np.arange(6) < counts[:, None])
    x = jnp.asarray(np.where(where[..., None], rng.normal(size=(8, 6, 5)), np.nan))
    ids, weight = jnp.asarray(rng.integers(4, size=(8, 6))), jnp.asarray(rng.normal(size=(5, 4)))
    mesh = mesh_of(AxisType.Auto, (8,), ("data",))
    specs = (P(), *[P("data")] * 3)

    def logits(weight: Any, x: Any) -> Any:
        return jnp.nan_to_num(x) @ weight

    def mean(weight: Any, x: Any, ids: Any, where: Any) -> Any:
        return lossary.softmax_cross_entropy(logits(weight, x), ids, where=where)

    def by_totals(*args: Any) -> Any:
        weight, x, ids, where = args
        total = lossary.total(lossary.softmax_cross_entropy)
        return total(logits(weight, x), ids, where=where).psum("data").mean()

    def by_means(*args: Any) -> Any:
        return jax.lax.pmean(mean(*args), "data")

    def derived(local: Any) -> Any:
        return jax.jit(jax.value_and_grad(jax.shard_map(local, mesh=mesh, in_specs=specs, out_specs=P())))(
            weight, x, ids, where
        )

    wanted = jax.value_and_grad(mean)(weight, x, ids, where)
    assert_same(derived(by_totals), wanted)
    assert abs(derived(by_means)[0] / wanted[0] - 1) > 0.05  # what totals are for
    none = jnp.zeros_like(where)
    value, gradient = jax.jit(
        jax.value_and_grad(jax.shard_map(by_totals, mesh=mesh, in_specs=specs, out_specs=P()))
    )(weight, x, ids, none)
    assert value == 0
    assert not gradient.any()


# Errors --------------------------------------------------------------------------------------------


def test_an_axis_that_is_not_mapped_and_a_library_that_maps_none() -> None:
    loss = partial(lossary.softmax_cross_entropy, axis_name="model")
    logits, ids = jnp.asarray(data()["logits"]), jnp.asarray(data()["ids"])
    with pytest.raises(lossary.LossInputError, match="is not a mapped axis here") as caught:
        jax.jit(loss)(logits, ids)
    assert caught.value.code == "L130"
    mapped = jax.shard_map(loss, mesh=mesh_of(AxisType.Auto), in_specs=(P(None, "model"), P()), out_specs=P())
    jax.jit(mapped)(logits, ids)
    with pytest.raises(lossary.LossInputError, match="is not a mapped axis here"):
        loss(logits[:, :8], ids)  # after a call that was alike, but mapped
    with pytest.raises(lossary.LossTypeError, match="these are NumPy arrays") as caught:
        loss(np.zeros((2, 3)), np.zeros(2, int))
    assert caught.value.code == "L005"


@pytest.mark.parametrize("of_row", ["sum", "max", "mean", "row_max", "running_total", "vecdot"])
def test_a_loss_of_your_own_may_say_what_parts_can_answer(of_row: str) -> None:
    from lossary.kernel import Argument, Call, Kernel, loss

    def value(x: Any, y: Any, *, xp: Any) -> Any:
        return getattr(xp, of_row)(x * y, **({"axis": -1} if of_row in ("sum", "max", "mean") else {}))

    kernel = Kernel(
        "product", "(c),(c)->()", (Argument("x"), Argument("y")), value, lambda x, y, *, xp: y, value
    )
    mesh, specs = mesh_of(AxisType.Auto), (P(None, "model"),) * 2

    @loss
    def product(x: Any, y: Any, *, axis_name: Any = None) -> Any:
        return Call(kernel, x, y, reduction="none", axis_name=axis_name)

    mapped = jax.shard_map(partial(product, axis_name="model"), mesh=mesh, in_specs=specs, out_specs=P())
    x = finite_logits()
    if of_row in ("sum", "max"):
        assert_same(jax.jit(mapped)(x, x), product(x, x))
    else:  # of a part it would be a plausible number
        with pytest.raises(NotImplementedError, match=f"{of_row} does not work on a part of a row"):
            jax.jit(mapped)(x, x)


def test_checked_losses_raise_inside_as_well() -> None:
    from jax.experimental import checkify

    loss = partial(lossary.check(lossary.softmax_cross_entropy), axis_name="model")
    specs = (P(None, "model"), P())
    mapped = jax.shard_map(loss, mesh=mesh_of(AxisType.Auto), in_specs=specs, out_specs=P())
    checked = jax.jit(checkify.checkify(mapped))
    checked(data()["logits"], data()["ids"])[0].throw()
    with pytest.raises(checkify.JaxRuntimeError, match="an id that is not a class"):
        checked(data()["logits"], np.full_like(data()["ids"], CLASSES))[0].throw()


def test_jax_notices_that_axis_name_was_forgotten() -> None:
    specs = (P(None, "model"), P())
    mapped = jax.shard_map(
        lossary.softmax_cross_entropy, mesh=mesh_of(AxisType.Auto), in_specs=specs, out_specs=P()
    )
    with pytest.raises(ValueError, match="replicated"):  # each device has a loss of its own
        jax.jit(mapped)(data()["logits"], data()["ids"])


# Several processes ---------------------------------------------------------------------------------


def test_two_processes_with_four_devices_each() -> None:
    flags = "--xla_force_host_platform_device_count=4"
    run_two("jax_process.py", XLA_FLAGS=flags, JAX_PLATFORMS="cpu")

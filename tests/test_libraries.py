"""Which library an array belongs to, what it may be mixed with, and which dtype comes out."""

import subprocess
import sys

import numpy as np
import pytest

import lossary
from tests.libraries import ALL, Library

X = np.asarray([0.5, -1.0, 2.0], dtype="float32")
Y = np.asarray([0.0, 1.0, 1.0], dtype="float32")


def test_importing_lossary_imports_no_framework() -> None:
    code = (
        "import sys, numpy; before = set(sys.modules); import lossary;"
        "print(sorted({name.split('.')[0] for name in set(sys.modules) - before}))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    frameworks = {"jax", "jaxlib", "torch", "tensorflow", "mlx", "dask", "cubed", "scipy", "sklearn"}
    assert not {*frameworks, "matplotlib", "pandas"} & set(eval(printed))
    assert "lossary" in printed


def test_integers_and_booleans_become_floats(xp: Library) -> None:
    ints = xp.array(np.asarray([1, 0, 3], dtype="int32"))
    labels = xp.array(np.asarray([True, False, True]))
    default = xp.float_dtypes()[-1] if xp.needs not in ("torch", "tensorflow", "mlx.core") else "float32"
    assert xp.dtype_of(xp.call(lossary.sigmoid_binary_cross_entropy, ints, labels)) == default
    assert xp.dtype_of(xp.call(lossary.squared_error, xp.array(X), ints)) == "float32"


def test_two_floating_dtypes_promote(xp: Library) -> None:
    if "float64" not in xp.float_dtypes():
        pytest.skip("no float64 there")
    wide = xp.array(Y.astype("float64"))
    assert xp.dtype_of(xp.call(lossary.squared_error, xp.array(X), wide)) == "float64"
    value, grad = xp.call(lossary.value_and_grad(lossary.squared_error), xp.array(X), wide)
    assert (xp.dtype_of(value), xp.dtype_of(grad)) == ("float64", "float32")


def test_weights_and_parameters_do_not_raise_the_precision(xp: Library) -> None:
    dtype = xp.float_dtypes()[-1]
    ones = xp.array(np.ones(3, dtype=dtype))
    loss = xp.call(
        lossary.sigmoid_binary_cross_entropy, xp.array(X), xp.array(Y), weights=ones, pos_weight=ones
    )
    assert xp.dtype_of(loss) == "float32"
    assert xp.dtype_of(xp.call(lossary.huber, xp.array(X), xp.array(Y), delta=np.float64(2.0))) == "float32"


def test_numbers_may_stand_for_targets(xp: Library) -> None:
    full = xp.call(lossary.squared_error, xp.array(X), xp.array(np.full_like(X, 2.0)), reduction="none")
    for two in (2, 2.0, np.float64(2.0), np.int64(2)):
        losses = xp.call(lossary.squared_error, xp.array(X), two, reduction="none")
        assert xp.dtype_of(losses) == "float32"
        np.testing.assert_array_equal(xp.to_numpy(losses), xp.to_numpy(full))


def test_zero_dimensional_arrays_and_numbers() -> None:
    assert lossary.binary_cross_entropy(0.0, 1.0) == np.inf
    assert lossary.binary_cross_entropy(1e-15, 1) == pytest.approx(34.538776394910684, rel=1e-15)
    assert lossary.binary_cross_entropy(np.asarray(0.25), np.asarray(1)) == pytest.approx(
        np.log(4), rel=1e-15
    )


def test_inputs_are_not_written_to(xp: Library) -> None:
    x, y = X.copy(), Y.copy()
    arrays = [xp.array(x), xp.array(y)]
    xp.call(
        lossary.value_grad_hess(lossary.sigmoid_focal), *arrays, weights=xp.array(np.ones(3, dtype="float32"))
    )
    np.testing.assert_array_equal(xp.to_numpy(arrays[0]), X)
    np.testing.assert_array_equal(xp.to_numpy(arrays[1]), Y)


def test_strides_do_not_matter() -> None:
    grid = np.arange(24.0).reshape(4, 6) / 10
    for view in (grid[::2, ::-3], grid.T, np.broadcast_to(grid[0], (4, 6)), np.asfortranarray(grid)):
        assert lossary.huber(view, 0.25) == pytest.approx(lossary.huber(view.copy(), 0.25), rel=1e-15)


def test_two_libraries_do_not_mix(xp: Library) -> None:
    if xp.name in ("numpy", "numpy-readonly"):
        pytest.skip("NumPy beside NumPy")
    if xp.needs == "jax":
        result = xp.call(lossary.squared_error, xp.array(X), Y)
        assert xp.dtype_of(result) == "float32"
        assert type(result).__module__.startswith("jax")
        return
    for arrays, other in (((xp.array(X), Y), "targets"), ((X, xp.array(Y)), "predictions")):
        with pytest.raises(lossary.LossTypeError, match="arrays of one library") as caught:
            lossary.squared_error(*arrays)
        assert str(caught.value).startswith("[L004] squared_error: ")
        assert f"numpy.ndarray as `{other}`" in str(caught.value)
        assert caught.value.fix.startswith(f"{other} = ")


@pytest.mark.of("torch", "jax")
def test_torch_and_jax_do_not_mix() -> None:
    with pytest.raises(lossary.LossTypeError, match="arrays of one library, got"):
        lossary.squared_error(ALL["torch"].array(X), ALL["jax"].array(Y))


@pytest.mark.of("jax")
def test_total_sums_over_devices() -> None:
    import jax
    import jax.numpy as jnp

    x = jnp.asarray([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    mask = jnp.asarray([[True, True, True], [True, False, False]])

    def mean(x: object, mask: object) -> object:
        total = lossary.total(lossary.squared_error)(x, 0.0, where=mask)
        return total.psum("devices").mean()

    means = jax.vmap(mean, axis_name="devices")(x, mask)
    assert means.tolist() == [7.5, 7.5]
    with pytest.raises(lossary.LossTypeError, match="psum"):
        lossary.total(lossary.squared_error)(X, Y).psum("devices")


@pytest.mark.of("jax")
def test_traced_parameters_have_derivatives() -> None:
    import jax
    import jax.numpy as jnp

    x, y = jnp.asarray(X), jnp.asarray(Y)
    calls = {
        "gamma": (lossary.sigmoid_focal, 2.0),
        "label_smoothing": (lossary.sigmoid_binary_cross_entropy, 0.1),
        "pos_weight": (lossary.sigmoid_binary_cross_entropy, 3.0),
        "delta": (lossary.huber, 0.75),
        "weights": (lossary.huber, 0.5),
    }
    for name, (loss, at) in calls.items():

        def of(parameter: object, loss: object = loss, name: str = name) -> object:
            return loss(x, y, **{name: parameter})  # type: ignore[operator]

        slope = jax.jit(jax.grad(of))(jnp.asarray(at, dtype="float32"))
        step = 1e-2
        expected = (of(at + step) - of(at - step)) / (2 * step)  # type: ignore[operator]
        assert float(slope) == pytest.approx(float(expected), rel=2e-3), name


def test_gradients_of_targets_and_weights(autodiff: Library) -> None:
    """Distillation differentiates targets, learning to weigh differentiates weights."""
    labels = np.asarray([0.25, 0.0, 1.0], dtype="float32")
    x, y = autodiff.array(X), autodiff.array(labels)
    w = autodiff.array(np.asarray([1.0, 0.0, 2.0], dtype="float32"))

    def loss(y: object, w: object) -> object:
        return lossary.sigmoid_binary_cross_entropy(x, y, weights=w, reduction="sum")

    dy, dw = autodiff.gradients(loss, (y, w), (0, 1))
    np.testing.assert_allclose(autodiff.to_numpy(dy), -X * np.asarray([1.0, 0.0, 2.0]), rtol=1e-6, atol=1e-7)
    losses = lossary.sigmoid_binary_cross_entropy(X, labels, reduction="none")
    np.testing.assert_allclose(autodiff.to_numpy(dw), losses, rtol=1e-6)


def test_mixed_second_derivatives(autodiff: Library) -> None:
    """d²/dx dy of the binary cross-entropy is -1, whichever is taken first."""
    x, y = autodiff.array(X), autodiff.array(np.asarray([0.25, 0.5, 0.75], dtype="float32"))

    def loss(x: object, y: object) -> object:
        return lossary.sigmoid_binary_cross_entropy(x, y, reduction="sum")

    if autodiff.needs == "jax":
        import jax

        for first, second in ((0, 1), (1, 0)):
            mixed = jax.jacfwd(jax.grad(loss, argnums=first), argnums=second)(x, y)
            np.testing.assert_allclose(mixed, -np.eye(3), atol=1e-6)
    elif autodiff.needs == "tensorflow":
        import tensorflow as tf

        for first, second in ((x, y), (y, x)):
            with tf.GradientTape(persistent=True) as outer:
                outer.watch((x, y))
                with tf.GradientTape() as tape:
                    tape.watch((x, y))
                    result = loss(x, y)
                slope = tape.gradient(result, first)
            mixed = outer.jacobian(slope, second, experimental_use_pfor=False)
            np.testing.assert_allclose(mixed.numpy(), -np.eye(3), atol=1e-6)
    elif autodiff.needs == "mlx.core":
        import mlx.core as mx

        for first, second in ((0, 1), (1, 0)):
            slope = mx.grad(loss, argnums=first)
            row = mx.grad(lambda *a, slope=slope: mx.sum(slope(*a[:2]) * a[2]), argnums=second)
            mixed = mx.vmap(row, in_axes=(None, None, 0))(x, y, mx.eye(3))
            np.testing.assert_allclose(mixed, -np.eye(3), atol=1e-6)
    else:
        import torch

        for first, second in ((0, 1), (1, 0)):
            mixed = torch.func.jacrev(torch.func.jacrev(loss, argnums=first), argnums=second)(x, y)
            np.testing.assert_allclose(mixed.numpy(), -np.eye(3), atol=1e-6)


def test_transforms_take_names_and_partial_functions(xp: Library) -> None:
    from functools import partial

    focal = partial(lossary.sigmoid_focal, gamma=1.0)
    by_position = xp.call(lossary.value_and_grad(focal), xp.array(X), xp.array(Y))
    by_name = lossary.value_and_grad(focal)(labels=xp.array(Y), logits=xp.array(X))
    for a, b in zip(by_position, by_name, strict=True):
        np.testing.assert_allclose(xp.to_numpy(a), xp.to_numpy(b), rtol=1e-6)


def test_reductions_of_long_float32_arrays_are_exact(xp: Library) -> None:
    if xp.name == "strict-no-float64":
        pytest.skip("its sums of float32 are NumPy's own, and there is nothing wider to sum in")
    rng = np.random.default_rng(3)
    x = rng.lognormal(size=(1 << 17, 2)).astype("float32")
    for over in (None, 0):
        mean = xp.to_numpy(xp.call(lossary.absolute_error, xp.array(x), 0.0, over=over))
        np.testing.assert_allclose(mean, x.astype("float64").mean(axis=over), rtol=8 * 2.0**-23)


def test_sixteen_bit_sums_do_not_overflow(autodiff: Library) -> None:
    ones = autodiff.array(np.ones(70_000), "float16")
    assert float(lossary.absolute_error(ones, 0.0, reduction="sum")) == 70_000.0

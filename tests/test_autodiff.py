"""The frameworks' own differentiation gives the kernels' derivatives, through every transformation.

The expected numbers are the reference's. Rows with infinite inputs or at kinks are judged as well: a
derivative by autodiff must be the documented one there too.
"""

from functools import partial
from typing import Any

import numpy as np
import pytest

import lossary
from lossary._kernel import Domain
from tests import reference
from tests.accuracy import assert_close, exact, inputs
from tests.cases import Case, all_cases, first_of_each
from tests.cases.metric import EMPTY, EQUAL
from tests.libraries import Library
from tests.test_precision import KERNELS
from tests.test_values import options_of, skip_for_brevity

CASES = all_cases()
FIRST_OF_EACH = list({case.loss: case for case in first_of_each()}.values())
"""One row for each loss, for transformations that cost seconds to compile."""


def widest(xp: Library) -> str:
    return xp.float_dtypes()[-1]


def total(case: Case, xp: Library) -> Any:
    """The sum of the row's losses as a function of its arrays."""
    options = options_of(case, xp, widest(xp))
    return partial(case.function, reduction="sum", **options)


def arrays_of(case: Case, xp: Library) -> list[Any]:
    return [xp.array(a) for a in inputs(case, widest(xp))]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradient(case: Case, autodiff: Library) -> None:
    skip_for_brevity(case, autodiff)
    (grad,) = autodiff.gradients(total(case, autodiff), arrays_of(case, autodiff))
    dtype = widest(autodiff)
    assert_close(autodiff.to_numpy(grad), exact(case, 1, dtype), dtype, case.bounds(dtype)[1], case)


KINKS = [
    ("triplet_margin", EQUAL, 1, [[0, 0], [0.6, 0.8], [0, 0]]),
    ("triplet_margin", EQUAL, 2, [[0, -1], [0, 0], [0, 0]]),
    ("cosine_distance", EMPTY, 1, [[0, 0]] * 3),
]


@pytest.mark.parametrize(("loss", "arrays", "position", "slopes"), KINKS)
def test_equal_and_empty_vectors_pull_nowhere(
    loss: str, arrays: Any, position: int, slopes: Any, library: Library
) -> None:
    case = Case("kinks", loss, arrays, grad=slopes)
    if not library.derives:
        pytest.skip("no automatic differentiation")
    grad = _gradient_in(position, case, library)
    np.testing.assert_allclose(grad, slopes, rtol=1e-6)


def _gradient_in(position: int, case: Case, library: Library) -> np.ndarray:
    (grad,) = library.gradients(total(case, library), arrays_of(case, library), [position])
    return library.to_numpy(grad)


ONLY_ORDER = {("cox", "times"), ("cox", "events"), ("list_mle", "labels"), ("pairwise_logistic", "labels")}
"""Arrays of which only the order counts, or which say yes or no."""


def _has_a_slope(case: Case, argument: str) -> bool:
    """Whether a real number in this array changes the loss smoothly."""
    of_distributions = case.loss == "softmax_kl_divergence" and case.options.get("labels_in") != "logits"
    return (case.loss, argument) not in ONLY_ORDER and not of_distributions


def _of_real_numbers() -> list[Any]:
    """The smooth rows, each with the positions of its further arrays that may have any values."""
    kernels = {kernel.name: kernel for kernel in KERNELS}
    return [
        pytest.param(case, i, id=f"{case}-{argument.name}")
        for case in CASES
        for i, argument in enumerate(kernels[case.loss].takes)
        if i and case.smooth and argument.domain == Domain() and _has_a_slope(case, argument.name)
    ]


@pytest.mark.parametrize(("case", "position"), _of_real_numbers())
def test_gradient_in_further_arrays(case: Case, position: int, library: Library) -> None:
    """Autodiff's own, through the formula."""
    if not library.derives:
        pytest.skip("no automatic differentiation")
    dtype = widest(library)
    grad = _gradient_in(position, case, library)
    others = list(inputs(case, dtype))
    first = others.pop(position)
    moved = reference.with_first(reference.formula(case.loss), position)
    want = reference.expected(moved, 1, (first, *others), case.options)
    assert_close(grad, want, dtype, 2 * case.bounds(dtype)[1], case)


OF_RISK_SETS = ("cox", "list_mle")
"""Their Hessian times a vector is a difference of probabilities, whose rounding stays; the diagonal that
`value_grad_hess` gives is not."""


@pytest.mark.parametrize("case", CASES, ids=str)
def test_diagonal_of_the_hessian(case: Case, autodiff: Library) -> None:
    skip_for_brevity(case, autodiff)
    if autodiff.name == "mlx-compiled" and case.loss in OF_RISK_SETS:
        pytest.skip("MLX 0.32 fails to compile some graphs of that size: IndexError")
    first, *others = arrays_of(case, autodiff)
    dtype = widest(autodiff)
    rows = inputs(case, dtype)[0].ndim > 1 and "pos_weight" not in case.per_class
    if rows and not case.smooth:
        pytest.skip("the whole matrix is autodiff's, and has no limit at infinity")
    diagonal = {
        "jax": _jax_diagonal,
        "torch": _torch_diagonal,
        "tensorflow": _tensorflow_diagonal,
        "mlx.core": _mlx_diagonal,
    }
    hess = autodiff.call(diagonal[autodiff.needs](total(case, autodiff)), first, *others)
    bound = case.bounds(dtype)[2] * (4 if rows else 1)
    want = exact(case, 2, dtype)
    if case.loss in OF_RISK_SETS:
        want = reference.Expected(want.result, np.maximum(want.magnitude, 1.0))
    assert_close(autodiff.to_numpy(hess), want, dtype, bound, case)


def _jax_diagonal(function: Any) -> Any:
    import jax
    import jax.numpy as jnp

    def diagonal(first: Any, *others: Any) -> Any:
        flat = first.reshape(-1)
        slope = jax.grad(lambda x: function(x.reshape(first.shape), *others))
        units = jnp.eye(flat.size, dtype=flat.dtype)
        columns = jax.vmap(lambda unit: jax.jvp(slope, (flat,), (unit,))[1])(units)
        return jnp.diagonal(columns).reshape(first.shape)

    return diagonal


def _torch_diagonal(function: Any) -> Any:
    import torch

    def diagonal(first: Any, *others: Any) -> Any:
        first = first.clone().requires_grad_()
        (slope,) = torch.autograd.grad(function(first, *others), first, create_graph=True)
        flat = slope.reshape(-1)
        entries = []
        for i in range(flat.numel()):
            (row,) = torch.autograd.grad(flat[i], first, retain_graph=True, materialize_grads=True)
            entries.append(row.reshape(-1)[i])
        return torch.stack(entries).reshape(first.shape)

    return diagonal


def _tensorflow_diagonal(function: Any) -> Any:
    import tensorflow as tf

    def diagonal(first: Any, *others: Any) -> Any:
        with tf.GradientTape(persistent=True) as outer:
            outer.watch(first)
            with tf.GradientTape() as tape:
                tape.watch(first)
                result = function(first, *others)
            slope = tape.gradient(result, first)
        matrix = outer.jacobian(slope, first, unconnected_gradients="zero", experimental_use_pfor=False)
        size = tf.size(first)
        return tf.reshape(tf.linalg.diag_part(tf.reshape(matrix, (size, size))), tf.shape(first))

    return diagonal


def _mlx_diagonal(function: Any) -> Any:
    import mlx.core as mx

    def diagonal(first: Any, *others: Any) -> Any:
        flat = first.reshape(-1)
        slope = mx.grad(lambda x: function(x.reshape(first.shape), *others))
        units = mx.eye(flat.size, dtype=flat.dtype)
        columns = mx.vmap(lambda unit: mx.jvp(slope, [flat], [unit])[1][0])(units)
        return mx.diagonal(columns).reshape(first.shape)

    return diagonal


def _transformed_jax(function: Any, first: Any, *others: Any) -> dict[str, Any]:
    import jax
    import jax.export
    import jax.numpy as jnp

    slope = jax.grad(function)
    in_scan = jax.grad(
        lambda x: jax.lax.scan(lambda c, _: (c + function(x, *others), None), 0.0, jnp.arange(2))[0]
    )
    batched = (first[None], *(a[None] for a in others))
    exported = jax.export.export(jax.jit(slope))(first, *others)
    return {
        "jit": jax.jit(slope)(first, *others),
        "closed over": jax.jit(lambda x: slope(x, *others))(first),
        "vmap": jax.vmap(slope)(*batched)[0],
        "checkpoint": jax.grad(jax.checkpoint(function))(first, *others),
        "jacrev": jax.jacrev(function)(first, *others),
        "jacfwd": jax.jacfwd(function)(first, *others),
        "scan": in_scan(first) / 2,
        "export": exported.call(first, *others),
        "numpy beside": slope(first, *map(np.asarray, others)),
        "own": lossary_gradient(function, first, *others),
    }


def _transformed_torch(function: Any, first: Any, *others: Any) -> dict[str, Any]:
    import torch

    slope = torch.func.grad(function)

    def compiled(transformed: Any) -> Any:
        return torch.compile(transformed, fullgraph=True, backend="aot_eager")

    leaf = first.clone().requires_grad_()
    compiled(function)(leaf, *others).backward()
    return {
        "func.grad": slope(first, *others),
        "func.vmap": torch.func.vmap(slope)(first[None], *(a[None] for a in others))[0],
        "func.jacrev": torch.func.jacrev(function)(first, *others),
        "func.jacfwd": torch.func.jacfwd(function)(first, *others),
        "compile": leaf.grad,
        "compile, func.grad": compiled(lambda *a: torch.func.grad(function)(*a))(first, *others),
        "own": lossary_gradient(function, first, *others),
    }


def _transformed_tensorflow(function: Any, first: Any, *others: Any) -> dict[str, Any]:
    import tensorflow as tf

    def slope(*arrays: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(arrays[0])
            result = function(*arrays)
        return tape.gradient(result, arrays[0])

    def batched(arrays: Any) -> Any:
        return slope(*arrays)

    variable = tf.Variable(first)
    with tf.GradientTape() as tape:
        result = function(variable, *others)
    return {
        "tf.function": tf.function(slope)(first, *others),
        "XLA": tf.function(slope, jit_compile=True)(first, *others),
        "Variable": tape.gradient(result, variable),
        "vectorized_map": tf.vectorized_map(batched, tuple(a[None] for a in (first, *others)))[0],
        "own": lossary_gradient(function, first, *others),
        "own, XLA": tf.function(lambda *a: lossary_gradient(function, *a), jit_compile=True)(first, *others),
    }


def _transformed_mlx(function: Any, first: Any, *others: Any) -> dict[str, Any]:
    import mlx.core as mx

    slope = mx.grad(function)
    unit = mx.ones_like(first)
    batched = [a[None] for a in (first, *others)]
    return {
        "compile": mx.compile(slope)(first, *others),
        "of what is compiled": mx.grad(mx.compile(function))(first, *others),
        "value_and_grad": mx.value_and_grad(function)(first, *others)[1],
        "vjp": mx.vjp(lambda x: function(x, *others), [first], [mx.ones_like(first.sum())])[1][0],
        "jvp": mx.grad(lambda v: mx.jvp(lambda x: function(x, *others), [first], [v])[1][0])(unit),
        "vmap": mx.vmap(slope)(*batched)[0],
        "of vmap": mx.grad(lambda *arrays: mx.vmap(function)(*arrays).sum())(*batched)[0],
        "checkpoint": mx.grad(mx.checkpoint(function))(first, *others),
        "own": lossary_gradient(function, first, *others),
    }


def lossary_gradient(function: Any, *arrays: Any) -> Any:
    derived = lossary.value_and_grad(function)
    return derived(*arrays)[1]


@pytest.mark.parametrize("case", FIRST_OF_EACH, ids=str)
def test_gradient_through_every_transformation(case: Case, autodiff: Library) -> None:
    if autodiff.is_variant:
        pytest.skip("jit is one of them")
    transformed = {
        "jax": _transformed_jax,
        "torch": _transformed_torch,
        "tensorflow": _transformed_tensorflow,
        "mlx.core": _transformed_mlx,
    }[autodiff.needs]
    dtype = widest(autodiff)
    for name, grad in transformed(total(case, autodiff), *arrays_of(case, autodiff)).items():
        try:
            assert_close(autodiff.to_numpy(grad), exact(case, 1, dtype), dtype, case.bounds(dtype)[1], case)
        except AssertionError as error:
            error.add_note(f"through {name}")
            raise


@pytest.mark.parametrize("case", FIRST_OF_EACH, ids=str)
def test_hessians_of_torch(case: Case, autodiff: Library) -> None:
    """Nested and compiled: whatever mode is inside the other, nothing is silently zero."""
    if autodiff.needs != "torch":
        pytest.skip("of torch")
    import torch

    # Cloned: compiled and nested, torch can neither move nor reshape what is a view.
    first, *others = (a[-2:].clone() for a in arrays_of(case, autodiff))
    of_row = total(case, autodiff)

    def function(*arrays: Any) -> Any:  # `torch.func` asks for a name, which a partial has not
        return of_row(*arrays)

    hessians = {
        "forward over reverse": torch.func.jacfwd(torch.func.jacrev(function)),
        "reverse over forward": torch.func.jacrev(torch.func.jacfwd(function)),
        "forward over forward": torch.func.jacfwd(torch.func.jacfwd(function)),
        "reverse over reverse": torch.func.jacrev(torch.func.jacrev(function)),
        "compiled": torch.compile(
            lambda *a: torch.func.hessian(function)(*a), fullgraph=True, backend="aot_eager"
        ),
    }
    (slope,) = torch.autograd.grad(
        function(leaf := first.clone().requires_grad_(), *others), leaf, create_graph=True
    )
    flat = slope.reshape(-1)
    expected = torch.stack(
        [torch.autograd.grad(flat[i], leaf, retain_graph=True)[0] for i in range(flat.numel())]
    ).reshape(*first.shape, *first.shape)
    for name, hessian in hessians.items():
        torch.testing.assert_close(
            hessian(first, *others), expected, rtol=1e-9, atol=1e-12, msg=f"{case}: {name}"
        )


@pytest.mark.of("torch")
def test_three_forward_modes_in_torch_are_refused() -> None:
    import torch

    jacfwd = torch.func.jacfwd
    with pytest.raises(NotImplementedError, match="jacrev"):
        jacfwd(jacfwd(jacfwd(lambda x: lossary.squared_error(x, 0.0))))(torch.ones(2))


@pytest.mark.of("torch")
def test_inductor_compiles_the_default_call() -> None:
    import torch

    x, ids = torch.tensor([[2.0, 1.0, 0.0], [0.0, 0.0, 3.0]], requires_grad=True), torch.tensor([0, 1])
    compiled = torch.compile(lossary.softmax_cross_entropy, fullgraph=True)
    loss = compiled(x, ids, label_smoothing=0.1, weights=torch.tensor([1.0, 2.0]))
    loss.backward()
    eager, grad = lossary.value_and_grad(lossary.softmax_cross_entropy)(
        x.detach(), ids, label_smoothing=0.1, weights=torch.tensor([1.0, 2.0])
    )
    torch.testing.assert_close(loss.detach(), eager)
    torch.testing.assert_close(x.grad, grad)

"""What MLX may expect: derivatives of every order, in every argument, in every transformation."""

import gc
from collections.abc import Callable, Sequence
from typing import Any

import mlx.core as mx
import numpy as np
import pytest

import lossary
from tests.contract.cannot import BY_A_RULE, OF_SEQUENCES
from tests.contract.demands import demand
from tests.contract.subjects import (
    SIZES,
    Subject,
    bend,
    close,
    direction,
    slope,
    slope_at,
    total,
    within_sums,
)

NEAR = 1e-7
"""Of gradients by central differences, in float64."""
FAR = 1e-4
"""Of second derivatives by differences of differences."""


def of_mlx(array: np.ndarray) -> Any:
    return mx.array(array, dtype=getattr(mx, "bool_" if array.dtype == bool else array.dtype.name))


def given(subject: Subject) -> list[Any]:
    """The arrays of a subject as MLX's."""
    return [of_mlx(a) for a in subject.arrays]


def floating(subject: Subject) -> tuple[int, ...]:
    """The positions of all arrays of real numbers: `mx.grad` may be asked for each of them."""
    return tuple([i for i, a in enumerate(subject.arrays) if a.dtype.kind == "f"])


def slopes_of(subject: Subject, *positions: int) -> Callable[..., Any]:
    """What gives the gradients of the sum of its losses in some of the arrays, as a list."""
    derive = mx.grad(lambda *arrays: subject(*arrays, reduction="sum"), argnums=positions)
    return (lambda *arrays: [derive(*arrays)]) if len(positions) == 1 else derive


def bends_of(subject: Subject, position: int, others: Sequence[int]) -> Callable[..., Any]:
    """What gives the derivatives, in other arrays, of the gradient in one along its direction."""
    of_one, along = slopes_of(subject, position), of_mlx(direction(subject, position))
    derive = mx.grad(lambda *arrays: mx.sum(of_one(*arrays)[0] * along), argnums=tuple(others))
    return (lambda *arrays: [derive(*arrays)]) if len(others) == 1 else derive


def close_bend(subject: Subject, got: Any, position: int, along: int, what: Any = "") -> None:
    want = within_sums(subject, position, bend(subject, position, along))
    close(within_sums(subject, position, got), want, FAR, f"{what}: in {position}, along {along}")


@demand("mlx.core")
def gradients_in_turn(subject: Subject) -> None:
    """Gradients in one array, then in another, then in the first again, and after an error."""
    first, *others = floating(subject)
    for i in [first, *[i for other in others or [first] for i in (other, first)]]:
        close(slopes_of(subject, i)(*given(subject))[0], slope(subject, i), NEAR, f"in {i}")
        with pytest.raises((lossary.LossInputError, lossary.LossTypeError)):
            subject(*given(subject), reduction="no such reduction")


@demand("mlx.core")
def compiled_and_eager_in_turn(subject: Subject) -> None:
    """The gradients in all arrays: compiled, as they are, and compiled again."""
    wrt, arrays = floating(subject), given(subject)
    derive = slopes_of(subject, *wrt)
    compiled = mx.compile(derive)
    for how in (compiled, derive, compiled):
        for i, got in zip(wrt, how(*arrays), strict=True):
            close(got, slope(subject, i), NEAR, f"{how}: in {i}")


@demand("mlx.core", lambda subject: subject.batches)
def of_any_size(subject: Subject) -> None:
    """Ten numbers of examples, there and back, through one function."""
    i = subject.wrt[0]
    derive = mx.grad(lambda *arrays: subject(*arrays, reduction="sum"), argnums=i)
    found = {}
    for count in (*SIZES, *reversed(SIZES)):
        got = np.asarray(derive(*map(of_mlx, subject.resized(count))))
        np.testing.assert_array_equal(got, found.setdefault(count, got), err_msg=f"{count}")
    for count in SIZES[:2]:
        close(found[count], slope_at(subject, list(subject.resized(count)), i), NEAR, f"{count}")


@demand("mlx.core")
def without_shapes(subject: Subject) -> None:
    """`shapeless=True` is refused: the sizes that a mean is divided by would stay those of the first call."""
    for function in (subject, lambda *arrays: slopes_of(subject, *floating(subject))(*arrays)):
        with pytest.raises(ValueError, match="cannot infer output shapes"):
            mx.compile(function, shapeless=True)(*given(subject))


@demand("mlx.core")
def mapped(subject: Subject) -> None:
    """The losses and gradients of several batches by `vmap`, along other axes than the first as well."""
    wrt = floating(subject)
    batches = [mx.stack([a, a], axis=a.ndim) for a in given(subject)]
    axes = tuple([a.ndim - 1 for a in batches])
    losses = mx.vmap(lambda *arrays: subject(*arrays, reduction="sum"), in_axes=axes)
    close(losses(*batches), [total(subject, subject.arrays)] * 2, NEAR, "losses")
    inside = mx.vmap(slopes_of(subject, *wrt), in_axes=axes)(*batches)
    around = mx.grad(lambda *arrays: mx.sum(losses(*arrays)), argnums=wrt)(*batches)
    for i, g, whole in zip(wrt, inside, around if len(wrt) > 1 else [around], strict=True):
        for k in range(2):
            close(g[k], slope(subject, i), NEAR, f"inside, batch {k}: in {i}")
            close(whole[..., k], slope(subject, i), NEAR, f"around, batch {k}: in {i}")


@demand("mlx.core")
def mapped_beside(subject: Subject) -> None:
    """One array in several batches, the others in all of them: the gradients in these are summed."""
    arrays, i = given(subject), subject.wrt[0]
    several = [mx.stack([a, a]) if k == i else a for k, a in enumerate(arrays)]
    axes = tuple([0 if k == i else None for k in range(len(arrays))])
    losses = mx.vmap(lambda *a: subject(*a, reduction="sum"), in_axes=axes)
    for j in floating(subject):
        got = mx.grad(lambda *a: mx.sum(losses(*a)), argnums=j)(*several)
        close(mx.sum(got, axis=0) if j == i else got, 2.0 * slope(subject, j), NEAR, f"in {j}")


def _has_a_loss_of_each(subject: Subject) -> bool:
    return subject.batches and subject.loss not in (*BY_A_RULE, *OF_SEQUENCES)


@demand("mlx.core", _has_a_loss_of_each)
def mapped_weights(subject: Subject) -> None:
    """Weights and masks of several batches, beside arrays that these have in common: as one by one."""
    arrays, i = given(subject), subject.wrt[0]
    weights = mx.array([[0.5, 2.0, 1.0], [1.0, 0.25, 3.0]], dtype=mx.float64)
    where = mx.array([[True, False, True], [False, True, True]])
    for reduction in ("mean", "weighted_mean", "none"):

        def loss(x: Any, w: Any, m: Any, reduction: str = reduction) -> Any:
            moved = [x if k == i else a for k, a in enumerate(arrays)]
            return mx.sum(subject(*moved, weights=w, where=m, reduction=reduction))

        derive = mx.value_and_grad(loss, argnums=(0, 1))
        for axes in ((None, 0, 0), (None, 0, None), (None, None, 0)):
            beside = [b if axis == 0 else b[0] for b, axis in zip((weights, where), axes[1:], strict=True)]
            value, (of_x, of_w) = mx.vmap(derive, in_axes=axes)(arrays[i], *beside)
            for k in range(2):
                one = [b[k] if axis == 0 else b for b, axis in zip(beside, axes[1:], strict=True)]
                want, slopes = derive(arrays[i], *one)
                for got, expected in zip((value, of_x, of_w), (want, *slopes), strict=True):
                    close(got[k], expected, 1e-12, f"{reduction}, {axes}, batch {k}")


@demand("mlx.core")
def second_derivatives(subject: Subject) -> None:
    """Second derivatives, mixed ones among them, by `grad` of `grad`."""
    wrt = floating(subject)
    for i in subject.wrt:
        for j, got in zip(wrt, bends_of(subject, i, wrt)(*given(subject)), strict=True):
            close_bend(subject, got, j, i)


@demand("mlx.core", lambda subject: subject.loss not in BY_A_RULE)
def compiled_second_derivatives(subject: Subject) -> None:
    """Second derivatives in the first array, compiled; those of matrices are too much for MLX 0.32."""
    i = subject.wrt[0]
    (got,) = mx.compile(bends_of(subject, i, [i]))(*given(subject))
    close_bend(subject, got, i, i)


@demand("mlx.core")
def hessians(subject: Subject) -> None:
    """The whole Hessian: `vmap` of products with vectors, by reverse and by forward mode."""
    i, arrays = subject.wrt[0], given(subject)
    x, of_one = arrays[i], slopes_of(subject, i)
    units = mx.eye(x.size, dtype=x.dtype).reshape(x.size, *x.shape)

    def derive(x: Any) -> Any:
        return of_one(*[x if k == i else a for k, a in enumerate(arrays)])[0]

    def backward(unit: Any) -> Any:
        return mx.vjp(derive, [x], [unit])[1][0]

    def forward(unit: Any) -> Any:
        return mx.jvp(derive, [x], [unit])[1][0]

    for rows in (mx.vmap(backward), mx.vmap(forward)):
        got = np.tensordot(np.asarray(rows(units)), direction(subject, i).ravel(), (0, 0))
        close_bend(subject, got, i, i)


@demand("mlx.core")
def forward_mode(subject: Subject) -> None:
    """Derivatives along a direction, by `jvp` in each array and in all."""
    wrt = floating(subject)
    for positions in [*[(i,) for i in wrt], wrt]:
        arrays = given(subject)

        def loss(*values: Any, arrays: Any = arrays, positions: Any = positions) -> Any:
            merged = dict(enumerate(arrays)) | dict(zip(positions, values, strict=True))
            return subject(*merged.values(), reduction="sum")

        tangents = [of_mlx(direction(subject, i)) for i in positions]
        (got,) = mx.jvp(loss, [arrays[i] for i in positions], tangents)[1]
        want = sum(np.sum(slope(subject, i) * direction(subject, i)) for i in positions)
        close(got, want, NEAR, f"in {positions}")


@demand("mlx.core")
def checkpoints(subject: Subject) -> None:
    """Gradients through `mx.checkpoint`, which computes the value again."""
    wrt = floating(subject)
    loss = mx.checkpoint(lambda *arrays: subject(*arrays, reduction="sum"))
    found = mx.grad(loss, argnums=wrt)(*given(subject))
    for i, got in zip(wrt, found if len(wrt) > 1 else [found], strict=True):
        close(got, slope(subject, i), NEAR, f"in {i}")


@demand("mlx.core")
def nothing_kept(subject: Subject) -> None:
    """What a loss and its gradients took is free again when they are dropped."""
    derive = slopes_of(subject, *floating(subject))
    arrays = given(subject)
    mx.eval(arrays)
    used = []
    for _ in range(3):
        mx.eval(derive(*arrays), subject(*arrays))
        gc.collect()
        used.append(mx.get_active_memory())
    assert used[0] == used[1] == used[2], used

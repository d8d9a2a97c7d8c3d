"""`check_loss` accepts lossary's losses, and says what is wrong with what people write."""

import functools
import importlib.util

import numpy as np
import pytest

import lossary
from lossary.testing import check_loss

needs_jax = pytest.mark.skipif(not importlib.util.find_spec("jax"), reason="jax is not installed")
needs_torch = pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="torch is not installed")

BOUNDED = ("saturation",)
GOOD = {
    "logits": [
        (lossary.sigmoid_binary_cross_entropy, ()),
        (lossary.sigmoid_focal, ()),
        (lossary.hinge, ()),
        (lossary.squared_hinge, ()),
    ],
    "probs": [(lossary.binary_cross_entropy, ()), (lossary.binary_focal, ())],
    "classes": [
        (lossary.softmax_cross_entropy, ()),
        (lossary.softmax_focal, ()),
        (lossary.multiclass_hinge, ()),
        (lossary.softmax_generalized_cross_entropy, BOUNDED),
    ],
    "real": [
        (lossary.squared_error, ()),
        (lossary.absolute_error, ()),
        (lossary.huber, ()),
        (lossary.log_cosh, ()),
        (functools.partial(lossary.pinball, quantile=0.9), ()),
    ],
}


@pytest.mark.parametrize(
    ("kind", "loss", "skip"), [(kind, *row) for kind, rows in GOOD.items() for row in rows]
)
def test_losses_of_this_library(kind, loss, skip):
    check_loss(loss, kind=kind, libraries=_fast(), skip=skip)


def _fast() -> list[str]:
    return ["numpy", *(["torch"] if importlib.util.find_spec("torch") else [])]


@needs_jax
@pytest.mark.parametrize(("kind", "loss"), [("logits", lossary.sigmoid_focal), ("real", lossary.huber)])
def test_losses_of_this_library_on_jax(kind, loss):
    check_loss(loss, kind=kind, libraries=["numpy", "jax"])


def complaints(loss, kind, *names: str, skip=()) -> str:
    with pytest.raises(AssertionError) as caught:
        check_loss(loss, kind=kind, libraries=names, skip=skip)
    return str(caught.value)


def test_an_epsilon():
    def clipped(x, y):
        p = np.clip(1 / (1 + np.exp(-x)), 1e-7, 1 - 1e-7)
        return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()

    text = complaints(clipped, "logits", "numpy")
    assert text.startswith("clipped: 1 of 8 checks failed\nsaturation: 2 complaints\n")
    assert "target 1: the loss is 16.1181 at logit -100, no more than at -40: clipped by an epsilon?" in text
    check_loss(clipped, kind="logits", libraries=["numpy"], skip=["saturation"])


@needs_jax
def test_the_gradient_at_zero_on_jax():
    import jax.numpy as jnp

    def stable(x, y):
        return jnp.maximum(x, 0) - x * y + jnp.log1p(jnp.exp(-jnp.abs(x)))

    def where(x, y):
        return jnp.where(x > 0, x, 0) - x * y + jnp.log1p(jnp.exp(-jnp.abs(x)))

    def right(x, y):
        return jnp.logaddexp(x, jnp.zeros_like(x)) - x * y

    text = complaints(stable, "logits", "jax")
    assert text.startswith("stable: 1 of 8 checks failed\nderivative: 2 complaints\n")
    assert "jax: autodiff gives 0, finite differences 0.5 at logit 0, target 0" in text
    assert "jax: autodiff gives -0.5, finite differences 0.5 at logit 0, target 0" in complaints(
        where, "logits", "jax"
    )
    check_loss(right, kind="logits", libraries=["jax"])


@needs_torch
def test_the_gradient_at_zero_on_torch():
    import torch

    def clamped(x, y):
        return x.clamp(min=0) - x * y + torch.log1p(torch.exp(-x.abs()))

    text = complaints(clamped, "logits", "torch")
    assert "torch: autodiff gives 1, finite differences 0.5 at logit 0, target 0" in text
    check_loss(torch.nn.functional.binary_cross_entropy_with_logits, kind="logits", libraries=["torch"])


@needs_torch
def test_nan_at_large_logits():
    import torch

    def naive(x, y):
        p = torch.sigmoid(x)
        return -(y * torch.log(p) + (1 - y) * torch.log(1 - p))

    text = complaints(naive, "logits", "torch")
    assert "finite:" in text
    assert "torch, float64: the loss is nan at logit 40, target 1" in text

    def softmax(x, y):
        p = torch.exp(x) / torch.exp(x).sum(-1, keepdim=True)
        return -torch.log(p[torch.arange(len(y)), y])

    assert "the loss is nan at logits [10000, 0, 0], target 0" in complaints(softmax, "classes", "torch")
    check_loss(torch.nn.functional.cross_entropy, kind="classes", libraries=["torch"])


@needs_torch
def test_a_gradient_that_is_nan_behind_where():
    import torch

    def root(x, y):
        d = x - y
        return torch.where(d.abs() > 1, torch.sqrt(d.abs() - 1), torch.zeros_like(d))

    assert "the gradient is nan at prediction" in complaints(root, "real", "torch", skip=["minimum"])


@pytest.mark.parametrize(
    ("loss", "kind", "check", "complaint"),
    [
        (lambda x, y: (x - y) ** 3, "real", "non-negative", "the loss is -8 at prediction 0, target 2"),
        (lambda x, y: (x - y - 1) ** 2, "real", "minimum", "and 1 at 0, which is right"),
        (lambda x, y: np.log1p(np.exp((2 * y - 1) * x)), "logits", "minimum", "costs no more than 100"),
        (
            lambda x, y: np.sum((x - y) ** 2) / (len(x) + 1),
            "real",
            "reductions",
            "but the mean of its examples is",
        ),
        (lambda x, y: (x - y[:, None]) ** 2, "real", "reductions", "expected (18,) or one number"),
        (
            lambda x, y, reduction="none": ((x - y) ** 2).sum(),
            "real",
            "reductions",
            "reduction='none' has shape ()",
        ),
    ],
)
def test_wrong_losses(loss, kind, check, complaint):
    text = complaints(loss, kind, "numpy")
    assert f"\n{check}: " in text
    assert complaint in text


def test_a_wrong_mean():
    def loss(x, y, reduction="mean"):
        each = (x - y) ** 2
        return {"none": each, "sum": each.sum(), "mean": each.sum() / (each.size + 1)}[reduction]

    assert "reduction='mean' is " in complaints(loss, "real", "numpy")


@needs_jax
@needs_torch
def test_libraries_that_differ_and_that_do_not_run():
    def differs(x, y):
        return (x - y) ** 2 * (1.001 if type(x).__module__.startswith("torch") else 1.0)

    assert "numpy returns 4, torch 4.004 at prediction 0, target 2" in complaints(
        differs, "real", "numpy", "torch"
    )

    def in_place(x, y):
        x -= y
        x[:] = x**2
        return x

    text = complaints(in_place, "real", "numpy", "jax")
    assert text.startswith("in_place: 1 of 9 checks failed\nruns: 1 complaint\n  jax: ")
    assert "libraries= names the libraries to check" in text


@needs_jax
def test_jit():
    def branches(x, y):
        return (x - y) ** 2 if float(x.sum()) == float(x.sum()) else x

    text = complaints(branches, "real", "jax")
    assert "\njit: 1 complaint\n  ConcretizationTypeError: " in text
    check_loss(branches, kind="real", libraries=["jax"], skip=["jit", "derivative", "finite"])


def test_wrong_calls():
    with pytest.raises(ValueError, match="there is no check 'speed'; the checks are finite, "):
        check_loss(lossary.huber, kind="real", skip=["speed"])
    with pytest.raises(ValueError, match="`libraries` must be among numpy, jax, torch, got 'theano'"):
        check_loss(lossary.huber, kind="real", libraries=["theano"])

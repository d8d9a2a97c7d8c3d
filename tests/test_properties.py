"""What must hold for every input, tried on inputs that Hypothesis makes up."""

import inspect
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import lossary
from lossary import _arguments as k
from lossary._kernel import Argument, Kernel
from tests import reference
from tests.accuracy import ulps
from tests.contract.subjects import shape_of
from tests.libraries import Library
from tests.reference import Expected
from tests.test_precision import KERNELS, asked_for

N, K = 6, 4
TRIES = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)

EPS = 2.0**-23
"""The unit of float32, in which all of these run."""


def floats(low: float, high: float) -> st.SearchStrategy:
    return st.floats(low, high, width=32, allow_subnormal=False)


def vectors(low: float, high: float, shape: Any = N) -> st.SearchStrategy:
    return arrays("float32", shape, elements=floats(low, high))


LOGITS = vectors(-1e4, 1e4)
ROWS = vectors(-1e4, 1e4, (N, K))
UNIT = vectors(0, 1)
IDS = arrays("int64", N, elements=st.integers(0, K - 1))
GAMMA = st.sampled_from([0.0, 0.5, 1.0, 2.0, 5.0])
SMOOTHING = st.sampled_from([0.0, 0.1, 0.5])


OPTIONS = {
    "gamma": GAMMA,
    "alpha": st.sampled_from([None, 0.25, 0.75]),
    "label_smoothing": SMOOTHING,
    "pos_weight": st.sampled_from([1.0, 3.0]),
    "delta": st.sampled_from([0.3, 1.0, 100.0]),
    "beta": st.sampled_from([0.3, 1.0, 100.0]),
    "quantile": st.sampled_from([0.0, 0.5, 0.9]),
    "fp_weight": st.sampled_from([0.3, 0.5, 1.5]),
    "smooth": st.sampled_from([0.0, 1.0]),
}


def distributions(shape: Any) -> st.SearchStrategy:
    return vectors(2**-20, 1, shape).map(lambda e: e / e.sum(axis=-1, keepdims=True))


def boxes(shape: Any) -> st.SearchStrategy:
    """By corners."""
    sizes = vectors(2**-10, 1e2, (*shape[:-1], 2))
    return st.tuples(sizes, sizes).map(lambda pair: np.concatenate([pair[0], pair[0] + pair[1]], axis=-1))


INPUTS: dict[Argument, Any] = {
    k.PREDICTIONS: lambda shape: vectors(-1e3, 1e3, shape),
    k.TARGETS: lambda shape: vectors(-1e3, 1e3, shape),
    k.LOGITS: lambda shape: vectors(-80, 80, shape),
    k.PROBS: lambda shape: vectors(2**-20, 1 - 2**-20, shape),
    k.CLASS_PROBS: distributions,
    k.LOG_PROBS: lambda shape: distributions(shape).map(np.log),
    k.LABELS: lambda shape: vectors(0, 1, shape),
    k.CLASS_IDS: lambda shape: arrays("int64", shape, elements=st.integers(0, K - 1)),
    k.CLASS_LABELS: distributions,
    k.LOG_LABELS: lambda shape: distributions(shape).map(np.log),
    k.RANKS: lambda shape: arrays("int64", shape, elements=st.integers(0, K)),
    k.BINS: lambda shape: vectors(0, K - 1, shape),
    k.COSINES: lambda shape: vectors(-0.875, 0.875, shape),
    k.CHOSEN_LOG_PROBS: lambda shape: vectors(-20, -(2**-10), shape),
    k.REJECTED_LOG_PROBS: lambda shape: vectors(-20, -(2**-10), shape),
    k.QUANTITIES: lambda shape: vectors(2**-20, 2**20, shape),
    k.SIGNS: lambda shape: vectors(-1, 1, shape),
    k.AMOUNTS: lambda shape: vectors(-0.5, 1e3, shape),
    k.TRUE_AMOUNTS: lambda shape: vectors(-0.5, 1e3, shape),
    k.RATES: lambda shape: vectors(2**-20, 1e3, shape),
    k.LOG_RATES: lambda shape: vectors(-20, 20, shape),
    k.CHOSEN: lambda shape: vectors(-80, 80, shape),
    k.REJECTED: lambda shape: vectors(-80, 80, shape),
    k.LOG_RATIOS: lambda shape: vectors(-80, 80, shape),
    k.BASELINES: lambda shape: vectors(0, 20, shape),
    k.LOG_MEANS: lambda shape: vectors(-20, 20, shape),
    k.MEANS: lambda shape: vectors(2**-20, 1e3, shape),
    k.DISPERSIONS: lambda shape: vectors(0, 10, shape),
    k.SCALES: lambda shape: vectors(2**-10, 1e3, shape),
    k.MEANS_OF_NORMALS: lambda shape: vectors(-1e3, 1e3, shape),
    k.PRIOR_MEANS: lambda shape: vectors(-1e3, 1e3, shape),
    k.PRIOR_VARIANCES: lambda shape: vectors(2**-10, 1e3, shape),
    k.COUNTS: lambda shape: vectors(0, 1e3, shape).map(np.round),
    k.VARIANCES: lambda shape: vectors(2**-20, 1e3, shape),
    k.RELEVANCES: lambda shape: vectors(0, 100, shape),
    Argument("labels"): lambda shape: vectors(0, 100, shape),
    k.ITEMS: lambda shape: arrays("bool", shape),
    k.LOG_HAZARDS: lambda shape: vectors(-80, 80, shape),
    k.TIMES: lambda shape: arrays("float32", shape, elements=st.integers(0, 3).map(float)),
    k.EVENTS: lambda shape: arrays("bool", shape),
    Argument("events"): lambda shape: arrays("bool", shape),
    k.SEGMENTS: lambda shape: arrays("int64", shape, elements=st.integers(0, 2)),
    **dict.fromkeys(k.BOXES["corners"], boxes),
    **{box: lambda shape: vectors(2**-10, 1e2, shape) for box in k.BOXES["center"]},
}
"""Away from the ends, where derivatives are one-sided."""
RANGES = {k.PREDICTIONS: (0, 1e4), k.LOGITS: (-1e4, 1e4), k.LOG_PROBS: (-1e4, 0)}


def each(kernels: list[Kernel]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("kernel", kernels, ids=lambda kernel: kernel.name + kernel.signature)


RISING = (
    *("squared_error", "half_squared_error", "absolute_error", "huber", "smooth_l1", "log_cosh", "pinball"),
    *("sigmoid_binary_cross_entropy", "sigmoid_focal", "binary_cross_entropy", "binary_focal"),
    *("softmax_cross_entropy", "softmax_focal", "categorical_cross_entropy", "categorical_focal"),
    "negative_log_likelihood",
)
"""Losses that grow with the error all the way."""
LOOSE = {
    "softmax_generalized_cross_entropy": 128,
    "logistic": 128,
    "cosface": 128,
    "brier": 128,
    "sigmoid_quality_focal": 256,
    **dict.fromkeys(("complete_iou", "distance_iou", "generalized_iou"), 128),
    "focal_tversky": 64,
    "sigmoid_focal_tversky": 64,
}
"""Where p underflows its power is the exponential of some hundred, which is rounded; and so is a product of
a soft label and a large logit, or a logit times 8 less a margin, or a smoothed label that is subtracted
from a probability near it, to be raised to a power. The slopes of the hull of two boxes cross zero, and for
nearly equal shapes the angle is a difference of products, whose square is in the loss. A power has a second
derivative that crosses zero where that of its base does not."""
DRAWABLE = [
    kernel
    for kernel in KERNELS
    if all(argument in INPUTS for argument in kernel.takes) and "cosine" not in kernel.name
]


def losses(library: Library, loss: Any, *inputs: np.ndarray, **options: Any) -> np.ndarray:
    result = library.call(loss, *map(library.array, inputs), reduction="none", **options)
    return library.to_numpy(result).astype("float64")


def gradient(library: Library, loss: Any, *inputs: np.ndarray, **options: Any) -> np.ndarray:
    derived = lossary.value_and_grad(loss)
    result = library.call(derived, *map(library.array, inputs), reduction="none", **options)[1]
    return library.to_numpy(result).astype("float64")


@TRIES
@given(x=LOGITS, p=UNIT, y=UNIT, gamma=GAMMA, smoothing=SMOOTHING)
def test_binary_losses_are_never_negative(
    library: Library, x: np.ndarray, p: np.ndarray, y: np.ndarray, gamma: float, smoothing: float
) -> None:
    calls: list[tuple[Any, np.ndarray, dict]] = [
        (lossary.sigmoid_binary_cross_entropy, x, {}),
        (lossary.binary_cross_entropy, p, {}),
        (lossary.sigmoid_focal, x, {"gamma": gamma}),
        (lossary.binary_focal, p, {"gamma": gamma}),
    ]
    for loss, first, options in calls:
        assert (losses(library, loss, first, y, label_smoothing=smoothing, **options) >= 0).all(), loss


@TRIES
@given(z=ROWS, ids=IDS, gamma=GAMMA, smoothing=SMOOTHING)
def test_losses_of_classes_are_never_negative(
    library: Library, z: np.ndarray, ids: np.ndarray, gamma: float, smoothing: float
) -> None:
    assert (losses(library, lossary.softmax_cross_entropy, z, ids, label_smoothing=smoothing) >= 0).all()
    focal = losses(library, lossary.softmax_focal, z, ids, gamma=gamma, label_smoothing=smoothing)
    assert (focal >= 0).all()


@TRIES
@given(x=vectors(-(2.0**50), 2.0**50), delta=st.sampled_from([1e-3, 1.0, 50.0]))
def test_regression_losses_are_zero_at_the_target_only(library: Library, x: np.ndarray, delta: float) -> None:
    other = x * np.float32(0.5) + 1
    for loss, options in (
        (lossary.squared_error, {}),
        (lossary.absolute_error, {}),
        (lossary.huber, {"delta": delta}),
        (lossary.half_squared_error, {}),
        (lossary.smooth_l1, {"beta": delta}),
        (lossary.log_cosh, {}),
        (lossary.pinball, {"quantile": 0.9}),
    ):
        assert not losses(library, loss, x, x, **options).any()
        assert not gradient(library, loss, x, x, **options).any()
        apart = losses(library, loss, x, other, **options)
        assert ((apart > 0) == (x != other)).all()


@TRIES
@given(x=LOGITS, y=UNIT, gamma=GAMMA, smoothing=SMOOTHING)
@example(x=np.zeros(N, "float32"), y=np.ones(N, "float32"), gamma=0.5, smoothing=0.0)
def test_a_binary_loss_is_that_of_two_classes(
    library: Library, x: np.ndarray, y: np.ndarray, gamma: float, smoothing: float
) -> None:
    """The logits of two classes are (0, x); a label y is the distribution (1-y, y)."""
    rows = np.stack([np.zeros_like(x), x], axis=-1)
    both = np.stack([1 - y, y], axis=-1)
    pairs: list[tuple[Any, Any, dict]] = [
        (lossary.sigmoid_binary_cross_entropy, lossary.softmax_cross_entropy, {}),
        (lossary.sigmoid_focal, lossary.softmax_focal, {"gamma": gamma}),
    ]
    for binary, multi, options in pairs:
        options = {**options, "label_smoothing": smoothing}
        np.testing.assert_allclose(
            losses(library, binary, x, y, **options),
            losses(library, multi, rows, both, **options),
            rtol=32 * EPS,
            atol=1e-30,
        )
        np.testing.assert_allclose(
            gradient(library, binary, x, y, **options),
            gradient(library, multi, rows, both, **options)[:, 1],
            rtol=32 * EPS,
            atol=32 * EPS,
        )


@TRIES
@given(z=ROWS, ids=IDS, gamma=GAMMA)
def test_ids_are_one_hot_distributions(
    library: Library, z: np.ndarray, ids: np.ndarray, gamma: float
) -> None:
    one_hot = np.eye(K, dtype="float32")[ids]
    for loss, options in ((lossary.softmax_cross_entropy, {}), (lossary.softmax_focal, {"gamma": gamma})):
        for function in (losses, gradient):
            np.testing.assert_allclose(
                function(library, loss, z, ids, **options),
                function(library, loss, z, one_hot, **options),
                rtol=8 * EPS,
                atol=1e-35,
            )


@TRIES
@given(z=ROWS, ids=IDS, smoothing=SMOOTHING)
def test_smoothing_is_a_smoothed_distribution(
    library: Library, z: np.ndarray, ids: np.ndarray, smoothing: float
) -> None:
    smoothed = (1 - smoothing) * np.eye(K) + smoothing / K
    by_itself = library.to_numpy(
        lossary.smooth_labels(library.array(np.eye(K, dtype=int)), label_smoothing=smoothing)
    )
    np.testing.assert_allclose(by_itself, smoothed, rtol=EPS)
    for loss in (lossary.softmax_cross_entropy, lossary.softmax_focal):
        np.testing.assert_allclose(
            losses(library, loss, z, ids, label_smoothing=smoothing),
            losses(library, loss, z, smoothed[ids].astype("float32")),
            rtol=16 * EPS,
            atol=1e-30,
        )


@TRIES
@given(z=ROWS, ids=IDS, shift=floats(-8, 8))
def test_softmax_losses_see_differences_of_logits_only(
    library: Library, z: np.ndarray, ids: np.ndarray, shift: float
) -> None:
    z = np.round(z)  # so that shifting by whole numbers is exact
    moved = z + np.float32(round(shift))
    for loss in (lossary.softmax_cross_entropy, lossary.softmax_focal):
        np.testing.assert_allclose(
            losses(library, loss, z, ids), losses(library, loss, moved, ids), rtol=1e-6, atol=1e-35
        )
        total = gradient(library, loss, z, ids).sum(axis=-1)
        np.testing.assert_allclose(total, 0, atol=64 * EPS)


def options_of(kernel: Kernel, *names: str) -> st.SearchStrategy:
    known = inspect.signature(getattr(lossary, kernel.name)).parameters
    drawn = st.fixed_dictionaries({name: OPTIONS[name] for name in names if name in known})
    return drawn.map(lambda options: {**options, **asked_for(kernel)})


def path(kernel: Kernel, v: np.ndarray, toward: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Inputs along which the error rises with v, or falls; 1 or -1 for which."""
    first, second = kernel.takes
    if first == k.PREDICTIONS:
        return (v if toward else -v), np.zeros_like(v), 1
    if second == k.LABELS:
        return v, np.full_like(v, toward), -1 if toward else 1
    others = (1 - v) / 2 if first == k.CLASS_PROBS else np.full_like(v, -0.5)
    labels = np.ones(v.size, "int64")
    labels = labels if second == k.CLASS_IDS else np.eye(3, dtype="float32")[labels]
    return np.stack([others, v, others], axis=-1), labels, -1


@each([kernel for kernel in KERNELS if kernel.name in RISING])
@TRIES
@given(data=st.data())
def test_losses_rise_with_the_error(kernel: Kernel, data: st.DataObject) -> None:
    v = np.unique(data.draw(vectors(*RANGES.get(kernel.takes[0], (0, 1)))))
    options = data.draw(options_of(kernel, "gamma", "alpha", "pos_weight", "delta"))
    for toward in (0, 1):
        x, y, sign = path(kernel, v, toward)
        loss = losses(Library(), getattr(lossary, kernel.name), x, y, **options)
        rise, larger = sign * np.diff(loss), np.maximum(loss[1:], loss[:-1])
        assert (rise >= -4 * EPS * np.minimum(loss[1:], loss[:-1])).all()
        assert (rise > 0)[(np.diff(v) > 1 / 16) & (larger > 1e-30)].all()


@mp.workdps(150)
def differences(kernel: Kernel, x: np.ndarray, others: list[np.ndarray], options: dict) -> list[Expected]:
    """Gradient and curvature in each input: central differences of the reference, term by term.

    The curvature of a focal loss crosses zero: its unit is that of the gradient where that is larger.
    """
    h = mp.mpf(10) ** -40
    formula = reference.formula(kernel.name)
    if asked_for(kernel).get("axis") == ():
        formula = reference.of_each(formula)
    results = np.zeros((4, *x.shape))
    for index in np.ndindex(x.shape):
        sides = []
        at = np.vectorize(mp.mpf, "O")(x[index[0]].astype("float64"))
        beside = [a[index[0]].tolist() for a in others]
        of_example = reference.with_constants(formula, at.tolist(), *beside, **options)
        for step in (-h, 0, h):
            moved = at.copy()
            moved[index[1:]] += step
            sides.append(of_example(moved.tolist(), *beside, **options))
        slopes = [(after - before) / (2 * h) for before, _, after in zip(*sides, strict=True)]
        bends = [(after - 2 * at + before) / h**2 for before, at, after in zip(*sides, strict=True)]
        steepest = max(map(abs, slopes))
        results[:, *index] = mp.fsum(slopes), steepest, mp.fsum(bends), max(steepest, *map(abs, bends))
    return [Expected(*results[:2]), Expected(*results[2:])]


def _common_edges(x: np.ndarray, y: np.ndarray, form: str) -> np.ndarray:
    (first, second), (a, b) = (np.split(boxes, 2, axis=-1) for boxes in (x, y))
    if form == "center":
        first, second, a, b = first - second / 2, first + second / 2, a - b / 2, a + b / 2
    return np.stack([np.isclose(p, t, rtol=1e-5) for p in (first, second) for t in (a, b)])


def is_at_kink(kernel: Kernel, x: np.ndarray, y: np.ndarray, options: dict) -> bool:
    """Where a one-sided derivative is no difference: where an error, a margin or a gap is 0, 1 or delta."""
    x, y = x.astype("float64"), y.astype("float64")
    if kernel.name == "absolute_percentage_error" and not y.all():
        return True
    if kernel.name == "symmetric_absolute_percentage_error" and not x.all():
        return True
    if kernel.name == "crps_ensemble" and len(np.unique(x)) < x.size:
        return True
    if kernel.name.startswith("lovasz"):
        errors = np.abs(x - y) if kernel.takes[0] == k.PROBS else 1 - (2 * y - 1) * x
        gaps = np.diff(np.sort(errors, axis=-1), axis=-1)
        kinks = np.concatenate([np.isclose(errors, 0, atol=1e-5), gaps < 1e-5], axis=-1)
    elif kernel.takes[0].domain.box:
        kinks = _common_edges(x, y, kernel.takes[0].domain.box)
    elif options.get("overlap") == "minimum":
        kinks = np.isclose(x if kernel.takes[0] == k.PROBS else 1 / (1 + np.exp(-x)), y, rtol=0, atol=1e-6)
    elif kernel.takes[1] == k.TARGETS:
        y = y[..., None] if x.ndim > y.ndim else y
        kinks = np.isin(np.abs(x - y), np.float32([0, options.get("delta", 0), options.get("beta", 0)]))
    elif kernel.takes[0] == k.LOGITS and kernel.takes[1] in (k.SIGNS, k.LABELS) and not kernel.has_classes:
        kinks = np.isin(np.abs(x * (y if k.SIGNS in kernel.takes else 2 * y - 1)), [0, 1])
    elif kernel.name == "multiclass_sparsemax":  # the edge of the support
        kinks = np.maximum(x[..., None] - x[..., None, :], 0).sum(axis=-2) == 1
    elif kernel.name.startswith("multi"):
        gaps = x[..., None] - x[..., None, :]
        kinks = np.isin(gaps, [0, 1])[..., ~np.eye(K, dtype=bool)]
    else:
        return False
    return bool(kinks.any())


@each(DRAWABLE)
@settings(TRIES, max_examples=20)
@given(data=st.data())
def test_derivatives_are_central_differences(kernel: Kernel, data: st.DataObject) -> None:
    shapes = [shape_of(core, (2, K, 2)) for core in kernel.cores]
    x, *others = (data.draw(INPUTS[a](shape)) for a, shape in zip(kernel.takes, shapes, strict=True))
    if kernel.name.startswith("lovasz"):  # which counts labels
        others[0] = np.round(others[0])
    options = data.draw(options_of(kernel, *OPTIONS))
    assume(not is_at_kink(kernel, x, others[0], options))
    derive = lossary.value_grad_hess(getattr(lossary, kernel.name))
    _, *got = derive(x, *others, reduction="none", **options)
    given_ = {name: value for name, value in options.items() if "axis" not in name}
    for result, want in zip(got, differences(kernel, x, others, given_), strict=True):
        assert ulps(result, want, "float32").max() <= LOOSE.get(kernel.name, 32)


@pytest.mark.parametrize("min_prob", [1e-7, 1e-3])
def test_a_floor_bounds_the_loss_and_keeps_the_gradient(library: Library, min_prob: float) -> None:
    p = np.asarray([0.0, min_prob / 2, 1 - min_prob / 2, 1.0, 0.5], dtype="float32")
    for y, floor in ((1.0, [0, 1]), (0.0, [2, 3])):
        y = np.full_like(p, y)
        options = {"min_prob": min_prob}
        value = losses(library, lossary.binary_cross_entropy, p, y, **options)
        grad = gradient(library, lossary.binary_cross_entropy, p, y, **options)
        np.testing.assert_allclose(value[floor], -np.log(min_prob), rtol=1e-6)
        np.testing.assert_allclose(np.abs(grad[floor]), 1 / min_prob, rtol=1e-6)
        ceiling = [i for i in range(4) if i not in floor]
        np.testing.assert_allclose(value[ceiling], -np.log1p(-min_prob), rtol=1e-6)
        assert value[4] == pytest.approx(np.log(2), rel=1e-6)


@pytest.mark.parametrize("loss", [lossary.kl_divergence, lossary.jensen_shannon], ids=lambda f: f.__name__)
def test_divergences_at_their_ends(loss: Any, library: Library) -> None:
    """Of probabilities of 0 the value is the limit and the gradient finite; of equal ones both are 0."""
    p = np.asarray([[0.0, 1.0], [0.25, 0.75], [0.0, 1.0]], "float32")
    t = np.asarray([[0.5, 0.5], [0.25, 0.75], [0.0, 1.0]], "float32")
    js = (0.5 * np.log(2) + np.log(4 / 3) + 0.5 * np.log(2 / 3)) / 2
    first = np.inf if loss is lossary.kl_divergence else js
    np.testing.assert_allclose(losses(library, loss, p, t), [first, 0, 0], rtol=8 * EPS)
    assert np.isfinite(gradient(library, loss, p, t)).all()


def test_softmax_divergences_are_never_negative(library: Library) -> None:
    """Of what nearly agrees as well, where a sum of both signs would be rounding."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(500, 5)).astype("float32")
    e = np.exp(z.astype("float64"))
    t = (e / e.sum(axis=-1, keepdims=True)).astype("float32")
    for loss in (lossary.softmax_kl_divergence, lossary.softmax_jensen_shannon):
        values = losses(library, loss, z, t)
        assert (values >= 0).all()
        assert (values < 1e-12).all()

"""The objective by itself: bounds, constants, what it refuses. No library is needed."""

import copy
import inspect
import math
import pickle

import mpmath as mp
import numpy as np
import pytest

import lossary
from lossary.integrations._adapted import has_class_ids
from lossary.integrations.boosting import Objective
from lossary.integrations.boosting._check import _RAW

RNG = np.random.default_rng(0)
RAW = np.concatenate([np.linspace(-40.0, 40.0, 801), [0.0, -700.0, 700.0]])
GAMMAS = (0.0, 0.3, 0.5, 1.0, 2.0, 5.0)


def table_rows(classes: int, rows: int = 200) -> tuple[np.ndarray, np.ndarray]:
    scores = RNG.normal(size=(rows, classes)) * RNG.choice([0.3, 3.0, 30.0], size=(rows, 1))
    return scores, RNG.integers(classes, size=rows)


@pytest.mark.parametrize("gamma", GAMMAS)
@pytest.mark.parametrize("label", [0.0, 1.0, 0.3])
def test_upper_of_sigmoid_focal_bounds_the_exact_and_is_never_negative(gamma, label):
    y = np.full_like(RAW, label)
    _, exact = Objective(lossary.sigmoid_focal, gamma=gamma, curvature="exact").grad_hess(RAW, y)
    _, upper = Objective(lossary.sigmoid_focal, gamma=gamma).grad_hess(RAW, y)
    assert (upper >= exact).all()
    assert (upper >= 0).all()
    assert (exact < 0).any() == (gamma > 0)


def test_upper_of_sigmoid_focal_drops_one_term():
    """By hand: α·p·q^γ·((1+2γ)·q - γ²·p·log p), with p the probability of what is right."""
    gamma, alpha = 2.0, 0.25
    raw = np.array([-5.0, -2.0, 0.0, 1.5, 4.0])
    _, hess = Objective(lossary.sigmoid_focal, gamma=gamma, alpha=alpha).grad_hess(raw, np.ones(5))
    for x, h in zip(raw, hess, strict=True):
        p = 1 / (1 + mp.exp(-mp.mpf(x)))
        q = 1 - p
        wanted = alpha * p * q**gamma * ((1 + 2 * gamma) * q - gamma**2 * p * mp.log(p))
        assert h == pytest.approx(float(wanted), rel=1e-14)


@pytest.mark.parametrize("gamma", GAMMAS)
@pytest.mark.parametrize("classes", [2, 3, 10])
def test_upper_of_softmax_focal_bounds_the_diagonal(gamma, classes):
    scores, ids = table_rows(classes)
    _, exact = Objective(lossary.softmax_focal, gamma=gamma, curvature="exact").grad_hess(scores, ids)
    _, upper = Objective(lossary.softmax_focal, gamma=gamma).grad_hess(scores, ids)
    assert (upper >= exact).all()
    assert (upper >= 0).all()


def test_upper_of_softmax_bounds_the_matrix():
    """2·diag(p(1-p)) - (diag(p) - p·pᵀ) has no negative eigenvalue."""
    scores, ids = table_rows(5)
    _, upper = Objective(lossary.softmax_cross_entropy).grad_hess(scores, ids)
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    matrices = p[:, :, None] * np.eye(5) - p[:, :, None] * p[:, None, :]
    rest = upper[:, :, None] * np.eye(5) - matrices
    assert np.linalg.eigvalsh(rest).min() > -1e-15


STRAIGHT = [
    (lossary.absolute_error, {}),
    (lossary.pinball, {"quantile": 0.9}),
    (lossary.hinge, {}),
    (lossary.sigmoid_asymmetric, {}),
    (lossary.sigmoid_quality_focal, {}),
    (lossary.log_cosh, {}),
    (lossary.log_poisson, {}),
    (lossary.softmax_poly1, {"epsilon": -0.5}),
    (lossary.softmax_generalized_cross_entropy, {"power": 0.7}),
    (lossary.softmax_cross_entropy, {"z_weight": 1e-2}),
]


@pytest.mark.parametrize("loss", [lossary.sigmoid_ordinal, lossary.sigmoid_conditional_ordinal])
def test_thresholds_of_ordered_classes_are_convex_and_apart(loss):
    """There is one raw prediction fewer than there are classes; the curvature is the whole Hessian."""
    scores, ranks = table_rows(4)[0][:, :3], RNG.integers(4, size=200)
    (grad, upper), (_, exact) = (
        Objective(loss, curvature=curvature).grad_hess(scores, ranks.astype(float))
        for curvature in ("upper", "exact")
    )
    assert grad.shape == upper.shape == (200, 3)
    np.testing.assert_array_equal(upper, exact)
    assert (exact >= 0).all()
    with pytest.warns(UserWarning, match=r"pass base_score=0\.0"):
        Objective(loss)(ranks, np.full_like(scores, 0.5))
    with pytest.raises(lossary.LossInputError, match="class ids from 0 to 3"):
        Objective(loss).grad_hess(scores, ranks + 1.0)


@pytest.mark.parametrize(("loss", "options"), STRAIGHT)
def test_without_a_bound_no_step_is_larger_than_1(loss, options):
    scores, ids = table_rows(4)
    by_class = loss.__name__.startswith("softmax")
    raw, targets = (scores, ids) if by_class else (scores[:, 0], (ids > 1).astype(float))
    grad, hess = Objective(loss, **options).grad_hess(raw, targets)
    assert (np.abs(grad) <= hess).all()
    assert np.abs(grad).max() > 0


@pytest.mark.parametrize(
    ("loss", "options", "bound"),
    [
        (lossary.huber, {"delta": 2.0}, 1.0),
        (lossary.smooth_l1, {"beta": 4.0}, 0.25),
        (lossary.squared_hinge, {}, 2.0),
        (lossary.expectile, {"level": 0.9}, 1.8),
        (lossary.quantile_huber, {"quantile": 0.25, "delta": 2.0}, 0.75),
        (lossary.squared_epsilon_insensitive, {}, 2.0),
        (lossary.tukey_biweight, {}, 1.0),
        (lossary.general_robust, {"scale": 2.0}, 0.25),
    ],
)
def test_constant_bounds(loss, options, bound):
    weights = np.linspace(0.0, 3.0, 50)
    raw, targets = RNG.normal(size=50) * 10, RNG.integers(2, size=50)
    objective = Objective(loss, **options)
    assert objective.grad_hess(raw, targets, weights)[1] == pytest.approx(bound * weights)
    _, exact = Objective(loss, curvature="exact", **options).grad_hess(raw, targets)
    assert exact.max() <= bound


@pytest.mark.parametrize("curvature", ["upper", "exact", "step"])
@pytest.mark.parametrize(
    "loss", [lossary.sigmoid_focal, lossary.huber, lossary.softmax_focal, lossary.softmax_cross_entropy]
)
def test_a_weight_is_a_repetition(loss, curvature):
    scores, ids = table_rows(2, rows=20)
    raw = scores if loss.__name__.startswith("softmax") else scores[:, 0]
    weights = RNG.integers(0, 4, size=20)
    objective = Objective(loss, curvature=curvature)
    repeated = np.repeat(np.arange(20), weights)
    for weighted, all_of_them in zip(
        objective.grad_hess(raw, ids, weights), objective.grad_hess(raw[repeated], ids[repeated]), strict=True
    ):
        assert weighted.sum(axis=0) == pytest.approx(all_of_them.sum(axis=0), rel=1e-12)
    assert objective.value(raw, ids, weights) == pytest.approx(objective.value(raw[repeated], ids[repeated]))


@pytest.mark.parametrize(
    ("loss", "options", "targets", "constant"),
    [
        (lossary.sigmoid_binary_cross_entropy, {}, [0] * 97 + [1] * 3, math.log(3 / 97)),
        (lossary.sigmoid_binary_cross_entropy, {"pos_weight": 4.0}, [0] * 9 + [1], math.log(4 / 9)),
        (lossary.logistic, {"labels_in": "pm1"}, [-1, -1, -1, 1], math.log(1 / 3)),
        (lossary.sigmoid_focal, {"gamma": 2.0}, [0, 1], 0.0),
        (lossary.squared_error, {}, [150.0, 151.0, 160.0], 461 / 3),
        (lossary.absolute_error, {}, [3.0, -1.0, 1e6], 3.0),
        (lossary.pinball, {"quantile": 0.75}, list(range(10)), 7.0),
        (lossary.huber, {"delta": 1e9}, [1.0, 2.0, 6.0], 3.0),
        (lossary.log_poisson, {}, [0.0, 3.0, 5.0, 0.0], math.log(2.0)),
        (lossary.softmax_cross_entropy, {}, [0, 0, 1, 2, 2, 2], np.log([2, 1, 3]) - np.log(6) / 3),
    ],
)
def test_init_score_in_closed_form(loss, options, targets, constant):
    assert Objective(loss, **options).init_score(targets) == pytest.approx(constant, abs=1e-9)


def test_init_score_of_a_focal_loss_is_not_the_log_odds():
    """The slope that mpmath sees at the constant is 0; the log-odds are -3.34."""
    y = np.array([0] * 966 + [1] * 34)
    start = Objective(lossary.sigmoid_focal, gamma=2.0).init_score(y)
    assert start == pytest.approx(-1.24, abs=0.01)

    def mean(x):
        p = 1 / (1 + mp.exp(-x))
        return -0.034 * (1 - p) ** 2 * mp.log(p) - 0.966 * p**2 * mp.log(1 - p)

    assert abs(mp.diff(mean, start)) < 1e-12


def test_init_score_of_a_softmax_focal_loss_has_no_slope():
    y = np.repeat([0, 1, 2], [1000, 10, 3])
    objective = Objective(lossary.softmax_focal, gamma=2.0)
    start = objective.init_score(y)
    grad, _ = objective.grad_hess(np.tile(start, (len(y), 1)), y)
    assert np.abs(grad.sum(axis=0)).max() < 1e-8
    assert start.sum() == pytest.approx(0, abs=1e-12)


def test_init_score_knows_weights():
    objective = Objective(lossary.sigmoid_focal)
    y = np.array([0.0, 0.0, 0.0, 1.0])
    assert objective.init_score(y, [1, 1, 1, 3]) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("loss", "targets"),
    [
        (lossary.sigmoid_focal, np.ones(5)),
        (lossary.softmax_cross_entropy, [0, 2, 2]),
        (lossary.log_poisson, np.zeros(3)),
        (lossary.squared_error, []),
        (lossary.squared_error, [1.0, math.nan]),
        (lossary.multiclass_hinge, [0, 1, 2]),
    ],
)
def test_init_score_says_that_there_is_none(loss, targets):
    with pytest.raises(lossary.LossInputError):
        Objective(loss).init_score(targets)


def test_probabilities():
    raw = np.array([-800.0, 0.0, 1.0, 800.0])
    p = Objective(lossary.sigmoid_focal).probabilities(raw)
    assert p == pytest.approx([0.0, 0.5, 0.7310585786300049, 1.0], rel=1e-15)
    p = Objective(lossary.softmax_focal).probabilities([[0.0, math.log(3.0)], [1000.0, 0.0]])
    assert p == pytest.approx(np.array([[0.25, 0.75], [1.0, 0.0]]), rel=1e-15)
    assert Objective(lossary.logistic).probabilities(0.0) == 0.5
    with pytest.raises(lossary.LossInputError, match="are not logits"):
        Objective(lossary.squared_hinge).probabilities(raw)


@pytest.mark.parametrize(
    ("loss", "options", "complaint"),
    [
        (lossary.binary_focal, {}, "takes `probs` first"),
        (lossary.poisson, {}, "takes `rates` first"),
        (lossary.kl_divergence, {}, "takes `probs` first"),
        (lossary.nt_xent, {}, "takes `embeddings` first"),
        (lossary.sigmoid_dice, {}, "one for many of them together"),
        (lossary.cosine_distance, {}, "one for many of them together"),
        (lossary.sigmoid_focal, {"gamma": -1.0}, "`gamma` must be >= 0"),
        (lossary.sigmoid_focal, {"weights": [1.0, 2.0]}, "`weights` is not an option"),
        (lossary.sigmoid_focal, {"reduction": "mean"}, "`reduction` is not an option"),
        (lossary.softmax_cross_entropy, {"axis": 0}, "`axis` is not an option"),
        (lossary.huber, {"curvature": "lower"}, "`curvature` must be one of"),
    ],
)
def test_wrong_losses_and_options_show_at_once(loss, options, complaint):
    with pytest.raises(lossary.LossInputError, match=complaint):
        Objective(loss, **options)


LOSSES = [
    loss
    for name in lossary.__all__
    if name.islower()
    and (loss := getattr(lossary, name)) is not lossary.config
    and "reduction" in inspect.signature(loss).parameters
]


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
def test_every_loss_is_an_objective_or_says_why_not(loss):
    try:
        objective = Objective(loss)
    except lossary.LossInputError:
        first = next(iter(inspect.signature(loss).parameters))
        assert first not in _RAW or loss.__name__ in NOT_BY_ROWS
        return
    raw, targets = np.array([[0.3, -0.2], [0.1, 0.4], [-0.5, 2.0]]), np.array([0, 1, 1])
    if not has_class_ids(loss):
        raw, targets = raw[:, 0], np.ones(3)
    grad, hess = objective(targets, raw)
    assert grad.shape == hess.shape == raw.shape
    assert (hess >= 0).all()


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
def test_which_losses_take_class_ids_shows_in_what_they_declare(loss):
    """Those that take a row of scores, of probabilities or of their logarithms, and an id, not a number."""
    if next(iter(inspect.signature(loss).parameters)) not in ("logits", "cosines", "probs", "log_probs"):
        assert not has_class_ids(loss)
        return
    thirds = np.full((2, 3), 1.0 / 3.0)
    scores = np.log(thirds) if loss is lossary.negative_log_likelihood else thirds

    def takes(labels):
        try:
            return loss(scores, labels, reduction="none").shape == (2,)
        except (lossary.LossInputError, TypeError):
            return False

    assert (takes(np.zeros(2, dtype=int)) and not takes(np.full(2, 0.5))) == has_class_ids(loss)


NOT_BY_ROWS = {
    "complete_iou",
    "cosine_distance",
    "cosine_similarity",
    "cox",
    "crps_ensemble",
    "ctc",
    "distance_iou",
    "gaussian_crps",
    "gaussian_nll",
    "generalized_iou",
    "generalized_kl_divergence",
    "discrete_hazard",
    "interval_score",
    "iou",
    "laplace_nll",
    "list_mle",
    "log_negative_binomial",
    "lovasz_hinge",
    "multilabel_margin",
    "multilabel_soft_margin",
    "pairwise_logistic",
    "rnnt",
    "sigmoid_dice",
    "sigmoid_focal_tversky",
    "sigmoid_tversky",
    "softmax_jensen_shannon",
    "softmax_kl_divergence",
    "softmax_ranking",
    "student_t_nll",
    "softmax_distribution_focal",
    "zero_inflated_poisson",
}
"""They take raw predictions, and have one loss for several of them or for more than one target."""


def test_unknown_options_show_at_once():
    with pytest.raises(lossary.LossTypeError, match="sigmoid_focal has no option `gama`"):
        Objective(lossary.sigmoid_focal, gama=2.0)


@pytest.mark.parametrize("labels", [[-1, 1], [1, 2], [0, 255]])
def test_labels_outside_their_range_are_an_error(labels):
    with pytest.raises(lossary.LossInputError, match=r"must lie in \[0, 1\]"):
        Objective(lossary.sigmoid_binary_cross_entropy)(np.array(labels), np.zeros(2))


@pytest.mark.parametrize(
    ("raw", "ids", "complaint"),
    [
        (np.zeros((3, 3)), [0, 1, 3], "must be class ids from 0 to 2"),
        (np.zeros((3, 3)), [0, 1, 1.5], "must be whole numbers"),
        (np.zeros(3), [0, 1, 2], "a raw prediction per class"),
    ],
)
def test_wrong_class_ids_are_an_error(raw, ids, complaint):
    with pytest.raises(lossary.LossInputError, match=complaint):
        Objective(lossary.softmax_cross_entropy)(np.array(ids), raw)


@pytest.mark.parametrize("what", ["targets", "raw", "weights"])
def test_nan_is_an_error_that_names_the_rows(what):
    arrays = {"targets": np.zeros(5), "raw": np.ones(5), "weights": np.ones(5)}
    arrays[what][[1, 3]] = math.nan
    with pytest.raises(lossary.LossInputError, match="gradient of 2 of 5 rows is not finite") as caught:
        Objective(lossary.huber)(arrays["targets"], arrays["raw"], arrays["weights"])
    assert "rows 1, 3" in caught.value.__notes__[0]


def test_overflow_in_float32_is_an_error():
    with pytest.raises(lossary.LossInputError, match="not finite"):
        Objective(lossary.log_poisson)(np.ones(2), np.array([0.0, 100.0]))


def test_negative_weights_are_an_error():
    with pytest.raises(lossary.LossInputError, match="must not be negative"):
        Objective(lossary.huber)(np.zeros(2), np.ones(2), np.array([1.0, -1.0]))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_derivatives_are_float32_whatever_comes(dtype):
    raw = np.linspace(-3, 3, 7).astype(dtype)
    grad, hess = Objective(lossary.sigmoid_focal)(np.ones(7, dtype), raw)
    assert grad.dtype == hess.dtype == np.float32
    assert np.unique(grad).size == 7


def test_a_copy_and_a_pickle_do_the_same():
    objective = Objective(lossary.sigmoid_focal, gamma=3.0, curvature="step")
    for other in (pickle.loads(pickle.dumps(objective)), copy.deepcopy(objective)):
        assert repr(other) == repr(objective) == "Objective(sigmoid_focal, curvature='step', gamma=3.0)"
        for a, b in zip(other.grad_hess(RAW, RAW > 0), objective.grad_hess(RAW, RAW > 0), strict=True):
            assert (a == b).all()

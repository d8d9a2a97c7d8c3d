"""Scorers, beside scikit-learn's own and on what makes home-made ones wrong."""

import pickle
import subprocess
import sys
from functools import partial
from typing import Any

import numpy as np
import pytest

import lossary
from lossary import kernel
from tests.integrations.needs import needs

sklearn = needs("sklearn")

from sklearn.base import clone  # noqa: E402
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits  # noqa: E402
from sklearn.ensemble import RandomForestClassifier  # noqa: E402
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor, Ridge  # noqa: E402
from sklearn.metrics import get_scorer, log_loss, make_scorer  # noqa: E402
from sklearn.model_selection import (  # noqa: E402
    GridSearchCV,
    TunedThresholdClassifierCV,
    cross_val_score,
    cross_validate,
)
from sklearn.multiclass import OneVsRestClassifier  # noqa: E402
from sklearn.multioutput import MultiOutputClassifier  # noqa: E402
from sklearn.neighbors import KNeighborsClassifier  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.svm import SVC, LinearSVC  # noqa: E402

from lossary.integrations.sklearn import scorer  # noqa: E402


def logistic(**options: Any) -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000, **options))


@pytest.fixture(scope="module")
def cancer() -> tuple[np.ndarray, np.ndarray]:
    return load_breast_cancer(return_X_y=True)


@pytest.fixture(scope="module")
def named(cancer: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The same with names for labels."""
    return cancer[0], np.where(cancer[1] == 1, "benign", "malignant")


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    x, y = load_digits(return_X_y=True)
    return x[:600], y[:600]


@pytest.mark.parametrize(
    "loss",
    [
        lossary.sigmoid_binary_cross_entropy,
        lossary.logistic,
        lossary.softmax_cross_entropy,
        lossary.binary_cross_entropy,
        lossary.categorical_cross_entropy,
        lossary.negative_log_likelihood,
    ],
)
@pytest.mark.parametrize("labels", ["cancer", "named"])
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning:sklearn")
def test_two_classes_as_neg_log_loss(request, loss, labels):
    x, y = request.getfixturevalue(labels)
    own = cross_val_score(logistic(), x, y, scoring="neg_log_loss", cv=3)
    ours = cross_val_score(logistic(), x, y, scoring=scorer(loss), cv=3)
    assert ours == pytest.approx(own, rel=1e-12)


@pytest.mark.parametrize("loss", [lossary.softmax_cross_entropy, lossary.categorical_cross_entropy])
def test_several_classes_as_neg_log_loss(digits, loss):
    x, y = digits
    for labels in (y, np.array(list("zyxwvutsrq"))[y]):
        own = cross_val_score(logistic(), x, labels, scoring="neg_log_loss", cv=3)
        ours = cross_val_score(logistic(), x, labels, scoring=scorer(loss), cv=3)
        assert ours == pytest.approx(own, rel=1e-9)


def test_pos_label_says_what_counts_as_1(named):
    x, y = named
    model = logistic().fit(x, y)
    logits = model.decision_function(x)  # of classes_[1], "malignant"
    sick = y == "malignant"
    for pos_label, sign, labels in (("malignant", 1, sick), (None, 1, sick), ("benign", -1, ~sick)):
        score = scorer(lossary.sigmoid_focal, gamma=2.0, alpha=0.25, pos_label=pos_label)(model, x, y)
        wanted = lossary.sigmoid_focal(sign * logits, labels, gamma=2.0, alpha=0.25)
        assert score == pytest.approx(-float(wanted), rel=1e-12)
        score = scorer(lossary.binary_focal, gamma=2.0, alpha=0.25, pos_label=pos_label)(model, x, y)
        assert score == pytest.approx(-float(wanted), rel=1e-9)
    with pytest.raises(lossary.LossInputError, match=r"pos_label: 1 labels are not among"):
        scorer(lossary.sigmoid_focal, pos_label="sick")(model, x, y)


def test_squared_error_of_probabilities_is_the_brier_score(named):
    from sklearn.metrics import brier_score_loss

    x, y = named
    model = logistic().fit(x, y)
    for i, pos_label in enumerate(model.classes_):
        wanted = brier_score_loss(y, model.predict_proba(x)[:, i], pos_label=pos_label)
        brier = scorer(lossary.squared_error, pos_label=pos_label, response_method="predict_proba")
        assert brier(model, x, y) == pytest.approx(-wanted, rel=1e-12)
    with pytest.raises(lossary.LossInputError, match="a classifier predicts class labels"):
        scorer(lossary.squared_error)(model, x, y)


def test_a_fold_without_a_class_keeps_the_others_in_their_places(digits):
    x, y = digits
    model = logistic().fit(x, y)
    high = y >= 4
    score = scorer(lossary.softmax_cross_entropy)(model, x[high], y[high])
    wanted = log_loss(y[high], model.predict_proba(x[high]), labels=range(10))
    assert score == pytest.approx(-wanted, rel=1e-9)


def test_a_label_that_the_estimator_never_saw_is_an_error(digits):
    x, y = digits
    model = logistic().fit(x[y < 9], y[y < 9])
    with pytest.raises(lossary.LossInputError, match="not among the estimator's classes"):
        scorer(lossary.softmax_cross_entropy)(model, x, y)


def test_a_loss_of_two_classes_refuses_ten(digits):
    model = logistic().fit(*digits)
    with pytest.raises(lossary.LossInputError, match="a loss for two classes, but the estimator has 10"):
        scorer(lossary.sigmoid_focal)(model, *digits)


@pytest.mark.parametrize(
    ("loss", "options", "name"),
    [
        (lossary.squared_error, {}, "neg_mean_squared_error"),
        (lossary.absolute_error, {}, "neg_mean_absolute_error"),
        (lossary.absolute_percentage_error, {}, "neg_mean_absolute_percentage_error"),
        (lossary.squared_log_error, {}, "neg_mean_squared_log_error"),
    ],
)
def test_regression_as_scikit_learn(loss, options, name):
    x, y = load_diabetes(return_X_y=True)
    own = cross_val_score(Ridge(), x, y, scoring=name, cv=3)
    assert cross_val_score(Ridge(), x, y, scoring=scorer(loss, **options), cv=3) == pytest.approx(
        own, rel=1e-9
    )


def test_pinball_and_poisson_as_scikit_learn():
    from sklearn.metrics import mean_pinball_loss, mean_poisson_deviance

    x, y = load_diabetes(return_X_y=True)
    model = LinearRegression().fit(x, y)
    score = scorer(lossary.pinball, quantile=0.9)(model, x, y)
    assert score == pytest.approx(-mean_pinball_loss(y, model.predict(x), alpha=0.9), rel=1e-12)
    model = PoissonRegressor().fit(x, y)
    best = lossary.poisson(y, y)
    score = scorer(lossary.poisson)(model, x, y)
    assert 2 * (-score - float(best)) == pytest.approx(mean_poisson_deviance(y, model.predict(x)), rel=1e-9)


def test_hinge_of_a_support_vector_machine(cancer):
    from sklearn.metrics import hinge_loss

    x, y = cancer
    model = make_pipeline(StandardScaler(), LinearSVC(random_state=0)).fit(x, y)
    assert scorer(lossary.hinge)(model, x, y) == pytest.approx(-hinge_loss(y, model.decision_function(x)))
    assert scorer(lossary.hinge, labels_in="pm1")(model, x, y) == scorer(lossary.hinge)(model, x, y)


def test_search_takes_the_lowest_loss_for_the_best(cancer):
    x, y = cancer
    grid = {"logisticregression__C": [1e-6, 0.1]}
    search = GridSearchCV(logistic(), grid, scoring=scorer(lossary.sigmoid_focal), cv=3, n_jobs=2).fit(x, y)
    assert search.best_params_["logisticregression__C"] == 0.1
    assert (search.cv_results_["mean_test_score"] < 0).all()


def test_several_scorers_at_once(cancer):
    scores = cross_validate(
        logistic(), *cancer, scoring={"log": "neg_log_loss", "ours": scorer(lossary.logistic)}, cv=3
    )
    assert scores["test_ours"] == pytest.approx(scores["test_log"], rel=1e-12)


@pytest.mark.parametrize("name", ["sample_weight", "importance"])
def test_weights_are_routed(cancer, name):
    x, y = cancer
    weights = np.random.default_rng(0).uniform(0.1, 5.0, size=len(y))
    alias = True if name == "sample_weight" else name
    with sklearn.config_context(enable_metadata_routing=True):
        model = LogisticRegression(max_iter=20_000).set_fit_request(sample_weight=alias)
        data = {"X": x[:, :4], "y": y, "params": {name: weights}, "cv": 3}
        own = get_scorer("neg_log_loss")
        own = clone(own) if hasattr(own, "get_params") else own
        own = own.set_score_request(sample_weight=alias)
        ours = scorer(lossary.sigmoid_binary_cross_entropy).set_score_request(sample_weight=alias)
        scores = cross_val_score(model, scoring=ours, **data)
        assert scores == pytest.approx(cross_val_score(model, scoring=own, **data), rel=1e-12)
        unweighted = scorer(lossary.sigmoid_binary_cross_entropy).set_score_request(sample_weight=False)
        assert np.abs(cross_val_score(model, scoring=unweighted, **data) - scores).min() > 1e-4


def test_weights_that_nobody_asked_for_are_an_error(cancer):
    x, y = cancer
    with sklearn.config_context(enable_metadata_routing=True):
        model = LogisticRegression(max_iter=20_000).set_fit_request(sample_weight=True)
        with pytest.raises(Exception, match="sample_weight"):
            cross_val_score(
                model, x, y, scoring=scorer(lossary.logistic), params={"sample_weight": np.ones(len(y))}
            )


def test_pickle_and_repr():
    score = scorer(lossary.sigmoid_focal, gamma=3.0)
    assert repr(pickle.loads(pickle.dumps(score))) == repr(score) == "scorer(sigmoid_focal, gamma=3.0)"


def test_pandas_goes_in(named):
    pandas = needs("pandas")
    x, y = named
    frame, labels = pandas.DataFrame(x), pandas.Series(y, index=np.arange(len(y))[::-1])
    model = logistic().fit(frame, labels)
    assert scorer(lossary.logistic)(model, frame, labels) == pytest.approx(
        get_scorer("neg_log_loss")(model, x, y), rel=1e-12
    )


def test_an_estimator_without_the_method_is_an_error(cancer):
    model = RandomForestClassifier(n_estimators=3, random_state=0).fit(*cancer)
    with pytest.raises(lossary.LossTypeError, match="RandomForestClassifier has no `decision_function`"):
        scorer(lossary.sigmoid_focal)(model, *cancer)
    assert scorer(lossary.binary_focal, min_prob=1e-6)(model, *cancer) < 0


@pytest.mark.parametrize(
    ("loss", "options", "complaint"),
    [
        (lossary.nt_xent, {}, "takes `embeddings` first"),
        (lossary.sigmoid_dice, {}, "does not have one loss per example"),
        (lossary.huber, {"weights": np.ones(3)}, "`weights` is not an option"),
        (lossary.huber, {"detla": 1.0}, "has no option `detla`"),
    ],
)
def test_wrong_losses_and_options_show_at_once(loss, options, complaint):
    with pytest.raises((lossary.LossInputError, lossary.LossTypeError), match=complaint):
        scorer(loss, **options)


def test_values_and_derivatives_are_those_of_scikit_learns_private_losses():
    private = needs("sklearn._loss")
    rng = np.random.default_rng(3)
    raw, binary, counts = rng.normal(size=50) * 4, rng.integers(2, size=50), rng.poisson(3.0, size=50)
    real = rng.normal(size=50)
    pairs = [
        (private.HalfBinomialLoss(), lossary.sigmoid_binary_cross_entropy, binary, {}),
        (private.HalfSquaredError(), lossary.half_squared_error, real, {}),
        (private.HalfPoissonLoss(), lossary.log_poisson, counts, {}),
        (private.PinballLoss(quantile=0.8), lossary.pinball, real, {"quantile": 0.8}),
        (private.HuberLoss(delta=1.5), lossary.huber, real, {"delta": 1.5}),
    ]
    for theirs, ours, y, options in pairs:
        y = y.astype(float)
        value, grad, hess = lossary.value_grad_hess(ours)(raw, y, reduction="none", **options)
        assert value == pytest.approx(theirs.loss(y_true=y, raw_prediction=raw), rel=1e-12), theirs
        their_grad, their_hess = theirs.gradient_hessian(y_true=y, raw_prediction=raw)
        assert grad == pytest.approx(their_grad, rel=1e-12), theirs
        if isinstance(theirs, private.HalfBinomialLoss | private.HalfPoissonLoss):
            assert hess == pytest.approx(their_hess, rel=1e-12), theirs
    scores, ids = rng.normal(size=(50, 4)), rng.integers(4, size=50)
    value, grad = lossary.value_and_grad(lossary.softmax_cross_entropy)(scores, ids, reduction="none")
    theirs = private.HalfMultinomialLoss(n_classes=4)
    their_value, their_grad = theirs.loss_gradient(y_true=ids.astype(float), raw_prediction=scores)
    assert value == pytest.approx(their_value, rel=1e-12)
    assert grad == pytest.approx(their_grad, rel=1e-9, abs=1e-15)


def test_says_what_to_install(tmp_path):
    code = "import sys; sys.modules['sklearn'] = None; import lossary.integrations.sklearn"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "pip install scikit-learn" in done.stderr


@pytest.mark.filterwarnings("ignore:A column-vector y was passed")
def test_a_column_of_targets_is_what_it_holds(cancer: Any) -> None:
    """Estimators take y of shape (n, 1) as of shape (n,), some with a warning."""
    x, y = cancer
    for model, loss, target in (
        (logistic(), "sigmoid_binary_cross_entropy", y),
        (LinearRegression(), "huber", x[:, 5]),
        (RandomForestClassifier(5, random_state=0), "squared_error", y),
    ):
        how = {"response_method": "predict_proba"} if loss == "squared_error" else {}
        want = cross_val_score(model, x, target, scoring=scorer(loss, **how), cv=3)
        got = cross_val_score(model, x, target[:, None], scoring=scorer(loss, **how), cv=3)
        assert np.isfinite(want).all()
        np.testing.assert_allclose(got, want, rtol=1e-9)


MANY = (np.random.default_rng(0).uniform(size=(150, 3)) < 0.3).astype(int)
FEATURES = MANY @ np.random.default_rng(1).normal(size=(3, 5)) + np.random.default_rng(2).normal(
    size=(150, 5)
)


@pytest.mark.parametrize(
    "model",
    [
        OneVsRestClassifier(LogisticRegression()),
        MultiOutputClassifier(LogisticRegression()),
        RandomForestClassifier(20, random_state=0),
        KNeighborsClassifier(20),
    ],
    ids=lambda model: type(model).__name__,
)
def test_several_labels_of_an_example(model: Any) -> None:
    """Their probabilities come as one table, or as a table for each label."""
    model.fit(FEATURES, MANY)
    p = model.predict_proba(FEATURES)
    p = np.stack([table[:, 1] for table in p], axis=1) if isinstance(p, list) else p
    got = scorer("binary_cross_entropy", min_prob=0.01)(model, FEATURES, MANY)
    p = np.clip(p, 0.01, 0.99)
    assert got == pytest.approx(np.mean([-log_loss(MANY[:, k], p[:, k]) for k in range(3)]), rel=1e-9)


def test_a_label_that_a_fold_has_not_shown_is_one_that_is_never_predicted() -> None:
    rare = MANY.copy()
    rare[:, 2] = 0
    model = RandomForestClassifier(20, random_state=0).fit(FEATURES, rare)
    rare[0, 2] = 1
    assert scorer("binary_cross_entropy")(model, FEATURES, rare) == -np.inf
    assert np.isfinite(scorer("binary_cross_entropy", min_prob=0.01)(model, FEATURES, rare))


def test_several_labels_are_refused_where_one_is_meant() -> None:
    model = OneVsRestClassifier(LogisticRegression()).fit(FEATURES, MANY)
    with pytest.raises(lossary.LossInputError, match="one class per example, but y has 3 columns"):
        scorer("softmax_cross_entropy")(model, FEATURES, MANY)
    assert np.isfinite(scorer("sigmoid_binary_cross_entropy")(model, FEATURES, MANY))  # what the fix says
    with pytest.raises(lossary.LossInputError, match="`pos_label`"):
        scorer("sigmoid_focal", pos_label=1)(model, FEATURES, MANY)


@pytest.mark.parametrize("classes", [3, 4])
def test_scores_of_pairs_of_classes_are_no_scores_of_classes(digits: Any, classes: int) -> None:
    """Of three classes there are three pairs."""
    x, y = digits[0], digits[1] % classes
    model = make_pipeline(StandardScaler(), SVC(decision_function_shape="ovo")).fit(x, y)
    with pytest.raises(lossary.LossInputError, match="pair") as caught:
        scorer("multiclass_hinge")(model, x, y)
    assert "ovr" in caught.value.fix
    model.set_params(svc__decision_function_shape="ovr").fit(x, y)
    assert np.isfinite(scorer("multiclass_hinge")(model, x, y))


def test_a_loss_has_no_best_threshold(cancer: Any) -> None:
    x, y = cancer
    tuned = TunedThresholdClassifierCV(logistic(), scoring=scorer("sigmoid_focal"))
    with pytest.raises(lossary.LossTypeError, match="no best threshold") as caught:
        tuned.fit(x, y)
    assert 'scoring="balanced_accuracy"' in caught.value.fix
    tuned.set_params(scoring="balanced_accuracy").fit(x, y)
    assert scorer("binary_cross_entropy")(tuned, x, y) > -0.2


def test_make_scorer_is_told_what_to_write(cancer: Any) -> None:
    """It passes the targets first: of pinball losses it prefers the model that is wrong the other way."""
    x, y = cancer[0][:, 1:], cancer[0][:, 0]
    wrong = make_scorer(lossary.pinball, greater_is_better=False, quantile=0.9)
    with pytest.raises(lossary.LossInputError, match="scikit-learn calls a function as") as caught:
        cross_val_score(LinearRegression(), x, y, scoring=wrong, cv=3, error_score="raise")
    assert caught.value.fix.startswith('lossary.integrations.sklearn.scorer("pinball", quantile=0.9)')
    right = scorer("pinball", quantile=0.9)
    by_name = make_scorer(
        lambda y_true, y_pred: lossary.pinball(y_pred, y_true, quantile=0.9), greater_is_better=False
    )
    np.testing.assert_allclose(
        cross_val_score(LinearRegression(), x, y, scoring=right, cv=3),
        cross_val_score(LinearRegression(), x, y, scoring=by_name, cv=3),
    )


def test_a_sum_of_losses_is_a_scorer(cancer: Any) -> None:
    x, y = cancer

    @kernel.loss
    def both(logits: Any, labels: Any, *, gamma: float = 2.0) -> Any:
        focal = kernel.call(lossary.sigmoid_focal, logits, labels, gamma=gamma)
        return 0.5 * focal + kernel.call(lossary.sigmoid_binary_cross_entropy, logits, labels)

    model, weights = logistic().fit(x, y), np.linspace(0.0, 2.0, len(y))
    for gamma in (1.0, 3.0):
        got = scorer(both, gamma=gamma)(model, x, y, sample_weight=weights)
        want = 0.5 * scorer("sigmoid_focal", gamma=gamma)(model, x, y, sample_weight=weights)
        want += scorer("sigmoid_binary_cross_entropy")(model, x, y, sample_weight=weights)
        assert got == pytest.approx(want, rel=1e-12)


@pytest.mark.parametrize(
    "what", [lambda x, y: x, "log_loss", "nothing", partial(lossary.huber, delta=2.0), 3]
)
def test_what_is_no_loss_is_told_what_is(what: Any) -> None:
    with pytest.raises(lossary.LossTypeError, match="expected a lossary loss") as caught:
        scorer(what)
    assert caught.value.fix

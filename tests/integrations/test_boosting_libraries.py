"""XGBoost, LightGBM and CatBoost with our objectives: beside their own, and where they keep silent."""

import copy
import pickle
import warnings
from typing import Any

import numpy as np
import pytest

import lossary
from lossary.integrations.boosting import Objective
from tests.integrations.needs import needs

pytestmark = pytest.mark.filterwarnings(
    "ignore:Failed to import numba:UserWarning",
    "ignore:Cannot compute class probabilities:UserWarning",
    "ignore:X does not have valid feature names:UserWarning",
)

ROUNDS = 20
SHARED = {"learning_rate": 0.3, "max_depth": 3, "nthread": 1}
QUIET = {"verbose": -1}
FOREST = {"iterations": ROUNDS, "verbose": 0, "thread_count": 1, "allow_writing_files": False, "depth": 4}


@pytest.fixture(scope="module")
def xgboost() -> Any:
    return needs("xgboost")


@pytest.fixture(scope="module")
def lightgbm() -> Any:
    return needs("lightgbm")


@pytest.fixture(scope="module")
def catboost() -> Any:
    return needs("catboost")


@pytest.fixture(scope="module")
def cancer() -> tuple[np.ndarray, np.ndarray]:
    return needs("sklearn.datasets").load_breast_cancer(return_X_y=True)


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    return needs("sklearn.datasets").load_digits(return_X_y=True)


@pytest.fixture(scope="module")
def diabetes() -> tuple[np.ndarray, np.ndarray]:
    return needs("sklearn.datasets").load_diabetes(return_X_y=True)


@pytest.fixture(scope="module")
def weights() -> np.ndarray:
    return np.random.default_rng(1).uniform(0.2, 4.0, size=569)


@pytest.fixture(scope="module")
def rare() -> list[np.ndarray]:
    """3 % positives: features and labels to train on and to look at."""
    x, y = needs("sklearn.datasets").make_classification(
        8000, 20, n_informative=6, weights=[0.97], flip_y=0.01, class_sep=0.8, random_state=0
    )
    return [x[:5000], y[:5000], x[5000:], y[5000:]]


CROSS_ENTROPY = Objective(lossary.sigmoid_binary_cross_entropy)
SOFTMAX = Objective(lossary.softmax_cross_entropy)
FOCAL = Objective(lossary.sigmoid_focal, gamma=2.0)


# The built-in objectives --------------------------------------------------------------------------


def test_xgboost_trains_as_with_its_own_logistic(xgboost, cancer, weights):
    data = xgboost.DMatrix(*cancer, weight=weights)
    own = xgboost.train({**SHARED, "objective": "binary:logistic", "base_score": 0.5}, data, ROUNDS)
    ours = xgboost.train({**SHARED, "base_score": 0.0}, data, ROUNDS, obj=CROSS_ENTROPY)
    raw = ours.predict(data, output_margin=True)
    assert CROSS_ENTROPY.probabilities(raw) == pytest.approx(own.predict(data), abs=5e-7)


def test_xgboost_trains_as_with_its_own_softmax(xgboost, digits):
    data = xgboost.DMatrix(*digits)
    shared = {**SHARED, "num_class": 10, "base_score": 0.5}
    own = xgboost.train({**shared, "objective": "multi:softprob"}, data, 5)
    ours = xgboost.train(shared, data, 5, obj=SOFTMAX)
    raw = ours.predict(data, output_margin=True)
    assert SOFTMAX.probabilities(raw) == pytest.approx(own.predict(data), abs=2e-6)


def test_lightgbm_trains_as_with_its_own_logistic(lightgbm, cancer, weights):
    x, y = cancer
    params = {**SHARED, **QUIET, "boost_from_average": False}
    own = lightgbm.train({**params, "objective": "binary"}, lightgbm.Dataset(x, y, weight=weights), ROUNDS)
    ours = lightgbm.train(
        {**params, "objective": CROSS_ENTROPY}, lightgbm.Dataset(x, y, weight=weights), ROUNDS
    )
    assert CROSS_ENTROPY.probabilities(ours.predict(x)) == pytest.approx(own.predict(x), abs=1e-12)


def test_lightgbm_trains_as_with_its_own_softmax_but_for_the_length_of_its_steps(lightgbm):
    """Its curvature is K/(K-1)·p·(1-p), ours 2·p·(1-p): equal trees if steps and limits differ so."""
    x, y = needs("sklearn.datasets").make_classification(600, n_informative=5, n_classes=4, random_state=0)
    ratio = 2.0 * 3 / 4
    params = {**QUIET, "nthread": 1, "num_class": 4, "boost_from_average": False, "num_leaves": 7}
    own = {"objective": "multiclass", "learning_rate": 0.2, "min_sum_hessian_in_leaf": 1.0}
    own = lightgbm.train({**params, **own}, lightgbm.Dataset(x, y), ROUNDS)
    ours = {"objective": SOFTMAX, "learning_rate": 0.2 * ratio, "min_sum_hessian_in_leaf": ratio}
    ours = lightgbm.train({**params, **ours}, lightgbm.Dataset(x, y), ROUNDS)
    assert SOFTMAX.probabilities(ours.predict(x)) == pytest.approx(own.predict(x), abs=1e-6)


def test_lightgbm_trains_as_with_its_own_huber(lightgbm, diabetes):
    x, y = diabetes
    params = {**SHARED, **QUIET, "boost_from_average": False}
    own = lightgbm.train({**params, "objective": "huber", "alpha": 50.0}, lightgbm.Dataset(x, y), ROUNDS)
    params["objective"] = Objective(lossary.huber, delta=50.0)
    ours = lightgbm.train(params, lightgbm.Dataset(x, y), ROUNDS)
    assert ours.predict(x) == pytest.approx(own.predict(x), rel=1e-6)


def test_catboost_trains_as_with_its_own_logistic(catboost, cancer, weights):
    x, y = cancer
    how = {**FOREST, "learning_rate": 0.3, "leaf_estimation_iterations": 1, "boost_from_average": False}
    how |= {"bootstrap_type": "No", "random_strength": 0.0, "leaf_estimation_method": "Newton"}
    how |= {"score_function": "L2"}
    own = catboost.CatBoostClassifier(loss_function="Logloss", **how).fit(x, y, sample_weight=weights)
    ours = catboost.CatBoostClassifier(
        loss_function=CROSS_ENTROPY.catboost, eval_metric=CROSS_ENTROPY.catboost, **how
    ).fit(x, y, sample_weight=weights)
    assert ours.predict_proba(x) == pytest.approx(own.predict_proba(x), abs=1e-5)


# Losses that the libraries do not have ----------------------------------------------------------------


def train(library: Any, objective: Objective, rare: list[np.ndarray], start: float) -> np.ndarray:
    """100 rounds of XGBoost or LightGBM; the raw predictions of what it has not seen."""
    x, y, unseen, _ = rare
    params = {"learning_rate": 0.1, "max_depth": 4, "nthread": 1}
    if library.__name__ == "xgboost":
        data = library.DMatrix(x, y)
        booster = library.train({**params, "base_score": start}, data, 100, obj=objective)
        return booster.predict(library.DMatrix(unseen), output_margin=True)
    data = library.Dataset(x, y, init_score=np.full(len(y), start))
    return library.train({**params, **QUIET, "objective": objective}, data, 100).predict(unseen) + start


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
def test_focal_learns_a_rare_class_from_the_log_odds_where_the_exact_hessian_does_not(library, rare):
    average_precision = needs("sklearn.metrics").average_precision_score
    labels = rare[3]
    log_odds = float(CROSS_ENTROPY.init_score(rare[1]))
    scores = {}
    for curvature in ("exact", "step", "upper"):
        objective = Objective(lossary.sigmoid_focal, gamma=2.0, curvature=curvature)
        raw = train(needs(library), objective, rare, log_odds)
        scores[curvature] = (objective.value(raw, labels), average_precision(labels, raw))
    assert scores["exact"][0] > 0.08
    assert scores["exact"][1] < 0.05  # the base rate: nothing was learnt
    for curvature in ("step", "upper"):
        assert scores[curvature][0] < 0.05
        assert scores[curvature][1] > 0.4


def test_catboost_learns_a_rare_class_with_a_focal_loss(catboost, rare):
    x, y, unseen, labels = rare
    model = catboost.CatBoostClassifier(
        loss_function=FOCAL.catboost, eval_metric=FOCAL.catboost, learning_rate=0.3, **FOREST
    )
    start = FOCAL.init_score(y)
    model.fit(x, y, baseline=np.full(len(y), start))
    raw = model.predict(unseen, prediction_type="RawFormulaVal") + start
    assert needs("sklearn.metrics").average_precision_score(labels, raw) > 0.3
    assert FOCAL.value(raw, labels) < 0.7 * FOCAL.value(np.full(len(labels), start), labels)


@pytest.mark.parametrize("loss", [lossary.softmax_cross_entropy, lossary.softmax_focal])
def test_class_scores_are_not_mixed_up(xgboost, lightgbm, catboost, digits, loss):
    """LightGBM stores them by column, XGBoost by row. In the wrong order the accuracy is 0.1."""
    x, y = digits
    objective = Objective(loss)
    params = {**SHARED, "num_class": 10}
    raw = xgboost.train(params, xgboost.DMatrix(x, y), 5, obj=objective).predict(
        xgboost.DMatrix(x), output_margin=True
    )
    assert np.mean(raw.argmax(axis=1) == y) > 0.9
    booster = lightgbm.train({**params, **QUIET, "objective": objective}, lightgbm.Dataset(x, y), 5)
    assert np.mean(booster.predict(x).argmax(axis=1) == y) > 0.9
    adapter = objective.catboost
    few = {**FOREST, "iterations": 5, "learning_rate": 0.5, "leaf_estimation_iterations": 1}
    model = catboost.CatBoostClassifier(
        loss_function=adapter, eval_metric="MultiClass", classes_count=10, **few
    ).fit(x[:600], y[:600])
    # Not of `predict`, which in CatBoost fails after any custom objective of several classes.
    assert np.mean(model.predict_proba(x[:600]).argmax(axis=1) == y[:600]) > 0.8


REGRESSIONS = [
    Objective(lossary.huber, delta=50.0),
    Objective(lossary.pinball, quantile=0.5),
    Objective(lossary.log_cosh),
    Objective(lossary.log_poisson),
]


@pytest.mark.parametrize("objective", REGRESSIONS, ids=lambda objective: objective.name)
def test_regression_losses_fall_from_the_best_constant(xgboost, lightgbm, catboost, diabetes, objective):
    """Robust losses step at most 1 a round, so their targets are in units of their spread."""
    x, y = diabetes
    if objective.name in ("pinball", "log_cosh"):
        y = (y - y.mean()) / y.std()
    start = objective.init_score(y)
    constant = objective.value(np.full(len(y), start), y)

    data = xgboost.DMatrix(x, y)
    booster = xgboost.train({**SHARED, "base_score": start}, data, ROUNDS, obj=objective)
    assert objective.value(booster.predict(data, output_margin=True), y) < 0.75 * constant

    data = lightgbm.Dataset(x, y, init_score=np.full(len(y), start))
    booster = lightgbm.train({**SHARED, **QUIET, "objective": objective}, data, ROUNDS)
    assert objective.value(booster.predict(x) + start, y) < 0.75 * constant

    adapter = objective.catboost
    model = catboost.CatBoostRegressor(
        loss_function=adapter, eval_metric=adapter, learning_rate=0.3, **FOREST
    )
    model.fit(x, y, baseline=np.full(len(y), start))
    assert objective.value(model.predict(x) + start, y) < 0.75 * constant


def test_counts_are_learnt_where_the_exact_hessian_diverges(xgboost):
    """It is e^s, which at the start says nothing of counts of 100."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4000, 6))
    y = rng.poisson(np.exp(1.0 + x[:, 0] + 0.5 * x[:, 1] * x[:, 2]))
    data, unseen = xgboost.DMatrix(x[:2500], y[:2500]), xgboost.DMatrix(x[2500:])
    values = {}
    for curvature in ("exact", "upper"):
        objective = Objective(lossary.log_poisson, curvature=curvature)
        params = {"base_score": 0.0, "eta": 0.1, "max_depth": 4, "nthread": 1}
        raw = xgboost.train(params, data, 60, obj=objective).predict(unseen, output_margin=True)
        values[curvature] = objective.value(raw, y[2500:])
    constant = objective.value(np.full(1500, objective.init_score(y[:2500])), y[2500:])
    assert values["exact"] > constant
    assert values["upper"] < constant - 1.0


def test_several_targets_of_a_row(xgboost, diabetes):
    """XGBoost grows a tree for each; weights are one for each row."""
    x, y = diabetes
    y = np.stack([(y - y.mean()) / y.std(), x[:, 2] * 20], axis=1)
    weights = np.where(y[:, 0] > 0, 3.0, 1.0)
    objective = Objective(lossary.huber)
    model = xgboost.XGBRegressor(objective=objective, base_score=0.0, n_estimators=ROUNDS, n_jobs=1)
    errors = np.abs(model.fit(x, y, sample_weight=weights).predict(x) - y)
    assert (errors.mean(axis=0) < 0.5 * np.abs(y).mean(axis=0)).all()
    unweighted = np.abs(model.fit(x, y).predict(x) - y)
    assert errors[weights == 3, 0].mean() < unweighted[weights == 3, 0].mean()


# The interfaces for scikit-learn ----------------------------------------------------------------------


def test_xgboost_estimators_take_the_objective_and_the_metric(xgboost, cancer):
    x, y = cancer
    start = CROSS_ENTROPY.init_score(y)
    model = xgboost.XGBClassifier(
        objective=CROSS_ENTROPY,
        eval_metric=CROSS_ENTROPY.xgboost_metric,
        base_score=float(CROSS_ENTROPY.probabilities(start)),
        n_estimators=ROUNDS,
        n_jobs=1,
    )
    model.fit(x, y, eval_set=[(x, y)], verbose=False)
    last = model.evals_result()["validation_0"]["sigmoid_binary_cross_entropy"][-1]
    p = model.predict_proba(x)[:, 1].astype(float)
    assert last == pytest.approx(needs("sklearn.metrics").log_loss(y, p), abs=1e-6)
    assert model.predict(x).mean() == pytest.approx(y.mean(), abs=0.02)


def test_lightgbm_estimators_take_the_objective_and_the_metric(lightgbm, cancer):
    x, y = cancer
    model = lightgbm.LGBMClassifier(objective=CROSS_ENTROPY, n_estimators=ROUNDS, n_jobs=1, verbose=-1)
    model.fit(x, y, eval_X=x, eval_y=y, eval_metric=CROSS_ENTROPY.lightgbm_metric)
    (results,) = model.evals_result_.values()
    p = CROSS_ENTROPY.probabilities(model.predict(x, raw_score=True))
    last = results["sigmoid_binary_cross_entropy"][-1]
    assert last == pytest.approx(needs("sklearn.metrics").log_loss(y, p), rel=1e-9)


def test_native_metrics_are_weighted_and_stop_training(xgboost, lightgbm, rare):
    x, y, unseen, labels = rare
    weights = np.where(labels == 1, 5.0, 1.0)
    data, validation = xgboost.DMatrix(x, y), xgboost.DMatrix(unseen, labels, weight=weights)
    history: dict[str, Any] = {}
    booster = xgboost.train(
        {**SHARED, "base_score": 0.0},
        data,
        200,
        obj=FOCAL,
        custom_metric=FOCAL.xgboost_metric,
        evals=[(validation, "unseen")],
        evals_result=history,
        early_stopping_rounds=5,
        verbose_eval=False,
    )
    curve = history["unseen"]["sigmoid_focal"]
    assert len(curve) < 200
    assert booster.best_iteration == np.argmin(curve)
    raw = booster.predict(validation, output_margin=True)
    assert curve[-1] == pytest.approx(FOCAL.value(raw, labels, weights), rel=1e-5)

    booster = lightgbm.train(
        {**SHARED, **QUIET, "objective": FOCAL},
        lightgbm.Dataset(x, y),
        200,
        feval=FOCAL.lightgbm_metric,
        valid_sets=[lightgbm.Dataset(unseen, labels, weight=weights)],
        callbacks=[lightgbm.early_stopping(5, verbose=False)],
    )
    assert 0 < booster.best_iteration < 195
    best = booster.best_score["valid_0"]["sigmoid_focal"]
    assert best == pytest.approx(FOCAL.value(booster.predict(unseen), labels, weights), rel=1e-9)


def estimators(kind: str) -> list[tuple[str, Any, dict[str, Any]]]:
    """Each library's estimator of two classes, with the name of its parameter for the objective."""
    if kind == "xgboost":
        return [("objective", needs(kind).XGBClassifier, {"n_estimators": 5, "n_jobs": 1})]
    return [("objective", needs(kind).LGBMRegressor, {"n_estimators": 5, "n_jobs": 1, "verbose": -1})]


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
def test_search_clone_and_pickle(library, cancer):
    selection, base = needs("sklearn.model_selection"), needs("sklearn.base")
    x, y = cancer
    ((parameter, kind, how),) = estimators(library)
    grid = [Objective(lossary.sigmoid_focal, gamma=gamma) for gamma in (0.0, 2.0)]
    search = selection.GridSearchCV(
        kind(**how), {parameter: grid}, cv=3, scoring="roc_auc" if library == "xgboost" else "r2", n_jobs=2
    ).fit(x, y.astype(float) if library == "lightgbm" else y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_params_[parameter] in grid
    again = base.clone(search.best_estimator_)
    assert repr(again.get_params()[parameter]) == repr(search.best_params_[parameter])
    loaded = pickle.loads(pickle.dumps(search.best_estimator_))
    assert (loaded.predict(x) == search.predict(x)).all()
    assert (copy.deepcopy(search.best_estimator_).fit(x, y).predict(x) == search.predict(x)).all()


# What the libraries keep silent about --------------------------------------------------------------------


@pytest.mark.parametrize("library", ["xgboost", "lightgbm", "catboost"])
def test_weights_are_not_ignored(library, digits):
    """Of a row of weight 3 and three rows of weight 1 the same comes, in the interface for scikit-learn.

    The features have 17 values, each of which has a bin of its own, however often it occurs.
    """
    x, y = digits[0], (digits[1] == 8).astype(float)
    times = np.random.default_rng(2).integers(1, 4, size=len(y))
    adapter = CROSS_ENTROPY.catboost
    module = needs(library)
    regressors = {
        "xgboost": lambda: module.XGBRegressor(
            objective=CROSS_ENTROPY, base_score=0.0, n_estimators=5, n_jobs=1, max_depth=3
        ),
        "lightgbm": lambda: module.LGBMRegressor(
            objective=CROSS_ENTROPY,
            n_estimators=5,
            max_depth=3,
            min_child_samples=1,
            min_data_in_bin=1,
            n_jobs=1,
            verbose=-1,
        ),
        "catboost": lambda: module.CatBoostRegressor(
            loss_function=adapter,
            eval_metric=adapter,
            bootstrap_type="No",
            random_strength=0,
            score_function="L2",
            l2_leaf_reg=0,  # CatBoost scales it by the mean weight
            border_count=254,
            learning_rate=0.3,
            **FOREST,
        ),
    }

    def raw(x_: Any, y_: Any, weight: Any) -> np.ndarray:
        return regressors[library]().fit(x_, y_, sample_weight=weight).predict(x)

    weighted = raw(x, y, times)
    repeated = raw(np.repeat(x, times, axis=0), np.repeat(y, times), None)
    assert np.abs(weighted - raw(x, y, None)).max() > 0.05
    assert np.median(np.abs(weighted - repeated)) < 1e-5


@pytest.mark.parametrize("library", ["xgboost", "lightgbm", "catboost"])
def test_training_goes_downhill(library, cancer):
    """With the wrong sign XGBoost, LightGBM and CatBoost train a model of the opposite."""
    x, y = cancer
    module = needs(library)
    if library == "xgboost":
        model = module.XGBRegressor(objective=FOCAL, base_score=0.0, n_estimators=10, n_jobs=1)
    elif library == "lightgbm":
        model = module.LGBMRegressor(objective=FOCAL, n_estimators=10, n_jobs=1, verbose=-1)
    else:
        model = module.CatBoostRegressor(
            loss_function=FOCAL.catboost, eval_metric=FOCAL.catboost, **{**FOREST, "iterations": 10}
        )
    raw = model.fit(x, y).predict(x)
    assert FOCAL.value(raw, y) < FOCAL.value(np.zeros(len(y)), y)
    assert needs("sklearn.metrics").roc_auc_score(y, raw) > 0.95


@pytest.mark.parametrize("wrong", [-1.0, 2.0])
def test_labels_that_the_libraries_take_are_an_error(xgboost, lightgbm, cancer, wrong):
    x, y = cancer
    y = np.where(y == 0, wrong, 1.0)
    model = xgboost.XGBRegressor(objective=CROSS_ENTROPY, base_score=0.0, n_jobs=1)
    with pytest.raises(lossary.LossInputError, match=r"must lie in \[0, 1\]"):
        model.fit(x, y)
    model = lightgbm.LGBMRegressor(objective=CROSS_ENTROPY, verbose=-1, n_jobs=1)
    with pytest.raises(lossary.LossInputError, match=r"must lie in \[0, 1\]"):
        model.fit(x, y)


def test_a_gradient_of_nan_stops_training(xgboost, lightgbm, cancer):
    """Left alone, both go on and end with a constant."""
    x, y = cancer
    weights = np.ones(len(y))
    weights[7] = 3e38  # finite, but not the derivatives of 20 times the loss
    steep = Objective(lossary.sigmoid_binary_cross_entropy, pos_weight=1e3)
    y = np.ones_like(y)
    model = xgboost.XGBRegressor(objective=steep, base_score=0.0, n_jobs=1)
    with pytest.raises(lossary.LossInputError, match="gradient of 1 of 569 rows is not finite"):
        model.fit(x, y, sample_weight=weights)
    model = lightgbm.LGBMRegressor(objective=steep, verbose=-1, n_jobs=1)
    with pytest.raises(lossary.LossInputError, match="gradient of 1 of 569 rows is not finite"):
        model.fit(x, y, sample_weight=weights)


def test_catboost_shows_the_error_of_a_wrong_label(catboost, cancer):
    x, y = cancer
    model = catboost.CatBoostRegressor(
        loss_function=CROSS_ENTROPY.catboost, eval_metric=CROSS_ENTROPY.catboost, **FOREST
    )
    with pytest.raises(catboost.CatBoostError, match=r"`labels` must lie in \[0, 1\]"):
        model.fit(x, 2.0 * y - 1.0)


def test_labels_of_minus_1_are_fine_for_a_loss_that_says_so(lightgbm, cancer):
    x, y = cancer
    signs = Objective(lossary.logistic, labels_in="pm1")
    params = {**SHARED, **QUIET}
    ours = lightgbm.train({**params, "objective": signs}, lightgbm.Dataset(x, 2.0 * y - 1.0), ROUNDS)
    same = lightgbm.train({**params, "objective": CROSS_ENTROPY}, lightgbm.Dataset(x, y), ROUNDS)
    assert ours.predict(x) == pytest.approx(same.predict(x), rel=1e-6)


def test_xgboost_starting_at_a_half_is_warned_of(xgboost, diabetes):
    data = xgboost.DMatrix(*diabetes)
    huber = Objective(lossary.huber)
    with pytest.warns(UserWarning, match=r"base_score=objective.init_score"):
        xgboost.train(SHARED, data, 1, obj=huber)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        xgboost.train({**SHARED, "base_score": huber.init_score(diabetes[1])}, data, 1, obj=huber)


def test_xgboost_classifiers_start_at_a_probability(xgboost, rare):
    """base_score of `XGBClassifier` is a probability where there are two classes, of all else a raw score."""
    x, y, *_ = rare
    start = FOCAL.init_score(y)
    model = xgboost.XGBClassifier(
        objective=FOCAL, base_score=float(FOCAL.probabilities(start)), n_estimators=5, n_jobs=1
    ).fit(x, y)
    native = xgboost.train({"base_score": start, "nthread": 1}, xgboost.DMatrix(x, y), 5, obj=FOCAL)
    raw = native.predict(xgboost.DMatrix(x), output_margin=True)
    assert model.predict(x, output_margin=True) == pytest.approx(raw, abs=1e-5)
    assert model.predict_proba(x)[:, 1] == pytest.approx(FOCAL.probabilities(raw), abs=1e-6)


def test_class_weights_of_lightgbm_arrive(lightgbm, rare):
    x, y, *_ = rare
    means = []
    for class_weight in (None, "balanced"):
        model = lightgbm.LGBMClassifier(
            objective=CROSS_ENTROPY, class_weight=class_weight, n_estimators=5, verbose=-1, n_jobs=1
        )
        means.append(model.fit(x, y).predict(x, raw_score=True).mean())
    assert means[1] > means[0] + 0.15


def test_class_weights_of_catboost_arrive_unless_the_metric_is_ours_too(catboost, rare):
    """It drops them then, without a word and before it calls us. `pos_weight` and `sample_weight` remain."""
    x, y, *_ = rare
    how = {"learning_rate": 0.3, **FOREST, "iterations": 5}

    def mean(objective: Objective, metric: Any = None, **options: Any) -> float:
        loss = objective.catboost
        model = catboost.CatBoostClassifier(loss_function=loss, eval_metric=metric or loss, **options, **how)
        return float(model.fit(x, y).predict(x, prediction_type="RawFormulaVal").mean())

    plain = mean(CROSS_ENTROPY)
    assert mean(CROSS_ENTROPY, "Logloss", class_weights=[1.0, 30.0]) > plain + 0.5
    assert mean(CROSS_ENTROPY, class_weights=[1.0, 30.0]) == plain
    weighted = Objective(lossary.sigmoid_binary_cross_entropy, pos_weight=30.0)
    assert mean(weighted) == pytest.approx(mean(CROSS_ENTROPY, "Logloss", class_weights=[1.0, 30.0]), rel=0.1)

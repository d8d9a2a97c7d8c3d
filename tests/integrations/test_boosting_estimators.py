"""The estimators and metrics of XGBoost, LightGBM and CatBoost, and what they keep silent about."""

import copy
import pickle
import warnings
from typing import Any

import numpy as np
import pytest

import lossary
from lossary.integrations.boosting import Objective
from tests.integrations.boosters import CROSS_ENTROPY, FOCAL, FOREST, QUIET, ROUNDS, SHARED, SILENCED
from tests.integrations.needs import needs

pytestmark = SILENCED


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

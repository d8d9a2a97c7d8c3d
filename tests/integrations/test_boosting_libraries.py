"""XGBoost, LightGBM and CatBoost with our objectives: beside their own, and with losses they have not."""

from typing import Any

import numpy as np
import pytest

import lossary
from lossary.integrations.boosting import Objective
from tests.integrations.boosters import CROSS_ENTROPY, FOCAL, FOREST, QUIET, ROUNDS, SHARED, SILENCED, SOFTMAX
from tests.integrations.needs import needs

pytestmark = SILENCED


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


COSTS = [(lossary.log_gamma_nll, "gamma", {}), (lossary.log_tweedie, "tweedie", {"variance_power": 1.25})]


@pytest.mark.parametrize(("loss", "name", "options"), COSTS, ids=["gamma", "tweedie"])
def test_xgboost_trains_as_with_its_own_losses_of_amounts(xgboost, diabetes, loss, name, options):
    x, y = diabetes
    data, power = xgboost.DMatrix(x, y), {f"tweedie_{k}": v for k, v in options.items()}
    params = {**SHARED, "min_child_weight": 0.0}
    own = xgboost.train({**params, "objective": f"reg:{name}", "base_score": 100.0, **power}, data, ROUNDS)
    objective = Objective(loss, curvature="exact", **options)
    ours = xgboost.train({**params, "base_score": float(np.log(100.0))}, data, ROUNDS, obj=objective)
    assert np.exp(ours.predict(data, output_margin=True)) == pytest.approx(own.predict(data), rel=1e-4)


@pytest.mark.parametrize(
    ("loss", "options"),
    [(lossary.expectile, {"level": 0.8}), (lossary.log_negative_binomial, {"dispersions": 0.5})],
    ids=lambda x: getattr(x, "__name__", ""),
)
@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
def test_objectives_that_the_libraries_have_not(library, loss, options, diabetes):
    """Training brings the loss down, from the best constant."""
    x, y = diabetes
    objective = Objective(loss, **options)
    start = objective.init_score(y)
    raw = train(needs(library), objective, [x, y, x, y], start)
    assert objective.value(raw, y) < objective.value(np.full(len(y), start), y)


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
    assert scores["exact"][1] < 0.05  # the base rate: nothing was learned
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
    ).fit(x[:300], y[:300])
    # Not of `predict`, which in CatBoost fails after any custom objective of several classes.
    assert np.mean(model.predict_proba(x[:300]).argmax(axis=1) == y[:300]) > 0.8


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


def test_counts_are_learned_where_the_exact_hessian_diverges(xgboost):
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


def _survival() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, times, and whether the event happened."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 3))
    return x, rng.exponential(np.exp(-x[:, 0])), rng.random(300) < 0.7


def _of_list(loss: Any, *arrays: Any, **options: Any) -> Any:
    """Gradient and curvature of a loss of all rows together."""
    derivatives = lossary.value_grad_hess(loss)
    return lambda raw, data: derivatives(np.asarray(raw, "float64"), *arrays, **options)[1:]


def test_xgboost_trains_as_with_its_own_cox(xgboost):
    """No two times are equal: of tied events its gradient has only those that come before in the data."""
    x, times, events = _survival()
    data = xgboost.DMatrix(x, np.where(events, times, -times))
    own = xgboost.train({**SHARED, "objective": "survival:cox", "base_score": 1.0}, data, ROUNDS)
    ours = xgboost.train(
        {**SHARED, "base_score": 0.0}, data, ROUNDS, obj=_of_list(lossary.cox, times, events)
    )
    raw = [m.predict(data, output_margin=True) for m in (own, ours)]
    assert raw[1] == pytest.approx(raw[0], abs=1e-4)
    assert lossary.cox(raw[1], times, events, per_list="mean") < 0.9 * lossary.cox(
        0 * raw[1], times, events, per_list="mean"
    )


@pytest.mark.parametrize("loss", [lossary.list_mle, lossary.pairwise_logistic])
def test_lightgbm_learns_to_rank(lightgbm, loss):
    """Lists in one column, which `segments` keeps apart."""
    rng = np.random.default_rng(0)
    x, lists = rng.normal(size=(300, 3)), np.arange(300) // 10
    relevance = np.clip(np.round(1.5 + x[:, 0] + 0.2 * rng.normal(size=300)), 0, 4)
    objective = _of_list(loss, relevance, None, lists)
    model = lightgbm.train(
        {**SHARED, **QUIET, "objective": objective}, lightgbm.Dataset(x, relevance), ROUNDS
    )
    before, after = [loss(s, relevance, segments=lists) for s in (np.zeros(300), model.predict(x))]
    assert after < 0.8 * before

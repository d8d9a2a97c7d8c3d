"""Metrics where they would measure something else, the recipes for stopping and starting, several targets."""

from typing import Any

import numpy as np
import pytest

import lossary
from lossary.integrations.boosting import Objective
from tests.integrations.boosters import CROSS_ENTROPY, FOCAL, FOREST, QUIET, SHARED, SILENCED, SOFTMAX

pytestmark = SILENCED
X = np.random.default_rng(0).normal(size=(200, 3))
Y = (X[:, 0] > 0).astype(int)
IDS = np.random.default_rng(1).integers(3, size=200)
COUNTS = Objective(lossary.log_poisson)
BUILT_IN = [
    ({"objective": "binary:logistic"}, CROSS_ENTROPY, Y),
    ({"objective": "multi:softprob", "num_class": 3}, SOFTMAX, IDS),
    ({"objective": "multi:softmax", "num_class": 3}, SOFTMAX, IDS),
    ({"objective": "count:poisson"}, COUNTS, IDS),
    ({"objective": "binary"}, FOCAL, Y),
    ({"objective": "multiclass", "num_class": 3}, SOFTMAX, IDS),
    ({"objective": "poisson"}, COUNTS, IDS),
]


def measured(library: Any, params: dict[str, Any], objective: Objective, y: np.ndarray) -> float:
    """The metric after two rounds, in the native interface of the library."""
    name, history = objective.name, {}
    if library.__name__ == "xgboost":
        data = library.DMatrix(X, y)
        how = {"evals": [(data, "all")], "evals_result": history, "verbose_eval": False}
        library.train({**SHARED, **params}, data, 2, custom_metric=objective.xgboost_metric, **how)
        return history["all"][name][-1]
    data = library.Dataset(X, y)
    how = {"valid_sets": [data], "valid_names": ["all"], "callbacks": [library.record_evaluation(history)]}
    library.train({**SHARED, **QUIET, **params}, data, 2, feval=objective.lightgbm_metric, **how)
    return history["all"][name][-1]


@pytest.mark.parametrize(
    ("params", "objective", "y"),
    BUILT_IN,
    ids=lambda x: str(x.get("objective")) if isinstance(x, dict) else "",
)
def test_beside_a_built_in_objective_a_metric_is_given_probabilities(
    params: dict, objective: Objective, y: np.ndarray, xgboost: Any, lightgbm: Any
) -> None:
    """With them, a cross-entropy of 0.180 was 0.517."""
    native = xgboost if ":" in params["objective"] else lightgbm
    with pytest.raises(lossary.LossInputError, match="with the built-in objective") as caught:
        measured(native, params, objective, y)
    assert caught.value.code == "L102"
    fixed = params | {"objective": objective}  # what the fix says
    if native is xgboost:
        del fixed["objective"]
        data = xgboost.DMatrix(X, y)
        how = {"custom_metric": objective.xgboost_metric, "verbose_eval": False}
        xgboost.train({**fixed, "base_score": 0.0}, data, 2, obj=objective, evals=[(data, "all")], **how)
    else:
        assert np.isfinite(measured(native, fixed, objective, y))


def test_estimators_of_built_in_objectives_are_noticed(xgboost: Any, lightgbm: Any) -> None:
    model = xgboost.XGBClassifier(n_estimators=2, eval_metric=CROSS_ENTROPY.xgboost_metric)
    with pytest.raises(lossary.LossInputError, match="with the built-in objective 'binary:logistic'"):
        model.fit(X, Y, eval_set=[(X, Y)], verbose=False)
    for y, objective in ((Y, CROSS_ENTROPY), (IDS, SOFTMAX)):
        model = lightgbm.LGBMClassifier(n_estimators=2, verbose=-1)
        with pytest.raises(lossary.LossInputError, match="with the built-in objective"):
            model.fit(X, y, eval_X=X, eval_y=y, eval_metric=objective.lightgbm_metric)


def test_where_there_is_no_link_a_metric_stands_beside_any_objective(xgboost: Any, lightgbm: Any) -> None:
    huber = Objective(lossary.huber, delta=0.5)
    for library, name in ((xgboost, "reg:squarederror"), (lightgbm, "regression")):
        assert 0 < measured(library, {"objective": name}, huber, X[:, 1]) < 1
    assert 0 < measured(xgboost, {"objective": "binary:logitraw"}, CROSS_ENTROPY, Y) < np.log(2)


def test_a_plain_loss_as_a_metric_is_told_what_to_write(xgboost: Any) -> None:
    """XGBoost's estimators pass the targets first."""
    model = xgboost.XGBRegressor(n_estimators=2, eval_metric=lossary.pinball)
    with pytest.raises(lossary.LossInputError, match="XGBoost calls a function as") as caught:
        model.fit(X, X[:, 1], eval_set=[(X, X[:, 1])], verbose=False)
    assert 'Objective("pinball").xgboost_metric' in caught.value.fix
    model.set_params(eval_metric=Objective("pinball").xgboost_metric)
    model.fit(X, X[:, 1], eval_set=[(X, X[:, 1])], verbose=False)
    want = lossary.pinball(model.predict(X).astype(float), X[:, 1])
    assert model.evals_result()["validation_0"]["pinball"][-1] == pytest.approx(want, rel=1e-5)


def test_a_plain_loss_as_an_objective_is_told_what_one_is(xgboost: Any, lightgbm: Any) -> None:
    with pytest.raises(lossary.LossTypeError, match=r"plain array, got a xgboost\.DMatrix") as caught:
        xgboost.train({}, xgboost.DMatrix(X, Y), 2, obj=lossary.huber)
    assert "Objective" in caught.value.fix
    with pytest.raises(lossary.LossTypeError, match=r"plain array, got a lightgbm\.Dataset"):
        lightgbm.train({**QUIET, "objective": lossary.huber}, lightgbm.Dataset(X, Y), 2)


def test_lightgbm_estimators_stop_by_the_loss_if_their_own_metric_is_off(lightgbm: Any) -> None:
    """Their own, the squared error, is least on the way to the quantile, where the mean is."""
    y = np.random.default_rng(2).exponential(size=400)
    x = y[:, None] * np.array([[1.0, 0.5]]) + np.random.default_rng(3).normal(size=(400, 2))
    upper, start = Objective(lossary.pinball, quantile=0.95), np.full(200, y.mean())

    def stopped(**options: Any) -> Any:
        model = lightgbm.LGBMRegressor(
            objective=upper, n_estimators=200, max_depth=2, verbose=-1, n_jobs=1, **options
        )
        stop = lightgbm.early_stopping(10, verbose=False)
        how = {"eval_X": x[200:], "eval_y": y[200:], "eval_init_score": [start], "callbacks": [stop]}
        how["init_score"] = start
        return model.fit(x[:200], y[:200], eval_metric=upper.lightgbm_metric, **how)

    model = stopped(metric="None")
    (results,) = model.evals_result_.values()
    assert list(results) == ["pinball"]
    assert model.best_iteration_ == 1 + np.argmin(results["pinball"])
    assert stopped().best_iteration_ < model.best_iteration_


def test_a_start_for_each_class(xgboost: Any, lightgbm: Any, catboost: Any) -> None:
    """Frequencies of 80, 15 and 5 %: after two rounds the start is most of what is known."""
    y = np.repeat([0, 1, 2], [160, 30, 10])
    start = SOFTMAX.init_score(y)
    rows = np.tile(start, (len(y), 1))
    least = SOFTMAX.value(rows, y)
    booster = lightgbm.train(
        {**QUIET, "objective": SOFTMAX, "num_class": 3}, lightgbm.Dataset(X, y, init_score=rows), 2
    )
    assert SOFTMAX.value(booster.predict(X) + start, y) < least < SOFTMAX.value(booster.predict(X), y)
    data = xgboost.DMatrix(X, y)
    booster = xgboost.train({**SHARED, "num_class": 3, "base_score": start}, data, 2, obj=SOFTMAX)
    assert SOFTMAX.value(booster.predict(data, output_margin=True), y) < least
    model = catboost.CatBoostClassifier(
        loss_function=SOFTMAX.catboost,
        eval_metric="MultiClass",
        classes_count=3,
        **{**FOREST, "iterations": 2},
    ).fit(catboost.Pool(X, y, baseline=rows))
    raw = model.predict(X, prediction_type="RawFormulaVal")
    assert SOFTMAX.value(raw + start, y) < least < SOFTMAX.value(raw, y)


MISSING = Objective("huber", delta=0.5, missing=-9.0)


def test_targets_may_be_missing(xgboost: Any) -> None:
    """Of two targets one is seldom known: it is learned from where it is, and does not change the other."""
    y = np.stack([X[:, 0] + 2.0, X[:, 1] - 2.0], axis=1)
    known = np.random.default_rng(4).uniform(size=y.shape) < [0.3, 1.0]
    y = np.where(known, y, -9.0)
    start = MISSING.init_score(y)
    alone = Objective("huber", delta=0.5)
    assert start == pytest.approx([alone.init_score(y[known[:, k], k]) for k in range(2)])
    data = xgboost.DMatrix(X, y)
    how = {"evals": [(data, "all")], "evals_result": (history := {}), "verbose_eval": False}
    both = xgboost.train(
        {**SHARED, "base_score": start},
        data,
        5,
        obj=MISSING,
        custom_metric=MISSING.xgboost_metric,
        **how,
    ).predict(data)
    one = xgboost.DMatrix(X, y[:, 1])
    want = xgboost.train({**SHARED, "base_score": start[1]}, one, 5, obj=alone).predict(one)
    assert both[:, 1] == pytest.approx(want, abs=1e-6)
    assert np.abs(both[:, 0] - y[:, 0])[known[:, 0]].mean() < 0.5
    want = lossary.huber(both.astype(float), y, where=known, delta=0.5)
    assert history["all"]["huber"][-1] == pytest.approx(want, rel=1e-5)
    model = xgboost.XGBRegressor(objective=MISSING, base_score=start, n_estimators=5, n_jobs=1, max_depth=3)
    assert model.fit(X, y).predict(X).shape == y.shape


def test_a_target_that_is_missing_is_as_if_it_were_not_there() -> None:
    raw, y, weights = X[:, :2], X[:, 1:3].copy(), np.linspace(1.0, 2.0, 200)
    for mark in (-9.0, np.nan):
        some = np.where(X[:, :2] > 0, y, mark)
        marked = Objective("huber", delta=0.5, missing=mark)
        whole = Objective("huber", delta=0.5)
        got, want = marked.grad_hess(raw, some, weights), whole.grad_hess(raw, y, weights)
        for a, b in zip(got, want, strict=True):
            np.testing.assert_array_equal(a, np.where(X[:, :2] > 0, b, 0.0))
        assert marked.value(raw, some) == pytest.approx(lossary.huber(raw, y, delta=0.5, where=X[:, :2] > 0))
    scores, ids = X, np.where(Y == 1, IDS, -1)
    grad, hess = Objective("softmax_focal", missing=-1).grad_hess(scores, ids)
    want = Objective("softmax_focal").grad_hess(scores, IDS)
    np.testing.assert_array_equal(grad, np.where(Y[:, None] == 1, want[0], 0.0))
    np.testing.assert_array_equal(hess, np.where(Y[:, None] == 1, want[1], 0.0))

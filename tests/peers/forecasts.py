"""Scores of forecasts in scoringrules and GluonTS."""

from tests.peers import Differs, Equal

_NORMAL = {"y": [0.3, -1.5, 2.0], "m": [0.0, 0.5, 2.0], "s": [1.0, 0.5, 3.0]}
_MEMBERS = {"y": [0.3, -1.5], "x": [[0.0, 1.0, 4.0, -2.0], [-1.0, -1.5, 0.5, 2.0]]}
_SERIES = {"y": [3.0, 1.0, 4.0, 1.5], "x": [2.5, 1.5, 3.0, 2.0]}
_BOUNDS = {"y": [0.3, -1.5, 2.0], "l": [0.0, -1.0, 0.5], "u": [1.0, 0.5, 1.5]}

EQUALS = [
    Equal(
        "scoringrules.crps_normal(y, m, s).mean()",
        "lossary.gaussian_crps(m, y, s * s)",
        _NORMAL,
        note="scoringrules takes observations first, and standard deviations instead of variances.",
        rtol=1e-5,
    ),
    Equal(
        "scoringrules.crps_ensemble(y, x).mean()",
        "lossary.crps_ensemble(x, y)",
        _MEMBERS,
        note='The default estimator of scoringrules is `estimator="empirical"` in lossary.',
        rtol=1e-5,
    ),
    Equal(
        "scoringrules.crps_ensemble(y, x, estimator='fair').mean()",
        "lossary.crps_ensemble(x, y, estimator='fair')",
        _MEMBERS,
        rtol=1e-5,
    ),
    Equal(
        "scoringrules.quantile_score(y, m, q).mean()",
        "lossary.pinball(m, y, quantile=q)",
        _NORMAL,
        {"q": [0.1, 0.75]},
        rtol=1e-5,
    ),
    Equal(
        "scoringrules.interval_score(y, l, u, a).mean()",
        "lossary.interval_score(np.stack([l, u], -1), y, coverage=1 - a)",
        _BOUNDS,
        {"a": [0.1, 0.5]},
        note="scoringrules takes the probability outside the interval, lossary the probability inside.",
        rtol=1e-5,
    ),
    Equal(
        "gluonts.evaluation.metrics.quantile_loss(y, x, q)",
        "2 * lossary.pinball(x, y, quantile=q, reduction='sum')",
        _SERIES,
        {"q": [0.1, 0.75]},
        note="Twice the sum.",
        rtol=1e-5,
    ),
    Equal(
        "gluonts.evaluation.metrics.mase(y, x, scale)",
        "lossary.absolute_error(x, y, weights=1 / scale)",
        _SERIES,
        {"scale": [0.5, 4.0]},
        note="For several series, pass one weight per series.",
        rtol=1e-5,
    ),
    Equal(
        "gluonts.evaluation.metrics.msis(y, l, u, scale, a)",
        "lossary.interval_score(np.stack([l, u], -1), y, coverage=1 - a, weights=1 / scale)",
        _BOUNDS,
        {"a": [0.1, 0.5], "scale": [2.0]},
        rtol=1e-5,
    ),
    Equal(
        "gluonts.evaluation.metrics.mape(y, x)", "lossary.absolute_percentage_error(x, y)", _SERIES, rtol=1e-5
    ),
    Equal(
        "gluonts.evaluation.metrics.smape(y, x)",
        "lossary.symmetric_absolute_percentage_error(x, y)",
        _SERIES,
        rtol=1e-5,
    ),
]

DIFFERS = [
    Differs(
        "gluonts.evaluation.metrics.smape(y, x)",
        "lossary.symmetric_absolute_percentage_error(x, y)",
        {"y": [0.0, 1.0], "x": [0.0, 3.0]},
        0.5,
        "A target of 0 with a forecast of 0 is 0/0, so the mean is NaN.",
    ),
]

"""Negative log-likelihoods."""

import math

from tests.peers import Differs, Equal

REDUCTIONS = ["mean", "sum", "none"]
RATES = {"x": [0.5, 1.0, 2.5, 30.0, 7.0], "y": [0.0, 1.0, 4.0, 28.0, 0.0]}
LOG_RATES = {"x": [-3.0, 0.0, 0.5, 3.5, 2.0], "y": [0.0, 1.0, 4.0, 28.0, 0.0]}
NORMAL = {"x": [-1.0, 0.5, 2.0, 3.0], "y": [0.0, 0.5, -2.0, 2.5], "v": [0.25, 1.0, 4.0, 0.01]}
ONE = {"x": [1.0], "y": [2.0]}
_CLAMPED = "Variances are clamped at 1e-6 (`eps`)"

EQUALS = [
    Equal(
        "F.poisson_nll_loss(x, y, reduction=reduction)",
        "lossary.log_poisson(x, y, reduction=reduction)",
        LOG_RATES,
        {"reduction": REDUCTIONS},
        note="The default takes logarithms of rates, unlike `keras.losses.poisson`.",
    ),
    Equal(
        "F.poisson_nll_loss(x, y, log_input=False, reduction=reduction)",
        "lossary.poisson(x, y, reduction=reduction)",
        RATES,
        {"reduction": REDUCTIONS},
        note="Adds 1e-8 (`eps`) to the rates. For `full=True` write `constant=True`, which is exact.",
    ),
    Equal(
        "F.gaussian_nll_loss(x, y, v, full=full, reduction=reduction)",
        "lossary.gaussian_nll(x, y, v, constant=full, reduction=reduction)",
        NORMAL,
        {"full": [False, True], "reduction": REDUCTIONS},
        note=f"{_CLAMPED}.",
    ),
    Equal(
        "keras.losses.poisson(y, x)",
        "lossary.poisson(x, y, over=-1)",
        RATES,
        note="Targets come first, and the function averages over the last axis only. Adds 1e-7 to the rates.",
    ),
    Equal(
        "sklearn.metrics.mean_poisson_deviance(y, x, sample_weight=w)",
        "2 * (lossary.poisson(x, y, weights=w, reduction='weighted_mean')"
        " - lossary.poisson(y, y, weights=w, reduction='weighted_mean'))",
        {**RATES, "w": [1.0, 0.5, 2.0, 0.0, 3.0]},
        note="Targets come first. Twice what the loss is above that of a perfect prediction.",
        rtol=1e-5,
    ),
]

DIFFERS = [
    Differs(
        "F.poisson_nll_loss(x, y, log_input=False, full=True)",
        "lossary.poisson(x, y, constant=True)",
        ONE,
        1 + math.log(2),
        "The constant is Stirling's approximation without its correction, and 0 up to a count of 1.",
    ),
    Differs(
        "F.poisson_nll_loss(x, y, full=True)",
        "lossary.log_poisson(x, y, constant=True)",
        {"x": [0.0], "y": [3.0]},
        1 + math.log(6),
        "The constant is Stirling's approximation without its correction, and 0 up to a count of 1.",
    ),
    Differs(
        "F.poisson_nll_loss(x, y, log_input=False)",
        "lossary.poisson(x, y)",
        {"x": [1e-30], "y": [1.0]},
        30 * math.log(10),
        "1e-8 is added to the rates inside the logarithm: no count is very unlikely.",
    ),
    Differs(
        "keras.losses.poisson(y, x)",
        "lossary.poisson(x, y)",
        {"x": [0.0], "y": [1.0]},
        math.inf,
        "1e-7 is added to the rates inside the logarithm: what cannot happen costs 16.",
    ),
    Differs(
        "F.gaussian_nll_loss(x, y, v)",
        "lossary.gaussian_nll(x, y, v)",
        {"x": [1.0], "y": [0.0], "v": [1e-10]},
        0.5 * (1e10 - 10 * math.log(10)),
        f"{_CLAMPED}: a model is not told how wrong it is to be so sure.",
    ),
    Differs(
        "F.gaussian_nll_loss(x, y, v)",
        "lossary.gaussian_nll(x, y, v, reduction='sum')",
        {"x": [1.0], "y": [0.0], "v": [1e-10]},
        [1e10],
        f"{_CLAMPED}, so the gradient in the prediction is 10 000 times too small.",
        gradient=True,
    ),
    Differs(
        "F.gaussian_nll_loss(x, y, v)",
        "lossary.gaussian_nll(x, y, v)",
        {"x": [1.0], "y": [0.0], "v": [0.0]},
        math.inf,
        f"{_CLAMPED}: a certain and wrong prediction costs 499 993.",
    ),
]

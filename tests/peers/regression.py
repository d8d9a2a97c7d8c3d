"""Losses of real numbers."""

import math

from tests.peers import Differs, Equal

REDUCTIONS = ["mean", "sum", "none"]
REAL = {"x": [-3.0, -1.0, 0.25, 0.5, 2.0, 7.5], "y": [0.0, -1.0, 0.5, -0.5, 2.5, 1.0]}

WEIGHTED = {**REAL, "w": [1.0, 0.0, 2.0, 0.5, 3.0, 1.0]}
AMOUNTS = {"x": [0.0, 1.0, 3.5, 12.0, 1e4, 0.25], "y": [1.0, 1.0, 0.0, 10.0, 2e4, 0.5]}
_LAST_AXIS = "Targets come first, and the function averages over the last axis only."
_SKLEARN = "Targets come first. The mean divides by the sum of the weights."

EQUALS = [
    Equal("optax.squared_error(x, y)", "lossary.squared_error(x, y, reduction='none')", REAL),
    Equal(
        "optax.l2_loss(x, y)",
        "lossary.half_squared_error(x, y, reduction='none')",
        REAL,
        note="Half of `optax.squared_error`.",
    ),
    Equal(
        "optax.huber_loss(x, y, delta=delta)",
        "lossary.huber(x, y, delta=delta, reduction='none')",
        REAL,
        {"delta": [0.3, 1.0, 5.0]},
    ),
    Equal("optax.log_cosh(x, y)", "lossary.log_cosh(x, y, reduction='none')", REAL),
    Equal(
        "F.mse_loss(x, y, reduction=reduction)",
        "lossary.squared_error(x, y, reduction=reduction)",
        REAL,
        {"reduction": REDUCTIONS},
    ),
    Equal(
        "F.mse_loss(x, y, weight=w)",
        "lossary.squared_error(x, y, weights=w, reduction='weighted_mean')",
        WEIGHTED,
        note="The mean divides by the sum of the weights, unlike `huber_loss`.",
    ),
    Equal(
        "F.l1_loss(x, y, reduction=reduction)",
        "lossary.absolute_error(x, y, reduction=reduction)",
        REAL,
        {"reduction": REDUCTIONS},
    ),
    Equal(
        "F.l1_loss(x, y, weight=w)",
        "lossary.absolute_error(x, y, weights=w, reduction='weighted_mean')",
        WEIGHTED,
        note="The mean divides by the sum of the weights, unlike `huber_loss`.",
    ),
    Equal(
        "F.huber_loss(x, y, delta=delta, reduction=reduction)",
        "lossary.huber(x, y, delta=delta, reduction=reduction)",
        REAL,
        {"delta": [0.3, 1.0, 5.0], "reduction": REDUCTIONS},
    ),
    Equal(
        "F.huber_loss(x, y, weight=w)",
        "lossary.huber(x, y, weights=w)",
        WEIGHTED,
        note="The mean divides by the number of elements, unlike `mse_loss` and `l1_loss`.",
    ),
    Equal(
        "F.smooth_l1_loss(x, y, beta=beta, reduction=reduction)",
        "lossary.smooth_l1(x, y, beta=beta, reduction=reduction)",
        REAL,
        {"beta": [0.3, 1.0, 5.0], "reduction": REDUCTIONS},
        note="The Huber loss divided by beta. For `beta=0` use `absolute_error`.",
    ),
    Equal(
        "keras.losses.mean_squared_error(y, x)",
        "lossary.squared_error(x, y, over=-1)",
        REAL,
        note=_LAST_AXIS,
    ),
    Equal(
        "keras.losses.mean_absolute_error(y, x)",
        "lossary.absolute_error(x, y, over=-1)",
        REAL,
        note=_LAST_AXIS,
    ),
    Equal(
        "keras.losses.mean_absolute_percentage_error(y, x)",
        "100 * lossary.absolute_percentage_error(x, y, over=-1)",
        {"x": [1.0, -2.0, 5.0, 2e3], "y": [2.0, -1.0, 4.0, 1e3]},
        note=f"In percent. {_LAST_AXIS} Targets below 1e-7 count as 1e-7.",
    ),
    Equal(
        "keras.losses.mean_squared_logarithmic_error(y, x)",
        "lossary.squared_log_error(x, y, over=-1)",
        AMOUNTS,
        note=f"{_LAST_AXIS} Amounts below 1e-7 count as 1e-7.",
    ),
    Equal(
        "keras.losses.huber(y, x, delta=delta)",
        "lossary.huber(x, y, delta=delta, over=-1)",
        REAL,
        {"delta": [0.3, 1.0, 5.0]},
        note=_LAST_AXIS,
    ),
    Equal("keras.losses.log_cosh(y, x)", "lossary.log_cosh(x, y, over=-1)", REAL, note=_LAST_AXIS),
    Equal(
        "sklearn.metrics.mean_squared_error(y, x, sample_weight=w)",
        "lossary.squared_error(x, y, weights=w, reduction='weighted_mean')",
        WEIGHTED,
        note=_SKLEARN,
    ),
    Equal(
        "sklearn.metrics.root_mean_squared_error(y, x, sample_weight=w)",
        "np.sqrt(lossary.squared_error(x, y, weights=w, reduction='weighted_mean'))",
        WEIGHTED,
        note=_SKLEARN,
    ),
    Equal(
        "sklearn.metrics.mean_absolute_error(y, x, sample_weight=w)",
        "lossary.absolute_error(x, y, weights=w, reduction='weighted_mean')",
        WEIGHTED,
        note=_SKLEARN,
    ),
    Equal(
        "sklearn.metrics.mean_pinball_loss(y, x, alpha=alpha, sample_weight=w)",
        "lossary.pinball(x, y, quantile=alpha, weights=w, reduction='weighted_mean')",
        WEIGHTED,
        {"alpha": [0.0, 0.5, 0.9]},
        note=_SKLEARN,
    ),
    Equal(
        "sklearn.metrics.mean_squared_log_error(y, x, sample_weight=w)",
        "lossary.squared_log_error(x, y, weights=w, reduction='weighted_mean')",
        {**AMOUNTS, "w": WEIGHTED["w"]},
        note=_SKLEARN,
    ),
    Equal(
        "sklearn.metrics.root_mean_squared_log_error(y, x, sample_weight=w)",
        "np.sqrt(lossary.squared_log_error(x, y, weights=w, reduction='weighted_mean'))",
        {**AMOUNTS, "w": WEIGHTED["w"]},
        note=_SKLEARN,
    ),
    Equal(
        "sklearn.metrics.mean_absolute_percentage_error(y, x, sample_weight=w)",
        "lossary.absolute_percentage_error(x, y, weights=w, reduction='weighted_mean')",
        {"x": [1.0, -2.0, 5.0, 2e3], "y": [2.0, -1.0, 4.0, 1e3], "w": [1.0, 0.0, 2.0, 0.5]},
        note=f"{_SKLEARN} A target of 0 counts as 2e-16.",
    ),
]
_TINY = {"x": [1e-4], "y": [0.0]}
_BELOW_0 = {"x": [-0.5], "y": [0.0]}
_HALF = "Half-precision inputs are squared in half precision, which overflows for errors of 256 and more."

DIFFERS = [
    Differs(
        "optax.log_cosh(x, y)",
        "lossary.log_cosh(x, y)",
        _TINY,
        5e-9,
        "log 2 is subtracted from a number near log 2: small errors lose all digits.",
    ),
    Differs(
        "keras.losses.log_cosh(y, x)",
        "lossary.log_cosh(x, y)",
        _TINY,
        5e-9,
        "log 2 is subtracted from a number near log 2: small errors cost 0 or less.",
    ),
    Differs(
        "optax.huber_loss(x, y)",
        "lossary.huber(x, y, reduction='sum')",
        {"x": [1e-8], "y": [0.0]},
        [1e-8],
        "The gradient is (e - delta) + delta: 0 for errors much smaller than delta.",
        gradient=True,
    ),
    Differs(
        "optax.squared_error(x.astype('float16'), y.astype('float16')).astype('float32')",
        "lossary.squared_error(x.astype('float16'), y.astype('float16'))",
        {"x": [300.0], "y": [0.0]},
        9e4,
        _HALF,
    ),
    Differs(
        "F.mse_loss(x.half(), y.half()).float()",
        "lossary.squared_error(x.astype('float16'), y.astype('float16'))",
        {"x": [300.0], "y": [0.0]},
        9e4,
        _HALF,
    ),
    Differs(
        "keras.losses.mean_squared_logarithmic_error(y, x)",
        "lossary.squared_log_error(x, y)",
        _BELOW_0,
        math.log(2) ** 2,
        "Values are clipped to at least 1e-7, so predictions below 0 cost nothing if the target is 0.",
    ),
    Differs(
        "keras.losses.mean_squared_logarithmic_error(y, x)",
        "lossary.squared_log_error(x, y, reduction='sum')",
        {"x": [0.0], "y": [1.0]},
        [-2 * math.log(2)],
        "Clipped values have no gradient: a prediction of 0 stays 0.",
        gradient=True,
    ),
    Differs(
        "keras.losses.mean_absolute_percentage_error(y, x)",
        "100 * lossary.absolute_percentage_error(x, y)",
        {"x": [1e-8], "y": [2e-8]},
        50.0,
        "Targets are clipped to at least 1e-7, whatever their unit.",
    ),
    Differs(
        "sklearn.metrics.mean_absolute_percentage_error(y, x)",
        "lossary.absolute_percentage_error(x, y)",
        {"x": [1.0], "y": [0.0]},
        math.inf,
        "A target of 0 counts as 2e-16: one such target makes the mean a meaningless 16-digit number.",
    ),
]

"""Losses of real numbers."""

from tests.peers import Differs, Equal

REAL = {"x": [-3.0, -1.0, 0.25, 0.5, 2.0, 7.5], "y": [0.0, -1.0, 0.5, -0.5, 2.5, 1.0]}

EQUALS = [
    Equal("optax.squared_error(x, y)", "lossary.squared_error(x, y, reduction='none')", REAL),
    Equal(
        "optax.huber_loss(x, y, delta=delta)",
        "lossary.huber(x, y, delta=delta, reduction='none')",
        REAL,
        {"delta": [0.3, 1.0, 5.0]},
    ),
    Equal("F.mse_loss(x, y)", "lossary.squared_error(x, y)", REAL),
    Equal("F.l1_loss(x, y)", "lossary.absolute_error(x, y)", REAL),
    Equal(
        "F.huber_loss(x, y, delta=delta)",
        "lossary.huber(x, y, delta=delta)",
        REAL,
        {"delta": [0.3, 1.0, 5.0]},
    ),
    Equal(
        "keras.losses.mean_squared_error(y, x)",
        "lossary.squared_error(x, y, over=-1)",
        REAL,
        note="Targets come first, and the function averages over the last axis only.",
    ),
]

DIFFERS: list[Differs] = []

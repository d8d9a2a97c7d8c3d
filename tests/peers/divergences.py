"""Divergences of distributions."""

from math import exp, inf, log

from tests.peers import Differs, Equal

LABELS = [[0.25, 0.5, 0.25], [1.0, 0.0, 0.0], [0.125, 0.0, 0.875]]
PROBS = {"p": [[0.5, 0.25, 0.25], [0.125, 0.75, 0.125], [0.3, 0.3, 0.4]], "y": LABELS}
LOGITS = {"x": [[2.0, -1.0, 0.5], [0.0, 0.0, 0.0], [-3.0, 1.5, 4.0]], "y": LABELS}
POSITIVE = {**PROBS, "y": [[0.25, 0.5, 0.25], [0.1, 0.2, 0.7], [0.125, 0.0625, 0.8125]]}
BOARD = {"p": [[0.125, 0.25], [0.5, 0.125]], "y": [[0.5, 0.125], [0.125, 0.25]]}
AMOUNTS = {"x": [[2.0, -1.0, 0.5], [0.0, 3.0, 0.0]], "y": [[4.0, 0.0, 1.5], [1.0, 12.0, 0.25]]}

EQUALS: list[Equal] = [
    Equal(
        "optax.kl_divergence(jnp.log(p), y)",
        "lossary.log_kl_divergence(np.log(p), y, reduction='none')",
        PROBS,
    ),
    Equal(
        "optax.kl_divergence(jnp.log(p), y, axis=(0, 1))",
        "lossary.log_kl_divergence(np.log(p), y, axis=(0, 1))",
        BOARD,
        note="Several axes form one row.",
    ),
    Equal(
        "F.kl_div(p.log(), y, reduction='none')",
        "lossary.log_kl_divergence(np.log(p), y, axis=(), reduction='none')",
        POSITIVE,
        note="`axis=()`: each class has its own loss, and rows need not sum to 1.",
    ),
    Equal(
        "optax.losses.kl_divergence_with_log_targets(jnp.log(p), jnp.log(y), axis=axis)",
        "lossary.log_kl_divergence(np.log(p), np.log(y), labels_in='log_probs', axis=axis, reduction='none')",
        POSITIVE,
        {"axis": [-1]},
    ),
    Equal(
        "optax.losses.generalized_kl_divergence(x, y)",
        "lossary.generalized_kl_divergence(x, y, reduction='none')",
        AMOUNTS,
    ),
    Equal(
        "optax.losses.convex_kl_divergence(x, y)",
        "lossary.generalized_kl_divergence(x, y, reduction='none')",
        AMOUNTS,
        note="Deprecated: the old name of `optax.generalized_kl_divergence`.",
    ),
    Equal(
        "F.kl_div(p.log(), y, reduction='batchmean')",
        "lossary.log_kl_divergence(np.log(p), y)",
        PROBS,
        note="lossary averages over rows. torch's `'mean'` also divides by the number of classes.",
    ),
    Equal(
        "F.kl_div(p.log(), y, reduction='mean')",
        "lossary.log_kl_divergence(np.log(p), y) / p.shape[-1]",
        PROBS,
        note="torch's default, which is not a divergence.",
    ),
    Equal(
        "F.kl_div(p.log(), y, reduction='sum')",
        "lossary.log_kl_divergence(np.log(p), y, reduction='sum')",
        PROBS,
    ),
    Equal(
        "F.kl_div(p.log(), y.log(), log_target=True, reduction='batchmean')",
        "lossary.log_kl_divergence(np.log(p), np.log(y), labels_in='log_probs')",
        POSITIVE,
    ),
    Equal(
        "F.kl_div(x.log_softmax(-1), y, reduction='batchmean')",
        "lossary.softmax_kl_divergence(x, y)",
        LOGITS,
        note="lossary takes the logits directly.",
    ),
    Equal(
        "keras.losses.kl_divergence(y, p)",
        "lossary.kl_divergence(p, y, reduction='none')",
        POSITIVE,
        note="Labels come first. Both are clipped at 1e-7.",
    ),
]

_WHY_NOISE = (
    "For nearly equal distributions, a sum of terms of both signs leaves only rounding"
    " errors. In lossary no term is negative."
)
_WHY_NAN = "An impossible class with a label of 0 gives 0 times infinity: NaN."
_IMPOSSIBLE = {"x": [[log(0.5), log(0.5), -inf]], "y": [[0.25, 0.75, 0.0]]}
_KL = 0.25 * log(0.5) + 0.75 * log(1.5)

DIFFERS: list[Differs] = [
    Differs(
        "optax.kl_divergence(x, y)",
        "lossary.log_kl_divergence(x, y, reduction='none')",
        _IMPOSSIBLE,
        [_KL],
        _WHY_NAN,
    ),
    Differs(
        "optax.losses.kl_divergence_with_log_targets(jnp.log(y), x)",
        "lossary.log_kl_divergence(np.log(y), x, labels_in='log_probs', reduction='none')",
        {"x": [[log(0.5), log(0.5), -inf]], "y": [[0.25, 0.25, 0.5]]},
        [log(2)],
        "A log-label of -inf, which is a label of 0, gives NaN.",
    ),
    Differs(
        "optax.losses.generalized_kl_divergence(x, y)",
        "lossary.generalized_kl_divergence(x, y, reduction='none')",
        {"x": [[2.0**-12, -(2.0**-12)]], "y": [[1.0, 1.0]]},
        [2.0**-24],
        _WHY_NOISE,
    ),
    Differs(
        "F.kl_div(x, y)",
        "lossary.log_kl_divergence(x, y)",
        {"x": [[log(0.5), log(0.5)]], "y": [[0.25, 0.75]]},
        _KL,
        "The default mean also divides by the number of classes, so it is not a divergence"
        " (`reduction='batchmean'` is).",
    ),
    Differs(
        "F.kl_div(x, y, reduction='batchmean')", "lossary.log_kl_divergence(x, y)", _IMPOSSIBLE, _KL, _WHY_NAN
    ),
    Differs(
        "F.kl_div(y.log(), x, log_target=True, reduction='batchmean')",
        "lossary.log_kl_divergence(np.log(y), x, labels_in='log_probs')",
        {"x": [[log(0.5), log(0.5), -inf]], "y": [[0.25, 0.25, 0.5]]},
        log(2),
        "A log-label of -inf, which is a label of 0, gives NaN.",
    ),
    Differs(
        "F.kl_div(p, y, reduction='batchmean')",
        "lossary.kl_divergence(p, y)",
        {"p": [[0.5, 0.5]], "y": [[0.25, 0.75]]},
        _KL,
        "Probabilities passed as log-probabilities give a plausible number, here a negative one.",
    ),
    Differs(
        "keras.losses.kl_divergence(y, p)",
        "lossary.kl_divergence(p, y, reduction='none')",
        {"p": [[2.0**-30, 1 - 2.0**-30]], "y": [[1.0, 0.0]]},
        [30 * log(2)],
        "Both are clipped at 1e-7, so worse mistakes cost no more.",
    ),
    Differs(
        "keras.losses.kl_divergence(y, p)",
        "lossary.kl_divergence(p, y, reduction='none')",
        {"p": [[0.0, 1.0]], "y": [[exp(-1), 1 - exp(-1)]]},
        [inf],
        "Both are clipped at 1e-7, so an event predicted as impossible has a finite loss.",
    ),
]

"""Losses of sequences, of all pairs of a batch, and what is made of a function."""

import numpy as np

from tests.peers import Differs, Equal

_RNG = np.random.default_rng(0)
_Z = _RNG.normal(size=(3, 6, 4))
SEQUENCES = {
    "z": _Z,
    "y": np.asarray([[1, 2], [3, 3], [2, 0]]),
    "n": np.asarray([6, 5, 4]),
    "m": np.asarray([2, 2, 1]),
}
PADDED = {
    **SEQUENCES,
    "frames": (np.arange(6) >= SEQUENCES["n"][:, None]).astype(float),
    "padding": (np.arange(2) >= SEQUENCES["m"][:, None]).astype(float),
}
_VECTORS = _RNG.normal(size=(6, 3))
PAIRS = {
    "x": _VECTORS / np.linalg.norm(_VECTORS, axis=1, keepdims=True),
    "y": np.asarray([0, 0, 1, 1, 2, 2]),
}
ROWS = {"z": _Z[0], "y": np.eye(4)[[0, 3, 1, 1, 2, 0]]}
HIDDEN = {"h": _RNG.normal(size=(5, 3)), "w": _RNG.normal(size=(4, 3)), "y": np.asarray([0, 3, 1, 1, 2])}

_LENGTHS = "logit_lengths=n, label_lengths=m, reduction='none'"
_FRAMES_LEFT = (
    "Takes paddings, 1 where there is no frame or label. The lengths are `T -"
    " paddings.sum(-1)`. Takes logits, like lossary. If no alignment exists, its loss is 1e5;"
    " lossary's is infinite or 0."
)

EQUALS = [
    Equal(
        "optax.ctc_loss(z, frames, y, padding)", f"lossary.ctc(z, y, {_LENGTHS})", PADDED, note=_FRAMES_LEFT,
        rtol=1e-5,
    ),
    Equal(
        "optax.losses.ctc_loss_with_forward_probs(z, frames, y, padding)[0]",
        f"lossary.ctc(z, y, {_LENGTHS})",
        PADDED,
        note="lossary does not return the forward probabilities. " + _FRAMES_LEFT,
        rtol=1e-5,
    ),
    Equal(
        "F.ctc_loss(z.log_softmax(-1).transpose(0, 1), y, n, m, reduction='none')",
        f"lossary.ctc(z, y, {_LENGTHS})",
        SEQUENCES,
        note="torch takes log-probabilities with the frames first, lossary logits or log-probabilities"
        " with the batch first. `zero_infinity=True` is `infeasible='zero'`. torch's mean divides"
        " each loss by its number of labels: `weights=1 / m`.",
        rtol=1e-5,
    ),
    Equal(
        "keras.losses.ctc(y, z)",
        "lossary.ctc(z, y, logit_lengths=np.full(3, 6), label_lengths=(y != 0).sum(1), reduction='none')",
        {"z": _Z, "y": SEQUENCES["y"]},
        note="The blank is 0, and so is padding after the labels. All frames count.",
        rtol=1e-5,
    ),
    Equal(
        "optax.losses.ntxent(x, y, temperature)",
        "lossary.nt_xent(x, y, temperature=temperature)",
        PAIRS,
        {"temperature": [0.07, 0.5]},
        note="optax averages over positive pairs, which is the same if all groups have the same size.",
        rtol=1e-5,
    ),
    Equal(
        "optax.losses.ntxent(x, groups, temperature)",
        "lossary.nt_xent(x, groups, temperature=temperature, reduction='sum',"
        " weights=(n := (groups[:, None] == groups).sum(1) - 1) / max(n.sum(), 1))",
        {**PAIRS, "groups": np.asarray([0, 0, 1, 1, 1, 2])},
        {"temperature": [0.07, 0.5]},
        note="For groups of different sizes: each anchor is weighted by its number of positives, n. A"
        " batch without positives gives 0 in lossary and NaN in optax.",
        rtol=1e-5,
    ),
    Equal(
        "keras.losses.Circle(gamma=gamma, margin=margin)(y, x)",
        "lossary.circle(x, y, gamma=gamma, margin=margin, reduction='sum',"
        " weights=(n := lossary.circle(x, y, gamma=gamma, margin=margin, reduction='none') > 0)"
        " / max(n.sum(), 1))",
        {**PAIRS, "y": np.asarray([0, 0, 1, 1, 2, 3])},
        {"gamma": [2.0, 80.0], "margin": [0.25]},
        note="The class averages over the anchors with a nonzero loss, the function and"
        " `reduction='mean'` over all.",
        rtol=1e-4,
    ),
    Equal(
        "keras.losses.circle(y, x, gamma=gamma, margin=margin)",
        "lossary.circle(x, y, gamma=gamma, margin=margin, reduction='none')",
        PAIRS,
        {"gamma": [2.0, 80.0], "margin": [0.25, 0.4]},
        note="Keras expects embeddings of length 1; lossary normalizes them.",
        rtol=1e-4,
    ),
    Equal(
        "optax.losses.make_fenchel_young_loss(jax.nn.logsumexp)(z, y)",
        "lossary.fenchel_young(lambda z, xp: xp.log(xp.sum(xp.exp(z), axis=-1)),"
        " lambda z, xp: xp.exp(z) / xp.sum(xp.exp(z), axis=-1, keepdims=True))(z, y, reduction='none')",
        ROWS,
        note="lossary also needs the prediction, which is the gradient of the function, because NumPy"
        " cannot compute it.",
        rtol=1e-5,
    ),
    Equal(
        "F.linear_cross_entropy(h, w, y)",
        "lossary.linear_cross_entropy(h, w, y)",
        HIDDEN,
        note="torch computes in chunks only if `options` asks for it, lossary always. For labels that"
        " are distributions, which are as large as the logits, use `softmax_cross_entropy(h @"
        " w.T, y)`.",
        rtol=1e-5,
    ),
]  # fmt: skip

DIFFERS = [
    Differs(
        "optax.ctc_loss(z, jnp.zeros((1, 2)), y, jnp.zeros((1, 2)))",
        "lossary.ctc(z, y, reduction='none')",
        {"z": [[[0.0, 1.0], [0.0, 1.0]]], "y": [[1, 1]]},
        [np.inf],
        "Two frames cannot hold the same label twice with a blank in between, but the loss is"
        " finite, as if there were something to learn.",
    ),
    Differs(
        "optax.losses.ntxent(x, y, 0.5)",
        "lossary.nt_xent(x, y, temperature=0.5, reduction='sum',"
        " weights=(n := (y[:, None] == y).sum(1) - 1) / max(n.sum(), 1))",
        {"x": [[1.0, 0.0], [0.0, 1.0]], "y": [0, 1]},
        0.0,
        "A batch without a positive pair gives NaN, even with the mean over pairs.",
    ),
    Differs(
        "optax.losses.ntxent(x, y, 0.5)",
        "lossary.nt_xent(x, y, temperature=0.5)",
        {"x": [[1.0, 0.0], [0.0, 1.0]], "y": [0, 1]},
        0.0,
        "A batch without a positive pair gives NaN.",
    ),
]

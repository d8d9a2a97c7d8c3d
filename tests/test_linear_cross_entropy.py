"""The cross-entropy of a linear layer: against mpmath, and against that of the logits, by every way to it."""

from collections.abc import Callable
from typing import Any

import mpmath as mp
import numpy as np
import pytest

import lossary
from lossary._engine import asking
from lossary.losses.classification._linear_rules import BY_TOKENS, BY_VOCABULARY
from tests.libraries import HALVES, Library

LOSS = lossary.linear_cross_entropy
ALL = ("hidden", "weight", "bias")
RNG = np.random.default_rng(0)
TOKENS, WIDTH, CLASSES = (3, 4), 5, 11
HIDDEN = RNG.normal(size=(*TOKENS, WIDTH)).astype("float32")
WEIGHT = RNG.normal(size=(CLASSES, WIDTH)).astype("float32")
BIAS = RNG.normal(size=CLASSES).astype("float32")
LABELS = RNG.integers(CLASSES, size=TOKENS)
HIDDEN[0, 0] = 30 * WEIGHT[LABELS[0, 0]]  # confident, and right
HIDDEN[1, 1] = -20 * WEIGHT[LABELS[1, 1]]  # and wrong
NEVER = int(next(k for k in range(CLASSES) if k not in LABELS))
BIAS[NEVER] = -np.inf
WEIGHTS = RNG.uniform(0.5, 2, TOKENS).astype("float32")
OF_CLASSES = RNG.uniform(0.5, 2, CLASSES).astype("float32")
WHERE = RNG.uniform(size=TOKENS) < 0.7

OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "smooth": {"label_smoothing": 0.1},
    "z": {"z_weight": 1e-2},
    "capped": {"soft_cap": 3.0},
    "classes": {"class_weights": OF_CLASSES, "reduction": "weighted_mean"},
    "masked": {"weights": WEIGHTS, "where": WHERE, "reduction": "sum"},
    "all": {
        "label_smoothing": 0.1,
        "z_weight": 1e-2,
        "soft_cap": 3.0,
        "class_weights": OF_CLASSES,
        "weights": WEIGHTS,
        "where": WHERE,
        "reduction": "weighted_mean",
    },
}
STRATEGIES = ("vocab", "token")
each_strategy = pytest.mark.parametrize("strategy", STRATEGIES)
each_option = pytest.mark.parametrize("name", OPTIONS)


def given(library: Library, options: dict[str, Any]) -> dict[str, Any]:
    return {k: library.array(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}


def number_of(x: Any) -> Any:
    return mp.ninf if np.isneginf(x) else mp.mpf(float(x))


def exact_loss(z: list[Any], y: int, options: dict[str, Any]) -> Any:
    """Of one token, and its weight, from the definitions."""
    cap = options.get("soft_cap")
    can_be = [k for k, v in enumerate(z) if v != mp.ninf]
    if cap:
        z = [cap * mp.tanh(v / cap) if k in can_be else v for k, v in enumerate(z)]
    level = mp.log(mp.fsum(mp.exp(z[k]) for k in can_be))
    smoothing = mp.mpf(options.get("label_smoothing", 0.0))
    c = [mp.mpf(float(v)) for v in options.get("class_weights", np.ones(len(z)))]
    loss = mp.fsum(
        c[k] * ((1 - smoothing) * (k == y) + smoothing / len(can_be)) * (level - z[k]) for k in can_be
    )
    return loss + mp.mpf(options.get("z_weight", 0.0)) * level**2, c[y]


def exact(name: str) -> tuple[float, list[np.ndarray]]:
    """The reduced loss, and by differences its gradients in all three."""
    options = OPTIONS[name]
    h, w, b = HIDDEN.reshape(-1, WIDTH), WEIGHT, BIAS
    share = options.get("weights", np.ones(TOKENS)) * options.get("where", np.ones(TOKENS))
    share = share.ravel()
    weighing = options.get("class_weights", np.ones(CLASSES))[LABELS.ravel()] * share
    by = {"weighted_mean": weighing.sum(), "sum": 1.0}.get(options.get("reduction", ""), float(len(h)))
    grads = [np.zeros(h.shape), np.zeros(w.shape), np.zeros(b.shape)]
    total = mp.mpf(0)
    step = mp.mpf(10) ** -20
    for i in np.flatnonzero(share):
        y, row = int(LABELS.ravel()[i]), [mp.mpf(float(v)) for v in h[i]]
        z = [
            mp.fsum(mp.mpf(float(a)) * v for a, v in zip(w[k], row, strict=True)) + number_of(b[k])
            for k in range(CLASSES)
        ]
        amount = mp.mpf(float(share[i])) / mp.mpf(float(by))
        total += amount * exact_loss(z, y, options)[0]
        for k in range(CLASSES):
            if z[k] == mp.ninf:
                continue
            sides = [exact_loss([*z[:k], z[k] + s, *z[k + 1 :]], y, options)[0] for s in (step, -step)]
            slope = float(amount * (sides[0] - sides[1]) / (2 * step))
            grads[0][i] += slope * w[k].astype("float64")
            grads[1][k] += slope * h[i].astype("float64")
            grads[2][k] += slope
    grads[0] = grads[0].reshape(HIDDEN.shape)
    return float(total), grads


EXACT = {name: exact(name) for name in OPTIONS}


def close(got: Any, want: np.ndarray, within: float = 2e-6) -> None:
    got = np.asarray(got, "float64")
    np.testing.assert_allclose(got, want, rtol=0, atol=within * max(1.0, np.abs(want).max()))


@each_strategy
@each_option
def test_values_and_gradients(name: str, strategy: str, xp: Library) -> None:
    if xp.is_brief and xp.is_variant and name != "all":
        pytest.skip("all options at once will do")
    if not xp.knows_sizes:
        pytest.skip("the number of classes must be known")
    loss = lossary.value_and_grad(LOSS, wrt=ALL)
    options = {**given(xp, OPTIONS[name]), "bias": xp.array(BIAS), "strategy": strategy, "chunk": 4}
    hidden = np.where(OPTIONS[name].get("where", np.ones(TOKENS, bool))[..., None], HIDDEN, np.nan)
    value, grads = xp.call(loss, xp.array(hidden), xp.array(WEIGHT), xp.array(LABELS), **options)
    want, slopes = EXACT[name]
    assert float(xp.to_numpy(value)) == pytest.approx(want, rel=1e-6)
    for grad, slope in zip(grads, slopes, strict=True):
        assert xp.dtype_of(grad) == "float32"
        close(xp.to_numpy(grad), slope)


@each_strategy
@pytest.mark.parametrize("chunk", [None, 1, 4, 11, 100])
def test_automatic_differentiation_in_any_chunks(chunk: int | None, strategy: str, autodiff: Library) -> None:
    if not autodiff.knows_sizes or (autodiff.is_variant and chunk != 4):
        pytest.skip("once will do")
    options = {**given(autodiff, OPTIONS["all"]), "strategy": strategy, "chunk": chunk}
    labels = autodiff.array(LABELS)

    def loss(h: Any, w: Any, b: Any) -> Any:
        return 3.0 * LOSS(h, w, labels, bias=b, **options)

    arrays = [autodiff.array(a) for a in (HIDDEN, WEIGHT, BIAS)]
    for grad, slope in zip(autodiff.gradients(loss, arrays, (0, 1, 2)), EXACT["all"][1], strict=True):
        close(autodiff.to_numpy(grad), 3.0 * slope)


def test_confident_tokens_keep_their_digits(library: Library) -> None:
    """A loss of 1e-30 in float32, and gradients that are as small."""
    hidden, weight = np.asarray([[70.0], [-70.0]], "float32"), np.asarray([[1.0], [0.0]], "float32")
    want = float(mp.log1p(mp.exp(-70)))
    for strategy in STRATEGIES:
        derive = lossary.value_and_grad(LOSS, wrt="weight")
        arrays = map(library.array, (hidden, weight, np.asarray([0, 1])))
        value, grad = library.call(derive, *arrays, strategy=strategy)
        assert float(library.to_numpy(value)) == pytest.approx(want, rel=1e-6)
        np.testing.assert_allclose(library.to_numpy(grad), [[-70 * want], [70 * want]], rtol=2e-6)


@pytest.mark.parametrize("reduction", ["none", "mean", "weighted_mean", "sum", "total"])
def test_it_is_the_softmax_cross_entropy_of_the_logits(reduction: str, library: Library) -> None:
    options = {"class_weights": OF_CLASSES, "weights": WEIGHTS, "where": WHERE, "label_smoothing": 0.2}
    logits = library.array(HIDDEN @ WEIGHT.T + BIAS)
    arrays = [library.array(a) for a in (HIDDEN, WEIGHT, LABELS)]
    for over in (None, 1):
        shared = {**given(library, options), "over": over}
        theirs, ours = lossary.softmax_cross_entropy, LOSS
        if reduction == "total":
            theirs, ours = lossary.total(theirs), lossary.total(ours)
        else:
            shared["reduction"] = reduction
        want = library.call(theirs, logits, arrays[2], **shared)
        got = library.call(ours, *arrays, bias=library.array(BIAS), **shared)
        parts = zip(got, want, strict=True) if reduction == "total" else [(got, want)]
        for mine, theirs in parts:
            np.testing.assert_allclose(library.to_numpy(mine), library.to_numpy(theirs), rtol=5e-6)


def test_gradients_of_losses_that_are_not_reduced(autodiff: Library) -> None:
    """Each with a cotangent of its own, masked rows with garbage in them."""
    factors = autodiff.array(WEIGHTS)
    mask = autodiff.array(WHERE)
    hidden = autodiff.array(np.where(WHERE[..., None], HIDDEN, np.nan))
    weight, labels = autodiff.array(WEIGHT), autodiff.array(np.where(WHERE, LABELS, -100))
    if not autodiff.knows_sizes:
        pytest.skip("the number of classes must be known")

    def total(h: Any, w: Any) -> Any:
        losses = LOSS(h, w, labels, bias=autodiff.array(BIAS), where=mask, reduction="none", chunk=4)
        return (factors * losses).sum() if hasattr(losses, "sum") else autodiff_sum(factors * losses)

    for grad, want in zip(
        autodiff.gradients(total, (hidden, weight), (0, 1)), EXACT["masked"][1], strict=False
    ):
        close(autodiff.to_numpy(grad), want)


def autodiff_sum(x: Any) -> Any:
    import tensorflow as tf

    return tf.reduce_sum(x)


@each_strategy
def test_gradients_in_the_weights_of_tokens(strategy: str, autodiff: Library) -> None:
    if not autodiff.knows_sizes:
        pytest.skip("the number of classes must be known")
    h, w, y = (autodiff.array(a) for a in (HIDDEN, WEIGHT, LABELS))
    losses = autodiff.to_numpy(LOSS(h, w, y, reduction="none"))

    def mean(weights: Any) -> Any:
        return LOSS(h, w, y, weights=weights, reduction="weighted_mean", strategy=strategy)

    (got,) = autodiff.gradients(mean, (autodiff.array(WEIGHTS),))
    want = (losses - (losses * WEIGHTS).sum() / WEIGHTS.sum()) / WEIGHTS.sum()
    close(autodiff.to_numpy(got), want, 1e-5)


@each_strategy
@pytest.mark.parametrize("half", HALVES)
def test_halves_are_summed_in_float32(half: str, strategy: str, library: Library) -> None:
    if library.name.startswith(("numpy", "strict", "dask")):
        pytest.skip("products of halves are cast there")
    rng = np.random.default_rng(1)
    h, w = rng.normal(size=(40, 64)), rng.normal(size=(300, 64)) / 8
    y = library.array(rng.integers(300, size=40))
    derive = lossary.value_and_grad(LOSS, wrt=("hidden", "weight"))
    halves = [library.array(a, half) for a in (h, w)]
    wide = [library.array(library.to_numpy(a), "float32") for a in halves]
    value, grads = library.call(derive, *halves, y, strategy=strategy, chunk=32)
    want, slopes = library.call(derive, *wide, y, strategy=strategy, chunk=32)
    assert library.dtype_of(value) == "float32"
    assert float(library.to_numpy(value)) == pytest.approx(float(library.to_numpy(want)), rel=1e-6)
    for grad, slope in zip(grads, slopes, strict=True):
        assert library.dtype_of(grad) == half
        scale = np.abs(library.to_numpy(slope)).max()
        assert np.abs(library.to_numpy(grad) - library.to_numpy(slope)).max() <= 2**-7 * scale


def test_a_vocabulary_that_chunks_do_not_divide(library: Library) -> None:
    """A peer lets the zeros that fill the last of five chunks take part."""
    rng = np.random.default_rng(2)
    h, w, y = rng.normal(size=(6, 3)), rng.normal(size=(4100, 3)), rng.integers(4100, size=6)
    y[0] = 4099
    z = h.astype("float32") @ w.astype("float32").T
    want = np.log(np.exp(z.astype("float64")).sum(axis=1)) - z[np.arange(6), y]
    arrays = (library.array(h, "float32"), library.array(w, "float32"), library.array(y))
    got = library.call(LOSS, *arrays, strategy="vocab", chunk=1024, reduction="none")
    np.testing.assert_allclose(library.to_numpy(got), want, rtol=1e-6)


def test_one_class_one_token_and_none(library: Library) -> None:
    one = [library.array(a) for a in (HIDDEN[0], WEIGHT[:1], np.zeros(4, int))]
    value, grad = library.call(lossary.value_and_grad(LOSS), *one)
    assert float(library.to_numpy(value)) == 0
    assert not library.to_numpy(grad).any()
    for strategy in STRATEGIES:
        single = [library.array(a) for a in (HIDDEN[0, 1], WEIGHT, LABELS[0, 1])]
        value, grad = library.call(lossary.value_and_grad(LOSS), *single, strategy=strategy)
        z = (HIDDEN[0, 1] @ WEIGHT.T).astype("float64")
        assert float(library.to_numpy(value)) == pytest.approx(
            np.log(np.exp(z).sum()) - z[LABELS[0, 1]], rel=1e-5
        )
        assert library.to_numpy(grad).shape == (WIDTH,)
        masked = library.array(np.zeros(TOKENS, bool))
        arrays = [library.array(a) for a in (HIDDEN * np.nan, WEIGHT, LABELS)]
        value, grad = library.call(lossary.value_and_grad(LOSS), *arrays, where=masked, strategy=strategy)
        assert float(library.to_numpy(value)) == 0
        assert not library.to_numpy(grad).any()


def test_a_label_that_cannot_be(library: Library) -> None:
    labels = np.full(TOKENS, NEVER)
    arrays = [library.array(a) for a in (HIDDEN, WEIGHT, labels)]
    got = library.call(LOSS, *arrays, bias=library.array(BIAS), reduction="none", z_weight=1.0)
    assert np.isposinf(library.to_numpy(got)).all()


WRONG: list[tuple[str, str, Callable[[], dict[str, Any]]]] = [
    ("L001", "does not fit", lambda: {"weight": WEIGHT.T}),
    ("L001", r"(?s)does not fit.*weight\.T: a row", lambda: {"weight": WEIGHT.T}),
    ("L001", r"(?s)does not fit.*a row of `weight` for each class", lambda: {"weight": WEIGHT[:, 1:]}),
    ("L001", r"(?s)does not fit.*a row of `weight` for each class", lambda: {"weight": WEIGHT[0]}),
    ("L001", "has no classes for `labels` to name", lambda: {"weight": WEIGHT[:0]}),
    ("L001", "must have shape", lambda: {"labels": LABELS[0]}),
    ("L001", "one number per class", lambda: {"bias": BIAS[:-1]}),
    ("L001", "one number per class", lambda: {"class_weights": OF_CLASSES[:-1]}),
    ("L001", "fits no leading axes", lambda: {"where": WHERE[:2]}),
    ("L005", "must be integers", lambda: {"labels": LABELS.astype("float32")}),
    ("L005", "must be boolean", lambda: {"where": WHERE.astype("float32")}),
    (
        "L130",
        "(?s)for a result that is one number.*'vocab'",
        lambda: {"strategy": "token", "reduction": "none"},
    ),
    ("L130", "for a result that is one number", lambda: {"strategy": "token", "over": 0}),
    ("L130", "linear_cross_entropy: `over`", lambda: {"over": 2}),
    ("L130", "must be one of", lambda: {"strategy": "both"}),
    ("L130", "`chunk` must be", lambda: {"chunk": 0}),
    ("L130", "`soft_cap` must be > 0", lambda: {"soft_cap": -1.0}),
    ("L130", "`label_smoothing` must be", lambda: {"label_smoothing": 1.0}),
    ("L006", "`wrt` must name `hidden` or `weight`", lambda: {"wrt": ("bias",)}),
]


@pytest.mark.parametrize(("code", "text", "change"), WRONG, ids=[f"{c}-{t[:14]}" for c, t, _ in WRONG])
def test_errors(code: str, text: str, change: Callable[[], dict[str, Any]], library: Library) -> None:
    arrays = {"hidden": HIDDEN, "weight": WEIGHT, "labels": LABELS, **change()}
    loss = lossary.value_and_grad(LOSS, wrt=arrays.pop("wrt", None))
    with pytest.raises((lossary.LossInputError, lossary.LossTypeError), match=text) as error:
        library.call(loss, **given(library, arrays))
    assert error.value.code == code


def made(tokens: int = 12, classes: int = CLASSES, **options: Any) -> Any:
    """What the rule of a call is applied to."""
    arrays = np.zeros((tokens, 2)), np.zeros((classes, 2)), np.zeros(tokens, int)
    asked: Any = asking(LOSS)(*arrays, **options)
    return asked.make()


@pytest.mark.parametrize(
    ("options", "by_tokens"),
    [
        ({}, True),
        ({"reduction": "sum", "over": 0}, True),
        ({"reduction": "none"}, False),
        ({"over": ()}, False),
        ({"strategy": "vocab"}, False),
        ({"strategy": "token"}, True),
    ],
)
def test_which_way_by_default(options: dict[str, Any], by_tokens: bool) -> None:
    """The quicker one where the result is one number."""
    assert made(**options).rule is (BY_TOKENS if by_tokens else BY_VOCABULARY)


@pytest.mark.parametrize(("tokens", "classes"), [(5000, 40_000), (40_000, 5000), (900_000, 3), (3, 900_000)])
def test_chunks_fill_a_tile(tokens: int, classes: int) -> None:
    """In steps of 16 rows: 64 megabytes of float32 by tokens, a quarter of it by the vocabulary."""
    for strategy, across, room in (("token", classes, 1 << 24), ("vocab", tokens, 1 << 22)):
        chunk = made(tokens, classes, strategy=strategy).options.chunk
        assert chunk % 16 == 0
        assert chunk * across <= room or chunk == 64
        assert (chunk + 16) * across > room


@each_strategy
@pytest.mark.parametrize("outside", [-100, CLASSES])
def test_ids_outside_the_vocabulary(outside: int, strategy: str, xp: Library) -> None:
    if not xp.knows_sizes:
        pytest.skip("the number of classes must be known")
    labels = LABELS.copy()
    labels[1, 2] = outside
    arrays = [xp.array(a) for a in (HIDDEN, WEIGHT, labels)]
    loss = lossary.value_and_grad(LOSS)
    if xp.name in ("dask", "jax-jit", "mlx-compiled"):
        assert np.isnan(xp.to_numpy(xp.call(loss, *arrays, strategy=strategy)[0]))
        return
    with lossary.config(check="always"), pytest.raises(lossary.LossInputError, match="ids from 0 to 10"):
        xp.call(loss, *arrays, strategy=strategy)


def test_there_is_no_hessian(library: Library) -> None:
    arrays = [library.array(a) for a in (HIDDEN, WEIGHT, LABELS)]
    with pytest.raises(lossary.LossInputError, match="no diagonal Hessian"):
        library.call(lossary.value_grad_hess(LOSS), *arrays)


@each_strategy
@pytest.mark.parametrize("name", ["label_smoothing", "z_weight", "class_weights"])
def test_a_parameter_without_a_gradient_says_so(name: str, strategy: str, autodiff: Library) -> None:
    if autodiff.needs in ("tensorflow", "mlx.core"):
        return  # TensorFlow's tapes find None by themselves, MLX the gradient: tests/test_mlx.py
    parameter = OF_CLASSES if name == "class_weights" else np.asarray(0.1, "float32")
    h, w, y = (autodiff.array(a) for a in (HIDDEN, WEIGHT, LABELS))
    with pytest.raises(lossary.LossInputError, match="no gradient with respect to this parameter"):
        autodiff.gradients(
            lambda p: LOSS(h, w, y, strategy=strategy, **{name: p}), (autodiff.array(parameter),)
        )

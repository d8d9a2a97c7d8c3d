"""Softmax cross-entropy of a linear layer, such as a language model's head, without storing its logits."""

from math import prod
from typing import Any, Literal

import numpy as np

from lossary import _check
from lossary._backend._holders import plain
from lossary._backend._resolve import resolve
from lossary._check import mistake
from lossary._engine import ByRule, Made, labelled_losses_of, loss
from lossary._program._layout import agree, axes_named, computation_dtype, must_be_real
from lossary._program._library import Library
from lossary._program._nothing import NOTHING
from lossary._program._rule import Inputs
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction
from lossary.losses.classification._linear_arrays import classes_here, mask_of, must_be_known
from lossary.losses.classification._linear_head import Options
from lossary.losses.classification._linear_rules import BY_TOKENS, BY_VOCABULARY

_NAME = "linear_cross_entropy"
_SIZES = ("tokens", "logits are computed in chunks, whose sizes depend on it")
"""The size that may be unknown, and why the others may not."""
_LEAN = 4
"""Chunks of classes, used to save memory, get this many times less room than chunks of tokens."""
_LEAST = 64
"""Fewer rows make matrix products slow."""
_STEP = 16
"""So do row counts that are not a multiple of this."""
_TOKENS = 4096
"""The number assumed when a program is compiled for any number of tokens."""


@loss
def linear_cross_entropy(
    hidden: ArrayT,
    weight: AnyArray,
    labels: AnyArray,
    *,
    bias: AnyArray | None = None,
    label_smoothing: float | AnyArray = 0.0,
    z_weight: float | AnyArray = 0.0,
    soft_cap: float | None = None,
    class_weights: AnyArray | None = None,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
    strategy: Literal["vocab", "token"] | None = None,
    chunk: int | None = None,
    axis_name: str | tuple[str, ...] | None = None,
) -> ByRule[ArrayT]:
    r"""Softmax cross-entropy of a linear layer, computed in chunks so its logits are never all in memory.

    Same result as `softmax_cross_entropy` of ``hidden @ weight.T + bias``. The gradients in `hidden`,
    `weight` and `bias` are computed in chunks too: for 8192 tokens and 128,256 classes, the logits alone
    would take 4 GB. It takes class ids only, because a distribution for each token would be as large as the
    logits.

    .. math:: z = W h + b, \qquad \ell = -\sum_j c_j\,y_j\,\log \operatorname{softmax}(z)_j

    Parameters
    ----------
    hidden : array, shape (..., D)
        :math:`h`, the input of the last layer, one vector per token.
    weight : array, shape (K, D)
        :math:`W`, one row per class.
    labels : array, shape (...)
        Class ids 0 to K-1, with the shape of `hidden` without its last axis.
    bias : array, shape (K,), optional
        :math:`b`; :math:`-\infty` excludes a class.
    label_smoothing : float in [0, 1)
        :math:`\varepsilon`: replaces labels with :math:`(1-\varepsilon)\,y + \varepsilon/K`, over the classes
        that are not excluded.
    z_weight : float
        :math:`\lambda`: adds the z-loss :math:`\lambda\,(\log\sum_j e^{z_j})^2`.
    soft_cap : float, optional
        :math:`s`: replaces logits with :math:`s\,\tanh(z/s)`, except those of :math:`-\infty`.
    class_weights : array of K numbers, optional
        :math:`c`, the weight of each class. ``"weighted_mean"`` includes the weight of the label's class in
        the denominator.
    strategy : "vocab" or "token", optional
        ``"vocab"`` loops over the classes and recomputes the logits for the gradient: least memory, any
        reduction. ``"token"`` loops over the tokens and computes the gradient along with the loss, with three
        matrix products instead of four; the result must be one number. Default: ``"token"`` if the result is
        one number, unless JAX has several devices; otherwise ``"vocab"``.
    chunk : int, optional
        How many classes or tokens to process at once. The default is chosen for speed at low memory.
    axis_name : str or tuple of str, optional
        The mapped axes inside JAX's `shard_map` over which the rows of `weight` and `bias` are sharded.
        Labels are ids in the whole vocabulary, and `class_weights` covers the whole vocabulary.

    Returns
    -------
    array
        In nats; without reduction, it has the shape of the labels. At least float32. 16-bit arrays are
        multiplied as they are if the hardware accumulates in float32; their gradients have their own dtype.

    Raises
    ------
    LossInputError
        If shapes do not match, a class id is out of range, or a parameter is out of range.

    Notes
    -----
    It is differentiable in `hidden`, `weight`, `bias` and `weights`: on every library with
    ``value_and_grad(linear_cross_entropy, wrt=("hidden", "weight"))``, and with automatic differentiation in
    JAX, torch and TensorFlow, which can differentiate the gradient too. For forward mode in JAX, and for
    derivatives in `class_weights` and the parameters, use
    ``softmax_cross_entropy(hidden @ weight.T + bias, labels)``.

    References
    ----------
    E. Wijmans et al., *Cut your losses in large-vocabulary language models*, 2025 (by vocabulary);
    P.-L. Hsu et al., *Liger kernel*, 2024 (by tokens); Gemma Team, *Gemma 2*, 2024 (soft cap).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> hidden, weight = np.array([[1.0, 0.0], [0.0, 2.0]]), np.eye(3, 2)
    >>> float(lossary.linear_cross_entropy(hidden, weight, np.array([0, 2])).round(4))
    1.3955
    >>> derive = lossary.value_and_grad(lossary.linear_cross_entropy, wrt=("hidden", "weight"))
    >>> [g.shape for g in derive(hidden, weight, np.array([0, 2]))[1]]
    [(2, 2), (3, 2)]
    """
    hidden, weight, labels, bias, where = map(plain, (hidden, weight, labels, bias, where))
    params = {"label_smoothing": label_smoothing, "z_weight": z_weight, "class_weights": class_weights}
    arrays = {"hidden": hidden, "weight": weight, "labels": labels, "bias": bias}
    given = {**arrays, "where": where, **params}

    def make() -> Made:
        backend = resolve(*given.values(), loss=_NAME, names=tuple(given))
        for name, array in arrays.items():
            must_be_real(backend, array, f"{_NAME}: `{name}`")
        _must_fit(hidden, weight, labels, bias)
        ids = backend.of_shape(labels, backend.xp.sized(hidden.shape, hidden)[:-1])
        _check_chunk(chunk)
        smoothing, z = _number(label_smoothing), _number(z_weight)
        floats = tuple([backend.floating(x.dtype) for x in (hidden, weight)])
        dtype = computation_dtype(backend, floats, (hidden, weight))
        is_spread = backend.is_spread(hidden)
        knows_tokens = all(map(backend.knows, ids.shape))
        # A program for any number of tokens can loop over the classes only.
        by_tokens = _by_tokens(ids, strategy, over, reduction, is_spread) and knows_tokens
        tokens = prod(ids.shape) if knows_tokens else _TOKENS
        size = _chunk(backend, hidden, weight, tokens, by_tokens, is_spread) if chunk is None else chunk
        traced = [x if n is None else None for x, n in ((label_smoothing, smoothing), (z_weight, z))]
        mask = mask_of(_NAME, backend, where, ids)
        inputs = Inputs((hidden, weight, bias), (ids, mask, class_weights, *traced))
        cap = None if soft_cap is None else float(soft_cap)
        options = Options(size, smoothing, z, cap, dtype, is_spread, axis_name)
        if 0 in ids.shape and axis_name is None:
            return Made(backend, NOTHING, inputs, options)
        rule = BY_TOKENS if by_tokens else BY_VOCABULARY
        zeros = backend.xp.zeros_like(ids, dtype=dtype)
        return Made(backend, rule, inputs, options, zeros, by_tokens)

    return ByRule(
        make,
        labelled_losses_of(_NAME, _classes(weight, axis_name)),
        given,
        ("hidden", "weight", "bias"),
        labels,
        params={**params, "soft_cap": soft_cap},
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )


def _must_fit(hidden: Array, weight: Array, labels: Array, bias: Array | None) -> None:
    shapes = {"hidden": hidden, "weight": weight, "labels": labels, "bias": bias}
    shape = {k: tuple(getattr(v, "shape", ())) for k, v in shapes.items()}
    rows, width, classes = shape["hidden"][:-1], shape["hidden"][-1:], shape["weight"][:1]
    for name, sizes in (("hidden", width), ("weight", shape["weight"]), ("bias", shape["bias"])):
        must_be_known(_NAME, name, sizes, shape[name], *_SIZES)
    if len(shape["weight"]) != 2 or shape["weight"][1:] != width:
        if len(shape["weight"]) == 2 and shape["weight"][:1] == width:
            fix = "weight.T: a row for each class"
        else:
            fix = "a row of `weight` for each class, as long as a row of `hidden`"
        what = f"`weight` of shape {shape['weight']} does not fit `hidden` of shape {shape['hidden']}"
        raise mistake("L001", f"{_NAME}: {what}", fix=fix)
    if not agree(shape["labels"], rows):
        what = f"`labels` must have shape {rows}, the shape of `hidden` without its last axis"
        fix = "softmax_cross_entropy(hidden @ weight.T, labels): such labels are as large as the logits"
        distributions = len(shape["labels"]) == len(rows) + 1
        raise mistake("L001", f"{_NAME}: {what}", f"got {shape['labels']}", fix=fix if distributions else "")
    if classes == (0,) and 0 not in rows:
        what = f"`weight` of shape {shape['weight']} has no classes for `labels` to name"
        raise mistake("L001", f"{_NAME}: {what}")
    if bias is not None and shape["bias"] != classes:
        what = f"`bias` must be one number per class, of shape {classes}, got {shape['bias']}"
        raise mistake("L001", f"{_NAME}: {what}")


def _classes(weight: Array, axis_name: Any) -> int:
    """The number of classes on all devices."""
    backend, here = classes_here(_NAME, weight, *_SIZES)
    return here if axis_name is None else here * backend.place(axis_name)[1]


def _by_tokens(labels: Array, strategy: str | None, over: Axes, reduction: str, is_spread: bool) -> bool:
    _check.choice(_NAME, "strategy", strategy, (None, "vocab", "token"))
    named = tuple(range(labels.ndim)) if over is None else axes_named(over, "over", _NAME)
    axes = (named,) if isinstance(named, int) else named
    is_one = reduction != "none" and len({axis % max(1, labels.ndim) for axis in axes}) == labels.ndim
    if strategy == "token" and not is_one:
        raise mistake(
            "L130",
            f"{_NAME}: `strategy` 'token' is only for a result that is one number",
            why="it computes the gradient along with the loss, so it must know how losses are reduced",
            fix="strategy='vocab'",
        )
    return is_one and not is_spread if strategy is None else strategy == "token"


def _chunk(
    backend: Library, hidden: Array, weight: Array, tokens: int, by_tokens: bool, is_spread: bool
) -> int:
    """As many tokens or classes as fit in a tile."""
    room: int = backend.tile(hidden)
    classes = int(weight.shape[0])
    size = room // max(1, classes) if by_tokens else room // _LEAN // max(1, tokens)
    size = max(_LEAST, size // _STEP * _STEP)
    if is_spread and not by_tokens:  # equal chunks, of which each device holds the same part
        fitting = [n for n in range(_LEAST, min(size, classes) + 1) if classes % n == 0]
        return fitting[-1] if fitting else size
    return size


def _number(x: Any) -> float | None:
    """The number if it is known, or None if it is in an array."""
    return float(x) if isinstance(x, float | int | np.generic) else None


def _check_chunk(chunk: Any) -> None:
    if chunk is not None and not (isinstance(chunk, int) and chunk > 0):
        raise mistake("L130", f"{_NAME}: `chunk` must be an integer >= 1, got {chunk!r}")

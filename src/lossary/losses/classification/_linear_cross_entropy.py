"""Softmax cross-entropy of a linear layer, without its logits: the last layer of a language model."""

from math import prod
from typing import Any, Literal

import numpy as np

from lossary import _check
from lossary._backend._holders import plain
from lossary._backend._resolve import resolve
from lossary._check import mistake
from lossary._engine import ByRule, Made, labelled_losses_of, loss
from lossary._program._layout import agree, aligned_shape, axes_named, computation_dtype, must_be_real
from lossary._program._library import Library
from lossary._program._rule import Inputs
from lossary._program._shape_errors import size_unknown
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction
from lossary.losses.classification._linear_head import Options
from lossary.losses.classification._linear_rules import BY_TOKENS, BY_VOCABULARY

_NAME = "linear_cross_entropy"
_LEAN = 4
"""By how much less room is for classes, where little memory is the point, than for tokens."""
_LEAST = 64
"""Fewer rows make products of matrices slow."""
_STEP = 16
"""And so do numbers of rows that are no multiple of it."""
_TOKENS = 4096
"""How many are assumed where a program is made for any number of them."""


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
    r"""Softmax cross-entropy of the logits of a linear layer, which are never held all at once.

    The same as `softmax_cross_entropy` of ``hidden @ weight.T + bias``, but computed in chunks, and so are
    its gradients in `hidden`, `weight` and `bias`: for 8192 tokens and 128,256 classes the logits alone
    would be 4 GB. For class ids only: a distribution for each token is as large as the logits.

    .. math:: z = W h + b, \qquad \ell = -\sum_j c_j\,y_j\,\log \operatorname{softmax}(z)_j

    Parameters
    ----------
    hidden : array, shape (..., D)
        :math:`h`, the states before the last layer, one for each token.
    weight : array, shape (K, D)
        :math:`W`, a row for each of the K classes.
    labels : array, shape (...)
        Class ids 0 to K-1, shaped as `hidden` without its last axis.
    bias : array, shape (K,), optional
        :math:`b`; :math:`-\infty` excludes a class.
    label_smoothing : float in [0, 1)
        :math:`\varepsilon`: replaces labels with :math:`(1-\varepsilon)\,y + \varepsilon/K`, over the classes
        that are not excluded.
    z_weight : float
        :math:`\lambda`: adds :math:`\lambda\,(\log\sum_j e^{z_j})^2`, the z-loss.
    soft_cap : float, optional
        :math:`s`: logits become :math:`s\,\tanh(z/s)`; those of :math:`-\infty` stay.
    class_weights : array of K numbers, optional
        :math:`c`, the weight of each class. ``"weighted_mean"`` includes the weight of the label's class in
        the denominator.
    strategy : "vocab" or "token", optional
        ``"vocab"`` goes through the classes, and computes logits once more for the gradient: least memory,
        and every reduction. ``"token"`` goes through the tokens and makes the gradient beside the loss, with
        three products of matrices instead of four: for results that are one number. Unset: ``"token"`` for
        these, but where JAX has several devices; else ``"vocab"``.
    chunk : int, optional
        How many classes, or tokens, are computed at once. Unset: as many as are quick in little memory.
    axis_name : str or tuple of str, optional
        JAX, inside `shard_map`: the mapped axes along which the rows of `weight` and `bias` are spread.
        Labels are ids in the whole vocabulary, and `class_weights` are whole.

    Returns
    -------
    array
        In nats; without reduction, it has the shape of the labels. At least float32: 16-bit arrays are
        multiplied as they are where the hardware adds up in float32, and their gradients are of their own
        dtype.

    Raises
    ------
    LossInputError
        If shapes do not match, a class id is out of range, or a parameter is out of range.

    Notes
    -----
    There are derivatives in `hidden`, `weight`, `bias` and `weights`: by
    ``value_and_grad(linear_cross_entropy, wrt=("hidden", "weight"))`` on every library, and by those of JAX,
    torch and TensorFlow, which differentiate the gradient as well.
    For forward mode in JAX, and for derivatives in `class_weights` and the parameters, use
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
        # A program for any number of tokens can go through the classes only.
        by_tokens = _by_tokens(ids, strategy, over, reduction, is_spread) and knows_tokens
        tokens = prod(ids.shape) if knows_tokens else _TOKENS
        size = _chunk(backend, hidden, weight, tokens, by_tokens, is_spread) if chunk is None else chunk
        traced = [x if n is None else None for x, n in ((label_smoothing, smoothing), (z_weight, z))]
        mask = _mask(backend, where, ids)
        inputs = Inputs((hidden, weight, bias), (ids, mask, class_weights, *traced))
        cap = None if soft_cap is None else float(soft_cap)
        options = Options(size, smoothing, z, cap, dtype, is_spread, axis_name)
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
        _must_be_known(name, sizes, shape[name])
    if len(shape["weight"]) != 2 or shape["weight"][1:] != width:
        if len(shape["weight"]) == 2 and shape["weight"][:1] == width:
            fix = "weight.T: a row for each class"
        else:
            fix = "a row of `weight` for each class, as long as a row of `hidden`"
        what = f"`weight` of shape {shape['weight']} does not fit `hidden` of shape {shape['hidden']}"
        raise mistake("L001", f"{_NAME}: {what}", fix=fix)
    if not agree(shape["labels"], rows):
        what = f"`labels` must have shape {rows}, that of `hidden` without its last axis"
        fix = "softmax_cross_entropy(hidden @ weight.T, labels): such labels are as large as the logits"
        distributions = len(shape["labels"]) == len(rows) + 1
        raise mistake("L001", f"{_NAME}: {what}", f"got {shape['labels']}", fix=fix if distributions else "")
    if classes == (0,) and 0 not in rows:
        what = f"`weight` of shape {shape['weight']} has no classes for `labels` to name"
        raise mistake("L001", f"{_NAME}: {what}")
    if bias is not None and shape["bias"] != classes:
        what = f"`bias` must be one number per class, of shape {classes}, got {shape['bias']}"
        raise mistake("L001", f"{_NAME}: {what}")


def _must_be_known(name: str, sizes: tuple[Any, ...], shape: tuple[Any, ...]) -> None:
    if None in sizes:
        raise size_unknown(
            f"{_NAME}: `{name}` of shape {shape}: all sizes but the number of tokens",
            "logits are computed in chunks, whose sizes depend on it",
        )


def _classes(weight: Array, axis_name: Any) -> int:
    """How many there are, on all devices."""
    backend = resolve(weight, loss=_NAME, names=("weight",))
    must_be_real(backend, weight, f"{_NAME}: `weight`")  # others may have no shape
    shape = tuple(getattr(weight, "shape", ()))
    _must_be_known("weight", shape, shape)
    here = int((*shape, 0)[0])
    return here if axis_name is None else here * backend.place(axis_name)[1]


def _by_tokens(labels: Array, strategy: str | None, over: Axes, reduction: str, is_spread: bool) -> bool:
    _check.choice(_NAME, "strategy", strategy, (None, "vocab", "token"))
    named = tuple(range(labels.ndim)) if over is None else axes_named(over, "over", _NAME)
    axes = (named,) if isinstance(named, int) else named
    is_one = reduction != "none" and len({axis % max(1, labels.ndim) for axis in axes}) == labels.ndim
    if strategy == "token" and not is_one:
        raise mistake(
            "L130",
            f"{_NAME}: `strategy` 'token' is for results that are one number",
            why="it makes the gradient beside the loss, and must know by then what becomes of each loss",
            fix="strategy='vocab'",
        )
    return is_one and not is_spread if strategy is None else strategy == "token"


def _chunk(
    backend: Library, hidden: Array, weight: Array, tokens: int, by_tokens: bool, is_spread: bool
) -> int:
    """As many tokens, or classes, as there is room for in a tile."""
    room: int = backend.tile(hidden)
    classes = int(weight.shape[0])
    size = room // max(1, classes) if by_tokens else room // _LEAN // max(1, tokens)
    size = max(_LEAST, size // _STEP * _STEP)
    if is_spread and not by_tokens:  # chunks that are alike, of which each device has the same part
        fitting = [n for n in range(_LEAST, min(size, classes) + 1) if classes % n == 0]
        return fitting[-1] if fitting else size
    return size


def _number(x: Any) -> float | None:
    """The number that is known, or None for one that is in an array."""
    return float(x) if isinstance(x, float | int | np.generic) else None


def _mask(backend: Library, where: Array, labels: Array) -> Array:
    """The mask in the shape of the labels; what it must be beside is checked with the weights."""
    if where is None:
        return None
    xp = backend.xp
    backend.must_be_plain(where, f"{_NAME}: `where`")
    where = backend.asarray(where, getattr(where, "dtype", xp.bool), labels)
    aligned = aligned_shape(_NAME, "where", tuple(where.shape), tuple(labels.shape))
    return xp.broadcast_like(xp.reshape(where, aligned), labels)


def _check_chunk(chunk: Any) -> None:
    if chunk is not None and not (isinstance(chunk, int) and chunk > 0):
        raise mistake("L130", f"{_NAME}: `chunk` must be a whole number > 0, got {chunk!r}")

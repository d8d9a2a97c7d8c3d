"""Two ways to loop over the logits of all tokens and classes, holding one tile at a time.

By vocabulary: all tokens, some classes. A first pass finds each token's statistics, and the derivative
recomputes the logits: four matrix products, least memory, one loss per token.

By tokens: some tokens, all classes. A token's statistics are complete at once. If the weight of its loss is
known, its gradient is computed along with the loss: three products. This way returns the sum.
"""

from typing import Any

from lossary._program._library import Library
from lossary._program._rule import Inputs, Rule
from lossary._typing import Array
from lossary.losses.classification._linear_head import (
    Head,
    Options,
    a_column,
    all_classes,
    classes_of,
    given,
    head_of,
    tokens_of,
    with_rows,
)
from lossary.losses.classification._linear_terms import (
    Stats,
    exponentials,
    losses_of,
    merged,
    rescaled,
    slope_of,
    slopes_of,
    stats_of,
    tile_of,
    whole,
)

_PARTS = 16
"""The number of parts in which a tile's gradient in the weights is accumulated."""

Wanted = tuple[bool, ...]
Gradients = tuple[Array | None, ...]


def _losses(backend: Library, inputs: Inputs, options: Options) -> tuple[Array, tuple[Array, ...]]:
    head = head_of(backend, inputs, options)
    none = _per_token(head)
    start = Stats(none, none - backend.xp.inf, none, None if head.spread is None else none)

    def step(start: Any, size: int, seen: Stats) -> Stats:
        classes = classes_of(head, start, size)
        found, _ = stats_of(head, tile_of(head, classes), classes)
        return merged(seen, found, backend.xp)

    stats = whole(head, backend.sweep(step, start, head.weight.shape[0], options.chunk))
    labels = given(inputs).labels
    out = backend.xp.reshape(losses_of(head, stats), backend.xp.sized(labels.shape, labels))
    return out, stats[:3]


def _pull_losses(
    backend: Library, inputs: Inputs, options: Options, saved: Any, cotangent: Array, wanted: Wanted
) -> Gradients:
    head = head_of(backend, inputs, options)
    stats = Stats(*saved)
    slope = slope_of(head, stats)
    share = backend.xp.reshape(_whole(backend, options, cotangent), (-1,))

    def step(start: Any, size: int, gradients: Any) -> Any:
        of_hidden, of_weight, of_bias = gradients
        classes = classes_of(head, start, size)
        tile = tile_of(head, classes)
        e = exponentials(head, classes, tile, stats.top)
        dz = slopes_of(head, classes, tile, e, slope, share)
        if of_hidden is not None:
            of_hidden = of_hidden + backend.matmul(dz, classes.weight, options.dtype)
        if of_weight is not None:
            product = backend.matmul(backend.xp.matrix_transpose(dz), head.hidden, options.dtype)
            of_weight = with_rows(head, of_weight, start, backend.cast(product, of_weight.dtype))
        if of_bias is not None:
            of_bias = with_rows(head, of_bias, start, _over_tokens(head, dz))
        return of_hidden, of_weight, of_bias

    start = _zeros(head, wanted, given(inputs).weight.dtype)
    gradients = backend.sweep(step, start, head.weight.shape[0], options.chunk)
    return _as_given(backend, inputs, gradients)


def _sum(
    backend: Library, inputs: Inputs, options: Options, wanted: Wanted = (False,) * 4
) -> tuple[Array, tuple[Array, ...]]:
    head = head_of(backend, inputs, options)
    share_of_each: Any = inputs.arrays[3]
    shares = backend.xp.reshape(share_of_each, (-1,))
    classes = all_classes(head)
    size, width = head.weight.shape
    rows = max(1, backend.tile(head.hidden) // _PARTS // max(1, width))

    def step(start: Any, count: int, carry: Any) -> Any:
        losses, of_hidden, of_weight, of_bias = carry
        some = tokens_of(head, start, count)
        share = backend.part(shares, start, count)
        tile = tile_of(some, classes)
        found, e = stats_of(some, tile, classes._replace(ids=some.labels))
        stats = whole(some, found)
        losses = backend.put(losses, start, losses_of(some, stats))
        if not any(wanted[:3]):
            return losses, of_hidden, of_weight, of_bias
        # The exponentials are relative to this device's largest logit.
        slope = rescaled(slope_of(some, stats), found, stats, backend.xp)
        dz = slopes_of(some, classes._replace(ids=some.labels), tile, e, slope, share)
        if of_hidden is not None:
            of_hidden = backend.put(of_hidden, start, backend.matmul(dz, classes.weight, options.dtype))
        if of_bias is not None:
            of_bias = of_bias + _over_tokens(head, dz)
        if of_weight is not None:

            def add(start: Any, count: int, of_weight: Array) -> Array:
                part = backend.part(dz, start, count, axis=1)
                return backend.add(
                    of_weight,
                    start,
                    backend.matmul(backend.xp.matrix_transpose(part), some.hidden, options.dtype),
                )

            # In parts, because the whole product would be as large as the gradient.
            of_weight = backend.sweep(add, of_weight, size, rows)
        return losses, of_hidden, of_weight, of_bias

    start = (_per_token(head), *_zeros(head, wanted, options.dtype))
    losses, *gradients = backend.sweep(step, start, head.hidden.shape[0], options.chunk)
    total = backend.cast(backend.sum(losses * shares, (0,)), options.dtype)
    saved = (*gradients, backend.xp.reshape(losses, share_of_each.shape) if wanted[3] else None)
    return total, tuple([g for g in saved if g is not None])


def _pull_sum(
    backend: Library, inputs: Inputs, options: Options, saved: Any, cotangent: Array, wanted: Wanted
) -> Gradients:
    made = iter(saved)
    gradients = [next(made) if is_wanted else None for is_wanted in wanted]
    if cotangent is not None:
        cotangent = _whole(backend, options, cotangent)
        gradients = [None if g is None else g * cotangent for g in gradients]
    return _as_given(backend, inputs, gradients)


def _whole(backend: Library, options: Options, cotangent: Array) -> Array:
    return cotangent if options.axis_name is None else backend.whole_cotangent(cotangent, options.axis_name)


def _per_token(head: Head) -> Array:
    return head.backend.xp.zeros_like(a_column(head.hidden, head.backend.xp), dtype=head.options.dtype)


def _zeros(head: Head, wanted: Wanted, of_weight: Any) -> Gradients:
    """The arrays that collect the gradients in hidden states, weight and bias."""
    xp, dtype = head.backend.xp, head.options.dtype
    return (
        xp.zeros_like(head.hidden, dtype=dtype) if wanted[0] else None,
        xp.zeros_like(head.weight, dtype=of_weight) if wanted[1] else None,
        xp.zeros_like(head.bias, dtype=dtype) if wanted[2] else None,
    )


def _over_tokens(head: Head, dz: Array) -> Array:
    return head.backend.cast(head.backend.sum(dz, (0,)), head.options.dtype)


def _as_given(backend: Library, inputs: Inputs, gradients: Any) -> Gradients:
    """The gradients in the shapes and dtypes of the arrays."""
    xp = backend.xp

    def as_given(gradient: Array, array: Any) -> Array:
        return backend.cast(xp.reshape(gradient, xp.sized(array.shape, array)), array.dtype)

    pairs = zip(gradients, inputs.arrays, strict=True)
    return tuple([None if g is None else as_given(g, x) for g, x in pairs])


_BESIDE = ("n", "n", "", "", "")
BY_VOCABULARY = Rule(
    "linear_cross_entropy by vocabulary", _losses, _pull_losses, axes=("nd", "kd", "k", *_BESIDE, "n")
)
BY_TOKENS = Rule(
    "linear_cross_entropy by tokens", _sum, _pull_sum, _sum, axes=("nd", "kd", "k", "n", *_BESIDE, "")
)

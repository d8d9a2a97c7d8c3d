"""The rule for losses on the cosines of all pairs, computed in chunks and recomputed for the gradient.

With u and v the directions of anchors and others, z = c/τ + b for the cosine c = u·v, and G the derivative of
all losses in z (rows: anchors),

    gradient in u   G v / τ        gradient in τ   -Σ u·(G v) / τ²
    gradient in v   Gᵀ u / τ       gradient in b   Σ G

and the gradient in a vector of length l and direction u is (g - u (u·g)) / l, with g the gradient in u.
Negatives that are nobody's positive are more others, walked over after these.
"""

from collections.abc import Callable
from typing import Any

from lossary._program._library import Library
from lossary._program._rule import Inputs, Rule
from lossary._typing import Array
from lossary.losses.metric._batch import as_given
from lossary.losses.metric._row_kernel import Block, Known, Part, Round, RowKernel
from lossary.losses.metric._walk import Settings, Visit, Walk


def _value(backend: Library, inputs: Inputs, settings: Settings) -> tuple[Array, tuple[Array, ...]]:
    xp, kernel = backend.xp, settings.kernel
    walk = Walk(backend, inputs, settings)
    known: Known = () if kernel.own_slope is None else (walk.own(),)
    of_others = known if settings.both else ()
    for one in kernel.rounds:
        found, found_of_others = _look(walk, one, known, of_others)
        known, of_others = (*known, *found), (*of_others, *found_of_others)
    losses = kernel.loss(known, walk.params, xp)
    if not settings.both:
        return losses, known
    return 0.5 * (losses + kernel.loss(of_others, walk.params, xp)), (*known, *of_others)


def _look(walk: Walk, one: Round, known: Known, of_others: Known) -> tuple[Known, Known]:
    """What a round finds for each anchor and, if the others are anchors too, for each of them."""
    xp, params, both = walk.xp, walk.params, walk.settings.both
    like = walk.anchors.length[..., 0]
    start = tuple([kind.empty(like, xp) for kind in one.kinds])
    writes = _arrays(start) if both else ()

    def look(at: Visit, parts: Any) -> Any:
        return _merged(parts, one.see(at.block, _columns(known), params, xp), xp), ()

    def visit(at: Visit, parts: Any) -> Any:
        parts, _ = look(at, parts)
        if not both:
            return parts, ()
        seen = one.see(_turned(at.block, xp), _columns(at.reads), params, xp)
        return parts, _arrays(_merged(_parts(one, at.writes), seen, xp))

    parts, written = walk(visit, start, of_others, writes)
    if walk.negatives is not None:
        parts, _ = walk.beyond()(look, parts, (), ())
    return tuple([p.value(xp) for p in parts]), tuple([p.value(xp) for p in _parts(one, written)])


def _merged(parts: tuple[Part, ...], more: tuple[Part, ...], xp: Any) -> tuple[Part, ...]:
    return tuple([a.merge(b, xp) for a, b in zip(parts, more, strict=True)])


def _arrays(parts: tuple[Any, ...]) -> tuple[Array, ...]:
    return tuple([x for part in parts for x in part])


def _parts(one: Round, arrays: tuple[Array, ...]) -> tuple[Part, ...]:
    """The parts that a round sees, rebuilt from their arrays."""
    given = iter(arrays)
    return tuple([kind(*[next(given) for _ in kind._fields]) for kind in one.kinds]) if arrays else ()


def _turned(block: Block, xp: Any) -> Block:
    """The same pairs with the others as anchors."""
    return Block(*[None if x is None else xp.matrix_transpose(x) for x in block])


def _columns(known: Known) -> Known:
    """`known` with an axis for the others."""
    return tuple([x[..., None] for x in known])


def _pull(
    backend: Library,
    inputs: Inputs,
    settings: Settings,
    saved: tuple[Array, ...],
    cotangent: Array,
    wanted: tuple[bool, ...],
) -> tuple[Array | None, ...]:
    xp, kernel, both = backend.xp, settings.kernel, settings.both
    walk = Walk(backend, inputs, settings)
    u, v = walk.anchors.unit, walk.others.unit
    count = len(saved) // (2 if both else 1)
    known, of_others = saved[:count], saved[count:]
    cotangent = 0.5 * cotangent if both else cotangent
    own = _in_own(kernel, cotangent, known, of_others, xp)
    alone = inputs.arrays[1] is None
    in_anchors, in_others, in_temperature, in_bias, in_negatives = wanted
    in_others = in_anchors if alone else in_others

    def visit_by(walk: Walk) -> Callable[[Visit, Any], Any]:
        def visit(at: Visit, carry: Any) -> Any:
            of_u, of_b = carry
            slope = cotangent[..., None] * kernel.slope(at.block, _columns(known), walk.params, xp)
            if at.reads:
                theirs, *known_of_them = _columns(at.reads)
                turned = theirs * kernel.slope(_turned(at.block, xp), tuple(known_of_them), walk.params, xp)
                slope = slope + xp.matrix_transpose(turned)
            if of_u is not None:
                of_u = of_u + walk.times(slope, at.vectors)
            if of_b is not None:
                of_b = of_b + xp.sum(slope, axis=-1)
            return (of_u, of_b), tuple([x + walk.across(slope, u) for x in at.writes])

        return visit

    scaled = walk.scale * own
    start = (scaled[..., None] * v if in_anchors or in_temperature else None, own if in_bias else None)
    reads = (cotangent, *of_others) if both else ()
    writes = (own[..., None] * u,) if in_others else ()
    found, of_v = walk(visit_by(walk), start, reads, writes)
    of_negatives: Array = None
    if walk.negatives is not None:
        beyond = walk.beyond()
        writes = (xp.zeros_like(beyond.others.unit),) if in_negatives else ()
        found, of_w = beyond(visit_by(beyond), found, (), writes)
        of_negatives = beyond.others.pull(walk.scale * of_w[0], xp) if in_negatives else None
    of_u, of_b = found
    of_anchors: Array = walk.anchors.pull(of_u, xp) if in_anchors else None
    of_positives: Array = walk.others.pull(walk.scale * of_v[0], xp) if in_others else None
    if alone and in_anchors:
        of_anchors, of_positives = of_anchors + of_positives, None
    gradients = (
        of_anchors,
        of_positives,
        -walk.scale * xp.sum(u * of_u) if in_temperature else None,
        xp.sum(of_b) if in_bias else None,
        of_negatives,
    )
    return tuple([as_given(g, a, backend) for g, a in zip(gradients, inputs.arrays, strict=True)])


def _in_own(kernel: RowKernel, cotangent: Array, known: Known, of_others: Known, xp: Any) -> Array:
    """The gradient in the logit of each anchor and the other at its index."""
    if kernel.own_slope is None:
        return xp.zeros_like(cotangent)
    slope = kernel.own_slope(known, xp)
    return cotangent * (slope + kernel.own_slope(of_others, xp) if of_others else slope)


RULE = Rule("pairs", _value, _pull)

"""The rule of losses of the cosines of all pairs, computed in chunks and once more for the gradient.

With u and v the directions of anchors and others, z = c/τ + b for the cosine c = u·v, and G the derivative of
all losses in z (rows: anchors),

    gradient in u   G v / τ        gradient in τ   -Σ u·(G v) / τ²
    gradient in v   Gᵀ u / τ       gradient in b   Σ G

and in a vector of length l, whose direction is u and has the gradient g, it is (g - u (u·g)) / l.
"""

from typing import Any

from lossary._backend._base import Backend
from lossary._backend._rule import Inputs, Rule
from lossary._typing import Array
from lossary.losses.metric._row_kernel import Known, Part, Round
from lossary.losses.metric._walk import Settings, Visit, Walk


def _value(backend: Backend, inputs: Inputs, settings: Settings) -> tuple[Array, tuple[Array, ...]]:
    xp, kernel = backend.xp, settings.kernel
    walk = Walk(backend, inputs, settings)
    known: Known = ()
    of_others: Known = ()
    for one in kernel.rounds:
        found, found_of_others = _look(walk, one, known, of_others)
        known, of_others = (*known, *found), (*of_others, *found_of_others)
    losses = kernel.loss(known, xp)
    if settings.both:
        losses = 0.5 * (losses + kernel.loss(of_others, xp))
    return losses, (*known, *of_others)


def _look(walk: Walk, one: Round, known: Known, of_others: Known) -> tuple[Known, Known]:
    """What a round finds out of each anchor and, if they are anchors too, of each of the others."""
    xp, params, both = walk.xp, walk.params, walk.settings.both
    like = walk.anchors.length[..., 0]
    start = tuple([kind.empty(like, xp) for kind in one.kinds])
    writes = _arrays(start) if both else ()

    def visit(at: Visit, parts: Any) -> Any:
        parts = _merged(parts, one.see(at.block, _columns(known), params, xp), xp)
        if not both:
            return parts, ()
        theirs = _merged(
            _parts(one, at.writes), one.see(at.block.turned(xp), _columns(at.reads), params, xp), xp
        )
        return parts, _arrays(theirs)

    parts, written = walk(visit, start, of_others, writes)
    return tuple([p.value(xp) for p in parts]), tuple([p.value(xp) for p in _parts(one, written)])


def _merged(parts: tuple[Part, ...], more: tuple[Part, ...], xp: Any) -> tuple[Part, ...]:
    return tuple([a.merge(b, xp) for a, b in zip(parts, more, strict=True)])


def _arrays(parts: tuple[Any, ...]) -> tuple[Array, ...]:
    return tuple([x for part in parts for x in part])


def _parts(one: Round, arrays: tuple[Array, ...]) -> tuple[Part, ...]:
    """The parts that a round sees, of the arrays that they are made of."""
    given = iter(arrays)
    return tuple([kind(*[next(given) for _ in kind._fields]) for kind in one.kinds]) if arrays else ()


def _columns(known: Known) -> Known:
    """With an axis for the others."""
    return tuple([x[..., None] for x in known])


def _pull(
    backend: Backend,
    inputs: Inputs,
    settings: Settings,
    saved: tuple[Array, ...],
    cotangent: Array,
    wanted: tuple[bool, ...],
) -> tuple[Array | None, ...]:
    xp, kernel, both = backend.xp, settings.kernel, settings.both
    walk = Walk(backend, inputs, settings)
    u = walk.anchors.unit
    count = len(saved) // (2 if both else 1)
    known = _columns(saved[:count])
    cotangent = 0.5 * cotangent if both else cotangent
    anchors, others, temperature, bias = wanted
    alone = inputs.arrays[1] is None
    others = anchors if alone else others

    def visit(at: Visit, carry: Any) -> Any:
        in_u, in_b = carry
        slope = cotangent[..., None] * kernel.slope(at.block, known, walk.params, xp)
        if both:
            theirs, *of_others = _columns(at.reads)
            turned = theirs * kernel.slope(at.block.turned(xp), tuple(of_others), walk.params, xp)
            slope = slope + xp.matrix_transpose(turned)
        if in_u is not None:
            in_u = in_u + slope @ at.vectors
        if in_b is not None:
            in_b = in_b + xp.sum(slope, axis=-1)
        return (in_u, in_b), tuple([x + xp.matrix_transpose(slope) @ u for x in at.writes])

    start = (
        xp.zeros_like(u) if anchors or temperature else None,
        xp.zeros_like(u[..., 0]) if bias else None,
    )
    reads = (cotangent, *saved[count:]) if both else ()
    writes = (xp.zeros_like(walk.others.unit),) if others else ()
    (in_u, in_b), written = walk(visit, start, reads, writes)
    scale = 1.0 if walk.temperature is None else 1.0 / walk.temperature
    in_anchors: Array = walk.anchors.pull(scale * in_u, xp) if anchors else None
    in_others: Array = walk.others.pull(scale * written[0], xp) if others else None
    if alone and anchors:
        in_anchors, in_others = in_anchors + in_others, None
    found = (
        in_anchors,
        in_others,
        -scale * scale * xp.sum(u * in_u) if temperature else None,
        xp.sum(in_b) if bias else None,
    )
    return tuple([_as_given(g, a, backend) for g, a in zip(found, inputs.arrays, strict=True)])


def _as_given(gradient: Array | None, array: Array, backend: Backend) -> Array | None:
    """In the dtype of the array, unless that has integers."""
    if gradient is None or backend.floating(array.dtype) is None:
        return gradient
    return backend.cast(gradient, array.dtype)


RULE = Rule("pairs", _value, _pull)

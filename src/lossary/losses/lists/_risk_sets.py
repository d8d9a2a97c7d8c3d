"""Likelihoods of events that each happen to one of those at risk: Cox's partial likelihood, and rankings.

Everyone whose time is not before an event is at risk of it: in the order of decreasing times, the elements
before the event and those tied with it. With own = exp(z) for the event itself, c the weight of tied elements
(1 for Breslow, 1 - l/d for event l of d for Efron), others the rest of the sum, and p_jk the share of j in
the sum for event k:

value  Σ log((others + c·own) / own)
grad   Σ p_jk over the events k that j is at risk of, minus 1 at its own: there -others / (others + c·own)
hess   Σ p_jk·(1 - p_jk)
hvp    Σ p_jk·(v_j - Σ p_lk·v_l)

Both sums, over those at risk of an event and over the events that an element is at risk of, are running sums.
"""

from collections.abc import Callable
from functools import partial
from math import inf
from typing import Any, NamedTuple

from lossary._kernel import Argument, Kernel
from lossary._math import add
from lossary._typing import Again, Array, Formula
from lossary.losses.lists._beside import BESIDE
from lossary.losses.lists._risk_curvature import curvature
from lossary.losses.lists._risk_order import Read, Risks, at_risk, events_of, risks


class _Events(NamedTuple):
    """For each event: its loss, its own share, the share of the others, and 1/sum as part·exp(top)."""

    loss: Array
    own: Array
    others: Array
    top: Array
    part: Array
    mean: Array
    """Σ p_lk·v_l over the others, for a product with the Hessian."""


def kernels(
    name: str, takes: tuple[Argument, ...], unchecked: tuple[Argument, ...], read: Read, **how: bool
) -> tuple[Kernel, ...]:
    """The kernels for whole rows, for rows with items, and for rows with several lists.

    Numbers of absent items are ignored, so with items the inputs are `unchecked`, and `read` makes invalid
    ones NaN.
    """
    lists = partial(risks, read=read, count=len(takes) - 1, **how)
    value, grad, hess = [_formula(lists, part) for part in (_value, _grad, _hess)]
    found = []
    for more in range(3):
        arguments = (unchecked if more else takes) + BESIDE[:more]
        signature = ",".join(["(i)"] * len(arguments)) + "->()"
        found.append(Kernel(name, signature, arguments, value, grad, hess, _product(lists), _both(lists)))
    return tuple(found)


def _formula(lists: Callable[..., Risks], part: Callable[..., Array]) -> Formula:
    def formula(z: Array, *others: Array, xp: Any) -> Array:
        return part(lists(z, *others, xp=xp), xp)

    return formula


def _product(lists: Callable[..., Risks]) -> Formula:
    def product(v: Array, z: Array, *others: Array, xp: Any) -> Array:
        return _hvp(v, lists(z, *others, xp=xp), xp)

    return product


def _both(lists: Callable[..., Risks]) -> Formula:
    def both(z: Array, *others: Array, xp: Any, again: Again) -> tuple[Array, Array]:
        at = lists(z, *others, xp=xp)
        found = _events(at, xp)
        return _loss(found, at, xp), _slope(found, at, xp)

    return both


def _value(at: Risks, xp: Any) -> Array:
    return _loss(_events(at, xp), at, xp)


def _grad(at: Risks, xp: Any) -> Array:
    return _slope(_events(at, xp), at, xp)


def _loss(found: _Events, at: Risks, xp: Any) -> Array:
    return xp.sum(found.loss * at.per, axis=-1) + at.wrong[..., 0]


def _slope(found: _Events, at: Risks, xp: Any) -> Array:
    (p,) = _of_each(at, (at.event * found.part,), found, xp)
    return _back(p - at.event * found.others, at, xp)


def _hess(at: Risks, xp: Any) -> Array:
    found = _events(at, xp)
    return _back(curvature(at, xp) + at.event * (found.own * found.others), at, xp)


def _hvp(v: Array, at: Risks, xp: Any) -> Array:
    v = xp.gather(v, at.order)
    found = _events(at, xp, v)
    part = at.event * found.part
    p, means = _of_each(at, (part, part * (found.mean + found.own * v)), found, xp)
    own = at.event * found.own * (found.others * v - found.mean)
    return _back(p * v - means + own, at, xp)


def _back(x: Array, at: Risks, xp: Any) -> Array:
    return xp.ungather(x * at.per + at.wrong, at.order)


def _events(at: Risks, xp: Any, v: Array | None = None) -> _Events:
    sums = (at.e,) if v is None else (at.e, at.e * v)
    top, rest, *mean = at_risk(at, (at.top, *sums), add, xp)
    c = 1.0 if at.c is None else at.c
    # Where there is no event, any finite number will do.
    there = at.event > 0
    own_top, own = xp.where(there, at.top, 0.0), xp.where(there, at.e, 1.0)
    above = xp.logical_and(there, top > own_top)
    highest = xp.where(above, top, own_top)
    by = xp.where(there, xp.exp(xp.where(there, top, 0.0) - highest), 0.0)
    rest, part = rest * by, c * (own * xp.exp(own_top - highest))
    whole = rest + part
    # Where the event's own part is the larger one, log1p keeps the digits of the rest.
    logs = xp.where(above, xp.log(whole / own), xp.log1p(xp.where(above, 0.0, rest / own + (c - 1.0))))
    loss = xp.where(above, highest - own_top, 0.0) + logs
    loss = xp.where(loss > 0.5 * float(xp.finfo(own.dtype).max), inf, loss)
    of_v = mean[0] * by / whole if mean else whole
    return _Events(xp.where(there, loss, 0.0), part / whole, rest / whole, -highest, 1.0 / whole, of_v)


def _of_each(at: Risks, sums: tuple[Array, ...], found: _Events, xp: Any) -> list[Array]:
    """For each element, sums over the events that it is at risk of, without its own."""
    top = xp.where(at.event > 0, found.top, -inf)
    top, *both = events_of(at, (top, *sums), add, xp)
    # Not a product of two exponentials: XLA would merge them into the exponential of a rounded sum.
    scale = xp.exp(at.top + top)
    return [at.e * x * scale for x in both]

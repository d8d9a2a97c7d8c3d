"""Losses of vectors and of distances."""

from typing import Any

import mpmath as mp

from tests.reference.terms import Terms, times


def _direction(a: Any) -> list[Any]:
    size = mp.sqrt(mp.fsum(x * x for x in a))
    return [x / size if size else mp.mpf(0) for x in a]


def _share(label: Any, labels_in: str) -> Any:
    """How much a pair belongs together, from 0 to 1."""
    return label if labels_in == "01" else (1 + mp.mpf(label)) / 2


def cosine_similarity(a: Any, b: Any) -> Terms:
    return [u * v for u, v in zip(_direction(a), _direction(b), strict=True)]


def cosine_distance(a: Any, b: Any) -> Terms:
    return [(u - v) ** 2 / 2 for u, v in zip(_direction(a), _direction(b), strict=True)]


def cosine_embedding(a: Any, b: Any, label: Any, *, margin: float = 0, labels_in: str = "01") -> Terms:
    y = _share(label, labels_in)
    apart = [*cosine_similarity(a, b), -mp.mpf(margin)]
    counts = (1 - y) * (mp.fsum(apart) > 0)
    return [*[y * term for term in cosine_distance(a, b)], *[counts * term for term in apart]]


def contrastive(d: Any, label: Any, *, margin: float = 1, labels_in: str = "01") -> Terms:
    y = mp.mpf(label) if labels_in == "01" else (1 + mp.mpf(label)) / 2
    return [times(y, d**2), times(1 - y, max(mp.mpf(margin) - d, mp.mpf(0)) ** 2)]


def hinge_embedding(d: Any, label: Any, *, margin: float = 1, labels_in: str = "01") -> Terms:
    y = _share(label, labels_in)
    return [times(y, d), *[times((1 - y) * (d < margin), term) for term in (mp.mpf(margin), -d)]]


def margin_ranking(x: Any, other: Any, label: Any, *, margin: float = 0, labels_in: str = "01") -> Terms:
    sign = 2 * _share(label, labels_in) - 1
    terms = [mp.mpf(margin), -sign * x, sign * other]
    return [times(mp.fsum(terms) > 0, term) for term in terms]


def triplet(near: Any, far: Any, *, margin: float = 1) -> Terms:
    terms = [near, -far, mp.mpf(margin)]
    return [times(mp.fsum(terms) > 0, term) for term in terms]


def _distance(a: Any, b: Any, order: float) -> Any:
    apart = [abs(x - y) for x, y in zip(a, b, strict=True)]
    if order == mp.inf:
        return max(apart)
    if sum(v != 0 for v in apart) == 1:
        return max(apart)  # |x| has derivatives where (x^p)^(1/p), numerically, has none
    return mp.fsum(v ** mp.mpf(order) for v in apart) ** (1 / mp.mpf(order))


def triplet_margin(
    a: Any, p: Any, n: Any, *, margin: float = 1, order: float = 2, swap: bool = False
) -> Terms:
    far = _distance(a, n, order)
    if swap:
        far = min(far, _distance(p, n, order))
    terms = [_distance(a, p, order), -far, mp.mpf(margin)]
    return [times(mp.fsum(terms) > 0, term) for term in terms]


ROWS = {cosine_similarity, cosine_distance, cosine_embedding, triplet_margin}
"""Those of which an example is a row."""

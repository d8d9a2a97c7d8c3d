"""The textbook formulas of losses of pairs, in arbitrary precision: one loss per embedding or pair."""

from collections.abc import Sequence
from typing import Any

import mpmath as mp

Rows = Sequence[list[Any]]
Losses = list[Any]


def cosines(x: Rows, y: Rows) -> Rows:
    def length(row: list[Any]) -> Any:
        return mp.sqrt(mp.fsum(v * v for v in row))

    return [
        [mp.fsum(a * b for a, b in zip(p, q, strict=True)) / (length(p) * length(q)) for q in y] for p in x
    ]


def members(labels: list[int], i: int) -> tuple[list[int], list[int]]:
    others = [j for j in range(len(labels)) if j != i]
    return [j for j in others if labels[j] == labels[i]], [j for j in others if labels[j] != labels[i]]


def mean(terms: Losses) -> Any:
    return mp.fsum(terms) / max(1, len(terms))


def nt_xent(embeddings: Rows, labels: list[int], *, temperature: Any) -> Losses:
    losses = []
    for i, row in enumerate(cosines(embeddings, embeddings)):
        near, far = members(labels, i)
        e = [mp.exp(v / temperature) for v in row]
        rest = mp.fsum(e[j] for j in far)
        losses.append(mean([-mp.log(e[j] / (e[j] + rest)) for j in near]))
    return losses


def supervised_contrastive(embeddings: Rows, labels: list[int], *, temperature: Any) -> Losses:
    losses = []
    for i, row in enumerate(cosines(embeddings, embeddings)):
        near, far = members(labels, i)
        e = [mp.exp(v / temperature) for v in row]
        losses.append(mean([-mp.log(e[j] / mp.fsum(e[k] for k in near + far)) for j in near]))
    return losses


def circle(embeddings: Rows, labels: list[int], *, gamma: float, margin: float = 0.4) -> Losses:
    g, m, losses = mp.mpf(gamma), mp.mpf(margin), []
    for i, c in enumerate(cosines(embeddings, embeddings)):
        near, far = members(labels, i)
        p = mp.fsum(mp.exp(-g * max(0, 1 + m - c[j]) * (c[j] - 1 + m)) for j in near)
        n = mp.fsum(mp.exp(g * max(0, c[j] + m) * (c[j] - m)) for j in far)
        losses.append(mp.log(1 + p * n))
    return losses


def multi_similarity(embeddings: Rows, labels: list[int], *, negative_scale: float) -> Losses:
    a, b, half, losses = mp.mpf(2), mp.mpf(negative_scale), mp.mpf(1) / 2, []
    for i, c in enumerate(cosines(embeddings, embeddings)):
        near, far = members(labels, i)
        p = mp.fsum(mp.exp(-a * (c[j] - half)) for j in near)
        n = mp.fsum(mp.exp(b * (c[j] - half)) for j in far)
        losses.append(mp.log(1 + p) / a + mp.log(1 + n) / b)
    return losses


def info_nce(
    anchors: Rows, positives: Rows, *, temperature: Any, negatives: Rows = (), directions: str = "one"
) -> Losses:
    e = [[mp.exp(v / temperature) for v in row] for row in cosines(anchors, positives)]
    rest = [[mp.exp(v / temperature) for v in row] for row in cosines(anchors, negatives)]
    losses = [-mp.log(row[i] / mp.fsum(row + rest[i])) for i, row in enumerate(e)]
    if directions == "one":
        return losses
    back = [-mp.log(e[i][i] / mp.fsum(row[i] for row in e)) for i in range(len(e))]
    return [(a + b) / 2 for a, b in zip(losses, back, strict=True)]


def sigmoid_contrastive(anchors: Rows, positives: Rows, *, temperature: Any, bias: Any) -> Losses:
    z = [[v / temperature + bias for v in row] for row in cosines(anchors, positives)]
    return [
        mp.fsum(mp.log(1 + mp.exp(-v if i == j else v)) for j, v in enumerate(row)) for i, row in enumerate(z)
    ]

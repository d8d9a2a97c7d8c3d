"""Rows for losses of vectors and of distances: near each other, far apart, tiny, huge, at kinks, infinite."""

from math import inf

from tests.cases import Case

FIRST = [
    [3.0, 4.0, 0.5, -1.0],
    [1.0, 0.0, 0.0, 0.0],
    [-1.639, 0.1538, -0.4064, 0.7607],
    [0.8428, 1.004, -0.257, 0.221],
    [0.1, 0.7, -0.3, 1.3],
    [0.1, 0.7, -0.3, 1.3],
    [1e15, -2e15, 3e15, 5e14],
    [1e-15, -2e-15, 3e-15, 4e-15],
    [0.5, 1e-3, -2e-6, 0.25],
    [2e30, 1e30, -3e30, 1e30],
]
SECOND = [
    [-1.0, 2.0, 3.0, 0.25],
    [0.5, 2.0, 0.25, -1.0],
    [-1.639 - 2e-7, 0.1538, -0.4064, 0.7607 + 3e-7],
    [-0.8428, -1.004, 0.2571, -0.221],
    [0.3, 2.1, -0.9, 3.9],
    [0.099, 0.702, -0.301, 1.2999],
    [2.0, 1.0, -1.0, 0.5],
    [-1.0, 0.5, 1.0, 2.0],
    [1.0, 2.001e-3, -3e-6, 0.5001],
    [1e-30, 2e-30, -1e-30, 3e-30],
]
NEARLY = (
    [[1.0, 0.0], [1.0, 0.0], [3.0, 4.0], [1.0, 2.0], [7.0, 1e-3], [1.0, 0.75]],
    [[1.0, 1e-4], [-1.0, 1e-9], [6.0, 8.0 + 2**-18], [-3.0, -6.0], [21.0, 2.9999e-3], [0.7, 0.525]],
)
"""Parallel, or so nearly that a rounded cosine would be 1."""
PARALLEL = ([[3.0, 4.0], [3.0, 4.0]], [[1.5, 2.0], [-6.0, -8.0]])
_FLAT = [[0.0, 0.0]] * 2
_BENT = [[0.0256, 0.0144], [-0.0256, -0.0144]]
EMPTY = ([[0.0, 0.0], [1.0, 2.0], [0.0, 0.0]], [[1.0, 2.0], [0.0, 0.0], [0.0, 0.0]])
_NONE = [[0.0, 0.0]] * 3

LABELS = [1, 0, 1, 0, 1, 1, 0, 0, 0.25, 1]
SIGNS = [1, -1, 1, -1, 1, 1, -1, -1, 0.5, 1]
_PAIRS = "cosine_embedding"

DISTANCES = [0.0, 1e-20, 0.25, 0.75, 1.5, 1e15, 0.0, 1e-20, 0.25, 0.75, 1.5, 1e15, 0.25, 3.0]
BITS = [1] * 6 + [0] * 6 + [0.25] * 2
SCORES = [0.0, 1.0, -2.5, 1e-8, 1e15, 3.0, 0.5, -1e3]
OTHERS = [1.0, 0.0, -2.0, 0.0, 1.0, 3.25, 0.25, 1e3]
ABOVE = [1, 0, 1, 0, 0, 1, 0.25, 1]

ANCHORS = [
    [0.0, 1.0, 2.0, -1.0],
    [1.5, -0.5, 0.25, 3.0],
    [1e-12, 2e-12, 0.0, 1e-13],
    [-0.0005474, -9.257e-05, 0.00025, 1.0],
    [1e15, -2e15, 3e15, 5e14],
    [2e25, 1e25, -3e25, 1e25],
    [3.0, 4.0, 0.0, 5.0],
]
POSITIVES = [
    [1.0, -1.0, 0.5, 0.25],
    [1.25, -0.25, 0.5, 2.0],
    [2.5e-12, 1e-12, 1e-12, 3e-13],
    [-0.0006022, -0.0001018, 0.000276, 1.001],
    [2e15, 1e15, -1e15, 1e14],
    [-7e25, -2.6e25, 8.3e25, -1e24],
    [0.0, 4.5, 1.0, 5.5],
]
NEGATIVES = [
    [0.25, 1.5, 2.75, -0.5],
    [1.0, -0.75, 1.0, 3.625],
    [-1.5e-12, 1e-12, 2e-12, -1e-12],
    [0.0005474, 9.257e-05, -0.00025, 0.999],
    [1.5e15, -5e14, 2e15, 6e14],
    [-3e25, -5e24, 1.4e25, 2e25],
    [8.0, -6.0, 40.0, 1.0],
]
TRIPLETS = (ANCHORS, POSITIVES, NEGATIVES)
_ORDINARY = tuple([rows[i] for i in (0, 1, 3, 6)] for rows in TRIPLETS)
EQUAL = (
    [[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]],
    [[1.0, 2.0], [4.0, 6.0], [1.0, 2.0]],
    [[1.0, 2.5], [1.0, 2.0], [1.0, 2.0]],
)


def _vectors(name: str, options: dict, **bounds: tuple) -> Case:
    return Case(name, "triplet_margin", TRIPLETS, options, **bounds)


CASES = [
    Case("vectors", "cosine_similarity", (FIRST, SECOND)),
    Case("nearly", "cosine_similarity", NEARLY),
    Case("zero", "cosine_similarity", EMPTY, value=[0] * 3, grad=_NONE, hess=_NONE, smooth=False),
    Case("vectors", "cosine_distance", (FIRST, SECOND)),
    Case("nearly", "cosine_distance", NEARLY),
    Case("parallel", "cosine_distance", PARALLEL, value=[0, 2], grad=_FLAT, hess=_BENT, smooth=False),
    Case("zero", "cosine_distance", EMPTY, value=[1] * 3, grad=_NONE, hess=_NONE, smooth=False),
    Case("01", _PAIRS, (FIRST, SECOND, LABELS)),
    Case("pm1", _PAIRS, (FIRST, SECOND, SIGNS), {"labels_in": "pm1", "margin": 0.3}),
    Case(
        "zero", _PAIRS, (*EMPTY, [1, 0, 0]), {"margin": -0.25}, value=[1, 0.25, 0.25], grad=_NONE, hess=_NONE,
        smooth=False,
    ),
    Case("01", "contrastive", (DISTANCES, BITS)),
    Case("pm1", "contrastive", (DISTANCES[:8], SIGNS[:8]), {"labels_in": "pm1", "margin": 0.5}),
    Case(
        "ends", "contrastive", ([0.5, 0.5, inf, inf], [1, 0, 1, 0]), {"margin": 0.5},
        value=[0.25, 0, inf, 0], grad=[1, 0, inf, 0], hess=[2, 0, 2, 0], smooth=False,
    ),
    Case("01", "hinge_embedding", (DISTANCES, BITS)),
    Case("pm1", "hinge_embedding", (DISTANCES[:8], SIGNS[:8]), {"labels_in": "pm1", "margin": 0.5}),
    Case(
        "ends", "hinge_embedding", ([0.5, 0.5, inf, inf], [1, 0, 1, 0]), {"margin": 0.5},
        value=[0.5, 0, inf, 0], grad=[1, 0, 1, 0], hess=[0] * 4, smooth=False,
    ),
    Case("01", "margin_ranking", (SCORES, OTHERS, ABOVE), {"margin": 0.125}),
    Case("pm1", "margin_ranking", (SCORES, OTHERS, SIGNS[:8]), {"labels_in": "pm1"}),
    Case(
        "ends", "margin_ranking", ([1.0, 1.0, inf, inf], [0.5, 1.5, 0.0, 0.0], [1, 0, 1, 0]),
        {"margin": 0.5}, value=[0, 0, 0, inf], grad=[0, 0, 0, 1], hess=[0] * 4, smooth=False,
    ),
    Case("distances", "triplet", (DISTANCES, [*DISTANCES[1:], 2.25])),
    Case(
        "ends", "triplet", ([1.0, inf, 1.0], [1.5, 1.0, inf]), {"margin": 0.5},
        value=[0, inf, 0], grad=[0, 1, 0], hess=[0] * 3, smooth=False,
    ),
    _vectors("order2", {}),
    _vectors("swap", {"swap": True, "margin": 0.5}),
    _vectors("order1", {"order": 1.0}),
    _vectors("infinity", {"order": inf}),
    Case("order3", "triplet_margin", _ORDINARY, {"order": 3.0, "swap": True}),
    Case("order1.5", "triplet_margin", _ORDINARY, {"order": 1.5}),
    Case(
        "equal", "triplet_margin", EQUAL, value=[0.5, 6, 1], grad=[[0, 1], [-0.6, -0.8], [0, 0]],
        hess=[[-2, 0], [0.128, 0.072], [0, 0]], smooth=False,
    ),
    Case(
        "kinks", "triplet_margin", ([[1.0, 2.0]], [[1.0, 3.0]], [[2.0, 2.5]]), {"order": 1.0},
        value=[0.5], grad=[[1, 0]], hess=[[0, 0]], smooth=False,
    ),
    Case(
        "ties", "triplet_margin", ([[0.0, 0.0]], [[1.0, 1.0]], [[0.5, 0.25]]), {"order": inf},
        value=[1.5], grad=[[0.5, -0.5]], hess=[[0, 0]], smooth=False,
    ),
]  # fmt: skip

"""Rows for the divergences: far apart, nearly equal, equal, labels of 0, classes that cannot be."""

from math import inf, log

from tests.cases import Case
from tests.cases.classification import MASKED, UNSURE
from tests.cases.classification import ROWS as LOGITS
from tests.cases.probabilities import LOG_ROWS, ROWS

LABELS = [
    [0.25, 0.25, 0.25, 0.25],
    [1.0, 0.0, 0.0, 0.0],
    [0.0, 0.875, 0.125, 0.0],
    [0.5, 0.0, 0.0, 0.5],
    [0.0, 0.0, 0.0, 1.0],
    [0.125, 0.125, 0.25, 0.5],
    [0.0, 0.0, 1.0, 0.0],
]
POSSIBLE = [*LABELS[:4], [0.0, 0.0, 0.25, 0.75], LABELS[5], [0.0, 0.5, 0.5, 0.0]]
NEAR = [[0.25, 0.25 + 2**-12, 0.25 - 2**-12, 0.25], [2**-20, 1 - 2**-19, 2**-20, 0.0]]
NEAR_LABELS = [[0.25] * 4, [2**-19, 1 - 2**-18, 2**-19, 0.0]]
LOG_LABELS = [
    [log(0.25)] * 4,
    [0.0, -inf, -inf, -inf],
    [-30.0, -20.0, -1e-7, -17.0],
    [log(0.5), -90.0, -1e3, log(0.5)],
    [-inf, -inf, log(0.25), log(0.75)],
    [-3.0, -3.5, -1.0, -0.625],
    [-inf, log(0.25), log(0.75), -inf],
]
PROBS_MASKED = [[0.25, 0.0, 0.75, 0.0], [0.0, 1.0, 0.0, 0.0], [0.5, 0.0, 0.25, 0.25]]
LOGS = {"labels_in": "log_probs"}
RATES = [[0.0, 1.5, -2.0, 30.0], [-50.0, 3.0, 1e-3, -1e3], [-inf, -inf, 0.0, 0.5], [1e-4, -1e-4, 2.0, 80.0]]
AMOUNTS = [[1.0, 4.5, 0.0, 1e13], [1e-20, 20.0, 1.0, 1e-30], [0.0, 0.0, 1.0, 2.0], [1.0, 1.0, 0.0, 1e30]]

_SOFTMAX = ("softmax_kl_divergence", "softmax_jensen_shannon")

PLAIN_LOGITS = [[1.0, -2.0, 0.5], [0.0, 3.0, -1.0], [0.25, 0.5, 1.0], [-2.0, 0.0, 2.0]]
PLAIN_LABELS = [[0.25, 0.5, 0.25], [0.125, 0.125, 0.75], [0.5, 0.25, 0.25], [0.0625, 0.4375, 0.5]]

# Of classes by themselves: near, far, of label 0, of neither.
_P, _T = [0.5, 0.25, 1e-7, 0.0, 0.875, 1.0], [0.5, 0.25 + 2**-12, 0.75, 0.0, 0.0, 0.125]
_EACH = {
    "kl_divergence": (_P, _T),
    "jensen_shannon": (_P, _T),
    "log_kl_divergence": ([-0.5, -1e-3, -40.0, 0.0], [0.25, 0.75, 1.0, 0.0]),
    "generalized_kl_divergence": ([0.0, 1.5, -2.0, 30.0, -50.0], [1.0, 4.5, 0.0, 1e13, 1e-20]),
}
NORMALS = (
    [1.0, 0.0, -2.5, 1e-8, 3.0, 1e3, 0.5, 1e6, -0.25],
    [0.25, 1.0 + 2**-20, 1.0 - 2**-12, 1e-10, 1e10, 1.5, 0.75, 4.0, 2.0],
    [0.0, 0.0, 0.5, 0.0, -1.0, 1e3 - 0.5, 0.5, 0.0, 0.25],
    [1.0, 1.0, 1.0, 2.0, 0.5, 1.5 + 2**-18, 0.5, 1e-3, 1e5],
)

CASES = [
    Case("rows", "kl_divergence", (ROWS, POSSIBLE)),
    Case("near", "kl_divergence", (NEAR, NEAR_LABELS)),
    Case("equal", "kl_divergence", (LABELS[:1] + LABELS[2:4], LABELS[:1] + LABELS[2:4])),
    Case("rows", "log_kl_divergence", (LOG_ROWS, POSSIBLE)),
    Case("log-labels", "log_kl_divergence", (LOG_ROWS[:5], [LOG_LABELS[i] for i in (0, 1, 3, 5, 4)]), LOGS),
    # The first row of a loss goes through torch's compiled `func.grad` as well, which differentiates the
    # formula itself: exact zeros and gradients of 1e-20 are beyond that.
    *[Case("plain", loss, (PLAIN_LOGITS, PLAIN_LABELS)) for loss in _SOFTMAX],
    Case("plain", "jensen_shannon", (PLAIN_LABELS[::-1], PLAIN_LABELS)),
    *[Case("rows", loss, (LOGITS, LABELS)) for loss in _SOFTMAX],
    *[Case("masked", loss, (MASKED, PROBS_MASKED)) for loss in _SOFTMAX],
    *[Case("unsure", loss, UNSURE) for loss in _SOFTMAX],
    Case("log-labels", "softmax_kl_divergence", (LOGITS, LOG_LABELS), LOGS),
    *[
        Case(
            f"{kind}-cooled",
            "softmax_kl_divergence",
            (PLAIN_LOGITS, labels),
            {"labels_in": kind, "temperature": 3.0},
        )
        for kind, labels in (
            ("probs", PLAIN_LABELS),
            ("log_probs", [[log(t) for t in row] for row in PLAIN_LABELS]),
        )
    ],
    Case("teacher", "softmax_kl_divergence", (PLAIN_LOGITS, PLAIN_LOGITS[::-1]), {"labels_in": "logits"}),
    Case(
        "teacher-cooled",
        "softmax_kl_divergence",
        ([[1.0, 0.0, -1.0], *PLAIN_LOGITS], [[2.0, 0.0, 1.0], *PLAIN_LOGITS]),
        {"labels_in": "logits", "temperature": 4.0},
        ulp32=(4.0, 8.0, 8.0),
    ),
    Case(
        "teacher-masked",
        "softmax_kl_divergence",
        ([[0.5, -inf, 1.5], [2.0, 0.0, -inf]], [[1.5, -inf, -0.25], [0.0, 0.5, -inf]]),
        {"labels_in": "logits", "temperature": 2.0},
        smooth=False,
    ),
    Case(
        "teacher-impossible",
        "softmax_kl_divergence",
        ([[0.5, -inf, 1.5]], [[0.0, 0.0, -inf]]),
        {"labels_in": "logits", "temperature": 2.0},
        value=[inf],
        grad=[[-0.24491866240370913, -1.0, 1.2449186624037092]],
        hess=[[0.2350037122015945, 0, 0.2350037122015945]],
        smooth=False,
    ),
    Case("rows", "generalized_kl_divergence", (RATES, AMOUNTS)),
    Case("rows", "jensen_shannon", (ROWS, POSSIBLE)),
    Case("near", "jensen_shannon", (NEAR, NEAR_LABELS)),
    *[Case("each", loss, arrays, {"axis": ()}) for loss, arrays in _EACH.items()],
    Case(
        "each log-label",
        "log_kl_divergence",
        ([-1.0, -30.0, -1e-7], [-3.0, -0.5, -inf]),
        {**LOGS, "axis": ()},
    ),
    Case("normals", "gaussian_kl_divergence", NORMALS),
    Case("published", "gaussian_kl_divergence", ([1.0], [0.25], [0.0], [1.0])),
    Case(
        "ends",
        "gaussian_kl_divergence",
        ([0.0, 2.0, inf, 0.0, 1.0], [1.0, 0.0, 1.0, inf, 1.0], [0.0] * 5, [1.0, 1.0, 1.0, 1.0, inf]),
        value=[0, inf, inf, inf, inf],
        grad=[0, 2, inf, 0, 0],
        hess=[1, 1, 1, 1, 0],
        smooth=False,
    ),
]

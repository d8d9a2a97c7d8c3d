"""`diagnose_history`: what a curve shows, and curves in which there is nothing to see."""

from types import SimpleNamespace

import numpy as np
import pytest

import lossary

STEPS = np.arange(60)
FALLING = 0.3 + 0.4 * np.exp(-STEPS / 12)
NOISE = np.random.default_rng(0).normal(size=60)
TARGETS = np.arange(1000) < 30
"""3 % positive: the entropy of 0.03 is 0.134742 by mpmath."""
AFTER_40 = np.maximum(STEPS - 40, 0)

FINDINGS = {
    "L501": [
        ((FALLING - 0.5,), {}, "train[9] = -0.01105", "error"),
        (([0.5, 0.1, -3.0],), {}, "the lowest is -3", "error"),
    ],
    "L502": [
        (([0.7, 0.5, 0.4, np.nan, np.nan],), {}, "train[3] = nan after 0.7, 0.5, 0.4", "error"),
        (([*10.0 ** (5 * STEPS), 1e300, 1e306, np.inf],), {}, "a lower learning rate", "error"),
        (([0.7, 0.5, 2.0, 80.0, np.inf],), {}, "a lower learning rate", "error"),
        (([np.nan, np.nan],), {}, "the first value", "error"),
        ((FALLING, np.where(STEPS == 8, np.nan, FALLING)), {}, "val[8] = nan", "error"),
    ],
    "L503": [
        ((np.log(2) + 0.003 * NOISE,), {}, "0.6931 = log 2: a model that always predicts ½", "warning"),
        ((np.log(10) + 0.01 * NOISE,), {"classes": 10}, "2.3026 = log 10", "warning"),
        (
            (0.134742 + 0.5 * np.exp(-STEPS / 4.0),),
            {"targets": TARGETS},
            "entropy of 3 %: a model",
            "warning",
        ),
        ((1.4612 + np.exp(-STEPS / 4.0),), {"classes": 10}, "softmax applied twice", "warning"),
        ((0.1985 + np.exp(-STEPS / 4.0),), {"label_smoothing": 0.1}, "label_smoothing=0.1", "note"),
    ],
    "L504": [
        ((FALLING, FALLING + 0.01 * AFTER_40 + 0.003 * NOISE), {}, "ends at 0.4", "warning"),
        (
            ({"loss": FALLING, "val_loss": FALLING + 0.01 * AFTER_40},),
            {},
            "keep the parameters of epoch",
            "warning",
        ),
    ],
    "L505": [
        ((FALLING + 0.05 * AFTER_40,), {}, "gradient clipping by norm", "error"),
        ((3.0**STEPS,), {}, "steps that overshoot", "error"),
        ((10.0**STEPS,), {}, "train, last 1e+59 at [59]", "error"),
        (([1.0, 3.0, 9.0, 27.0, 81.0],), {}, "lowest at [0], 1, and ends", "error"),
        ((FALLING, FALLING + 0.06 * AFTER_40), {}, "more and more confident in its mistakes", "warning"),
    ],
}
QUIET = [
    (FALLING,),
    (FALLING + 0.02 * NOISE,),
    (FALLING, FALLING + 0.02 + 0.02 * NOISE),
    (FALLING, FALLING + 0.001 * AFTER_40 * 0.3),
    (np.log(2) * np.exp(-STEPS / 20),),  # begins at log 2
    (0.72 - 0.0009 * STEPS,),  # passes log 2
    (np.log(2) * 1.02 + 0.003 * NOISE,),  # a plateau beside it
    ([0.7, 0.6],),
    ([0.0] * 20,),
    ([*FALLING, 40.0],),  # a spike
]


@pytest.mark.parametrize(
    ("code", "row"),
    [(code, row) for code, rows in FINDINGS.items() for row in rows],
)
def test_finding(code, row):
    curves, options, says, severity = row
    report = lossary.diagnose_history(*curves, **options)
    first = report.findings[0]
    assert (first.code, first.severity) == (code, severity), report
    assert says in " ".join(str(report).split()), report
    assert report.ok == (severity != "error")
    assert code not in {
        one.code for one in lossary.diagnose_history(*curves, **options, ignore=code).findings
    }


@pytest.mark.parametrize("curves", QUIET, ids=range(len(QUIET)))
def test_nothing_to_see(curves):
    report = lossary.diagnose_history(*curves)
    assert report.findings == ()
    assert "no problems found" in str(report)


def test_random_walks_down_give_no_errors():
    """Noisy curves that fall to a floor: 300 of them, with noise of up to a tenth of the fall."""
    rng = np.random.default_rng(2)
    for _ in range(300):
        n = int(rng.integers(5, 200))
        floor, fall, rate = rng.uniform(0.05, 2), rng.uniform(0.1, 3), rng.uniform(2, 40)
        curve = floor + fall * np.exp(-np.arange(n) / rate)
        train, val = (np.abs(curve + fall * rng.uniform(0, 0.1) * rng.normal(size=n)) for _ in range(2))
        report = lossary.diagnose_history(train, val)
        assert report.ok, (report, train)


def test_keras_history():
    history = SimpleNamespace(history={"loss": [0.7, 0.5, 0.4], "val_loss": [0.7, 0.6, 0.65]})
    assert lossary.diagnose_history(history).numbers == {
        "train_best_epoch": 2,
        "train_best": 0.4,
        "train_last": 0.4,
        "val_best_epoch": 1,
        "val_best": 0.6,
        "val_last": 0.65,
    }


def test_positions_are_those_of_the_curve():
    report = lossary.diagnose_history([0.7, 0.5, np.nan, 0.1])
    assert report.numbers["train_best_epoch"] == 1


def test_a_real_training():
    """An MLP on digits: its curve is in order, and one with shuffled labels is stuck at log 10."""
    neural_network = pytest.importorskip("sklearn.neural_network")
    from sklearn.datasets import load_digits
    from sklearn.exceptions import ConvergenceWarning

    x, y = load_digits(return_X_y=True)
    model = neural_network.MLPClassifier(hidden_layer_sizes=(20,), max_iter=25, random_state=0)
    with pytest.warns(ConvergenceWarning):
        good = model.fit(x / 16, y).loss_curve_
    assert lossary.diagnose_history(good, classes=10, targets=y).findings == ()
    blind = neural_network.MLPClassifier(
        hidden_layer_sizes=(4,), max_iter=40, random_state=0, n_iter_no_change=50, learning_rate_init=0.02
    )
    with pytest.warns(ConvergenceWarning):
        stuck = blind.fit(x[:, :1], y).loss_curve_  # a pixel that is always empty
    assert [one.code for one in lossary.diagnose_history(stuck, targets=y).findings] == ["L503"]


@pytest.mark.parametrize(
    ("curve", "options", "complaint"),
    [
        ([], {}, "must be a list of losses"),
        ([[1.0, 2.0]], {}, "got shape (1, 2)"),
        ({"accuracy": [1.0]}, {}, "no 'loss', only 'accuracy'"),
        ([1.0], {"targets": [0.5]}, "`targets` must be 0 and 1, or class ids"),
        ([1.0], {"label_smoothing": 2}, "`label_smoothing` must be in"),
    ],
)
def test_wrong_input(curve, options, complaint):
    with pytest.raises(lossary.LossInputError) as caught:
        lossary.diagnose_history(curve, **options)
    assert complaint in str(caught.value)


def test_html_has_both_curves():
    html = lossary.diagnose_history(FALLING, np.where(STEPS == 8, np.nan, FALLING))._repr_html_()
    assert html.count("<path") == 2
    assert ">train</text>" in html
    assert ">val</text>" in html
    assert "nan," not in html

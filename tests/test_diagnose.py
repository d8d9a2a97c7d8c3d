"""`diagnose`: each finding, where it must not be made, and that right models give no alarm."""

import json
import re
import time
from pathlib import Path

import numpy as np
import pytest
from bench.false_alarms import count_alarms

import lossary
from lossary import diagnosis
from lossary._codes import CODES
from lossary.diagnosis import Report
from lossary.diagnosis._host import thinned
from tests.cases.diagnosis import ROWS, Row, ids
from tests.cases.problems import binary, classes, sigmoid, softmax

SOURCES = Path(diagnosis.__file__).parent.glob("_*.py")
REPORTED = {
    code for path in SOURCES for code in re.findall(r'"(L[0-4]\d\d)"', path.read_text(encoding="utf-8"))
} - {"L007"}
"""The codes that the source names, but those of training curves, and of what is raised at once."""
NUMBERS = {"loss", "uniform", "base_rate", "best", "recalibrated"}


def found(report: Report, code: str) -> list[str]:
    return [one.severity for one in report.findings if one.code == code]


@pytest.mark.parametrize("row", ROWS, ids=ids(ROWS))
def test_finding(row: Row):
    report = row.trigger().diagnose()
    first = report.findings[0]
    assert (first.code, first.severity) == (row.code, row.severity), report
    text = re.sub(r"\s+(\|\s+)?", " ", str(report))
    assert f"{row.severity}[{row.code}]: " in text
    for words in row.says:
        assert words in text
    assert report.ok == (row.severity != "error")


@pytest.mark.parametrize("row", ROWS, ids=ids(ROWS))
def test_near_miss(row: Row):
    report = row.near_miss().diagnose()
    assert row.code not in {one.code for one in report.findings}, report
    assert report.ok, report


@pytest.mark.parametrize("row", ROWS, ids=ids(ROWS))
def test_what_is_ignored_is_not_reported(row: Row):
    assert not found(row.trigger().diagnose(ignore=[row.code]), row.code)


def test_every_code_has_a_row():
    assert {row.code for row in ROWS} == REPORTED


@pytest.mark.parametrize("code", sorted(REPORTED | {code for code in CODES if code > "L5"}))
def test_codes_are_explained(code):
    sentences = re.split(r"[.?!] (?=[A-Z`(])", CODES[code].text)
    assert 3 <= len(sentences) <= 7


def test_right_models_give_no_alarm():
    """The long run is `python -m bench.false_alarms`."""
    alarms = count_alarms(300, seed=7)
    assert sum(times for name, times in alarms.items() if name.startswith("error")) == 0, alarms
    assert alarms["problems with any"] <= 1, alarms


def test_the_scale_of_a_loss():
    """Three of four positive: 0.5623351446 is the entropy of 3/4, by hand; the loss is log(1 + e^-1)."""
    report = lossary.diagnose([1.0, 1.0, 1.0, -1.0], [1, 1, 1, 0], kind="logits")
    assert report.numbers["loss"] == pytest.approx(np.log1p(np.exp(-1)), rel=1e-15)
    assert report.numbers["uniform"] == pytest.approx(np.log(2), rel=1e-15)
    assert report.numbers["base_rate"] == pytest.approx(0.5623351446188083, rel=1e-15)
    assert report.numbers["best"] == 0.0
    assert report.numbers["auc"] == 1.0


def test_the_scale_with_smoothed_labels():
    """0.1985152433 is the entropy of 0.05, 0.5003... that of ten classes smoothed by 0.1, both by mpmath."""
    logits, targets = binary()
    report = lossary.diagnose(logits, targets, kind="logits", label_smoothing=0.1)
    assert report.numbers["best"] == pytest.approx(0.19851524334587, rel=1e-12)
    z, y = classes(k=10)
    report = lossary.diagnose(z, y, kind="logits", task="multiclass", label_smoothing=0.1)
    assert report.numbers["best"] == pytest.approx(0.5002880350580, rel=1e-9)
    assert report.numbers["uniform"] == pytest.approx(np.log(10), rel=1e-15)


def test_the_loss_is_that_of_the_library():
    logits, targets = binary()
    weights = np.random.default_rng(0).gamma(2.0, 0.5, 2000)
    where = np.arange(2000) % 3 > 0
    given = {"weights": weights, "where": where, "label_smoothing": 0.05}
    expected = lossary.sigmoid_binary_cross_entropy(logits, targets, **given, reduction="weighted_mean")
    assert lossary.diagnose(logits, targets, kind="logits", **given).numbers["loss"] == pytest.approx(
        expected
    )


def test_auc_and_calibration_are_those_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    linear_model = pytest.importorskip("sklearn.linear_model")
    logits, targets = binary()
    logits = (1.7 * logits + 0.4).round(1)  # with ties
    report = lossary.diagnose(logits, targets, kind="logits")
    assert report.numbers["auc"] == pytest.approx(metrics.roc_auc_score(targets, logits), rel=1e-12)
    platt = linear_model.LogisticRegression(C=np.inf, tol=1e-10).fit(logits[:, None], targets)
    assert report.numbers["slope"] == pytest.approx(platt.coef_[0, 0], rel=1e-4)
    assert report.numbers["shift"] == pytest.approx(platt.intercept_[0], abs=1e-4)
    after = metrics.log_loss(targets, platt.predict_proba(logits[:, None]))
    assert report.numbers["recalibrated"] == pytest.approx(after, rel=1e-6)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n", [60, 40_000])
def test_recalibration_is_never_worse(n, seed):
    """Sharp models, whose few errors a prior of one example on either side would outweigh."""
    logits, targets = binary(n, spread=10.0, seed=seed)
    for kind, given in (("logits", logits), ("probs", 1 / (1 + np.exp(-logits)))):
        numbers = lossary.diagnose(given, targets, kind=kind).numbers
        assert numbers["recalibrated"] <= numbers["loss"]


def test_of_separable_examples_the_slope_is_finite():
    numbers = lossary.diagnose(np.linspace(-3, 3, 100), np.arange(100) >= 50, kind="logits").numbers
    assert np.isfinite(numbers["slope"])
    assert 0 <= numbers["recalibrated"] < 1e-6


@pytest.mark.parametrize("kind", ["logits", "probs"])
@pytest.mark.parametrize("task", ["binary", "multiclass", "multilabel"])
def test_tasks_and_kinds_give_the_same_numbers(task, kind):
    """The numbers of logits and of the probabilities that they stand for."""
    if task == "multiclass":
        given, targets = classes()
        probs = softmax(given)
    else:
        given, targets = binary(shift=0.5)
        if task == "multilabel":
            given, targets = given.reshape(500, 4), targets.reshape(500, 4)
        probs = sigmoid(given)
    of_logits = lossary.diagnose(given, targets, kind="logits", task=task)
    report = lossary.diagnose(probs if kind == "probs" else given, targets, kind=kind, task=task)
    assert not [one for one in report.findings if one.severity != "note"]
    for name in of_logits.numbers:
        assert report.numbers[name] == pytest.approx(of_logits.numbers[name], rel=1e-6), name


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_axis(axis):
    z, y = classes(n=600)
    moved = np.moveaxis(z.reshape(20, 30, 4), -1, axis)
    report = lossary.diagnose(moved, y.reshape(20, 30), kind="logits", task="multiclass", axis=axis)
    plain = lossary.diagnose(z, y, kind="logits", task="multiclass")
    assert report.numbers == pytest.approx(plain.numbers)
    (worst,) = report.worst(1)
    assert worst.position == tuple(map(int, np.unravel_index(plain.worst(1)[0].position[0], (20, 30))))


def test_a_mask_is_removal():
    logits, targets = binary()
    where = np.arange(2000) % 3 > 0
    spoilt, wrong = np.where(where, logits, np.nan), np.where(where, targets, 7)
    report = lossary.diagnose(spoilt, wrong, kind="logits", where=where)
    assert report.numbers == lossary.diagnose(logits[where], targets[where], kind="logits").numbers
    assert all(example.position[0] % 3 for example in report.worst(10))


def test_the_rest_is_diagnosed_behind_nan():
    logits, targets = binary()
    report = lossary.diagnose(np.where(np.arange(2000) < 3, np.nan, -logits), targets, kind="logits")
    assert [one.code for one in report.findings] == ["L010", "L404"]
    assert report.numbers["examples"] == 1997


def test_one_label_of_several():
    rng = np.random.default_rng(0)
    logits = 2 * rng.normal(size=(1000, 3))
    targets = (rng.random(logits.shape) < sigmoid(logits)).astype(int)
    targets[:, 1] = 0
    report = lossary.diagnose(logits, targets, kind="logits", task="multilabel", ignore=["L407"])
    assert found(report, "L401") == ["note"]
    assert "1 label with only one kind of target: 1" in str(report)


def test_worst():
    logits, targets = binary()
    losses = lossary.sigmoid_binary_cross_entropy(logits, targets, reduction="none")
    worst = lossary.diagnose(logits, targets, kind="logits").worst(5)
    assert [example.position for example in worst] == [(int(i),) for i in np.argsort(-losses)[:5]]
    assert [example.loss for example in worst] == sorted(losses, reverse=True)[:5]
    assert worst[0].prediction == logits[worst[0].position]
    assert len(lossary.diagnose(logits, targets, kind="logits").worst(10_000)) == 2000
    assert lossary.diagnose(logits, targets + 1, kind="logits").worst(5) == []


@pytest.mark.parametrize(
    "library", ["jax", "torch", "array_api_strict", "dask", "tensorflow", "pandas", "polars", "list"]
)
def test_arrays_of_any_library(library):
    logits, targets = binary(n=200)
    expected = lossary.diagnose(logits, targets, kind="logits").numbers
    if library == "list":
        report = lossary.diagnose(logits.tolist(), targets.tolist(), kind="logits")
    else:
        module = pytest.importorskip(library)
        make = {
            "jax": lambda x: module.numpy.asarray(x),
            "torch": lambda x: module.tensor(x, requires_grad=x.dtype.kind == "f"),
            "array_api_strict": lambda x: module.asarray(x, device=module.Device("device1")),
            "dask": lambda x: pytest.importorskip("dask.array").from_array(x, chunks=50),
            "tensorflow": lambda x: module.constant(x),
            "pandas": lambda x: module.Series(x),
            "polars": lambda x: module.Series(x),
        }[library]
        report = lossary.diagnose(make(logits), make(targets), kind="logits")
    assert report.numbers == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("library", ["jax", "torch"])
def test_bfloat16(library):
    module = pytest.importorskip(library)
    logits, targets = binary(n=200)
    bfloat16 = (
        module.numpy.asarray(logits, dtype="bfloat16")
        if library == "jax"
        else module.tensor(logits, dtype=module.bfloat16)
    )
    report = lossary.diagnose(bfloat16, targets, kind="logits")
    expected = lossary.diagnose(logits, targets, kind="logits").numbers["loss"]
    assert report.numbers["loss"] == pytest.approx(expected, rel=0.01)


def test_traced_arrays_are_refused():
    jax = pytest.importorskip("jax")
    with pytest.raises(lossary.LossTypeError, match="`predictions` has no values to read") as caught:
        jax.jit(lambda x: lossary.diagnose(x, np.ones(3), kind="logits"))(np.ones(3))
    assert any("jax.jit" in note for note in caught.value.__notes__)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (([0.1], [1], {"kind": "scores"}), "`kind` must be one of 'logits', 'probs', got 'scores'"),
        (([0.1], [1], {"kind": "logits", "task": "regression"}), "`task` must be one of"),
        (([0.1], [1], {"kind": "logits", "label_smoothing": 10}), "`label_smoothing` must be in"),
        (([], [], {"kind": "logits"}), "there are no examples"),
        (([0.1], [1], {"kind": "logits", "where": [False]}), "`where` masks out all of them"),
    ],
)
def test_wrong_options(given, complaint):
    predictions, targets, options = given
    with pytest.raises(lossary.LossInputError, match=re.escape(complaint)):
        lossary.diagnose(predictions, targets, **options)


def test_raise_for_errors():
    logits, targets = binary()
    lossary.diagnose(3 * logits, targets, kind="logits").raise_for_errors()  # warns only
    with pytest.raises(lossary.LossInputError, match=r"^\[L101\] targets must lie in \[0, 1\]") as caught:
        lossary.diagnose(logits, targets + 1, kind="logits").raise_for_errors()
    assert "  = fix: targets = targets - 1     # {1, 2} -> {0, 1}" in caught.value.__notes__


def test_text_is_plain_and_wrapped():
    report = ROWS[0].trigger().diagnose()
    assert "\x1b" not in str(report)
    assert "\x1b[1;31merror[L001]\x1b[0m" in report.text(color=True)
    for row in ROWS:
        text = row.trigger().diagnose().text(width=60)
        assert all(
            len(line) <= 60 for line in text.splitlines() if line.startswith(("  |", "  =", "     "))
        ), text


def test_json():
    logits, targets = binary()
    data = json.loads(lossary.diagnose(3 * logits, targets, kind="logits").to_json())
    assert data["ok"] is True
    assert [one["code"] for one in data["findings"]] == ["L407"]
    assert set(data["numbers"]) >= NUMBERS
    infinite = lossary.diagnose([0.0, 1.0], [1, 1], kind="probs")
    assert infinite.numbers["loss"] == np.inf
    assert json.loads(infinite.to_json())["numbers"]["loss"] is None


def test_html_is_whole_and_escaped():
    from html.parser import HTMLParser

    class Balance(HTMLParser):
        open: list[str] = []  # noqa: RUF012

        def handle_starttag(self, tag, attrs):
            if tag not in ("meta", "line", "path"):
                self.open.append(tag)

        def handle_endtag(self, tag):
            if tag not in ("line", "path"):
                assert self.open.pop() == tag

    for row in ROWS:
        html = row.trigger().diagnose().to_html()
        parser = Balance()
        parser.feed(html)
        assert parser.open == []
        assert "<script" not in html
        assert "http" not in html
    logits, targets = binary()
    report = lossary.diagnose(logits, np.where(targets, "<b>", "&"), kind="logits")
    assert "<b>&" not in report.to_html()
    assert "&lt;b&gt;" in report.to_html()
    assert report._repr_html_() in report.to_html()


def test_a_million_rows_take_about_a_second():
    """Measured at 0.3 to 0.6 s; the bound is for busy machines."""
    logits, targets = binary(n=1_000_000)
    start = time.perf_counter()
    report = lossary.diagnose(logits, targets, kind="logits")
    assert time.perf_counter() - start < 5
    assert report.ok


# Real data: scikit-learn's own sets, and the regression that everyone fits first.


@pytest.fixture(scope="module")
def cancer():
    datasets = pytest.importorskip("sklearn.datasets")
    return _held_out(*datasets.load_breast_cancer(return_X_y=True))


@pytest.fixture(scope="module")
def digits():
    datasets = pytest.importorskip("sklearn.datasets")
    return _held_out(*datasets.load_digits(return_X_y=True))


def _held_out(x, y):
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    train, test, y_train, y_test = train_test_split(x, y, test_size=0.5, random_state=0, stratify=y)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000)).fit(train, y_train)
    return model.decision_function(test), model.predict_proba(test), y_test


def test_a_good_model_has_no_errors(cancer, digits):
    logits, probs, y = cancer
    for predictions, kind in ((logits, "logits"), (probs[:, 1], "probs")):
        report = lossary.diagnose(predictions, y, kind=kind)
        assert report.ok, report
        assert report.numbers["loss"] < 0.2
    logits, probs, y = digits
    for predictions, kind in ((logits, "logits"), (probs, "probs")):
        report = lossary.diagnose(predictions, y, kind=kind, task="multiclass")
        assert report.ok, report
        assert report.numbers["loss"] < 0.4


@pytest.mark.parametrize(
    ("code", "mistake"),
    [
        ("L101", lambda z, p, y: (z, y + 1, "logits")),
        ("L101", lambda z, p, y: (z, 2 * y - 1, "logits")),
        ("L102", lambda z, p, y: (z, y, "probs")),
        ("L103", lambda z, p, y: (p[:, 1], y, "logits")),
        ("L404", lambda z, p, y: (p[:, 0], y, "probs")),
        ("L405", lambda z, p, y: (z, np.sort(y)[np.arange(len(y)) * 7 % len(y)], "logits")),
        ("L001", lambda z, p, y: (p, y, "probs")),
    ],
)
def test_mistakes_with_breast_cancer(cancer, code, mistake):
    predictions, targets, kind = mistake(*cancer)
    report = lossary.diagnose(predictions, targets, kind=kind)
    assert report.findings[0].code == code, report


@pytest.mark.parametrize(
    ("code", "mistake"),
    [
        ("L110", lambda z, p, y: (z, y + 1, "logits")),
        ("L112", lambda z, p, y: (p, y, "logits")),
        ("L102", lambda z, p, y: (z, y, "probs")),
        ("L404", lambda z, p, y: (z[:, ::-1], y, "logits")),
        ("L405", lambda z, p, y: (z, np.roll(y, 1), "logits")),
        ("L003", lambda z, p, y: (z.T, y, "logits")),
    ],
)
def test_mistakes_with_digits(digits, code, mistake):
    predictions, targets, kind = mistake(*digits)
    report = lossary.diagnose(predictions, targets, kind=kind, task="multiclass")
    assert report.findings[0].code == code, report


def test_trees_are_sure_of_themselves(cancer):
    """A tree's leaves are pure: its probabilities are 0 and 1, and its loss is infinite."""
    from sklearn.datasets import load_breast_cancer
    from sklearn.tree import DecisionTreeClassifier

    x, y = load_breast_cancer(return_X_y=True)
    probs = DecisionTreeClassifier(random_state=0).fit(x[::2], y[::2]).predict_proba(x[1::2])[:, 1]
    report = lossary.diagnose(probs, y[1::2], kind="probs")
    assert report.findings[0].code == "L201"
    assert report.numbers["loss"] == np.inf


def lazily(library, logits, targets):
    """The columns as a library has them that computes when it is asked to."""
    if library == "dask.array":
        array = pytest.importorskip("dask.array")
        return array.from_array(logits, chunks=300), array.from_array(targets, chunks=300)
    if library == "dask, sizes unknown":
        array = pytest.importorskip("dask.array")
        x = array.from_array(logits, chunks=300)
        return x[x == x], array.from_array(targets, chunks=300)
    frame = pytest.importorskip("polars").LazyFrame({"z": logits, "y": targets})
    return frame.select("z"), frame.select("y")


@pytest.mark.parametrize("library", ["dask.array", "dask, sizes unknown", "polars"])
def test_lazy_columns(library):
    logits, targets = binary()
    lazy = dict(zip(("predictions", "targets"), lazily(library, logits, targets), strict=True))
    report = lossary.diagnose(**lazy, kind="logits")
    assert report.text() == lossary.diagnose(logits, targets, kind="logits").text()
    arrays, step, rows = thinned({**lazy, "weights": targets + 1.0}, most=2000)
    assert (step, rows) == (4, 2000)
    for part, whole in zip(arrays.values(), (logits, targets, targets + 1.0), strict=True):
        np.testing.assert_array_equal(np.asarray(part), whole[::4])

"""What an error says of values is true of them: which they are, how many, where, and what to do."""

import re
from typing import Any, NamedTuple

import numpy as np
import pytest

import lossary

CE, BCE = lossary.softmax_cross_entropy, lossary.sigmoid_binary_cross_entropy
RNG = np.random.default_rng(11)


def caught(loss: Any, *arrays: Any, **options: Any) -> Any:
    with pytest.raises((lossary.LossInputError, lossary.LossTypeError)) as error:
        loss(*arrays, **options)
    return error.value


class Facts(NamedTuple):
    """The line of an error about values, read."""

    wrong: int
    of: int
    places: dict[tuple[int, ...], float]
    distinct: list[float] | None
    range: list[float] | None


def facts(error: Any) -> Facts:
    (line,) = [note for note in error.__notes__ if note.startswith("  | ")]
    wrong, of = (int(n.replace(",", "")) for n in re.match(r"  \| ([\d,]+) of ([\d,]+) ", line).groups())
    places = {
        tuple(map(int, place.split(", "))): float(value)
        for place, value in re.findall(r"\[([\d, ]+)\]=([-\d.e+]+)", line)
    }
    found = {
        name: [float(x) for x in numbers.split(", ")]
        for name, numbers in re.findall(r"(distinct|range):? [{[](.*?)[}\]]$", line)
    }
    assert len(found) == 1, line
    return Facts(wrong, of, places, found.get("distinct"), found.get("range"))


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("count", [1, 4, 5, 9])
@pytest.mark.parametrize("dtype", ["int64", "float32", "float64"])
def test_the_values_that_are_wrong(dtype: str, count: int, masked: bool) -> None:
    labels = RNG.integers(0, 2, (6, 5)).astype(dtype)
    places = np.sort(RNG.permutation(30)[:count])
    labels.reshape(-1)[places] = 7
    where = RNG.random((6, 5)) < 0.6 if masked else np.ones((6, 5), bool)
    where.reshape(-1)[places[0]] = True
    error = caught(BCE, np.zeros((6, 5)), labels, where=where)
    wrong = [tuple(map(int, p)) for p in np.argwhere((labels == 7) & where)]
    said = facts(error)
    assert (said.wrong, said.of) == (len(wrong), where.sum())
    assert said.places == dict.fromkeys(wrong[:4], 7.0)
    assert said.distinct == sorted(set(labels[where].tolist()))


@pytest.mark.parametrize("count", [2, 4, 5, 6, 7])
def test_few_values_are_listed_and_of_many_the_ends_are_named(count: int) -> None:
    labels = np.arange(count) + 5.0
    said = facts(caught(BCE, np.zeros(count), labels))
    values = labels.tolist()
    assert (said.distinct, said.range) == ((values, None) if count <= 5 else (None, [5.0, labels[-1]]))


def test_nan_is_no_value() -> None:
    labels = np.asarray([np.nan, 2.0, np.nan, 0.0])
    assert facts(caught(BCE, np.zeros(4), labels)).distinct == [0.0, 2.0]


@pytest.mark.parametrize("axis", [1, 2])
def test_rows_that_do_not_sum_to_one(axis: int) -> None:
    """One number for each row, where it is in the unreduced loss."""
    labels = np.moveaxis(np.eye(3)[RNG.integers(0, 3, (4, 5))], -1, axis)
    rows = np.moveaxis(labels, axis, -1)
    rows[1, 2] = rows[3, 0] = [0.5, 0.25, 0.0]
    said = facts(caught(CE, np.zeros(labels.shape), labels, axis=axis))
    assert (said.wrong, said.of) == (2, 20)
    assert said.places == {(1, 2): 0.75, (3, 0): 0.75}
    assert said.distinct == [0.75, 1.0]


def test_of_rows_with_values_outside_only_these_are_wrong() -> None:
    """Those at the ends of the range are not; nor are rows that sum to 1."""
    labels = np.asarray([[0.0, 1.0, 0.0], [1.5, 0.0, 1.0], [-0.5, 1.0, 0.5]])
    said = facts(caught(CE, np.zeros((3, 3)), labels))
    assert said.wrong == 2
    assert said.places == {(1, 0): 1.5, (2, 0): -0.5}


@pytest.mark.parametrize("examples", [(8,), (9,), (4, 2), (3, 2, 2)], ids=str)
@pytest.mark.parametrize("classes", [3, 4])
def test_the_axis_that_is_advised_is_the_one_that_works(examples: tuple[int, ...], classes: int) -> None:
    """Wherever the classes are, and wherever they are said to be."""
    ndim = len(examples) + 1
    for right in range(ndim):
        rows = RNG.dirichlet(np.ones(classes), examples)
        labels = np.moveaxis(rows, -1, right)
        for said in range(ndim):
            if said == right:
                continue
            error = caught(CE, np.zeros(labels.shape), labels, axis=said)
            assert error.code == "L003"
            advised = int(re.fullmatch(r"axis=(\d+)", error.fix)[1])
            assert advised == right
            assert np.isfinite(CE(np.zeros(labels.shape), labels, axis=advised))


def test_few_sums_that_are_one_are_no_advice() -> None:
    labels = np.moveaxis(RNG.dirichlet(np.ones(3), 7), -1, 0)
    assert caught(CE, np.zeros(labels.shape), labels, axis=1).code == "L111"


IDS = RNG.integers(0, 4, 12)
LOGITS = RNG.normal(size=(12, 4))
SCORES = RNG.normal(size=12)
BITS = np.asarray([0, 1, 1] * 4)

APPLIED: list[tuple[str, Any, dict[str, Any], str]] = [
    ("count from 1", CE, {"logits": LOGITS, "labels": IDS + 1}, "labels"),
    ("padding", CE, {"logits": LOGITS, "labels": np.where(BITS, IDS, -100)}, "where"),
    ("padding", CE, {"logits": LOGITS, "labels": np.where(BITS, IDS, -1)}, "where"),
    ("no label", BCE, {"logits": SCORES, "labels": BITS - 9 * (np.arange(12) < 2)}, "none"),
    ("no label", BCE, {"logits": SCORES, "labels": np.where(np.arange(12) < 2, -1, BITS)}, "where"),
    ("signs", BCE, {"logits": SCORES, "labels": 2 * BITS - 1}, "labels"),
    ("one sign", BCE, {"logits": SCORES, "labels": -np.ones(12)}, "labels"),
    ("1 and 2", BCE, {"logits": SCORES, "labels": BITS + 1}, "labels"),
    ("all 2", BCE, {"logits": SCORES, "labels": np.full(12, 2)}, "labels"),
    ("a mask", BCE, {"logits": SCORES, "labels": 255 * BITS}, "labels"),
    ("rounding", lossary.binary_cross_entropy, {"probs": BITS * 1.00001, "labels": BITS}, "probs"),
    ("rounding", lossary.binary_cross_entropy, {"probs": BITS - 1e-5, "labels": BITS}, "probs"),
]


@pytest.mark.parametrize(("name", "loss", "given", "what"), APPLIED)
def test_the_advice_works(name: str, loss: Any, given: dict[str, Any], what: str) -> None:
    """Applied as it is written, it leaves nothing to be said; advice that cannot be applied is none."""
    fix = caught(loss, **given).fix.split("     ")[0]
    if what == "none":
        assert "where=" not in fix
        return
    named, _, expression = fix.rpartition("=" if fix.startswith("where=") else " = ")
    if fix.startswith("where="):
        named, expression = "where", fix.removeprefix("where=")
    named = named.strip() or what
    assert named == what
    value = eval(expression, {"np": np}, dict(given))
    assert np.isfinite(loss(**{**given, named: value}))


@pytest.mark.parametrize("high", [4, 5, 9])
def test_as_many_classes_as_the_ids_name(high: int) -> None:
    labels = np.asarray([0, 1, high])
    fix = caught(CE, np.zeros((3, 3)), labels).fix
    (classes, length) = re.fullmatch(r".*: (\d+) classes .* length (\d+)", fix).groups()
    assert np.isfinite(CE(np.zeros((3, int(length))), labels))
    assert classes == length == str(high + 1)


@pytest.mark.parametrize(("low", "high"), [(-0.5, 1.5), (-2e-5, 1.5), (0.0, 1.5), (-0.5, 1.0)])
def test_what_looks_like_logits(low: float, high: float) -> None:
    probs = np.asarray([low, 0.5, high])
    fix = caught(lossary.binary_cross_entropy, probs, np.asarray([0, 1, 1])).fix
    assert fix.startswith("sigmoid_binary_cross_entropy(logits, labels)")


def test_a_row_of_zeros_has_no_label() -> None:
    zeros = caught(CE, np.zeros((2, 3)), np.zeros((2, 3)))
    halves = caught(CE, np.zeros((2, 3)), np.full((2, 3), 0.5))
    ones = caught(CE, np.zeros((2, 3)), np.ones((2, 3)))
    probs = caught(lossary.categorical_cross_entropy, np.full((2, 3), 0.2), np.asarray([0, 1]))
    assert {e.code for e in (zeros, halves, ones, probs)} == {"L111"}
    assert "where=" in zeros.fix
    assert "where=" not in halves.fix
    assert halves.fix == ones.fix


def test_arguments_of_few_losses_have_advice_as_well() -> None:
    error = caught(lossary.poisson, -(SCORES**2), BITS)
    assert error.fix
    assert error.why
    assert caught(CE, LOGITS, IDS + 9).why

"""Names and keywords of other libraries are errors that say what is meant."""

import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lossary
import lossary.kernel
from lossary._words import _KEYWORDS
from lossary.cli import main
from tests.contract.subjects import Subject, subjects

EQUAL: dict[str, list[list[str]]] = json.loads(
    Path("src/lossary/equal_calls.json").read_text(encoding="utf-8")
)
THEIRS = sorted(
    {(call.partition("(")[0].rpartition(".")[2], ours) for ours, pairs in EQUAL.items() for call, _ in pairs}
)
X = np.zeros(3)


@pytest.mark.parametrize(("name", "ours"), THEIRS)
def test_every_function_with_an_equal_call_is_known_by_its_name(name: str, ours: str) -> None:
    if hasattr(lossary, name):
        assert getattr(lossary, name).__name__ == name  # which is no error, as it is ours
        return
    assert f"lossary.{ours}(" in " ".join(_notes(name))


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("BCEWithLogitsLoss", "sigmoid_binary_cross_entropy"),
        ("BCELoss", "binary_cross_entropy"),
        ("MSELoss", "squared_error"),
        ("L1Loss", "absolute_error"),
        ("CrossEntropyLoss", "softmax_cross_entropy"),
        ("NLLLoss", "negative_log_likelihood"),
        ("KLDivLoss", "log_kl_divergence"),
        ("FocalLoss", "sigmoid_focal"),
        ("SparseCategoricalCrossentropy", "categorical_cross_entropy"),
        ("MeanSquaredError", "squared_error"),
        ("DiceLoss", "dice"),
        ("HuberLoss", "huber"),
        ("quantile_loss", "pinball"),
        ("mae", "absolute_error"),
        ("sigmoid_cross_entropy_with_logits", "sigmoid_binary_cross_entropy"),
    ],
)
def test_classes_and_short_names(name: str, ours: str) -> None:
    assert any(f"lossary.{ours}" in note for note in _notes(name))


def _notes(name: str) -> list[str]:
    with pytest.raises(AttributeError, match=name) as caught:
        getattr(lossary, name)
    return getattr(caught.value, "__notes__", [])


@pytest.mark.parametrize("name", ["nothing_like_it", "_private", "__wrapped__"])
def test_other_names_are_errors_without_advice(name: str) -> None:
    assert not hasattr(lossary, name)
    assert _notes(name) == []


@pytest.mark.parametrize("subject", subjects(), ids=lambda subject: subject.name)
def test_keywords(subject: Subject) -> None:
    parameters = inspect.signature(subject.function).parameters
    arrays = subject.arrays[: len(subject.arrays) - len(subject.names)]
    for word in _KEYWORDS.keys() - parameters.keys():
        error = _error(subject.function, *arrays, **{word: 1})
        named = error.fix.partition("=")[0]
        assert "=" not in error.fix or named in parameters, f"{word}: it names a keyword that the loss has"


def _error(loss: Any, *args: Any, **kwargs: Any) -> lossary.LossTypeError:
    with pytest.raises(lossary.LossTypeError) as caught:
        loss(*args, **kwargs)
    assert caught.value.code == "L014"
    return caught.value


@pytest.mark.parametrize(
    ("given", "fix"),
    [
        ({"ignore_index": -100}, "where=labels != -100"),
        ({"weight": X}, "class_weights=, one number per class; weights=, one number per example"),
        ({"from_logits": True}, "leave it out: the loss's name tells what it takes"),
        ({"redction": "sum"}, "reduction="),
        ({"y_true": X}, "labels, the second argument"),
        ({"size_average": True}, "reduction='mean', 'sum' or 'none'"),
    ],
)
def test_what_is_meant(given: dict[str, Any], fix: str) -> None:
    assert _error(lossary.softmax_cross_entropy, X, X, **given).fix == fix


def test_numbers_by_position() -> None:
    error = _error(lossary.huber, X, X, 1.0)
    assert error.fix == "pass the rest by name: delta=, weights=, where=, over=, reduction="


def test_what_is_missing_is_said_by_python() -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        lossary.huber(X)  # type: ignore[call-arg]


def test_an_error_inside_a_loss_of_ones_own_is_its_own() -> None:
    @lossary.kernel.loss
    def broken(x: Any) -> Any:
        return None + x

    with pytest.raises(TypeError, match="unsupported operand"):
        broken(1.0)


@pytest.mark.parametrize("reduction", [None, "batchmean", "sum_over_batch_size", "auto"])
def test_reductions(reduction: Any) -> None:
    with pytest.raises(lossary.LossInputError, match="reduction") as caught:
        lossary.huber(X, X, reduction=reduction)
    assert caught.value.fix.startswith("reduction='")


@pytest.mark.parametrize("name", ["mse_loss", "BCEWithLogitsLoss", "log_loss"])
def test_an_import_says_the_same(name: str) -> None:
    with pytest.raises(ImportError, match=f"cannot import name '{name}' from 'lossary'") as caught:
        exec(f"from lossary import {name}")
    assert caught.value.__notes__ == _notes(name)


def test_modules_and_unknown_names_are_imported_as_everywhere() -> None:
    code = "from lossary import kernel, testing, transforms; print(kernel.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "lossary.kernel\n"
    with pytest.raises(ImportError, match="cannot import name 'nothing_like_it'"):
        exec("from lossary import nothing_like_it")


@pytest.mark.parametrize("word", sorted({*_KEYWORDS, "batchmean", "mse_loss", "BCELoss"}))
def test_the_command_knows_the_words_as_well(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", word]) == 0
    said = capsys.readouterr().out
    assert said.startswith(word)
    assert "{" not in said.replace("{-1, 1}", "")

"""What the fix of an error says, done: code is run, and prose is acted on as it says."""

import ast
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import lossary

Given = dict[str, Any]
"""The arguments of a call by name, arrays first."""
Act = Callable[[Any, Given, "re.Match[str]"], tuple[Any, Given]]
"""From a loss, what it was given and the words of the fix to what is called instead."""


def _option(loss: Any, given: Given, found: "re.Match[str]") -> tuple[Any, Given]:
    return loss, {**given, found[1]: _evaluated(found[2], given)}


def _classes(given: Given) -> int:
    return int(np.max(list(given.values())[1])) + 1


def _more_classes(loss: Any, given: Given, found: "re.Match[str]") -> tuple[Any, Given]:
    first = next(iter(given))
    scores, axis = given[first], given.get("axis", -1)
    missing = int(found[1]) - scores.shape[axis]
    extra = np.zeros_like(np.take(scores, [0] * missing, axis=axis))
    return loss, {**given, first: np.concatenate([scores, extra], axis=axis)}


def _within_one(loss: Any, given: Given, found: "re.Match[str]") -> tuple[Any, Given]:
    return loss, {**given, "cosines": given["cosines"] / np.abs(given["cosines"]).max()}


def _of_logits(loss: Any, given: Given, found: "re.Match[str]") -> tuple[Any, Given]:
    own = {k: v for k, v in list(given.items())[2:] if k in lossary_options(getattr(lossary, found[1]))}
    return getattr(lossary, found[1]), dict(zip(("logits", "labels"), given.values(), strict=False)) | own


def _of_logarithms(loss: Any, given: Given, found: "re.Match[str]") -> tuple[Any, Given]:
    names = found[2].split(", ")
    rest = dict(list(given.items())[len(names) :])
    return getattr(lossary, found[1]), dict(zip(names, given.values(), strict=False)) | rest


def _softmax(loss: Any, given: Given, found: "re.Match[str]") -> tuple[Any, Given]:
    labels = np.asarray(list(given.values())[1])
    return getattr(lossary, found[1]), {
        "logits": np.zeros((*labels.shape, _classes(given))),
        "labels": labels,
    }


def _weights(loss: Any, given: Given, found: "re.Match[str]") -> tuple[Any, Given]:
    shape = ast.literal_eval(found[1])
    (name,) = {"weights", "where"} & given.keys()
    return loss, {**given, name: np.ones(shape, bool if name == "where" else float)}


def _swapped(loss: Any, given: Given, found: "re.Match[str]") -> tuple[Any, Given]:
    (a, first), (b, second), *rest = given.items()
    return loss, {a: second, b: first, **dict(rest)}


def _without_classes(loss: Any, given: Given, found: "re.Match[str]") -> tuple[Any, Given]:
    return loss, {k: v for k, v in given.items() if k != "class_weights"}


def _sigmoid(loss: Any, given: Given, found: "re.Match[str]") -> tuple[Any, Given]:
    labels = np.asarray(list(given.values())[1])
    return lossary.sigmoid_binary_cross_entropy, {"logits": np.zeros(labels.shape), "labels": labels}


def _regions(loss: Any, given: Given, found: "re.Match[str]") -> tuple[Any, Given]:
    call = ast.parse(found[0].partition(" leaves")[0].replace(", ...", ""), mode="eval").body
    names = {"np": np}
    values = [eval(ast.unparse(argument), {**names, **given}) for argument in call.args]
    rest = {k: v for k, v in list(given.items())[2:] if k != "where"}
    return loss, dict(zip(list(given)[:2], values, strict=True)) | rest


def _padding(loss: Any, given: Given, found: "re.Match[str]") -> tuple[Any, Given]:
    labels, lengths = (_evaluated(code, given) for code in found.groups())
    frames = np.full(lengths.shape, given["logits"].shape[-2])
    return loss, {"logit_lengths": frames, **given, "labels": labels, "label_lengths": lengths}


def _number(loss: Any, given: Given, found: "re.Match[str]") -> tuple[Any, Given]:
    name = _wrong_option(loss, given)
    return loss, {
        **given,
        name: np.full(np.shape(given[name]), float(found[1]))[()].tolist()
        if np.ndim(given[name]) == 0
        else np.full(np.shape(given[name]), float(found[1])),
    }


def _unit(loss: Any, given: Given, found: "re.Match[str]") -> tuple[Any, Given]:
    x = np.asarray(given[found[1]], float)
    return loss, {**given, found[1]: (x - x.min()) / max(np.ptp(x), 1.0)}


def _wrong_option(loss: Any, given: Given) -> str:
    """Which option is out of its range."""
    try:
        loss(**given)
    except lossary.LossInputError as error:
        return re.search(r"`(\w+)` must be", str(error))[1]
    raise AssertionError("nothing is wrong")


def _softmax_of(loss: Any, given: Given, found: "re.Match[str]") -> tuple[Any, Given]:
    name = found[1] if found.lastindex and found[1] in given else next(iter(given))
    x = np.asarray(given[name], float)
    e = np.exp(x - x.max(axis=given.get("axis", -1), keepdims=True))
    return loss, {**given, name: e / e.sum(axis=given.get("axis", -1), keepdims=True)}


def _log_softmax(loss: Any, given: Given, found: "re.Match[str]") -> tuple[Any, Given]:
    _, made = _softmax_of(loss, given, found)
    return loss, {**made, "log_probs": np.log(made["log_probs"])}


def _softplus(loss: Any, given: Given, found: "re.Match[str]") -> tuple[Any, Given]:
    return loss, {**given, found[1]: np.logaddexp(0, given[found[1]])}


def _distances(loss: Any, given: Given, found: "re.Match[str]") -> tuple[Any, Given]:
    return loss, {**given, "distances": 1 - np.clip(given["distances"], -1, 1)}


def _balanced(loss: Any, given: Given, found: "re.Match[str]") -> tuple[Any, Given]:
    labels = np.asarray(list(given.values())[1]).ravel().astype(int)
    classes = next(iter(given.values())).shape[given.get("axis", -1)]
    counts = np.maximum(np.bincount(labels, minlength=classes)[:classes], 1)
    return loss, {**given, "class_weights": len(labels) / (classes * counts)}


def _region(loss: Any, given: Given, found: "re.Match[str]") -> tuple[Any, Given]:
    a, b = list(given)[:2]
    first, second = (_evaluated(code, given) for code in found.groups())
    return loss, {**given, a: first, b: second}


PROSE: list[tuple[str, Act]] = [
    (r"one score per class: \d+ classes need a class axis of length (\d+)", _more_classes),
    (r"one logit per threshold: \d+ classes need (\d+) on the axis", _more_classes),
    (r"embeddings and classes of length 1", _within_one),
    (r"(softmax_cross_entropy)\(logits, labels\) with one logit per class", _softmax),
    (r"(log_poisson|log_negative_binomial)\((.*)\)$", _of_logarithms),
    (r"log_softmax\(logits\)", _log_softmax),
    (r"softmax\((\w+)\)", _softmax_of),
    (r"(\w+)\(logits, labels\)     \(do not clip", _of_logits),
    (r"a sigmoid loss, if", _sigmoid),
    (r"shape (\(.*?\))", _weights),
    (r"(?:\w+)\((?:\w+), (?:\w+)\), or by name: \w+=\.\.\.", _swapped),
    (r"[\w]+\(.*\) leaves elements out", _regions),
    (r"(np\.where\(.*\)) and (\w+ \* .*)     if", _region),
    (r"(\w+ \* .*), label_lengths=(.*) and logit_lengths=", _padding),
    (r"name the class axis with axis=", _without_classes),
    (r"bring (\w+) into \[0, 1\]", _unit),
    (r"a layer that keeps (\w+) positive, such as softplus", _softplus),
    (r"1 - similarity", _distances),
    (r"an array of numbers; \"balanced\"", _balanced),
    (r"([\d.]+(?:e-?\d+)?)(?=$|,| [a-z])", _number),
]
"""Beginnings of fixes that are not run as they are written, and what they say."""


def lossary_options(loss: Any) -> Any:
    from inspect import signature

    return signature(loss).parameters


def ways(fix: str, loss: Any, given: Given) -> Iterator[tuple[Any, Given]]:
    """What is called, by each of the ways that the fix names and that are understood."""
    for start, act in PROSE:
        if found := re.match(start, fix):
            yield act(loss, given, found)
            return
    names = lossary_options(loss)
    for code in _pieces(fix):
        named, _, value = code.partition(" = ")
        option = re.fullmatch(r"(\w+)=(.+)", code)
        if option and option[1] in names:
            named, value = option.groups()
        elif not value:
            used = [n.id for n in ast.walk(_parsed(code)) if isinstance(n, ast.Name) and n.id in given]
            named, value = used[0] if used else "", code
        unknown = {n.id for n in ast.walk(_parsed(value)) if isinstance(n, ast.Name)} - given.keys()
        if named in names and not isinstance(_parsed(value), ast.Pass) and unknown <= _KNOWN:
            rest = {k: v for k, v in given.items() if k == named or k != value}  # what is renamed goes
            yield loss, {**rest, named: _evaluated(value, given)}


_KNOWN = {"np", "int", "float", "abs", "range", "len", "k"}


def _evaluated(code: str, given: Given) -> Any:
    value = eval(code, {"np": np, **given})
    return value[0] if isinstance(_parsed(code), ast.Tuple) and len(value) > 1 and code[0] != "(" else value


def _pieces(fix: str) -> list[str]:
    """Where one way ends and the next begins."""
    ends = r"   or   |; |, if |, or |, where |, in units |: |     |, (?=np|jnp|torch|abs)| or (?=\w+[=.\[(])"
    return [piece.strip() for piece in re.split(ends, fix.partition("     #")[0]) if piece.strip()]


def _parsed(code: str) -> ast.AST:
    try:
        return ast.parse(code, mode="eval").body
    except SyntaxError:
        return ast.Pass()

"""Errors that say what is wrong, why it matters and what to write instead.

The functions here check the Python parameters of a loss. What is wrong with the arrays is found in the
engine, which builds its errors with :func:`mistake` as well.
"""

from typing import Any


class LossInputError(ValueError):
    """The input of a loss makes no sense: the message says what, the notes say why and how to mend it."""


class LossTypeError(TypeError):
    """The input of a loss is of a kind that it cannot take."""


for _public in (LossInputError, LossTypeError):
    _public.__module__ = "lossary"


def mistake(
    what: str, *facts: str, why: str = "", fix: str = "", kind: type[Exception] = LossInputError
) -> Exception:
    """Return the exception to raise. Details are notes, so that tracebacks and pytest show them."""
    error = kind(what)
    for fact in facts:
        error.add_note(f"  | {fact}")
    if why:
        error.add_note(f"  = why: {why}")
    if fix:
        error.add_note(f"  = fix: {fix}")
    return error


def number(loss: str, expected: str, low: float, high: float = float("inf"), /, **named: Any) -> None:
    """Check that a parameter lies in [low, high). Traced and array parameters pass unread."""
    for name, value in named.items():
        if not isinstance(value, float | int):
            continue
        if not low <= value < high:
            raise mistake(
                f"{loss}: `{name}` must be {expected}, got {float(value):g}", fix=_FIXES.get(name, "")
            )


_FIXES = {
    "label_smoothing": "a fraction: 0.1 moves ten per cent of the label to the other classes",
    "gamma": "0 is the cross-entropy, 2 the usual choice; below 0 confidence would be rewarded",
}


def non_negative(loss: str, /, **named: Any) -> None:
    number(loss, "a number >= 0", 0.0, **named)


def positive(loss: str, /, **named: Any) -> None:
    number(loss, "a number > 0", 5e-324, **named)


def smoothing(loss: str, /, label_smoothing: Any) -> None:
    number(loss, "in [0, 1)", 0.0, 1.0, label_smoothing=label_smoothing)


def fraction(loss: str, /, **named: Any) -> None:
    """Check that parameters lie in [0, 1]; None passes."""
    number(loss, "in [0, 1]", 0.0, 1.0 + 2**-52, **named)


def min_probability(loss: str, /, min_prob: Any) -> None:
    number(loss, "None or in (0, 0.5)", 5e-324, 0.5, min_prob=min_prob)


def choice(loss: str, name: str, value: Any, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise mistake(
            f"{loss}: `{name}` must be one of {', '.join(map(repr, allowed))}, got {value!r}",
        )

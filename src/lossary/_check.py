"""Errors that state what is wrong, why it matters and how to fix it.

Parameters are checked here. The engine checks arrays, and builds its errors with :func:`mistake` as well.
"""

import difflib
from collections.abc import Mapping
from math import inf, pi
from typing import Any, NamedTuple

import numpy as np


class _Explained:
    """What an error carries in addition to its message."""

    code: str = ""
    """A stable code such as ``"L101"``; ``lossary._codes`` explains it."""
    why: str = ""
    """Why it matters."""
    fix: str = ""
    """What to write instead, if known."""

    ag_pass_through = True


class LossInputError(_Explained, ValueError):
    """Invalid input to a loss.

    The message names the loss and states what is wrong. The notes state where, why it matters and how to
    fix it.

    Attributes
    ----------
    code : str
        The kind of mistake: ``"L101"`` means labels outside [0, 1]. A code never changes its meaning.
    why : str
        Why it matters, or an empty string.
    fix : str
        What to write instead, or an empty string.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> try:
    ...     lossary.hinge(np.array([0.5, -2.0]), np.array([1, 2]))
    ... except lossary.LossInputError as error:
    ...     error.code, error.fix
    ('L101', 'labels = labels - 1     # {1, 2} -> {0, 1}')
    """


class LossTypeError(_Explained, TypeError):
    """Input of a type that a loss cannot take. It has the attributes of `LossInputError`."""

    # Without this, `tf.function` would raise its own error instead, without the notes.
    ag_pass_through = True


for _public in (LossInputError, LossTypeError):
    _public.__module__ = "lossary"


def mistake(
    code: str,
    what: str,
    *facts: str,
    why: str = "",
    fix: str = "",
    kind: type[LossInputError] | type[LossTypeError] = LossInputError,
) -> Exception:
    """Return the exception to raise. Details are notes, which tracebacks and pytest show."""
    notes = [f"  | {fact}" for fact in facts]
    if why:
        notes.append(f"  = why: {why}")
    if fix:
        notes.append(f"  = fix: {fix}")
    notes.append(f"  = more: lossary explain {code}")
    error = kind(f"[{code}] {what}")
    # `torch.compile` can trace this, but not `add_note` or a custom `__init__`.
    error.__notes__ = notes
    error.code, error.why, error.fix = code, why, fix
    return error


class Range(NamedTuple):
    """The values that a numeric parameter may have."""

    text: str
    low: float
    high: float
    hint: str = ""
    code: str = "L130"

    def excludes(self, value: Any) -> Any:
        """Whether a number is outside, or where in an array. NaN is not outside: it propagates."""
        return (value < self.low) | (value > self.high)


_LEAST, _BELOW_ONE, _BELOW_HALF = 5e-324, 1 - 2**-53, 0.5 - 2**-54

_ANY = Range("a number", -inf, inf)

PARAMETERS = {
    "alpha": Range("in [0, 1]", 0.0, 1.0, "0.25 is the usual choice, 0.5 weights both classes equally"),
    "angular_margin": Range("in [0, pi/2), in radians", 0.0, pi / 2 - 1e-15, "0.5, which is 28.6 degrees"),
    "base": Range("a number", -inf, inf),
    "beta": Range("> 0", _LEAST, inf, "1 is the usual choice"),
    "bias": Range("a number", -inf, inf),
    "blank": Range(">= 0", 0.0, inf, "0, or another class that stands for no label"),
    "class_weights": Range(">= 0", 0.0, inf, "0 for a class to ignore", "L301"),
    "covariance_weight": Range(">= 0", 0.0, inf, "1 is the usual choice"),
    "coverage": Range("in (0, 1)", _LEAST, _BELOW_ONE, "0.9 covers nine in ten targets"),
    "delta": Range("> 0", _LEAST, inf, "1 is the usual choice"),
    "df": Range("> 0", _LEAST, inf, "1 is the Cauchy distribution, inf the normal"),
    "epsilon": _ANY,
    "exponent": Range("> 0", _LEAST, inf, "0.75 is the usual choice, 1 is the Tversky loss"),
    "flip_rate": Range("in [0, 0.5)", 0.0, _BELOW_HALF, "0.1 if one pair in ten is reversed"),
    "fn_weight": Range(">= 0", 0.0, inf, "0.5, as in Dice: the cost of a false negative"),
    "fp_weight": Range(">= 0", 0.0, inf, "0.5, as in Dice: the cost of a false positive"),
    "gamma": Range(">= 0", 0.0, inf, "0 is the cross-entropy, 2 the usual choice"),
    "invariance_weight": Range(">= 0", 0.0, inf, "25 is the usual choice"),
    "label_smoothing": Range("in [0, 1)", 0.0, _BELOW_ONE, "0.1 moves ten percent of the label"),
    "level": Range("in (0, 1)", _LEAST, _BELOW_ONE, "0.5 for the mean"),
    "margin": Range("a number", -inf, inf),
    "min_prob": Range("None or in (0, 0.5)", _LEAST, _BELOW_HALF, "1e-7 is where Keras clips"),
    "negative_gamma": Range(">= 0", 0.0, inf, "4 is the usual choice, 0 is the cross-entropy"),
    "negative_scale": Range("> 0", _LEAST, inf, "50 is the usual choice"),
    "order": Range(">= 1", 1.0, inf, "1 is the sum of absolute values, 2 is Euclidean"),
    "pos_weight": Range(">= 0", 0.0, inf, "1 weights both classes equally"),
    "positive_gamma": Range(">= 0", 0.0, inf, "1 is the usual choice, 0 is the cross-entropy"),
    "positive_scale": Range("> 0", _LEAST, inf, "2 is the usual choice"),
    "power": Range("> 0", _LEAST, inf, "1 or 2"),
    "quantile": Range("in [0, 1]", 0.0, 1.0, "0.9 has nine in ten targets below it"),
    "redundancy_weight": Range(">= 0", 0.0, inf, "0.005 is the usual choice"),
    "scale": Range("> 0", _LEAST, inf, "1 is the usual choice"),
    "shape": Range("at most 2", -inf, 2.0, "2 is squared error, 1 like pseudo_huber, 0 Cauchy, -inf Welsch"),
    "shift": Range("in [0, 1)", 0.0, _BELOW_ONE, "0.05 is the usual choice, 0 turns it off"),
    "smooth": Range(">= 0", 0.0, inf, "1 is the usual choice, 0 turns smoothing off"),
    "target_std": Range(">= 0", 0.0, inf, "1 is the usual choice"),
    "temperature": Range("> 0", _LEAST, inf, "1 leaves the scores unchanged"),
    "tolerance": Range(">= 0", 0.0, inf, "0.1 is scikit-learn's default"),
    "soft_cap": Range("> 0", _LEAST, inf, "30 is the usual choice; None for no cap"),
    "variance_power": Range(
        "between 1 and 2",
        1 + 2**-52,
        2 - 2**-52,
        "1.5 is the usual choice; for 1 there is log_poisson, for 2 log_gamma_nll",
    ),
    "variance_epsilon": Range(">= 0", 0.0, inf, "1e-4 is the usual choice"),
    "variance_weight": Range(">= 0", 0.0, inf, "25 is the usual choice"),
    "z_weight": Range(">= 0", 0.0, inf, "1e-4 is the usual choice"),
}
"""A parameter has the same meaning and range in every loss."""


def range_of(name: str) -> Range:
    """The values that a parameter may have. Users' own losses may have parameters that are not listed."""
    return PARAMETERS.get(name, _ANY)


def parameter(loss: str, name: str, value: Any) -> None:
    """Check a parameter that is a number."""
    allowed = range_of(name)
    if value != value or allowed.excludes(value):
        what = f"{loss}: `{name}` must be {allowed.text}, got {float(value):g}"
        raise mistake(allowed.code, what, fix=allowed.hint)


def plain_number(loss: str, name: str, value: Any, why: str) -> None:
    """Check a parameter that selects a formula: it must be a number, not an array."""
    if not isinstance(value, float | int | np.generic):
        raise mistake(
            "L005",
            f"{loss}: `{name}` must be a number, got a {type(value).__name__}",
            why=why,
            fix=f"{name}=float({name}), outside compiled or differentiated code",
            kind=LossTypeError,
        )


_NONE: Mapping[Any, str] = {}


def choice(
    loss: str, name: str, value: Any, allowed: tuple[object, ...], of_others: Mapping[Any, str] = _NONE
) -> None:
    """Check a parameter that has a few valid values. An array is refused: each value has its own program."""
    is_known = value is None or isinstance(value, str | float | int | np.generic)
    if not is_known or value not in allowed:
        names = ", ".join(map(repr, allowed))
        got = repr(value) if is_known else f"a {type(value).__name__}"
        near = difflib.get_close_matches(str(value), [str(x) for x in allowed], n=1)
        fix = of_others.get(value, f"{name}={near[0]!r}" if near else "") if is_known else ""
        raise mistake("L130", f"{loss}: `{name}` must be one of {names}, got {got}", fix=fix)

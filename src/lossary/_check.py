"""Errors that say what is wrong, why it matters and what to write instead.

What parameters may be is said here. What is wrong with arrays is found in the engine, which builds its
errors with :func:`mistake` as well.
"""

import difflib
from collections.abc import Mapping
from math import inf, pi
from typing import Any, NamedTuple

import numpy as np


class _Explained:
    """What an error knows beside its message."""

    code: str = ""
    """A stable code such as ``"L101"``: what it stands for is in ``lossary._codes``."""
    why: str = ""
    """Why it matters."""
    fix: str = ""
    """What to write instead, if that is known."""

    ag_pass_through = True


class LossInputError(_Explained, ValueError):
    """The input of a loss makes no sense.

    The message begins with the loss and says what is wrong; the notes say where, why it matters and how to
    mend it.

    Attributes
    ----------
    code : str
        Which mistake it is: ``"L101"`` is labels outside [0, 1]. A code never changes its meaning.
    why : str
        Why it matters, or nothing.
    fix : str
        What to write instead, or nothing.

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
    """The input of a loss is of a kind that it cannot take. It has the attributes of `LossInputError`."""

    # Without this `tf.function` would raise an error of its own instead, without the notes.
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
    """Return the exception to raise. Details are notes, so that tracebacks and pytest show them."""
    notes = [f"  | {fact}" for fact in facts]
    if why:
        notes.append(f"  = why: {why}")
    if fix:
        notes.append(f"  = fix: {fix}")
    notes.append(f"  = more: lossary explain {code}")
    error = kind(f"[{code}] {what}")
    # `torch.compile` can trace this, but neither `add_note` nor an `__init__` of our own.
    error.__notes__ = notes
    error.code, error.why, error.fix = code, why, fix
    return error


class Range(NamedTuple):
    """Which values a numeric parameter may have."""

    text: str
    low: float
    high: float
    hint: str = ""
    code: str = "L130"

    def excludes(self, value: Any) -> Any:
        """Whether a number, or where an array, is outside. NaN is not outside: it propagates."""
        return (value < self.low) | (value > self.high)


_LEAST, _BELOW_ONE, _BELOW_HALF = 5e-324, 1 - 2**-53, 0.5 - 2**-54

_ANY = Range("a number", -inf, inf)

PARAMETERS = {
    "alpha": Range("in [0, 1]", 0.0, 1.0, "0.25 is the usual choice, 0.5 weighs both classes alike"),
    "angular_margin": Range("in [0, pi/2), in radians", 0.0, pi / 2 - 1e-15, "0.5, which is 28.6 degrees"),
    "beta": Range("> 0", _LEAST, inf, "1 is the usual choice"),
    "bias": Range("a number", -inf, inf),
    "blank": Range(">= 0", 0.0, inf, "0, or another class that stands for none"),
    "class_weights": Range(">= 0", 0.0, inf, "0 for a class that does not count", "L301"),
    "coverage": Range("in (0, 1)", _LEAST, _BELOW_ONE, "0.9 for nine of ten targets inside"),
    "delta": Range("> 0", _LEAST, inf, "1 is the usual choice"),
    "df": Range("> 0", _LEAST, inf, "1 is Cauchy's distribution, inf the normal one"),
    "epsilon": _ANY,
    "flip_rate": Range("in [0, 0.5)", 0.0, _BELOW_HALF, "0.1 if a tenth of the pairs is the wrong way round"),
    "fn_weight": Range(">= 0", 0.0, inf, "0.5, as in Dice: what a missed positive costs"),
    "fp_weight": Range(">= 0", 0.0, inf, "0.5, as in Dice: what a false alarm costs"),
    "gamma": Range(">= 0", 0.0, inf, "0 is the cross-entropy, 2 the usual choice"),
    "label_smoothing": Range("in [0, 1)", 0.0, _BELOW_ONE, "0.1 moves ten per cent of the label"),
    "level": Range("in (0, 1)", _LEAST, _BELOW_ONE, "0.5 for the mean"),
    "margin": Range("a number", -inf, inf),
    "min_prob": Range("None or in (0, 0.5)", _LEAST, _BELOW_HALF, "1e-7 is what Keras clips at"),
    "negative_gamma": Range(">= 0", 0.0, inf, "4 is the usual choice, 0 the cross-entropy"),
    "order": Range(">= 1", 1.0, inf, "1 sums absolute values, 2 is Euclid's"),
    "pos_weight": Range(">= 0", 0.0, inf, "1 weighs both classes alike"),
    "positive_gamma": Range(">= 0", 0.0, inf, "1 is the usual choice, 0 the cross-entropy"),
    "power": Range("> 0", _LEAST, inf, "1 or 2"),
    "quantile": Range("in [0, 1]", 0.0, 1.0, "0.9 for what nine of ten targets lie below"),
    "scale": Range("> 0", _LEAST, inf, "1 is the usual choice"),
    "shape": Range("at most 2", -inf, 2.0, "2 is squared, 1 like pseudo_huber, 0 Cauchy, -inf Welsch"),
    "shift": Range("in [0, 1)", 0.0, _BELOW_ONE, "0.05 is the usual choice, 0 is none"),
    "smooth": Range(">= 0", 0.0, inf, "1 is the usual choice, 0 is none"),
    "temperature": Range("> 0", _LEAST, inf, "1 leaves the scores as they are"),
    "tolerance": Range(">= 0", 0.0, inf, "0.1 is what scikit-learn takes"),
    "soft_cap": Range("> 0", _LEAST, inf, "30 is the usual choice; None for no cap"),
    "variance_power": Range(
        "between 1 and 2",
        1 + 2**-52,
        2 - 2**-52,
        "1.5 is the usual choice; log_poisson is the one end, log_gamma_nll the other",
    ),
    "z_weight": Range(">= 0", 0.0, inf, "1e-4 is the usual choice"),
}
"""A name means the same in every loss, and so does its range."""


def range_of(name: str) -> Range:
    """Which values a parameter may have. Losses that are made elsewhere may have names of their own."""
    return PARAMETERS.get(name, _ANY)


def parameter(loss: str, name: str, value: Any) -> None:
    """Check a parameter that is a number."""
    allowed = range_of(name)
    if value != value or allowed.excludes(value):
        what = f"{loss}: `{name}` must be {allowed.text}, got {float(value):g}"
        raise mistake(allowed.code, what, fix=allowed.hint)


def plain_number(loss: str, name: str, value: Any, why: str) -> None:
    """Check a parameter by which a formula is chosen: a number and no array."""
    if not isinstance(value, float | int | np.generic):
        raise mistake(
            "L005",
            f"{loss}: `{name}` must be a number, got a {type(value).__name__}",
            why=why,
            fix=f"{name}=float({name}), outside of what is compiled or differentiated",
            kind=LossTypeError,
        )


_NONE: Mapping[Any, str] = {}


def choice(
    loss: str, name: str, value: Any, allowed: tuple[object, ...], of_others: Mapping[Any, str] = _NONE
) -> None:
    """Check a parameter that is one of a few things: no array, as a program is made for one of them."""
    is_known = value is None or isinstance(value, str | float | int | np.generic)
    if not is_known or value not in allowed:
        names = ", ".join(map(repr, allowed))
        got = repr(value) if is_known else f"a {type(value).__name__}"
        near = difflib.get_close_matches(str(value), [str(x) for x in allowed], n=1)
        fix = of_others.get(value, f"{name}={near[0]!r}" if near else "") if is_known else ""
        raise mistake("L130", f"{loss}: `{name}` must be one of {names}, got {got}", fix=fix)

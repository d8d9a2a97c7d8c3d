"""`check_loss`: for losses, what `check_estimator` is for estimators."""

from collections.abc import Collection, Sequence
from typing import Any

from lossary.testing._checks import CHECKS
from lossary.testing._libraries import Library, Loss
from lossary.testing._libraries import libraries as known_libraries
from lossary.testing._points import Kind, points

_SHOWN = 3


def check_loss(
    loss: Loss,
    *,
    kind: Kind,
    libraries: Sequence[str] | None = None,
    skip: Collection[str] = (),
) -> None:
    r"""Check a loss, and raise an AssertionError that lists everything wrong with it.

    It calls the loss with predictions and targets, first one example at a time and then as a batch. The loss
    may return one value per example, or their mean or sum. If it has a ``reduction`` keyword, that is tested
    too.

    Parameters
    ----------
    loss : function
        ``loss(predictions, targets)``, from any library or your own.
    kind : "logits", "probs", "classes" or "real"
        What the loss takes: logits or probabilities with targets 0 and 1; rows of three logits with class
        ids; or real numbers with real targets.
    libraries : sequence of str, optional
        The libraries to run it on: "numpy", "jax", "torch". Default: all that are installed.
    skip : collection of str
        Checks to skip, for promises that the loss does not make:

        * ``"finite"``: value and gradient are finite, even at logits of 10,000 and in single precision;
        * ``"non-negative"``: no example has a negative loss;
        * ``"minimum"``: no prediction costs less than the right one;
        * ``"saturation"``: worse mistakes cost more; skip it for bounded losses;
        * ``"derivative"``: autodiff agrees with finite differences, at 0 and far from it;
        * ``"libraries"``: the value is the same on all libraries;
        * ``"jit"``: the value is the same under ``jax.jit``;
        * ``"reductions"``: ``reduction`` works as named, and a batch costs the sum or mean of its examples.

    Raises
    ------
    AssertionError
        Lists the failed checks and the values at which they failed.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> from lossary.testing import check_loss
    >>> check_loss(lossary.huber, kind="real")
    >>> def textbook(logits, labels):
    ...     p = np.clip(1 / (1 + np.exp(-logits)), 1e-7, 1 - 1e-7)
    ...     return -(labels * np.log(p) + (1 - labels) * np.log(1 - p)).mean()
    >>> check_loss(textbook, kind="logits", libraries=["numpy"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
      ...
    AssertionError: textbook: 1 of 8 checks failed
    saturation: 2 complaints
      target 0: the loss is 16.1181 at logit 100, no more than at 40: clipped by an epsilon? ...
      target 1: the loss is 16.1181 at logit -100, no more than at -40: clipped by an epsilon? ...
    """
    chosen = known_libraries(None if libraries is None else tuple(libraries))
    unknown = set(skip) - CHECKS.keys()
    if unknown:
        raise ValueError(f"check_loss: there is no check {unknown.pop()!r}; there are {', '.join(CHECKS)}")
    name = getattr(loss, "__name__", type(loss).__name__)
    failed: dict[str, list[str]] = {}
    chosen, broken = _running(loss, kind, chosen)
    if broken:
        failed["runs"] = broken
    wanted = [check for check in CHECKS if check not in skip]
    for check in wanted if chosen else ():
        complaints = _complaints(check, loss, kind, chosen)
        if complaints:
            failed[check] = complaints
    if failed:
        total = len(wanted) + ("runs" in failed)
        raise AssertionError("\n".join([f"{name}: {len(failed)} of {total} checks failed", *_lines(failed)]))


def _running(loss: Loss, kind: Kind, some: list[Library]) -> tuple[list[Library], list[str]]:
    """The libraries on which the loss runs at all, and the errors of the others."""
    running, broken = [], []
    for library in some:
        try:
            library.value(loss, *points(kind)[0].arrays())
        except Exception as error:
            broken.append(f"{library.name}: {_first_line(error)}; libraries= says where it shall run")
        else:
            running.append(library)
    return running, broken


def _complaints(check: str, loss: Loss, kind: Kind, some: list[Library]) -> list[str]:
    found: list[str] = []
    try:
        found.extend(CHECKS[check](loss, kind, some))
    except Exception as error:
        found.append(_first_line(error))
    return found


def _first_line(error: Exception) -> str:
    text: Any = str(error).strip()
    return f"{type(error).__name__}: {text.splitlines()[0] if text else 'without a message'}"


def _lines(failed: dict[str, list[str]]) -> list[str]:
    lines = []
    for check, complaints in failed.items():
        lines.append(f"{check}: {len(complaints)} complaint{'' if len(complaints) == 1 else 's'}")
        lines += [f"  {complaint}" for complaint in complaints[:_SHOWN]]
        if len(complaints) > _SHOWN:
            lines.append("  ...")
    return lines

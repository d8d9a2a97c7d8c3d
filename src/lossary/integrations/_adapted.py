"""Adapters take a loss function, its name, or a sum of losses, and find out here what it needs."""

from collections.abc import Iterable, Mapping
from functools import wraps
from inspect import Parameter, isclass, signature
from typing import Any, cast

import numpy as np

import lossary
from lossary import kernel
from lossary._check import LossTypeError, mistake
from lossary._engine import SUM, Asked, asking
from lossary._typing import Loss
from lossary._words import losses_like

_SHARED: Mapping[str, Any] = {"weights": None, "where": None, "over": None, "reduction": "mean"}
"""The keywords of every loss, with their defaults."""


def loss_named(adapter: str, loss: Any) -> Loss:
    """The loss itself, or the loss with this name; an error if it is not lossary's."""
    found: Any = getattr(lossary, loss) if isinstance(loss, str) and loss in lossary.__all__ else loss
    try:
        asking(found)
    except LossTypeError:
        raise _no_loss(adapter, loss) from None
    if hasattr(found, "func"):
        raise mistake(
            "L008",
            f"{adapter}: expected a lossary loss, got a partial of {name_of(found.func)}",
            fix=f"{adapter}({_spelled(name_of(found.func), found.keywords)})",
            kind=LossTypeError,
        )
    return cast(Loss, found)


def _no_loss(adapter: str, loss: Any) -> Exception:
    named = hasattr(loss, "__name__") or hasattr(loss, "forward") or hasattr(loss, "from_config")
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__) if named else ""
    is_function = hasattr(loss, "__code__")
    may_be = is_function or isinstance(loss, str) or any(x in name.lower() for x in ("loss", "entropy"))
    like = losses_like(name, tuple(lossary.__all__)) if may_be and name.isidentifier() else {}
    calls = [f'{adapter}("{ours}")' for ours in like]
    what = f"the class {name}" if isclass(loss) else repr(loss)
    return mistake(
        "L008",
        f"{adapter}: expected a lossary loss or its name, got {what}",
        why="an adapter asks a loss what it takes, which other functions cannot answer"
        if is_function
        else "",
        fix=" or ".join(calls) or (SUM if is_function else f"{adapter}(lossary.huber), or its name"),
        kind=LossTypeError,
    )


def _spelled(name: str, options: Mapping[str, Any]) -> str:
    return ", ".join([f'"{name}"', *(f"{key}={value!r}" for key, value in options.items())])


def name_of(loss: Loss) -> str:
    return str(getattr(loss, "__name__", loss))


def check_options(adapter: str, loss: Loss, options: Iterable[str], *, elsewhere: dict[str, str]) -> None:
    """Raise for an option that the loss does not have, or that belongs elsewhere; `elsewhere` has the fix."""
    allowed = signature(loss).parameters
    takes_any = any(p.kind is Parameter.VAR_KEYWORD for p in allowed.values())
    for option in options:
        if option in elsewhere:
            raise mistake("L130", f"{adapter}: `{option}` is not an option here", fix=elsewhere[option])
        if option not in allowed and not takes_any:
            own = [name for name, p in allowed.items() if p.kind is Parameter.KEYWORD_ONLY]
            own = [name for name in own if name not in elsewhere]
            raise mistake(
                "L130",
                f"{adapter}: {name_of(loss)} has no option `{option}`",
                fix=f"one of {', '.join(own)}"
                if own
                else f"{adapter}({name_of(loss)}), which has no options",
                kind=LossTypeError,
            )


def number_of_arrays(loss: Loss) -> int:
    parameters = signature(loss).parameters.values()
    return len([p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.POSITIONAL_ONLY)])


def asked_of(loss: Loss, options: Mapping[str, Any]) -> Asked[Any]:
    """The request that the loss makes for two arrays, without running it."""
    needs_axis = signature(loss).parameters.get("axis")
    if needs_axis is not None and needs_axis.default is Parameter.empty:
        options = {"axis": -1, **options}
    some: Any = np.zeros((2, 2))
    return asking(loss)(*[some] * max(number_of_arrays(loss), 2), **options)


def first_of(loss: Loss) -> str:
    """The loss's first argument: logits, probs, predictions, ..."""
    if loss.__module__.startswith("lossary."):
        return next(iter(signature(loss).parameters))
    _, term = asked_of(loss, {}).terms[0]
    return str(term.operands()[0][0])


def has_class_ids(loss: Loss) -> bool:
    """Whether the loss compares class scores with class ids. All other losses have numeric targets."""
    if number_of_arrays(loss) != 2:
        return False
    kernels = [k for _, term in asked_of(loss, {}).terms for k in getattr(term, "kernels", ())]
    return any(k.cores[0] == ("c",) and k.takes[1].domain.is_class_id for k in kernels)


def complete(loss: Loss) -> Loss:
    """The same loss; a sum of losses gets the shared keywords that it lacks.

    They are passed to each term, unless the term has its own.
    """
    itself, found = getattr(loss, "completed", (None, loss))
    if itself is loss:
        return cast(Loss, found)
    if loss.__module__.startswith("lossary.losses."):
        return loss
    parameters = signature(loss).parameters
    missing = [name for name in _SHARED if name not in parameters]
    if not missing or any(p.kind is Parameter.VAR_KEYWORD for p in parameters.values()):
        return loss
    asks = asking(loss)

    @wraps(loss)
    def completed(*arrays: Any, **keywords: Any) -> Asked[Any]:
        given = {name: keywords.pop(name, _SHARED[name]) for name in missing}
        given = {name: value for name, value in given.items() if value is not _SHARED[name]}
        asked = asks(*arrays, **keywords)
        must_be_free(loss, asked, given)
        return asked.changed(**given)

    added = [Parameter(name, Parameter.KEYWORD_ONLY, default=_SHARED[name]) for name in missing]
    whole = signature(loss).replace(parameters=[*parameters.values(), *added])
    vars(completed)["__signature__"] = whole
    made = kernel.loss(completed)
    vars(loss)["completed"] = loss, made  # with the loss itself, because `functools.wraps` copies attributes
    return made


def must_be_free(loss: Loss, asked: Asked[Any], names: Iterable[str]) -> None:
    """Raise if a term of a sum already has one of these shared keywords, which would be overwritten."""
    for _, term in asked.terms:
        own = term.options if hasattr(term, "options") else {name: getattr(term, name) for name in _SHARED}
        for name in names:
            if own.get(name, _SHARED[name]) is not _SHARED[name]:
                raise mistake(
                    "L130",
                    f"{name_of(loss)}: its term {term.name} already has `{name}`",
                    fix=f"give {name_of(loss)} a keyword `{name}`, and pass it to its terms",
                )

"""Checks a kernel's declaration when it is made, and names the part that is wrong."""

import re
from collections.abc import Callable
from inspect import Parameter, signature
from typing import Any

from lossary._check import LossTypeError, mistake

_GROUP = r"\((?:\w+(?:\+1)?(?:,\w+(?:\+1)?)*)?\)"
_SIGNATURE = re.compile(rf"{_GROUP}(?:,{_GROUP})*->\(\)")
_RESERVED = frozenset({"weights", "where", "over", "reduction", "axis", "axis_name", "xp"})


def wrong(name: str, what: str, *facts: str, fix: str = "") -> Exception:
    """The error for a loss that is declared incorrectly."""
    return mistake(
        "L009",
        f"{name}: {what}",
        *facts,
        why="the engine relies on what a kernel declares, and would silently compute something else",
        fix=fix,
        kind=LossTypeError,
    )


def cores_of(name: str, text: str, arguments: tuple[Any, ...]) -> tuple[tuple[str, ...], ...]:
    """The names of the example axes of each argument: ``(("c",), ())`` for ``"(c),()->()"``."""
    if not isinstance(text, str) or not _SIGNATURE.fullmatch(text.replace(" ", "")):
        raise wrong(
            name,
            f"the signature {text!r} is not that of a loss",
            fix='"(),()->()" for two numbers, "(c),()->()" for a row and a number: one result per example',
        )
    inputs = re.findall(_GROUP, text.replace(" ", "").split("->")[0])
    if len(inputs) != len(arguments):
        raise wrong(
            name, f"the signature {text!r} has {len(inputs)} arrays, but `takes` names {len(arguments)}"
        )
    names = [argument.name for argument in arguments]
    for argument in names:
        if not argument.isidentifier() or argument in _RESERVED or names.count(argument) > 1:
            kind = "used for two arguments" if names.count(argument) > 1 else "not a valid argument name"
            raise wrong(name, f"{argument!r} is {kind}", f"reserved names: {', '.join(sorted(_RESERVED))}")
    return tuple([tuple(group[1:-1].split(",")) if group != "()" else () for group in inputs])


def must_take(name: str, what: str, formula: Any, count: int, *keywords: str) -> None:
    """Raise if a formula cannot be called with `count` arrays and these keywords."""
    if not callable(formula):
        raise wrong(name, f"`{what}` must be a function, got {formula!r}")
    try:
        known = signature(formula)
    except ValueError:  # a C function without a signature
        return
    required = [
        p.name for p in known.parameters.values() if p.kind is Parameter.KEYWORD_ONLY and p.default is p.empty
    ]
    try:
        known.bind(*[None] * count, **dict.fromkeys([*keywords, *required]))
    except TypeError as error:
        raise wrong(
            name,
            f"`{what}` cannot be called with {count} arrays and {', '.join(keywords)}",
            f"{error}; its signature is {what}{known}",
            fix=f"{what}({', '.join(['x', 'y', *'zuvw'][:count]) if count < 7 else '*arrays'}, *, xp, ...)",
        ) from None


def parameters_of(formula: Callable[..., Any]) -> tuple[dict[str, Any], frozenset[str] | None]:
    """The defaults of a formula's parameters, and all their names; None if it takes any keyword."""
    try:
        known = signature(formula).parameters.values()
    except ValueError:
        return {}, None
    defaults = {p.name: p.default for p in known if p.default is not Parameter.empty}
    if any(p.kind is Parameter.VAR_KEYWORD for p in known):
        return defaults, None
    return defaults, frozenset([p.name for p in known])

"""The derivatives of a sum of losses: the sum of its terms' derivatives in the requested arrays."""

from collections.abc import Mapping
from typing import Any

from lossary._check import mistake
from lossary._engine._added import added
from lossary._engine._call import Sum, Want, times


def derivatives_of_sum(asked: Sum[Any], want: Want, arguments: Mapping[str, Any]) -> Any:
    """The sum of each term's results times its factor.

    `arguments` are those of the function that returned the sum. Arrays are matched by identity, so terms must
    take the very arrays that the function was given, or a part of the gradient would be missing.
    """
    names = want.wrt or (next(iter(arguments)),)
    unknown = [name for name in names if name not in arguments]
    if unknown:
        raise mistake(
            "L006",
            f"there is no argument {unknown[0]!r} to differentiate in",
            f"the sum of losses was called with {', '.join(arguments)}",
        )
    results: list[Any] = [None] * (1 + len(names) + (want.order == 2))
    for factor, call in asked.terms:
        _must_be_given(call, factor, names, arguments)
        places = [_places(call, arguments[name]) for name in names]
        inside = tuple(dict.fromkeys(place for found in places for place in found))
        if not inside:
            _add(results, 0, times(factor, call.run()), call.name)
            continue
        value, grads, *hess = call.run(Want(want.order, inside))
        _add(results, 0, times(factor, value), call.name)
        of_place = dict(zip(inside, grads, strict=True))
        for i, found in enumerate(places):
            for place in found:
                _add(results, 1 + i, times(factor, of_place[place]), call.name)
        for curvature in hess:
            _add(results, -1, times(factor, curvature), call.name)
    value, *derivatives = results
    if any(found is None for found in derivatives):
        raise mistake("L006", f"no term of the sum takes `{names[derivatives.index(None)]}`")
    if want.order == 2:
        return value, (derivatives[0],), derivatives[-1]
    return value, tuple(derivatives)


def _add(results: list[Any], place: int, part: Any, name: str) -> None:
    so_far = results[place]
    results[place] = part if so_far is None else added(so_far, part, f"{name}: terms of a sum of losses")


def _must_be_given(call: Any, factor: Any, names: tuple[str, ...], arguments: Mapping[str, Any]) -> None:
    given = {id(value) for value in arguments.values()}
    operands = [(f"`{name}`", array) for name, array in call.operands()]
    for name, array in (("its factor", factor), *operands):
        if not _may_depend(array) or id(array) in given:
            continue
        raise mistake(
            "L006",
            f"{call.name}: {name} was computed on the way to a sum of losses",
            why="without autodiff the derivative of what was computed would be missing from the gradient",
            fix="compute it first, and pass it as an argument of its own; or jax.grad and torch's autograd",
        )
    if any(factor is arguments[name] for name in names):
        raise mistake(
            "L006",
            f"{call.name}: there is no gradient in its factor",
            fix="jax.grad or torch's autograd, which differentiate in everything",
        )


def _may_depend(array: Any) -> bool:
    """Whether an object may have a derivative: integers, booleans and Python numbers do not."""
    dtype = str(getattr(array, "dtype", "int"))
    return not any(kind in dtype for kind in ("int", "bool"))


def _places(call: Any, array: Any) -> list[str]:
    """The argument names under which a term takes an array, all of which have a gradient."""
    names = [name for name, x in call.operands() if x is array]
    wrong = [name for name in names if name not in call.derivable]
    if wrong:
        raise mistake(
            "L006",
            f"{call.name}: there is no gradient in `{wrong[0]}`, which takes the array that is asked for",
            fix="jax.grad or torch's autograd, which differentiate in everything",
        )
    return names

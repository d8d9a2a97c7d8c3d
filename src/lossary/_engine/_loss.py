"""The decorator that turns a function that returns a call into a loss."""

from collections.abc import Callable
from functools import partial, wraps
from inspect import Parameter, signature
from typing import Any, cast

from lossary._check import LossTypeError, mistake
from lossary._engine._call import Asked, Sum
from lossary._engine._shared import with_shared
from lossary._typing import ArrayT, P
from lossary._words import miscalled

SUM = (
    "@lossary.kernel.loss on a function that returns"
    " 0.5 * call(lossary.huber, x, y) + call(lossary.log_cosh, x, y); call is lossary.kernel.call"
)
"""How to write a sum of losses."""


def loss(function: Callable[P, Asked[ArrayT]]) -> Callable[P, ArrayT]:
    """Turn a function that returns a call into a loss, which runs the call.

    Parameters
    ----------
    function : function
        Returns ``Call(KERNEL, predictions, targets, ...)``, or a sum of other losses, such as
        ``0.5 * call(huber, x, y) + call(log_cosh, x, y)``.

    Returns
    -------
    function
        A loss with the same signature. If it takes the shared keywords (`weights`, `where`, `over`,
        `reduction`), they are added to its docstring.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> from lossary.kernel import call, loss
    >>> @loss
    ... def robust(predictions, targets, *, delta=1.0):
    ...     huber = call(lossary.huber, predictions, targets, delta=delta)
    ...     return 0.5 * huber + call(lossary.log_cosh, predictions, targets)
    >>> value, grad = lossary.value_and_grad(robust)(np.array([0.5, 3.0]), np.zeros(2))
    >>> print(round(float(value), 6), grad.round(4))
    1.870972 [0.3561 0.7475]
    """

    def asks(*args: P.args, **kwargs: P.kwargs) -> Asked[ArrayT]:
        try:
            asked = function(*args, **kwargs)
        except TypeError as error:
            raise miscalled(function, args, kwargs, error) from None
        if not isinstance(asked, Asked):
            raise _no_call(function, asked)
        return asked

    @wraps(function)
    def of_arrays(*args: P.args, **kwargs: P.kwargs) -> ArrayT:
        return cast(ArrayT, asks(*args, **kwargs).run())

    own = signature(function)
    of_arrays.__doc__ = with_shared(function.__doc__ or "", tuple(own.parameters))
    attributes = vars(of_arrays)
    attributes["__signature__"] = own.replace(return_annotation=Parameter.empty)  # `function` returns a call
    # Stored with the loss itself, because `functools.wraps` copies attributes to wrappers, which are not
    # losses.
    attributes["asks"] = (of_arrays, asks)
    attributes["autograph_info__"] = None  # so that `tf.function` does not rewrite its source
    return of_arrays


def asking(function: Callable[P, ArrayT]) -> Callable[P, Asked[ArrayT]]:
    """The function that returns a loss's call without running it."""
    if isinstance(function, partial):
        inner = asking(function.func)
        return cast("Callable[P, Asked[ArrayT]]", partial(inner, *function.args, **function.keywords))
    itself, asks = getattr(function, "asks", (None, None))
    if itself is not function or itself is None:
        raise _no_loss(function)
    return cast("Callable[P, Asked[ArrayT]]", asks)


def call(function: Callable[P, ArrayT], /, *args: P.args, **kwargs: P.kwargs) -> Asked[ArrayT]:
    """Return a loss's call with these arguments, without running it, to multiply it and add it to others.

    Parameters
    ----------
    function : function
        A loss.
    *args, **kwargs
        The arguments of the loss.

    Returns
    -------
    Asked
        Return it from a function decorated with :func:`loss`.
    """
    return Sum(asking(function)(*args, **kwargs).terms)


def _no_call(function: Any, returned: Any) -> Exception:
    name = getattr(function, "__name__", type(function).__name__)
    return mistake(
        "L008",
        f"`{name}` returned a {type(returned).__name__}, which says nothing of its derivatives",
        fix="return call(loss, ...), a sum of such calls, or the Call of a kernel",
        kind=LossTypeError,
    )


def _no_loss(function: Any) -> Exception:
    name = getattr(function, "__name__", type(function).__name__)
    return mistake(
        "L008",
        f"`{name}` is no loss of lossary's",
        why="a transformation asks a loss for its derivatives, which another function does not know",
        fix=SUM if hasattr(function, "__code__") else f"a loss, or functools.partial of one; or {SUM}",
        kind=LossTypeError,
    )

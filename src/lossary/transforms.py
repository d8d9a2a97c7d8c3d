"""Transformations of losses: the same call with derivatives, as a total, accelerated or fully checked."""

from __future__ import annotations  # dynamo guards on `P.args`, which would be a new object in each call

from collections.abc import Callable
from functools import partial, wraps
from inspect import Parameter, signature
from typing import Any, cast, overload

from lossary._engine import Asked, Sum, Total, Want, asking, derivatives_of_sum, loss
from lossary._typing import ArrayT, P, ResultT


@overload
def value_and_grad(
    loss: Callable[P, ArrayT], wrt: str | None = None
) -> Callable[P, tuple[ArrayT, ArrayT]]: ...
@overload
def value_and_grad(
    loss: Callable[P, ArrayT], wrt: tuple[str, ...]
) -> Callable[P, tuple[ArrayT, tuple[ArrayT, ...]]]: ...
@overload
def value_and_grad(
    loss: Callable[P, Total[ArrayT]], wrt: str | None = None
) -> Callable[P, tuple[Total[ArrayT], ArrayT]]: ...
@overload
def value_and_grad(
    loss: Callable[P, Total[ArrayT]], wrt: tuple[str, ...]
) -> Callable[P, tuple[Total[ArrayT], tuple[ArrayT, ...]]]: ...
def value_and_grad(loss: Callable[P, Any], wrt: str | tuple[str, ...] | None = None) -> Any:
    """Return a function that computes a loss and its gradient, in the first argument or in those of `wrt`.

    It takes the arguments of the loss, on every array library; NumPy needs no autodiff framework. On JAX and
    torch it agrees with their own differentiation, which also works on lossary's losses.

    Parameters
    ----------
    loss : function
        A loss of this library, or one made with :mod:`lossary.kernel`.
    wrt : str or tuple of str, optional
        The names of the arguments to differentiate in. Most losses have a gradient only in the first; those
        on whole matrices, such as `linear_cross_entropy`, have several.

    Returns
    -------
    function
        Called like the loss, it returns ``(value, gradient)``; for a tuple of names, the gradient is a tuple.
        A gradient has the shape and floating dtype of its array. It is the gradient of the sum of the
        returned losses: with ``reduction="mean"`` it includes the 1/n of the mean, with ``"none"`` each
        element is differentiated in its own input. For :func:`total` it is the gradient of ``Total.sum``.

    Raises
    ------
    LossTypeError
        If `loss` is not a lossary loss: the derivatives of other functions are unknown.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> value, grad = lossary.value_and_grad(lossary.huber)(np.array([0.5, 3.0]), np.zeros(2))
    >>> float(value), grad.tolist()
    (1.3125, [0.25, 0.5])
    """
    several = isinstance(wrt, tuple | list)
    names = () if wrt is None else tuple(wrt) if several else (wrt,)

    def of(asked: Asked[Any], arguments: dict[str, Any]) -> Any:
        value, found = _derived(asked, Want(1, cast("tuple[str, ...]", names)), arguments)
        return value, found if several else found[0]

    return _asking_for(loss, of)


def value_grad_hess(loss: Callable[P, ArrayT]) -> Callable[P, tuple[ArrayT, ArrayT, ArrayT]]:
    """Return a function that computes a loss, its gradient and the diagonal of its Hessian.

    Use it for gradient boosting: with ``reduction="none"`` or ``"sum"`` it returns the gradient and curvature
    of each example. Everything else is as in :func:`value_and_grad`.

    Parameters
    ----------
    loss : function
        A loss of this library, or one made with :mod:`lossary.kernel`.

    Returns
    -------
    function
        Called like the loss, it returns ``(value, gradient, hessian)``. If an example has several inputs
        (class scores), ``hessian`` is the diagonal of the matrix.

    Raises
    ------
    LossTypeError
        If `loss` is not a lossary loss: the derivatives of other functions are unknown.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> boosting = lossary.value_grad_hess(lossary.sigmoid_binary_cross_entropy)
    >>> _, grad, hess = boosting(np.zeros(2), np.array([0, 1]), reduction="sum")
    >>> grad.tolist(), hess.tolist()
    ([0.5, -0.5], [0.25, 0.25])
    """

    def of(asked: Asked[ArrayT], arguments: dict[str, Any]) -> tuple[ArrayT, ArrayT, ArrayT]:
        value, (grad,), hess = _derived(asked, Want(2), arguments)
        return value, grad, hess

    return cast("Callable[P, tuple[ArrayT, ArrayT, ArrayT]]", _asking_for(loss, of))


def total(loss: Callable[P, ArrayT]) -> Callable[P, Total[ArrayT]]:
    """Return the same loss as a sum and its denominators, which you can add up before dividing.

    A mean of means is wrong when batches differ in size or padding. The totals of batches add up to the total
    of one big batch.

    Parameters
    ----------
    loss : function
        A loss of this library, or one made with :mod:`lossary.kernel`.

    Returns
    -------
    function
        Called like the loss, but without `reduction`, it returns a :class:`Total`. Transformations accept it
        as a loss: ``value_and_grad(total(loss))``.

    Raises
    ------
    LossTypeError
        If `loss` is not a lossary loss.
    LossInputError
        When called with a `reduction`.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> batch = lossary.total(lossary.squared_error)
    >>> both = batch(np.array([1.0, 2.0]), np.zeros(2)) + batch(np.array([4.0]), np.zeros(1))
    >>> float(both.mean())
    7.0
    """
    return cast("Callable[P, Total[ArrayT]]", _changed(loss, lambda asked: asked.total()))


def accelerate(loss: Callable[P, ResultT]) -> Callable[P, ResultT]:
    """Return the same loss, computed by JAX for NumPy arrays and CPU tensors.

    JAX reads large arrays in place, without a copy, on several cores and in one pass. The first call with new
    shapes compiles. It pays off from about 100,000 elements on.

    Parameters
    ----------
    loss : function
        A loss of this library, or one made with :mod:`lossary.kernel`.

    Returns
    -------
    function
        Called like the loss, with NumPy arrays or CPU tensors, it returns the same result with the same type
        and dtype, fully computed. float64 stays float64, whatever JAX's settings. Use
        ``value_and_grad(accelerate(loss))`` for derivatives. JAX arrays work as with the loss itself.

    Raises
    ------
    ImportError
        On the first call, if jax is not installed.
    LossTypeError
        If `loss` is not a lossary loss. When called, if a tensor requires a gradient, because autograd cannot
        see the computation.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> fast = lossary.accelerate(lossary.squared_error)
    >>> float(fast(np.full(1_000_000, 3.0), 1.0))
    4.0
    """
    return _changed(loss, lambda asked: asked.changed(accelerate=True))


def check(loss: Callable[P, ResultT]) -> Callable[P, ResultT]:
    """Return the same loss, which raises on invalid values wherever that is possible.

    By default, a loss checks values only where reading them is free. This one also checks where it costs: on
    an accelerator it waits for the device, and inside ``jax.jit`` it adds a check that runs with the program,
    for ``jax.experimental.checkify.checkify`` to pick up. The message is the same. Use it to find out where a
    NaN comes from.

    Parameters
    ----------
    loss : function
        A loss of this library, or one made with :mod:`lossary.kernel`.

    Returns
    -------
    function
        Called like the loss, it returns the same result. Use ``value_and_grad(check(loss))`` for derivatives.

    Raises
    ------
    LossTypeError
        If `loss` is not a lossary loss.

    Notes
    -----
    Code traced by JAX must be inside ``checkify``; otherwise JAX raises an error. The error that checkify
    returns keeps the labels, the weights and the mask alive. Where compiled or lazy code cannot raise
    (``torch.compile``, ``mx.compile``, dask and cubed), invalid values give NaN, as without ``check``.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> careful = lossary.check(lossary.hinge)
    >>> float(careful(np.array([2.0, -0.5]), np.array([1, 0])))
    0.25
    """
    return _changed(loss, lambda asked: asked.changed(thorough=True))


def _changed(function: Callable[P, Any], change: Callable[[Asked[Any]], Asked[Any]]) -> Callable[P, Any]:
    """A loss that makes the same call with a change."""
    asks = asking(function)

    @wraps(function)
    def changed(*args: P.args, **kwargs: P.kwargs) -> Asked[Any]:
        return change(asks(*args, **kwargs))

    return loss(changed)


def _asking_for(function: Callable[P, Any], of: Callable[..., Any]) -> Any:
    """A function with the loss's arguments that applies `of` to the call the loss would make."""
    asks = asking(function)
    by_name = _names_of(function)

    @wraps(function)
    def asking_for(*args: P.args, **kwargs: P.kwargs) -> Any:
        asked = asks(*args, **kwargs)
        return of(asked, by_name(args, kwargs) if isinstance(asked, Sum) else {})

    attributes = vars(asking_for)
    attributes.pop("asks", None)
    attributes["__signature__"] = signature(function).replace(return_annotation=Parameter.empty)
    return asking_for


def _names_of(function: Callable[..., Any]) -> Callable[[Any, Any], dict[str, Any]]:
    """Map all arguments of a function to names, including ``*arrays``, ``**options`` and `partial`."""
    fixed: list[partial[Any]] = []
    while isinstance(function, partial):
        fixed.append(function)
        function = function.func
    own = signature(function)

    def by_name(args: Any, kwargs: Any) -> dict[str, Any]:
        for part in fixed:
            args, kwargs = (*part.args, *args), {**part.keywords, **kwargs}
        bound = own.bind(*args, **kwargs)
        bound.apply_defaults()
        found: dict[str, Any] = {}
        for name, value in bound.arguments.items():
            kind = own.parameters[name].kind
            if kind is Parameter.VAR_POSITIONAL:
                found |= {f"{name}[{i}]": x for i, x in enumerate(value)}
            else:
                found |= value if kind is Parameter.VAR_KEYWORD else {name: value}
        return found

    return by_name


def _derived(asked: Asked[Any], want: Want, arguments: dict[str, Any]) -> Any:
    if isinstance(asked, Sum):
        return derivatives_of_sum(asked, want, arguments)
    return asked.run(want)

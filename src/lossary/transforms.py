"""Losses to losses: the same call, returning derivatives as well, or a total, or checked more closely."""

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
    """Return a function that gives a loss and its gradient, in the first argument or in those of `wrt`.

    It takes what the loss takes, on every array library; NumPy needs no autodiff framework. On JAX and
    torch it agrees with their own differentiation, which works on lossary's losses as well.

    Parameters
    ----------
    loss : function
        A loss of this library, or one made with :mod:`lossary.kernel`.
    wrt : str or tuple of str, optional
        The arrays to differentiate in, by the names that they have in the call. Most losses have a gradient
        in the first alone; those of whole matrices, such as `linear_cross_entropy`, in several.

    Returns
    -------
    function
        Called as the loss, it returns ``(value, gradient)``; for a tuple of names the gradient is a tuple. It
        has its array's shape and floating dtype, and is that of the sum of what is returned: with
        ``reduction="mean"`` it has the 1/n of the mean, with ``"none"`` each element is differentiated in its
        own input. Of :func:`total` it is the gradient of ``Total.sum``.

    Raises
    ------
    LossTypeError
        If `loss` is another function, which does not know its derivatives.

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
    """Return a function that gives a loss, its gradient and the diagonal of its Hessian.

    What gradient boosting wants: with ``reduction="none"`` or ``"sum"`` these are the gradient and
    curvature of each example. Everything else is as in :func:`value_and_grad`.

    Parameters
    ----------
    loss : function
        A loss of this library, or one made with :mod:`lossary.kernel`.

    Returns
    -------
    function
        Called as the loss, it returns ``(value, gradient, hessian)``. Where an example has several inputs
        (class scores) the Hessian is the diagonal of its matrix.

    Raises
    ------
    LossTypeError
        If `loss` is another function, which does not know its derivatives.

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
    """Return the same loss, as sums that can be added up before they are divided.

    A mean of means is wrong when batches differ in size or padding; totals of batches add up to the total of
    one big batch.

    Parameters
    ----------
    loss : function
        A loss of this library, or one made with :mod:`lossary.kernel`.

    Returns
    -------
    function
        Called as the loss, but without a `reduction`, it returns a :class:`Total`. Transformations take it
        as a loss: ``value_and_grad(total(loss))``.

    Raises
    ------
    LossTypeError
        If `loss` is another function.
    LossInputError
        When called: if there is a `reduction`.

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

    Large arrays are read where they are, without a copy, by both cores and in one pass; the first call with
    arrays of new shapes compiles. It pays from some 100,000 elements on.

    Parameters
    ----------
    loss : function
        A loss of this library, or one made with :mod:`lossary.kernel`.

    Returns
    -------
    function
        Called as the loss, with NumPy arrays or CPU tensors, it returns what the loss returns, of the same
        type and dtype, when it is finished. float64 stays float64, whatever JAX is set to. Use
        ``value_and_grad(accelerate(loss))`` for derivatives. JAX arrays are taken as by the loss itself.

    Raises
    ------
    ImportError
        On the first call, if jax is not installed.
    LossTypeError
        If `loss` is another function; when called, if a tensor requires a gradient: autograd could not
        follow.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> fast = lossary.accelerate(lossary.squared_error)
    >>> float(fast(np.full(1_000_000, 3.0), 1.0))
    4.0
    """
    return _changed(loss, lambda asked: asked.changed(accelerate=True))


def check(loss: Callable[P, ResultT]) -> Callable[P, ResultT]:
    """Return the same loss, which raises on bad values wherever that is possible at all.

    A loss by itself looks at values where that is free. This one also looks where it costs: on an
    accelerator it waits for the device, and inside ``jax.jit`` it leaves a check behind that is made when
    the program runs, for ``jax.experimental.checkify.checkify`` to pick up. The text is the same. Use it to
    find out where a NaN comes from.

    Parameters
    ----------
    loss : function
        A loss of this library, or one made with :mod:`lossary.kernel`.

    Returns
    -------
    function
        Called as the loss, it returns what the loss returns. Use ``value_and_grad(check(loss))`` for
        derivatives.

    Raises
    ------
    LossTypeError
        If `loss` is another function.

    Notes
    -----
    What is traced by JAX must be inside ``checkify``; JAX says so otherwise. The error that checkify returns
    keeps the labels, the weights and the mask. Where a program being built cannot raise, in
    ``torch.compile``, ``mx.compile``, dask and cubed, bad values give NaN as without.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> careful = lossary.check(lossary.hinge)
    >>> float(careful(np.array([2.0, -0.5]), np.array([1, 0])))
    0.25
    """
    return _changed(loss, lambda asked: asked.changed(thorough=True))


def _changed(function: Callable[P, Any], change: Callable[[Asked[Any]], Asked[Any]]) -> Callable[P, Any]:
    """A loss that asks for the same in another way."""
    asks = asking(function)

    @wraps(function)
    def changed(*args: P.args, **kwargs: P.kwargs) -> Asked[Any]:
        return change(asks(*args, **kwargs))

    return loss(changed)


def _asking_for(function: Callable[P, Any], of: Callable[..., Any]) -> Any:
    """A function of what the loss takes, which does `of` with what the loss would do."""
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
    """What gives names to all that a function gets, by ``*arrays``, ``**options`` and `partial` as well."""
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

"""Losses to losses: the same call, returning derivatives as well."""

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any

from lossary._engine import Request, as_written
from lossary._typing import Array, Loss


def value_and_grad(loss: Loss, wrt: str | tuple[str, ...] | None = None) -> Callable[..., tuple[Any, Any]]:
    """Return a function that gives a loss and its gradient, in the first argument or in those of `wrt`.

    It takes what the loss takes, on every array library; NumPy needs no autodiff framework. On JAX and
    torch it agrees with their own differentiation, which works on lossary's losses as well.

    Parameters
    ----------
    loss : function
        A loss of this library.
    wrt : str or tuple of str, optional
        The arrays to differentiate in, by the names that they have in the call. Most losses have a gradient
        in the first alone; those of whole matrices, such as `linear_cross_entropy`, in several.

    Returns
    -------
    function
        Called as the loss, it returns ``(value, gradient)``; for a tuple of names the gradient is a tuple. It
        has its array's shape and floating dtype, and is that of the sum of what is returned: with
        ``reduction="mean"`` it has the 1/n of the mean, with ``"none"`` each element is differentiated in its
        own input, with ``"total"`` it is the gradient of ``Total.sum``.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> value, grad = lossary.value_and_grad(lossary.huber)(np.array([0.5, 3.0]), np.zeros(2))
    >>> float(value), grad.tolist()
    (1.3125, [0.25, 0.5])
    """
    return _requesting(loss, order=1, wrt=tuple(wrt) if isinstance(wrt, list) else wrt)


def value_grad_hess(loss: Loss) -> Callable[..., tuple[Any, Array, Array]]:
    """Return a function that gives a loss, its gradient and the diagonal of its Hessian.

    What gradient boosting wants: with ``reduction="none"`` or ``"sum"`` these are the gradient and
    curvature of each example. Everything else is as in :func:`value_and_grad`.

    Parameters
    ----------
    loss : function
        A loss of this library.

    Returns
    -------
    function
        Called as the loss, it returns ``(value, gradient, hessian)``. Where an example has several inputs
        (class scores) the Hessian is the diagonal of its matrix.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> boosting = lossary.value_grad_hess(lossary.sigmoid_binary_cross_entropy)
    >>> _, grad, hess = boosting(np.zeros(2), np.array([0, 1]), reduction="sum")
    >>> grad.tolist(), hess.tolist()
    ([0.5, -0.5], [0.25, 0.25])
    """
    return _requesting(loss, order=2)


def accelerate(loss: Loss) -> Loss:
    """Return the same loss, computed by JAX for NumPy arrays and CPU tensors.

    Large arrays are read where they are, without a copy, by both cores and in one pass; the first call with
    arrays of new shapes compiles. It pays from some 100,000 elements on.

    Parameters
    ----------
    loss : function
        A loss of this library.

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
        If a tensor requires a gradient: autograd could not follow.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> fast = lossary.accelerate(lossary.squared_error)
    >>> float(fast(np.full(1_000_000, 3.0), 1.0))
    4.0
    """
    return _requesting(loss, accelerate=True)


def check(loss: Loss) -> Loss:
    """Return the same loss, which raises on bad values wherever that is possible at all.

    A loss by itself looks at values where that is free. This one also looks where it costs: on an
    accelerator it waits for the device, and inside ``jax.jit`` it leaves a check behind that is made when
    the program runs, for ``jax.experimental.checkify.checkify`` to pick up. The text is the same. Use it to
    find out where a NaN comes from.

    Parameters
    ----------
    loss : function
        A loss of this library.

    Returns
    -------
    function
        Called as the loss, it returns what the loss returns. Use ``value_and_grad(check(loss))`` for
        derivatives.

    Notes
    -----
    What is traced by JAX must be inside ``checkify``; JAX says so otherwise. The error that checkify returns
    keeps the labels, the weights and the mask. Where a program being built cannot raise, in
    ``torch.compile`` and dask, bad values give NaN as without.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> careful = lossary.check(lossary.hinge)
    >>> float(careful(np.array([2.0, -0.5]), np.array([1, 0])))
    0.25
    """
    return _requesting(loss, thorough=True)


def _requesting(loss: Loss, **wanted: Any) -> Callable[..., Any]:
    @as_written
    @wraps(loss)
    def requested(*arrays: Array, **options: Any) -> Any:
        if arrays:
            return loss(_request(arrays[0], wanted), *arrays[1:], **options)
        first = next(name for name in signature(loss).parameters if name in options)
        return loss(**{**options, first: _request(options[first], wanted)})

    return requested


def _request(first: Any, wanted: dict[str, Any]) -> Request:
    """Added to what another transformation wants already."""
    return first._replace(**wanted) if isinstance(first, Request) else Request(first, **wanted)

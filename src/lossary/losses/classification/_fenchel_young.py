"""Fenchel-Young losses, for a conjugate Ω* whose gradient is the prediction ŷ:

value  Ω*(z) - Σ y·z
grad   ŷ(z) - y
"""

from collections.abc import Callable
from typing import Any, NoReturn

from lossary._arguments import LOGITS
from lossary._check import mistake
from lossary._engine import Call, loss
from lossary._kernel import Argument, Kernel
from lossary._typing import AnyArray, Array, ArrayT, Axes, Loss, Reduction

LABELS = Argument("labels")


def fenchel_young(
    conjugate: Callable[[Array, Any], Array],
    prediction: Callable[[Array, Any], Array],
    *,
    name: str = "fenchel_young",
) -> Loss:
    r"""Build the loss that belongs to a given prediction function of the scores.

    Every regularizer :math:`\Omega` of predictions defines a loss that is convex in the scores and 0 where
    the prediction is right. Its gradient is the error of the prediction. Negative entropy gives the softmax
    cross-entropy; half the squared norm on the simplex gives the sparsemax loss.

    .. math:: \ell = \Omega^*(z) - \langle y, z \rangle, \qquad \nabla \ell = \hat y(z) - y

    Parameters
    ----------
    conjugate : function
        Called with scores of shape (..., K) and their array namespace, such as ``numpy`` or ``jax.numpy``.
        Returns :math:`\Omega^*(z)` for each row, with shape (...). Compute with this namespace: tensors in
        main memory may arrive as NumPy arrays.
    prediction : function
        Called with the same arguments. Returns the gradient :math:`\hat y(z)`, with shape (..., K); for
        log-sum-exp, that is the softmax.
    name : str
        The name of the loss in error messages.

    Returns
    -------
    function
        ``loss(logits, labels, *, axis=-1, weights=None, where=None, over=None, reduction="mean")``, with
        labels in the shape of the scores: distributions, or whatever the predictions are. It supports
        everything that other losses do, including ``value_and_grad``, except second derivatives.

    Raises
    ------
    LossInputError
        If the shapes differ, or a second derivative is requested.

    Notes
    -----
    The term :math:`\Omega(y)`, constant in the scores, is omitted. For labels that are not corners of the
    simplex, the smallest loss is therefore :math:`-\Omega(y)`, not 0. Nothing checks that `prediction` is the
    gradient of `conjugate`.

    References
    ----------
    M. Blondel, A. Martins, V. Niculae, *Learning with Fenchel-Young losses*, JMLR 21 (2020).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> half_square = lossary.fenchel_young(lambda z, xp: xp.sum(z * z, axis=-1) / 2, lambda z, xp: z)
    >>> value, grad = lossary.value_and_grad(half_square)(np.array([[3.0, 1.0]]), np.array([[1.0, 0.0]]))
    >>> float(value), grad.tolist()
    (2.0, [[2.0, 1.0]])
    """

    def value(z: Array, y: Array, *, xp: Any) -> Array:
        return conjugate(z, xp) - xp.sum(y * z, axis=-1)

    def grad(z: Array, y: Array, *, xp: Any) -> Array:
        return prediction(z, xp) - y

    def hess(z: Array, y: Array, *, xp: Any) -> NoReturn:
        raise mistake("L006", f"{name}: a second derivative needs that of the prediction, which is not known")

    kernel = Kernel(name, "(c),(c)->()", (LOGITS, LABELS), value, grad, hess)

    def of_scores(
        logits: ArrayT,
        labels: AnyArray,
        *,
        axis: int = -1,
        weights: AnyArray | float | None = None,
        where: AnyArray | bool | None = None,
        over: Axes = None,
        reduction: Reduction = "mean",
    ) -> Call[ArrayT]:
        return Call(
            kernel, logits, labels, axis=axis, weights=weights, where=where, over=over, reduction=reduction
        )

    of_scores.__name__ = of_scores.__qualname__ = name
    of_scores.__doc__ = f"The Fenchel-Young loss of {name}: see :func:`lossary.fenchel_young`."
    return loss(of_scores)

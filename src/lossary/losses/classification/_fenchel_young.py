"""Fenchel-Young losses, of a conjugate Ω* of which the prediction ŷ is the gradient:

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
    r"""Make the loss of which a given function of the scores is the prediction.

    To every regulariser :math:`\Omega` of predictions belongs a loss that is convex in the scores, 0 where
    the prediction is right, and whose gradient is what the prediction is off by. With the negative entropy
    it is the softmax cross-entropy, with half the squared norm on the simplex the sparsemax loss.

    .. math:: \ell = \Omega^*(z) - \langle y, z \rangle, \qquad \nabla \ell = \hat y(z) - y

    Parameters
    ----------
    conjugate : function
        Called with scores of shape (..., K) and their array namespace, such as ``numpy`` or ``jax.numpy``, it
        returns :math:`\Omega^*(z)` for each row: shape (...). The namespace is the one to compute with:
        tensors in main memory may come as NumPy arrays.
    prediction : function
        Called likewise, it returns the gradient :math:`\hat y(z)`, of shape (..., K): the softmax of
        log-sum-exp, for instance.
    name : str
        How errors call the loss.

    Returns
    -------
    function
        ``loss(logits, labels, *, axis=-1, weights=None, where=None, over=None, reduction="mean")``, where
        labels are shaped as the scores: distributions, or whatever predictions are. It has all that other
        losses have, ``value_and_grad`` included, but no second derivative.

    Raises
    ------
    LossInputError
        If the shapes differ, or a second derivative is requested.

    Notes
    -----
    Without :math:`\Omega(y)`, a constant in the scores: for labels that are no corners of the simplex the
    smallest loss is :math:`-\Omega(y)` rather than 0. That `prediction` is the gradient of `conjugate` is not
    checked.

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

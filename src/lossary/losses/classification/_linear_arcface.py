"""ArcFace on embeddings and a linear layer, with a bounded gradient: see `_linear_arcface_rule`."""

from lossary._backend._holders import plain
from lossary._backend._resolve import resolve
from lossary._check import mistake
from lossary._engine import ByRule, Made, labelled_losses_of, loss
from lossary._program._layout import agree, computation_dtype, must_be_real
from lossary._program._nothing import NOTHING
from lossary._program._rule import Inputs
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction
from lossary.losses.classification._linear_arcface_rule import RULE, Options
from lossary.losses.classification._linear_arrays import classes_here, mask_of, must_be_known

_NAME = "linear_arcface"
_SIZES = ("embeddings", "ids are compared with the number of classes, and vectors with each other")
"""The size that may be unknown, and why the others may not."""


@loss
def linear_arcface(
    embeddings: ArrayT,
    weight: AnyArray,
    labels: AnyArray,
    *,
    angular_margin: float | AnyArray = 0.5,
    scale: float | AnyArray = 64.0,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> ByRule[ArrayT]:
    r"""ArcFace on embeddings and class vectors: the gradient stays bounded where they are parallel.

    The loss equals `arcface` on their cosines. There, the slope in a cosine is unbounded near 1, and an
    automatic derivative of a cosine near 1 has few correct digits. This loss differentiates both steps
    together.

    .. math:: \ell = -\log \frac{e^{s\,\cos(\theta_y + m)}}{e^{s\,\cos(\theta_y + m)}
              + \sum_{k \ne y} e^{s\,\cos\theta_k}}, \qquad \cos\theta_k = \frac{x \cdot w_k}{|x|\,|w_k|}

    Parameters
    ----------
    embeddings : array, shape (..., D)
        Vectors :math:`x` of any length.
    weight : array, shape (K, D)
        A vector :math:`w_k` of any length for each of the K classes.
    labels : array, shape (...)
        Class ids :math:`y` from 0 to K-1, with the shape of `embeddings` without the last axis.
    angular_margin : float in [0, π/2)
        :math:`m`, in radians: 0.5 is 28.6 degrees. As in `arcface`, the label's term is :math:`\cos\theta_y -
        m \sin m` where :math:`\theta_y + m` exceeds :math:`\pi`.
    scale : float
        :math:`s > 0`, multiplies the cosines, whose range is too small for a confident softmax.

    Returns
    -------
    array
        In nats; without reduction, it has the shape of the labels. At least float32.

    Raises
    ------
    LossInputError
        If shapes do not match, a class id is out of range, or a parameter is out of range.

    Notes
    -----
    It is differentiable in `embeddings`, `weight` and `weights`: with ``value_and_grad(linear_arcface,
    wrt=("embeddings", "weight"))`` on every library, and with the autodiff of JAX, torch and TensorFlow.
    Where an embedding is parallel to its class's vector, the derivative of the label's cosine is 0. A zero
    vector has cosine 0 with every vector, and zero gradient.

    The cosines with all classes are held in memory at once.

    References
    ----------
    J. Deng et al., *ArcFace: additive angular margin loss for deep face recognition*, CVPR 2019.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> embeddings, weight = np.array([[3.0, 4.0]]), np.array([[1.0, 0.0], [0.1, 0.99498744]])
    >>> round(float(lossary.linear_arcface(embeddings, weight, np.array([0]), scale=1.0)), 4)
    1.1119
    """
    embeddings, weight, labels, where = map(plain, (embeddings, weight, labels, where))
    arrays = {"embeddings": embeddings, "weight": weight, "labels": labels}
    params = {"angular_margin": angular_margin, "scale": scale}
    given = {**arrays, "where": where, **params}

    def make() -> Made:
        backend = resolve(*given.values(), loss=_NAME, names=tuple(given))
        for name, array in arrays.items():
            must_be_real(backend, array, f"{_NAME}: `{name}`")
        _must_fit(embeddings, weight, labels)
        ids = backend.of_shape(labels, backend.xp.sized(embeddings.shape, embeddings)[:-1])
        floats = tuple([backend.floating(x.dtype) for x in (embeddings, weight)])
        dtype = computation_dtype(backend, floats, (embeddings, weight))
        mask = mask_of(_NAME, backend, where, ids)
        numbers = [backend.asarray(plain(x), dtype, embeddings) for x in params.values()]
        inputs = Inputs((embeddings, weight), (ids, mask, *numbers))
        rule = NOTHING if 0 in embeddings.shape or 0 in weight.shape else RULE
        return Made(backend, rule, inputs, Options(dtype), backend.xp.zeros_like(ids, dtype=dtype))

    return ByRule(
        make,
        labelled_losses_of(_NAME, classes_here(_NAME, weight, *_SIZES)[1]),
        given,
        ("embeddings", "weight"),
        labels,
        params=params,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )


def _must_fit(embeddings: Array, weight: Array, labels: Array) -> None:
    of_x, of_w, of_labels = (tuple(getattr(a, "shape", ())) for a in (embeddings, weight, labels))
    must_be_known(_NAME, "embeddings", of_x[-1:], of_x, *_SIZES)
    if len(of_w) != 2 or of_x[-1:] != of_w[1:]:
        transposed = len(of_w) == 2 and of_x[-1:] == of_w[:1]
        raise mistake(
            "L001",
            f"{_NAME}: `weight` of shape {of_w} does not fit `embeddings` of shape {of_x}",
            fix="weight.T: a row for each class" if transposed else "a row of `weight` for each class",
        )
    if not agree(of_labels, of_x[:-1]):
        raise mistake(
            "L001",
            f"{_NAME}: `labels` must have shape {of_x[:-1]}, that of `embeddings` without its last axis",
            f"got {of_labels}",
        )
    if of_w[:1] == (0,) and 0 not in of_x[:-1]:
        raise mistake("L001", f"{_NAME}: `weight` of shape {of_w} has no classes for `labels` to name")

"""Label smoothing as a function, for labels that are used more than once or by other code."""

from math import prod
from typing import Any

import numpy as np

from lossary import _check
from lossary._backend._holders import plain
from lossary._backend._resolve import resolve
from lossary._check import mistake
from lossary._program._layout import axes_named, must_be_real
from lossary._typing import Array, Number, RowAxes


def smooth_labels(labels: Array, *, label_smoothing: Number, axis: RowAxes = -1) -> Any:
    r"""Move label distributions toward the uniform distribution.

    Losses with the `label_smoothing` option do this themselves.

    .. math:: (1-\varepsilon)\,y + \varepsilon/K

    Parameters
    ----------
    labels : array, shape (..., K, ...)
        Distributions :math:`y` over the K classes on `axis`, such as one-hot rows; not class ids.
    label_smoothing : float in [0, 1)
        :math:`\varepsilon`, the part of each label that is spread over all classes.
    axis : int or tuple of int
        The class axis, or a tuple of axes that together form one row.

    Returns
    -------
    array
        The shape of the labels. At least float32; integers give the library's default floating dtype.

    Raises
    ------
    LossInputError
        If `axis` does not exist, or `label_smoothing` is out of range.

    References
    ----------
    C. Szegedy et al., *Rethinking the Inception architecture*, 2016.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> lossary.smooth_labels(np.eye(2), label_smoothing=0.5).tolist()
    [[0.75, 0.25], [0.25, 0.75]]
    """
    labels = plain(labels)
    backend = resolve(labels, label_smoothing, loss="smooth_labels", names=("labels", "label_smoothing"))
    must_be_real(backend, labels, "smooth_labels: `labels`")
    if isinstance(label_smoothing, np.generic | float | int):
        label_smoothing = float(label_smoothing)
        _check.parameter("smooth_labels", "label_smoothing", label_smoothing)
    named = axes_named(axis, "axis", "smooth_labels")
    axes = (named,) if isinstance(named, int) else named
    if not all(-labels.ndim <= i < labels.ndim for i in axes):
        raise mistake(
            "L003",
            f"smooth_labels: `labels` of shape {tuple(labels.shape)} has no axis {axis} for the classes",
            fix="one-hot rows, or distributions over the classes; class ids go into the losses as they are",
        )
    dtype = backend.floating(labels.dtype) or backend.default_dtype("real floating", backend.device(labels))
    y = backend.cast(labels, dtype)
    return (1.0 - label_smoothing) * y + label_smoothing / prod([labels.shape[i] for i in axes])

"""lossary's losses in `compile(loss=...)` of Keras 3, on each of its backends."""

from copy import copy
from inspect import Parameter, signature
from typing import Any

import keras
import numpy as np
from keras import ops
from keras.src.backend import get_keras_mask  # which has no public name

import lossary
from lossary._check import LossTypeError, mistake
from lossary._engine import Call, asking
from lossary._kernel import Kernel
from lossary._typing import Array

_BY_KERAS = {
    "weights": "fit(..., sample_weight=...) or class_weight=",
    "where": "a mask: a Masking layer, mask_zero=True, or a sample_weight of 0",
    "over": 'reduction="none"',
}
"""Options that Keras has words of its own for."""


@keras.saving.register_keras_serializable(package="lossary")
class Loss(keras.losses.Loss):
    """A loss of lossary as a loss of Keras, which passes the targets first.

    It works in `compile`, `fit`, `evaluate` and on its own, eager and compiled, with sample and class
    weights, masks and mixed precision, and is saved and loaded with the model.

    Parameters
    ----------
    loss : function or str
        A loss of lossary of predictions and targets, such as ``lossary.sigmoid_focal``, or its name.
    name : str, optional
        What Keras calls it; by default what lossary does.
    reduction : str
        How Keras sums the losses of a batch: ``"sum_over_batch_size"``, ``"mean_with_sample_weight"``,
        ``"sum"`` or ``"none"``.
    **options
        Keyword arguments of the loss, such as ``gamma=2.0`` or ``class_weights=[1.0, 5.0]``.

    Raises
    ------
    LossTypeError
        If it is no such loss, or has no such option.
    LossInputError
        On a call, as by the loss itself. Where values cannot be read, which is inside `fit` on the JAX and
        TensorFlow backends, labels that make no sense give NaN.

    Notes
    -----
    An element-wise loss is averaged over the last axis, as Keras does, so that there is one number per
    example to weigh. Keras makes targets floats: class ids become integers again here, and what is no whole
    number is no class. Targets of shape (n, 1) may stand for (n,), and (n,) for (n, 1). The computation is
    in float32, or in float64 if that is Keras' `floatx`, also under a policy of 16 bits.

    Examples
    --------
    >>> import lossary, numpy as np
    >>> from lossary.integrations.keras import Loss
    >>> focal = Loss(lossary.sigmoid_focal, gamma=2.0)
    >>> round(float(focal(np.array([[1.0], [0.0]]), np.array([[0.0], [-3.0]]))), 4)
    0.0867
    """

    _mask: Array = None

    def __init__(
        self,
        loss: Any,
        *,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        **options: Any,
    ) -> None:
        self.loss = _named(loss)
        self.options = {k: _plain(v) for k, v in options.items()}
        kernels = _kernels(self.loss, self._keywords())
        self._of_rows = kernels[0].has_classes
        self._of_ids = any(kernel.takes[1].domain.is_class_id for kernel in kernels)
        wide = keras.config.floatx() == "float64"
        super().__init__(name or self.loss.__name__, reduction, "float64" if wide else "float32")

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        mask = get_keras_mask(y_pred)
        if mask is None:
            return super().__call__(y_true, y_pred, sample_weight)
        masked = copy(self)
        masked._mask = mask
        return keras.losses.Loss.__call__(masked, y_true, y_pred, sample_weight)

    def call(self, y_true: Array, y_pred: Array) -> Array:
        """Return one loss per example; 0 where Keras' mask says so, whatever is there."""
        options = {k: ops.array(v) if isinstance(v, list) else v for k, v in self._keywords().items()}
        if self._mask is not None:
            options["where"] = ops.cast(self._mask, "bool")
        y_true = self._as_targets(y_true, y_pred)
        if self._of_rows or len(y_pred.shape) < 2:
            return self.loss(y_pred, y_true, reduction="none", **options)
        return self.loss(y_pred, y_true, over=-1, **options)

    def _keywords(self) -> dict[str, Any]:
        """The options, after a file has made lists of tuples."""
        return {k: tuple(v) if k == "axis" and isinstance(v, list) else v for k, v in self.options.items()}

    def _as_targets(self, y_true: Array, y_pred: Array) -> Array:
        """The targets in the shape and, if they are class ids, in the dtype that the loss takes."""
        axes, wanted = len(y_true.shape), len(y_pred.shape)
        if not self._of_rows:
            if axes == wanted - 1 and y_pred.shape[-1] == 1:
                return ops.expand_dims(y_true, -1)
            return ops.squeeze(y_true, -1) if axes == wanted + 1 and y_true.shape[-1] == 1 else y_true
        if not self._of_ids:
            return y_true
        axis = self.options.get("axis", -1)
        if axes == wanted and y_true.shape[axis] == 1:
            y_true, axes = ops.squeeze(y_true, axis), axes - 1
        if axes != wanted - 1:
            return y_true
        return ops.cast(ops.where(y_true == ops.floor(y_true), y_true, -1.0), "int32")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "loss": self.loss.__name__, **self.options}


def _named(loss: Any) -> Any:
    """The function; an error for what could not be found again by its name."""
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", "")
    found = getattr(lossary, name, None)
    if not getattr(found, "__module__", "").startswith("lossary.losses.") or loss not in (name, found):
        raise mistake(
            "L008",
            f"expected a loss of lossary or its name, got {loss!r}",
            why="a saved model names its loss, and must find it again",
            fix='Loss(lossary.huber, delta=2.0), or Loss("huber", delta=2.0): options go to Loss itself',
            kind=LossTypeError,
        )
    return found


def _kernels(loss: Any, options: dict[str, Any]) -> tuple[Kernel, ...]:
    """What the loss takes; an error if that is not predictions and targets, or there is no such option."""
    for name in options.keys() & _BY_KERAS.keys():
        raise mistake(
            "L130",
            f"{loss.__name__}: `{name}` is said in Keras' own words",
            fix=_BY_KERAS[name],
            kind=LossTypeError,
        )
    arrays = [p for p in signature(loss).parameters.values() if p.kind is Parameter.POSITIONAL_OR_KEYWORD]
    asked = asking(loss)(None, None, **options) if len(arrays) == 2 else None
    if not isinstance(asked, Call) or len(asked.kernels[0].takes) != 2:
        raise mistake(
            "L008",
            f"{loss.__name__} is no loss of predictions and targets, which are what Keras passes",
            f"it takes {', '.join(p.name for p in arrays)}",
            kind=LossTypeError,
        )
    return asked.kernels


def _plain(value: Any) -> Any:
    """What can be written to a file: numbers, text, lists of numbers."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return np.asarray(value).tolist()

"""lossary's losses in `compile(loss=...)` of Keras 3, on each of its backends."""

from copy import copy
from inspect import signature
from typing import Any

import keras
import numpy as np
from keras import ops
from keras.src.backend import get_keras_mask, set_keras_mask  # which have no public names

import lossary
from lossary._check import LossTypeError, mistake
from lossary._engine import Asked, asking
from lossary._kernel import Kernel
from lossary._typing import Array
from lossary.integrations._adapted import loss_named, must_be_free, number_of_arrays

_BY_KERAS = {
    "weights": "fit(..., sample_weight=...) or class_weight=",
    "where": "a mask: a Masking layer, mask_zero=True, or ignore_class=",
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
        A loss of lossary of predictions and targets, such as ``lossary.sigmoid_focal``, or of embeddings and
        their groups, such as ``lossary.circle``; its name; or a sum of losses made with
        ``lossary.kernel.loss``, which is loaded with a model if it is registered with Keras.
    name : str, optional
        What Keras calls it; by default what lossary does.
    reduction : str
        How Keras sums the losses of a batch: ``"sum_over_batch_size"``, ``"mean_with_sample_weight"``,
        ``"sum"`` or ``"none"``.
    ignore_class : int, optional
        The target that does not count, such as 255 at the edges of segmentation masks or -1 for what has no
        label: it has no loss, no gradient and no part in a mean.
    dtype : str, optional
        In which the loss is computed: ``"float32"`` if not given, ``"float64"`` if that is Keras' `floatx`.
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
    number is no class. Targets of shape (n, 1) may stand for (n,), and (n,) for (n, 1), and likewise those of
    images. The computation is in float32 also under a policy of 16 bits. Of a sum
    whose terms have losses of different shapes, as of pixels and of regions, each is averaged to one number
    per example.

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
        ignore_class: int | None = None,
        dtype: Any = None,
        **options: Any,
    ) -> None:
        self.loss = _named(loss)
        self.ignore_class = ignore_class
        self.options = {k: _plain(v) for k, v in options.items()}
        self._dtype_given = dtype
        kernels = _kernels(self.loss, self._keywords())
        self._of_rows = any(kernel.has_classes for kernel in kernels)
        self._of_groups = not kernels
        self._of_ids = any(kernel.takes[1].domain.is_class_id for kernel in kernels)
        wide = "float64" if keras.config.floatx() == "float64" else "float32"
        super().__init__(name or self.loss.__name__, reduction, dtype or wide)

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
        y_true = self._as_targets(y_true, y_pred)
        where = None if self._mask is None else ops.cast(self._mask, "bool")
        if self.ignore_class is not None:
            known = y_true != self.ignore_class
            while where is not None and len(where.shape) < len(known.shape):
                where = ops.expand_dims(where, -1)
            where = known if where is None else known & where
        asked = asking(self.loss)(y_pred, y_true, **options)
        losses = self._per_example(asked, where, len(y_pred.shape) < 2)
        if where is not None and self.ignore_class is not None:
            while len(where.shape) > len(losses.shape):
                where = ops.any(where, axis=-1)
            set_keras_mask(losses, where)
        return losses

    def _per_example(self, asked: Asked[Any], where: Array, are_numbers: bool) -> Array:
        """What Keras weighs and reduces: of single numbers the mean over the last axis."""
        parts = []
        for factor, term in asked.terms:
            is_row = not hasattr(term, "kernels") or term.kernels[0].has_classes
            how: dict[str, Any] = {"reduction": "none"} if is_row or are_numbers else {"over": -1}
            how |= {} if where is None else {"where": where}
            must_be_free(self.loss, term, how)
            parts.append(factor * term.changed(**how).run())
        axes = [len(part.shape) for part in parts]
        if min(axes) < max(axes):
            if where is not None:
                raise mistake(
                    "L001",
                    f"{self.loss.__name__}: a mask needs terms with losses of one shape, got"
                    f" {', '.join(str(tuple(part.shape)) for part in parts)}",
                    fix="a loss of regions takes no mask: multiply predictions and targets by it",
                )
            parts = [ops.mean(part, axis=tuple(range(1, len(part.shape)))) for part in parts]
        return sum(parts[1:], parts[0])

    def _keywords(self) -> dict[str, Any]:
        """The options, after a file has made lists of tuples."""
        return {k: tuple(v) if k == "axis" and isinstance(v, list) else v for k, v in self.options.items()}

    def _as_targets(self, y_true: Array, y_pred: Array) -> Array:
        """The targets in the shape and, if they are class ids, in the dtype that the loss takes."""
        axes, wanted = len(y_true.shape), len(y_pred.shape)
        if self._of_groups:
            y_true = ops.squeeze(y_true, -1) if axes == wanted and y_true.shape[-1] == 1 else y_true
            return self._whole(y_true)
        if not self._of_ids:
            if axes == wanted - 1 and y_pred.shape[-1] == 1:
                return ops.expand_dims(y_true, -1)
            return ops.squeeze(y_true, -1) if axes == wanted + 1 and y_true.shape[-1] == 1 else y_true
        axis = self.options.get("axis", -1)
        if axes == wanted and y_true.shape[axis] == 1:
            y_true, axes = ops.squeeze(y_true, axis), axes - 1
        return self._whole(y_true) if axes == wanted - 1 else y_true

    def _whole(self, ids: Array) -> Array:
        """Class ids as integers; what is no whole number is no class, and none to ignore."""
        none = -2.0 if self.ignore_class == -1 else -1.0
        return ops.cast(ops.where(ids == ops.floor(ids), ids, none), "int32")

    def get_config(self) -> dict[str, Any]:
        is_ours = getattr(lossary, self.loss.__name__, None) is self.loss
        loss = self.loss.__name__ if is_ours else keras.saving.serialize_keras_object(self.loss)
        own = {"ignore_class": self.ignore_class, "dtype": self._dtype_given}
        given = {name: value for name, value in own.items() if value is not None}
        return {**super().get_config(), "loss": loss, **given, **self.options}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Loss":
        loss = config["loss"]
        if isinstance(loss, dict):
            loss = keras.saving.deserialize_keras_object(loss)
        return cls(**{**config, "loss": loss})


def _named(loss: Any) -> Any:
    """The function; an error for what could not be found again by its name."""
    found: Any = loss_named("Loss", loss)
    if found.__module__.startswith("lossary.") and getattr(lossary, found.__name__, None) is not found:
        raise mistake(
            "L008",
            f"expected a loss of lossary or its name, got {loss!r}",
            why="a saved model names its loss, and must find it again",
            fix=f'Loss("{found.__name__}")',
            kind=LossTypeError,
        )
    return found


def _kernels(loss: Any, options: dict[str, Any]) -> tuple[Kernel, ...]:
    """What the loss takes, nothing if that is groups of embeddings; an error if it is anything else."""
    for name in options.keys() & _BY_KERAS.keys():
        raise mistake(
            "L130",
            f"{loss.__name__}: `{name}` is said in Keras' own words",
            fix=_BY_KERAS[name],
            kind=LossTypeError,
        )
    some: Any = np.zeros((2, 2))
    count = number_of_arrays(loss)
    terms = asking(loss)(some, some, **options).terms if count == 2 else ()
    kernels = [k for _, term in terms for k in getattr(term, "kernels", ())]
    of_groups = all(
        [name for name, _ in term.operands()[:2]] == ["embeddings", "labels"] for _, term in terms
    )
    if not terms or any(len(k.takes) != 2 for k in kernels) or not (kernels or of_groups):
        arrays = list(signature(loss).parameters)[:count]
        raise mistake(
            "L008",
            f"{loss.__name__} is no loss of predictions and targets, which are what Keras passes",
            f"it takes {', '.join(arrays)}",
            fix="a train_step of your own: losses take the tensors of Keras as they are",
            kind=LossTypeError,
        )
    return tuple(kernels)


def _plain(value: Any) -> Any:
    """What can be written to a file: numbers, text, lists of numbers."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return np.asarray(value).tolist()

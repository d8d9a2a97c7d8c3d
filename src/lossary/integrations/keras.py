"""lossary's losses for `compile(loss=...)` in Keras 3, on each of its backends."""

from copy import copy
from inspect import signature
from typing import Any

import keras
import numpy as np
from keras import ops
from keras.src.backend import get_keras_mask, set_keras_mask  # no public names

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
"""Options that have their own names in Keras."""


@keras.saving.register_keras_serializable(package="lossary")
class Loss(keras.losses.Loss):
    """A lossary loss as a Keras loss, which takes the targets first.

    It works in `compile`, `fit`, `evaluate` and on its own, eager and compiled, with sample and class
    weights, masks and mixed precision, and is saved and loaded with the model.

    Parameters
    ----------
    loss : function or str
        A lossary loss on predictions and targets, such as ``lossary.sigmoid_focal``, or on embeddings and
        their groups, such as ``lossary.circle``; its name; or a sum of losses made with
        ``lossary.kernel.loss``, which loads with a model if it is registered with Keras.
    name : str, optional
        The loss's name in Keras; by default its name in lossary.
    reduction : str
        How Keras reduces the losses of a batch: ``"sum_over_batch_size"``, ``"mean_with_sample_weight"``,
        ``"sum"`` or ``"none"``.
    ignore_class : int, optional
        The target to ignore, such as 255 at the edges of segmentation masks or -1 for a missing label. It
        contributes no loss and no gradient, and is not counted in a mean.
    dtype : str, optional
        The dtype of the computation: by default ``"float32"``, or ``"float64"`` if that is Keras' `floatx`.
    **options
        Keyword arguments of the loss, such as ``gamma=2.0`` or ``class_weights=[1.0, 5.0]``.

    Raises
    ------
    LossTypeError
        If `loss` is not such a loss, or does not have an option.
    LossInputError
        On a call, like the loss itself. Inside `fit` on the JAX and TensorFlow backends, where values cannot
        be read, invalid labels give NaN instead.

    Notes
    -----
    An elementwise loss is averaged over the last axis, as in Keras, which leaves one number per example to
    weight. Keras converts targets to floats: class ids are converted back to integers here, and a fraction is
    not a class. Targets of shape (n, 1) may stand for (n,), and (n,) for (n, 1); the same holds for images.
    The computation uses float32 even under a 16-bit policy. If the terms of a sum have losses of different
    shapes, such as pixel and region losses, each is averaged to one number per example.

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
        of_ids = [kernel.cores for kernel in kernels if kernel.takes[1].domain.is_class_id]
        self._axes_of_classes = max([len(first) - len(ids) for first, ids, *_ in of_ids], default=0)
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
        """Return one loss per example; 0 where Keras' mask is False, whatever the values there."""
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
        """The losses that Keras weights and reduces: an elementwise loss's mean over the last axis."""
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
                    f"{self.loss.__name__}: with a mask, all terms must have losses of the same shape, got"
                    f" {', '.join(str(tuple(part.shape)) for part in parts)}",
                    fix="multiply predictions and targets by the mask: a region loss does not take one",
                )
            parts = [ops.mean(part, axis=tuple(range(1, len(part.shape)))) for part in parts]
        return sum(parts[1:], parts[0])

    def _keywords(self) -> dict[str, Any]:
        """The options, with lists from a saved file turned back into tuples."""
        return {k: tuple(v) if k == "axis" and isinstance(v, list) else v for k, v in self.options.items()}

    def _as_targets(self, y_true: Array, y_pred: Array) -> Array:
        """The targets in the shape that the loss takes; class ids also in its dtype."""
        axes, wanted = len(y_true.shape), len(y_pred.shape)
        if self._of_groups:
            y_true = ops.squeeze(y_true, -1) if axes == wanted and y_true.shape[-1] == 1 else y_true
            return self._whole(y_true)
        if not self._axes_of_classes:
            if axes == wanted - 1 and y_pred.shape[-1] == 1:
                return ops.expand_dims(y_true, -1)
            return ops.squeeze(y_true, -1) if axes == wanted + 1 and y_true.shape[-1] == 1 else y_true
        axis, wanted = self.options.get("axis", -1), wanted - self._axes_of_classes
        if axes == wanted + 1 and y_true.shape[axis] == 1:
            y_true, axes = ops.squeeze(y_true, axis), axes - 1
        return self._whole(y_true) if axes == wanted else y_true

    def _whole(self, ids: Array) -> Array:
        """Class ids as integers. Fractions become an invalid id that is not ignored either."""
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
    """The function; an error if it could not be found again by its name."""
    found: Any = loss_named("Loss", loss)
    if found.__module__.startswith("lossary.") and getattr(lossary, found.__name__, None) is not found:
        raise mistake(
            "L008",
            f"expected a lossary loss or its name, got {loss!r}",
            why="a saved model stores the loss's name, and must find it again",
            fix=f'Loss("{found.__name__}")',
            kind=LossTypeError,
        )
    return found


def _kernels(loss: Any, options: dict[str, Any]) -> tuple[Kernel, ...]:
    """The loss's kernels; none for embeddings with groups. An error if it takes anything else."""
    for name in options.keys() & _BY_KERAS.keys():
        raise mistake(
            "L130",
            f"{loss.__name__}: `{name}` is not an option here, because Keras has its own",
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
            f"{loss.__name__} does not take predictions and targets, which Keras passes",
            f"it takes {', '.join(arrays)}",
            fix="a custom train_step: losses take Keras tensors directly",
            kind=LossTypeError,
        )
    return tuple(kernels)


def _plain(value: Any) -> Any:
    """The value in a form that can be saved: a number, text, or a list of numbers."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return np.asarray(value).tolist()

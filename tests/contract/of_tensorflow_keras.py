"""What Keras may expect of a loss as one of its own: copies, files, and one trace for batches of any size."""

import copy
import pickle
from typing import Any

import keras
import tensorflow as tf

import lossary
from lossary.integrations.keras import Loss
from tests.contract.demands import demand
from tests.contract.of_tensorflow import traced
from tests.contract.of_tensorflow_graphs import SIZES, changed, exact, specs
from tests.contract.subjects import Subject, close

CLOSE = 2e-5
"""In float32, in which Keras computes."""


def _of_keras(subject: Subject) -> bool:
    """Whether it is a loss of predictions and targets, and not of pairs of examples."""
    try:
        _criterion(subject)
    except lossary.LossTypeError:
        return False
    return len(subject.arrays) == 2


def _traced(subject: Subject) -> bool:
    return keras.backend.backend() == "tensorflow" and _of_keras(subject)


def _criterion(subject: Subject, **options: Any) -> Loss:
    return Loss(subject.loss, **{**subject.options, **options})


def _value(criterion: Loss, arrays: Any) -> float:
    predictions, targets = [a.astype("float32") for a in arrays]
    return float(keras.ops.convert_to_numpy(criterion(targets, predictions)))


@demand("tensorflow", _of_keras)
def copied_losses_of_keras(subject: Subject) -> None:
    """Copies, pickles, what a config and what a file make of a loss are the same, with their options."""
    for options in ({}, changed(subject)):
        criterion = _criterion(subject, **options)
        want = subject(*subject.arrays, **options)
        config = keras.saving.serialize_keras_object(criterion)
        for same in (
            criterion,
            copy.copy(criterion),
            copy.deepcopy(criterion),
            pickle.loads(pickle.dumps(criterion)),
            Loss.from_config(criterion.get_config()),
            keras.saving.deserialize_keras_object(config),
        ):
            assert same.get_config() == criterion.get_config()
            assert same.name == subject.loss
            close(_value(same, subject.arrays), want, CLOSE, f"{options}")


@demand("tensorflow", _traced)
def any_size_by_keras(subject: Subject) -> None:
    """One trace of Keras' loss and its gradient serves batches of any size."""
    criterion = _criterion(subject)

    def derived(predictions: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(predictions)
            loss = criterion(targets, predictions)
        return loss, tape.gradient(loss, predictions)

    signature = [tf.TensorSpec(spec.shape, tf.float32) for spec in specs(subject)]
    function = traced(derived, input_signature=signature)
    for size in SIZES[:4]:
        arrays = tuple([a.astype("float32").astype(a.dtype) for a in subject.resized(size)])
        loss, slope = function(*[tf.constant(a, tf.float32) for a in arrays])
        want, wanted = exact(subject, arrays)
        close(loss, want / size, CLOSE, f"of {size}")
        close(slope, wanted[0] / size, CLOSE, f"gradient of {size}")

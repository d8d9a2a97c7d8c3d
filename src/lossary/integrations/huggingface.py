"""Losses for the Hugging Face Trainer, without importing transformers."""

from typing import Any

from lossary._check import mistake
from lossary._typing import Array, Loss
from lossary.integrations._adapted import check_options, complete, has_class_ids, loss_named, name_of

_OF_BATCHES = {
    "weights": "class_weights=, or a Trainer with its own compute_loss",
    "where": "set labels to ignore to -100",
    "over": "leave it out: the Trainer needs one number",
    "reduction": "leave it out: the sum is divided by num_items_in_batch, else by the labels that count",
    "axis": "leave it out: classes come last",
}

_IGNORED = -100


def compute_loss_func(loss: Loss | str, *, shift: bool | None = None, **options: Any) -> "ComputeLoss":
    """Return a loss for ``compute_loss_func=`` of `transformers.Trainer`.

    With gradient accumulation, the Trainer splits a batch into micro-batches and adds up their gradients.
    Taking the mean of each would give tokens in short micro-batches more weight. So the sum is divided by
    ``num_items_in_batch``, the number of labels in all micro-batches.

    Parameters
    ----------
    loss : function or str
        A loss on logits or predictions, or its name: `softmax_focal` for class ids,
        `sigmoid_binary_cross_entropy` for several labels, `huber` for regression.
    shift : bool
        Whether logits predict the next label, as in a causal language model. Required for outputs of such
        models; False for others.
    **options
        Options of the loss, such as ``gamma=2.0``.

    Returns
    -------
    ComputeLoss
        A callable ``(outputs, labels, num_items_in_batch=None)``.

    Raises
    ------
    LossInputError
        If an option is one that the Trainer controls: `weights`, `where`, `over`, `reduction` or `axis`. On
        a call, if the outputs come from a causal language model and `shift` was not given: without the
        shift, the model would learn to repeat its input.
    LossTypeError
        If the loss does not have an option.

    Notes
    -----
    Labels of -100 are ignored, here and in ``num_items_in_batch``.

    Examples
    --------
    >>> import torch, lossary
    >>> from lossary.integrations.huggingface import compute_loss_func
    >>> compute = compute_loss_func(lossary.softmax_cross_entropy)
    >>> outputs = {"logits": torch.zeros(2, 3, 4)}
    >>> labels = torch.tensor([[1, 2, -100], [0, -100, -100]])
    >>> print(f"{compute(outputs, labels).item():.4f} {compute(outputs, labels, 12).item():.4f}")
    1.3863 0.3466
    """
    return ComputeLoss(loss_named("compute_loss_func", loss), shift, options)


class ComputeLoss:
    """The result of `compute_loss_func`."""

    def __init__(self, loss: Loss, shift: bool | None, options: dict[str, Any]):
        check_options("compute_loss_func", loss, options, elsewhere=_OF_BATCHES)
        self._loss = loss
        self._has_class_ids = has_class_ids(loss)
        self._shift = shift
        self._options = options

    def __repr__(self) -> str:
        options = "".join(f", {name}={value!r}" for name, value in self._options.items())
        return f"compute_loss_func({name_of(self._loss)}, shift={self._shift}{options})"

    def __call__(self, outputs: Any, labels: Array, num_items_in_batch: Array = None) -> Array:
        logits = outputs["logits"] if isinstance(outputs, dict) else outputs[0]
        if self._shift is None and type(outputs).__name__.startswith("CausalLM"):
            raise mistake(
                "L130",
                f"{name_of(self._loss)}: the logits of a causal language model predict the next label",
                why="compared with labels at the same position, the model learns to repeat its input",
                fix="shift=True; or shift=False, if the labels are already shifted",
            )
        if self._shift:
            logits, labels = logits[..., :-1, :], labels[..., 1:]
        if not self._has_class_ids and logits.shape == (*labels.shape, 1):
            logits = logits[..., 0]  # a regression has one output
        reduction = "mean" if num_items_in_batch is None else "sum"
        where = labels != _IGNORED
        result = complete(self._loss)(logits, labels, where=where, reduction=reduction, **self._options)
        if num_items_in_batch is None:
            return result
        empty = num_items_in_batch == 0  # then the sum is 0, and so is its mean
        return result / (num_items_in_batch + empty)

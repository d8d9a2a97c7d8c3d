"""The demo's training runs: the same network, data and batches, with three losses."""

from functools import partial
from typing import Any, NamedTuple

import numpy as np

import lossary
from lossary._typing import Array, Loss
from lossary.cli._demo_data import Digits
from lossary.cli._demo_network import Network, logits_of, train
from lossary.cli._demo_text import paragraph, table


class Training(NamedTuple):
    """The result of a training run: cross-entropies, starting before the first epoch, and final logits."""

    short_name: str
    call: str
    loss: Loss
    curve: list[float]
    held_out_curve: list[float]
    held_out_logits: Array


def train_all(digits: Digits, epochs: int) -> list[Training]:
    """Train once with each loss, with one progress bar on standard error."""
    from tqdm import tqdm

    losses: list[tuple[str, str, Loss]] = [
        ("cross-entropy", "sigmoid_binary_cross_entropy", lossary.sigmoid_binary_cross_entropy),
        (
            f"pos_weight={digits.pos_weight:.1f}",
            f"sigmoid_binary_cross_entropy, pos_weight={digits.pos_weight:.1f}",
            partial(lossary.sigmoid_binary_cross_entropy, pos_weight=digits.pos_weight),
        ),
        ("focal, gamma=2", "sigmoid_focal, gamma=2", partial(lossary.sigmoid_focal, gamma=2.0)),
    ]
    with tqdm(total=len(losses) * epochs, desc="training", unit="epoch", ncols=80) as bar:
        return [_train_one(*named_loss, digits, epochs, bar) for named_loss in losses]


def _train_one(short_name: str, call: str, loss: Loss, digits: Digits, epochs: int, bar: Any) -> Training:
    """All curves are cross-entropies, whatever loss is minimized, so they share one scale and baseline."""
    import jax

    cross_entropy = jax.jit(_cross_entropy)
    bar.set_postfix_str(short_name)
    curve, held_out_curve = [], []
    for epoch, network in enumerate(train(loss, digits.pixels, digits.labels, epochs)):
        curve.append(float(cross_entropy(network, digits.pixels, digits.labels)))
        held_out_curve.append(float(cross_entropy(network, digits.held_out_pixels, digits.held_out_labels)))
        bar.update(1 if epoch else 0)
    held_out_logits = np.asarray(logits_of(network, digits.held_out_pixels))
    return Training(short_name, call, loss, curve, held_out_curve, held_out_logits)


def _cross_entropy(network: Network, pixels: Array, labels: Array) -> Array:
    return lossary.sigmoid_binary_cross_entropy(logits_of(network, pixels), labels)


def report(trainings: list[Training], digits: Digits) -> None:
    """Print each network's metrics on unseen images."""
    from sklearn.metrics import average_precision_score

    nothing_found = ["always the base rate", f"{digits.baseline:.4f}", "0.0%", "-", f"{digits.base_rate:.3f}"]
    rows = [["trained with", "loss", "recall", "prec.", "AP"], nothing_found]
    for training in trainings:
        ranking = average_precision_score(digits.held_out_labels, training.held_out_logits)
        rows.append(
            [
                training.call,
                f"{training.held_out_curve[-1]:.4f}",
                *_recall_and_precision(training.held_out_logits > 0, digits.held_out_labels == 1),
                f"{ranking:.3f}",
            ]
        )
    table(rows)
    paragraph(
        "All on the held-out images; the loss is the cross-entropy. A positive logit counts as an 8: recall "
        "is the share of 8s that are found, precision the share of true 8s among those found, AP the average "
        "precision. pos_weight and focal trade accurate probabilities, as the cross-entropy shows, for a "
        "different set of images found."
    )


def _recall_and_precision(found: Array, is_rare: Array) -> tuple[str, str]:
    hits = (found & is_rare).sum()
    precision = f"{hits / found.sum():.1%}" if found.any() else "-"
    return f"{hits / is_rare.sum():.1%}", precision

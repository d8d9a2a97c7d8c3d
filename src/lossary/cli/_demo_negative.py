"""Why a cross-entropy turns negative: labels outside [0, 1], which a hand-written formula accepts."""

import traceback
from itertools import pairwise

import numpy as np

import lossary
from lossary._typing import Array
from lossary.cli._demo_data import Digits
from lossary.cli._demo_network import logits_of, train
from lossary.cli._demo_text import paragraph, sparkline, table, verbatim

_EPOCHS = 15


def report(digits: Digits) -> None:
    """Train with both encodings of the labels, then show lossary's error for the wrong one."""
    paragraph("Some data sets count their classes from 1. The textbook formula silently accepts such labels:")
    verbatim("loss = jnp.mean(jnp.logaddexp(0, logits) - labels * logits)")
    rows = [["labels", "start", "end", f"{_EPOCHS} epochs", ""]]
    for name, labels in (("{1, 2}", digits.labels + 1), ("{0, 1}", digits.labels)):
        curve = _textbook_curve(digits.pixels, labels)
        rows.append([name, f"{curve[0]:.3f}", f"{curve[-1]:.3f}", sparkline(curve), _verdict(curve)])
    table(rows, left=(0, 3, 4))
    paragraph("lossary checks the labels before it computes:")
    verbatim(_what_lossary_says(digits.pixels[:, 0], digits.labels + 1))
    inside_jit = _loss_inside_jit(digits.pixels[:, 0], digits.labels + 1)
    paragraph(
        f"Inside jax.jit, values cannot be read. There the loss is {inside_jit} from the first step, never a "
        "number that looks right."
    )


def _textbook(logits: Array, labels: Array) -> Array:
    """-y·log p - (1 - y)·log(1 - p) with p the sigmoid of the logits, which is softplus(x) - y·x."""
    import jax.numpy as jnp

    return jnp.mean(jnp.logaddexp(0, logits) - labels * logits)


def _textbook_curve(pixels: Array, labels: Array) -> list[float]:
    return [
        float(_textbook(logits_of(network, pixels), labels))
        for network in train(_textbook, pixels, labels, _EPOCHS)
    ]


def _verdict(curve: list[float]) -> str:
    if min(curve) >= 0:
        return "never below zero"
    still = all(later < earlier for earlier, later in pairwise(curve[-4:]))
    return "below zero, still falling" if still else "below zero"


def _what_lossary_says(logits: Array, labels: Array) -> str:
    """The end of the traceback, as Python prints it."""
    try:
        lossary.sigmoid_binary_cross_entropy(logits, labels)
    except lossary.LossInputError as error:
        return "".join(traceback.format_exception_only(error))
    raise AssertionError("labels outside [0, 1] were accepted")


def _loss_inside_jit(logits: Array, labels: Array) -> float:
    import jax

    return float(jax.jit(lossary.sigmoid_binary_cross_entropy)(logits, np.asarray(labels)))

"""Tensors that are not plain arrays: their names, and how to convert them to plain ones."""

import torch

from lossary._check import LossTypeError, mistake
from lossary._typing import Array

_FIXES = {
    "sparse": "x.to_dense()",
    "mkldnn": "x.to_dense()",
    "quantized": "x.dequantize()",
    "nested": "x.to_padded_tensor(0.0), with where= for what is not padding",
    "masked": "x.get_data(), with where=x.get_mask()",
}


def must_be_dense(x: Array, what: str) -> None:
    """Raise if a tensor does not store one number at a distinct place for each element."""
    kind = _kind(x)
    if kind is not None:
        raise mistake(
            "L005",
            f"{what} must be a dense tensor, got a {kind} one",
            why="which elements count, and what the others are, would have to be guessed",
            fix=_FIXES[kind],
            kind=LossTypeError,
        )


def _kind(x: Array) -> str | None:
    if x.is_nested:
        return "nested"
    if x.is_quantized:
        return "quantized"
    if isinstance(x, torch.masked.MaskedTensor):
        return "masked"
    if x.layout is torch.strided:
        return None
    return "mkldnn" if x.is_mkldnn else "sparse"

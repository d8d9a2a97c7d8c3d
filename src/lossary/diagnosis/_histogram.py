"""A histogram of the examples' losses in SVG."""

import numpy as np

from lossary.diagnosis._host import Values
from lossary.diagnosis._scale import Scale
from lossary.diagnosis._words import loss

_WIDTH, _HEIGHT, _BASE, _TOP = 640, 190, 150, 24
_BINS = 64
_LABEL = 'font-size="11" fill="currentColor"'


def histogram(losses: Values, scale: Scale) -> str:
    """Bars on a logarithmic scale, which keeps the few bad examples visible next to the many good ones."""
    end = max(float(losses.max()), scale.base_rate * 1.05)
    if not 0 < end < np.inf:
        return ""
    counts, _ = np.histogram(losses, bins=_BINS, range=(0.0, end))
    heights = np.log1p(counts) / np.log1p(counts.max()) * (_BASE - _TOP)
    step = _WIDTH / _BINS
    bars = "".join(
        f'<rect x="{i * step:.1f}" y="{_BASE - height:.1f}" width="{step - 1:.1f}" height="{height:.1f}">'
        f"<title>{count:,} from {loss(i * end / _BINS)} to {loss((i + 1) * end / _BINS)}</title></rect>"
        for i, (count, height) in enumerate(zip(counts.tolist(), heights, strict=True))
        if count
    )
    marks = _mark(scale.loss, end, "mean", "", 0)
    marks += _mark(scale.base_rate, end, "base rate", ' stroke-dasharray="4 3"', 1)
    axis = (
        f'<line x1="0" y1="{_BASE}" x2="{_WIDTH}" y2="{_BASE}" stroke="currentColor" opacity=".5"/>'
        f'<text x="0" y="{_BASE + 16}" {_LABEL}>0</text>'
        f'<text x="{_WIDTH}" y="{_BASE + 16}" text-anchor="end" {_LABEL}>{loss(end)}</text>'
        f'<text x="{_WIDTH / 2}" y="{_BASE + 34}" text-anchor="middle" {_LABEL}>loss of an example '
        f"(bars: log of the count; the highest is {counts.max():,})</text>"
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="100%" style="max-width:{_WIDTH}px" role="img" '
        f'aria-label="histogram of the losses"><g fill="#3b82c4">{bars}</g>{marks}{axis}</svg>'
    )


def _mark(value: float, end: float, name: str, dashes: str, row: int) -> str:
    """A vertical line, with its name on the side where there is room."""
    x = value / end * _WIDTH
    anchor, shift = ("end", -4) if x > 0.7 * _WIDTH else ("start", 4)
    return (
        f'<line x1="{x:.1f}" y1="{_TOP - 14}" x2="{x:.1f}" y2="{_BASE}" stroke="currentColor"{dashes}/>'
        f'<text x="{x + shift:.1f}" y="{_TOP - 4 + 13 * row}" text-anchor="{anchor}" {_LABEL}>{name} '
        f"{loss(value)}</text>"
    )

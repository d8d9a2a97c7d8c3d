"""Training curves as a picture in SVG."""

import numpy as np

from lossary.diagnosis._host import Values
from lossary.diagnosis._words import loss

_WIDTH, _HEIGHT, _BASE, _TOP, _RIGHT = 640, 190, 160, 12, 560
_COLORS = ("#3b82c4", "#d9822b")
_MOST_POINTS = 400
_LINE = 11
_LABEL = 'font-size="11" fill="currentColor"'


def picture(curves: dict[str, Values]) -> str:
    """One line per curve, broken where it is not finite. Long curves are thinned out."""
    known = np.concatenate([values[np.isfinite(values)] for values in curves.values()])
    if not known.size:
        return ""
    low, high = min(0.0, float(known.min())), float(known.max())
    if high <= low:
        return ""
    longest = max(len(values) for values in curves.values())

    def y(value: float) -> float:
        return _BASE - (value - low) / (high - low) * (_BASE - _TOP)

    parts: list[str] = []
    beside: list[float] = []
    for (name, values), color in zip(curves.items(), _COLORS, strict=False):
        every = range(0, len(values), max(1, len(values) // _MOST_POINTS))
        path, pen = "", "M"
        for i in every:
            if np.isfinite(values[i]):
                path += f"{pen}{i / max(1, longest - 1) * _RIGHT:.1f},{y(values[i]):.1f}"
                pen = "L"
            else:
                pen = "M"
        parts.append(f'<path d="{path}" fill="none" stroke="{color}" stroke-width="1.6"/>')
        finite = values[np.isfinite(values)]
        if finite.size:
            beside.append(_apart(y(finite[-1]) + 4, beside))
            parts.append(
                f'<text x="{_RIGHT + 6}" y="{beside[-1]:.1f}" font-size="11" fill="{color}">{name}</text>'
            )
    axis = (
        f'<line x1="0" y1="{y(0.0) if low < 0 else _BASE:.1f}" x2="{_RIGHT}" '
        f'y2="{y(0.0) if low < 0 else _BASE:.1f}" stroke="currentColor" opacity=".5"/>'
        f'<text x="0" y="{_TOP - 2}" {_LABEL}>{loss(high)}</text>'
        f'<text x="0" y="{_BASE + 14}" {_LABEL}>{loss(low)}</text>'
        f'<text x="{_RIGHT}" y="{_BASE + 14}" text-anchor="end" {_LABEL}>{longest - 1}</text>'
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="100%" style="max-width:{_WIDTH}px" role="img" '
        f'aria-label="training curves">{"".join(parts)}{axis}</svg>'
    )


def _apart(height: float, taken: list[float]) -> float:
    """The nearest height at which a name does not overlap the previous one."""
    if not taken or abs(height - taken[-1]) >= _LINE:
        return height
    return taken[-1] + (_LINE if height > taken[-1] else -_LINE)

"""Numbers as findings write them."""

from typing import Any

_RUN_AWAY = 1e6


def loss(x: Any) -> str:
    """Four decimals, as training logs have them; of what has run away four digits."""
    return f"{float(x):.4f}" if abs(x) < _RUN_AWAY else f"{float(x):.4g}"


def percent(x: Any) -> str:
    """A share: as many digits as tell it from 0 and from 1."""
    share = 100.0 * float(x)
    distance = min(share, 100.0 - share)
    digits = 0 if distance >= 10 or distance == 0 else 1 if distance >= 1 else 2
    return f"{share:.{digits}f} %"


def count(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def few(items: list[str], shown: int = 5) -> str:
    """The first of many."""
    more = ", ..." if len(items) > shown else ""
    return ", ".join(items[:shown]) + more

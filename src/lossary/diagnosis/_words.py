"""How findings format numbers."""

from typing import Any

_RUN_AWAY = 1e6


def loss(x: Any) -> str:
    """Four decimals, as in training logs; four digits for diverged losses."""
    return f"{float(x):.4f}" if abs(x) < _RUN_AWAY else f"{float(x):.4g}"


def percent(x: Any) -> str:
    """A share, with enough digits to tell it from 0 and from 1."""
    share = 100.0 * float(x)
    distance = min(share, 100.0 - share)
    digits = 0 if distance >= 10 or distance == 0 else 1 if distance >= 1 else 2
    return f"{share:.{digits}f} %"


def count(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def few(items: list[str], shown: int = 5) -> str:
    """The first items of a long list."""
    more = ", ..." if len(items) > shown else ""
    return ", ".join(items[:shown]) + more

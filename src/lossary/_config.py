"""What may be set for a whole program."""

from dataclasses import dataclass
from typing import Any

from lossary._check import mistake


@dataclass
class _Settings:
    threads: int = 1


SETTINGS = _Settings()


class config:  # noqa: N801 - used as a function
    """Set how lossary computes, for good or for a `with` block.

    Parameters
    ----------
    threads : int
        With how many threads large NumPy arrays are computed, block by block; 1 at first. torch tensors on a
        CPU take what ``torch.set_num_threads`` says, and JAX sees to itself.

    Raises
    ------
    LossInputError
        If a setting is out of its range.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> with lossary.config(threads=2):
    ...     float(lossary.squared_error(np.ones(1_000_000), 0.0))
    1.0
    """

    def __init__(self, *, threads: int):
        if not isinstance(threads, int) or threads < 1:
            raise mistake(f"config: `threads` must be an integer >= 1, got {threads!r}")
        self._before = SETTINGS.threads
        SETTINGS.threads = threads

    def __enter__(self) -> "config":
        return self

    def __exit__(self, *_: Any) -> None:
        SETTINGS.threads = self._before

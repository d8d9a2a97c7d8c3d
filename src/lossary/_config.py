"""What may be set for all calls of a thread."""

import os
import threading
from dataclasses import dataclass
from typing import Any, Literal, get_args

from lossary._check import choice, mistake

Check = Literal["auto", "always", "never"]
CHECKS = get_args(Check)


@dataclass
class _Settings(threading.local):
    """Made anew in each thread that looks, of what holds at first."""

    threads: int = 1
    check: str = "auto"


SETTINGS = _Settings(check=os.environ.get("LOSSARY_CHECK", "auto"))
choice("LOSSARY_CHECK", "check", SETTINGS.check, CHECKS)


class config:  # noqa: N801 - used as a function
    """Set how lossary computes, for good or for a `with` block. What is not named stays as it is.

    A setting holds in the thread that makes it; other threads keep theirs, and a new thread starts with the
    defaults. Tasks of `asyncio` run in one thread and share its settings: in a `with` block, await nothing.

    Parameters
    ----------
    threads : int
        With how many threads large NumPy arrays are computed, block by block; 1 at first. torch tensors on a
        CPU take what ``torch.set_num_threads`` says, and JAX sees to itself.
    check : {"auto", "always", "never"}
        Whether the values of labels, probabilities and weights are looked at before a loss is computed.

        * ``"auto"``, at first: where reading them is free, which is in NumPy and in JAX and torch arrays on
          the CPU. What is bad on an accelerator becomes NaN.
        * ``"always"``: also on accelerators. Each call then waits for the device.
        * ``"never"``: nowhere. Bad values give whatever the formula makes of them.

        Inside ``jax.jit``, ``torch.compile`` and dask there is nothing to read yet: bad values become NaN,
        whatever is set. See :func:`lossary.check` for errors from inside ``jax.jit``. The environment
        variable ``LOSSARY_CHECK`` sets what holds at first, in every thread.

    Raises
    ------
    LossInputError
        If a setting is out of its range.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> with lossary.config(threads=2, check="never"):
    ...     float(lossary.squared_error(np.ones(1_000_000), 0.0))
    1.0
    """

    def __init__(self, *, threads: int | None = None, check: Check | None = None):
        if threads is not None and (not isinstance(threads, int) or threads < 1):
            raise mistake("L130", f"config: `threads` must be an integer >= 1, got {threads!r}")
        if check is not None:
            choice("config", "check", check, CHECKS)
        named = {"threads": threads, "check": check}
        self._before = {name: getattr(SETTINGS, name) for name, value in named.items() if value is not None}
        for name in self._before:
            setattr(SETTINGS, name, named[name])

    def __enter__(self) -> "config":
        return self

    def __exit__(self, *_: Any) -> None:
        for name, value in self._before.items():
            setattr(SETTINGS, name, value)

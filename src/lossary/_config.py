"""Settings for all calls in a thread."""

import os
import threading
from dataclasses import dataclass
from typing import Any, Literal, get_args

from lossary._check import choice, mistake

Check = Literal["auto", "always", "never"]
CHECKS = get_args(Check)


@dataclass
class _Settings(threading.local):
    """Each thread gets its own copy, which starts with the defaults."""

    threads: int = 1
    check: str = "auto"


SETTINGS = _Settings(check=os.environ.get("LOSSARY_CHECK", "auto"))
choice("LOSSARY_CHECK", "check", SETTINGS.check, CHECKS)


class config:  # noqa: N801 - used as a function
    """Set how lossary computes, permanently or in a `with` block. Settings that you do not pass stay as is.

    A setting applies to the current thread; other threads keep theirs, and a new thread starts with the
    defaults. `asyncio` tasks run in one thread and share its settings: do not await inside a `with` block.

    Parameters
    ----------
    threads : int
        The number of threads that compute large NumPy arrays, block by block; 1 by default. CPU tensors in
        torch follow ``torch.set_num_threads``, and JAX manages its own threads.
    check : {"auto", "always", "never"}
        Whether labels, probabilities and weights are validated before a loss is computed.

        * ``"auto"``, the default: wherever reading the values is free, which is in NumPy, and in JAX and
          torch for arrays on the CPU. On an accelerator, bad values become NaN.
        * ``"always"``: also on accelerators. Each call then waits for the device.
        * ``"never"``: nowhere. Bad values give whatever the formula returns.

        Inside ``jax.jit``, ``torch.compile`` and dask, values cannot be read: bad values become NaN, whatever
        the setting. See :func:`lossary.check` for errors from inside ``jax.jit``. The environment variable
        ``LOSSARY_CHECK`` changes the default in every thread.

    Raises
    ------
    LossInputError
        If a setting is invalid.

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

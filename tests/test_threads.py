"""What threads, processes and tasks have in common, and what each has for itself."""

import asyncio
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import lossary
from lossary._config import SETTINGS
from tests.libraries import selected

AFTER_A_LARGE_CALL = """
import multiprocessing, os, signal, numpy as np, lossary
x = np.ones(1 << 20)
lossary.config(threads=2)

def call():
    signal.alarm(20)  # a child that hangs is killed
    return float(lossary.huber(x, 0.0))

call()
"""
FORKED = """
if not (child := os.fork()):
    os._exit(0 if call() == 0.5 and lossary._config.SETTINGS.threads == 2 else 1)
_, status = os.waitpid(child, 0)
print("status", status, call())
"""
POOLED = """
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(pool.starmap(call, [()] * 4), call())
"""


@pytest.mark.of("numpy")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no process can be forked here")
@pytest.mark.parametrize(
    ("code", "said"), [(FORKED, "status 0 0.5"), (POOLED, "[0.5, 0.5, 0.5, 0.5] 0.5")], ids=["fork", "pool"]
)
def test_threads_after_a_fork(code: str, said: str) -> None:
    command = [sys.executable, "-c", AFTER_A_LARGE_CALL + code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.strip() == said, done.stderr


def _in_thread(function: Any) -> Any:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()


def _settings() -> tuple[int, str]:
    return SETTINGS.threads, SETTINGS.check


@pytest.mark.of("numpy")
def test_a_setting_is_of_one_thread() -> None:
    at_first = _settings()
    set_there, looked_here = threading.Event(), threading.Event()

    def there() -> tuple[int, str]:
        with lossary.config(threads=3, check="never"):
            set_there.set()
            assert looked_here.wait(10)
            return _settings()

    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(there)
        assert set_there.wait(10)
        assert _settings() == at_first
        with pytest.raises(lossary.LossInputError):
            lossary.hinge(0.0, 5)
        looked_here.set()
        assert found.result() == (3, "never")
        assert pool.submit(_settings).result() == at_first
    with lossary.config(check="never"):
        lossary.hinge(0.0, 5)
        assert _in_thread(_settings) == at_first


@pytest.mark.of("numpy")
def test_the_threads_of_a_call_are_those_that_its_thread_has_set() -> None:
    x = np.random.default_rng(0).normal(size=1 << 20)
    want = float(lossary.huber(x, 0.0))
    callers = 4

    def call(threads: int) -> float:
        with lossary.config(threads=threads):
            return float(lossary.huber(x, 0.0))

    with ThreadPoolExecutor(callers) as pool:
        assert list(pool.map(call, range(1, callers + 1))) == pytest.approx([want] * callers)


@pytest.mark.of("numpy")
def test_tasks_of_one_thread_share_its_settings() -> None:
    async def look() -> str:
        return SETTINGS.check

    async def run() -> tuple[str, str]:
        with lossary.config(check="never"):
            inside = await asyncio.create_task(look())
        return inside, await asyncio.create_task(look())

    assert asyncio.run(run()) == ("never", "auto")


@pytest.mark.skipif(all(library.name != "torch" for library in selected()), reason="about torch")
def test_compiled_by_torch_with_settings() -> None:
    import torch

    @torch.compile(backend="eager", fullgraph=True)
    def compiled(x: Any, y: Any) -> Any:
        with lossary.config(check="never"):
            return lossary.sigmoid_binary_cross_entropy(x, y)

    x, y = torch.zeros(3), torch.ones(3)
    assert float(compiled(x, y)) == pytest.approx(np.log(2))
    assert SETTINGS.check == "auto"
    with lossary.config(check="never"):
        plain = torch.compile(lossary.sigmoid_binary_cross_entropy, backend="eager", fullgraph=True)
        assert float(plain(x, y)) == pytest.approx(np.log(2))

"""The machine the times were taken on, and whether it was busy with other work."""

import os
import platform
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from numpy._core._multiarray_umath import __cpu_dispatch__

import lossary

_NUMPY_AVX512 = [name for name in __cpu_dispatch__ if name == "X86_V4" or name.startswith("AVX512")]
_PACKAGES = ("numpy", "jax", "torch", "optax", "keras", "scipy", "scikit-learn", "numexpr", "numba")


def describe() -> dict[str, Any]:
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gb": _memory(),
        "system": f"{platform.system()} {platform.machine()}",
        "transparent_huge_pages": _huge_pages(),
        "versions": {
            "python": platform.python_version(),
            "lossary": lossary.__version__,
            **{name: found for name in _PACKAGES if (found := _version(name))},
        },
    }


def sentence(machine: dict[str, Any]) -> str:
    """The same as text."""
    memory = f", {machine['memory_gb']} GB" if machine["memory_gb"] else ""
    pages = machine["transparent_huge_pages"]
    pages = f", transparent huge pages: {pages}" if pages else ""
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    return f"{machine['cpu']}, {machine['cores']} cores{memory}, {machine['system']}{pages}. {versions}."


def narrower() -> dict[str, str]:
    """The environment in which libraries use AVX2 on a machine with AVX-512; empty on others."""
    if "AVX-512" not in _cpu():
        return {}
    return {
        "ATEN_CPU_CAPABILITY": "avx2",
        "NPY_DISABLE_CPU_FEATURES": " ".join(_NUMPY_AVX512),
        "XLA_FLAGS": f"{os.environ.get('XLA_FLAGS', '')} --xla_cpu_max_isa=AVX2".strip(),
    }


def busy() -> float | None:
    """Seconds of CPU time that other processes used or a hypervisor took away."""
    try:
        with open("/proc/stat", encoding="ascii") as file:
            user, nice, system, _, _, irq, softirq, steal = map(int, file.readline().split()[1:9])
    except (OSError, ValueError):
        return None
    ticks = user + nice + system + irq + softirq + steal
    return ticks / os.sysconf("SC_CLK_TCK") - time.process_time()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _cpu() -> str:
    """The model and its widest vectors, because the names of virtual CPUs do not tell."""
    if not sys.platform.startswith("linux"):
        return platform.processor() or platform.machine()
    lines = [line.partition(":") for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()]
    found = {key.strip(): value.strip() for key, _, value in reversed(lines)}
    flags = found.get("flags", "").split()
    widest = next((name for flag, name in _VECTORS.items() if flag in flags), "")
    return f"{found.get('model name', platform.machine())}{widest}"


_VECTORS = {"avx512f": " (AVX-512)", "avx2": " (AVX2)"}


def _memory() -> int | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9)
    except (AttributeError, OSError, ValueError):
        return None


def _huge_pages() -> str | None:
    """The kernel's setting, which decides what fresh memory costs."""
    try:
        text = Path("/sys/kernel/mm/transparent_hugepage/enabled").read_text(encoding="ascii")
    except OSError:
        return None
    return text.partition("[")[2].partition("]")[0]

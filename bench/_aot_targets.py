"""Accelerators that need not be present: their compilers come in wheels and report what a program needs."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

_H100 = {
    "gpu_device_info": {
        "threads_per_block_limit": 1024,
        "threads_per_warp": 32,
        "shared_memory_per_block": 48 << 10,
        "shared_memory_per_block_optin": 227 << 10,
        "shared_memory_per_core": 228 << 10,
        "threads_per_core_limit": 2048,
        "core_count": 132,
        "fpus_per_core": 128,
        "block_dim_limit_x": (1 << 31) - 1,
        "block_dim_limit_y": (1 << 16) - 1,
        "block_dim_limit_z": (1 << 16) - 1,
        "memory_bandwidth": 3_352_320_000_000,
        "l2_cache_size": 50 << 20,
        "clock_rate_ghz": 1.98,
        "device_memory_size": 79 << 30,
        "cuda_compute_capability": {"major": 9},
        "registers_per_core_limit": 1 << 16,
        "registers_per_block_limit": 1 << 16,
    },
    "platform_name": '"CUDA"',
    "dnn_version_info": {"major": 9, "minor": 6},
    "device_description_str": '"NVIDIA H100 80GB HBM3"',
}
"""The board, as XLA wants it described."""


class Target(NamedTuple):
    wheels: tuple[str, ...]
    """The modules that contain the compiler."""
    environment: Callable[[], dict[str, str]]
    devices: Callable[[], list[Any]]
    """A board of eight."""

    def is_installed(self) -> bool:
        return all(importlib.util.find_spec(name) for name in self.wheels)


def _tpus() -> list[Any]:
    from jax.experimental import topologies

    topology = topologies.get_topology_desc(platform="tpu", topology_name="v5e:2x4")
    return list(topology.devices)


def _gpus() -> list[Any]:
    from jax.experimental import topologies

    described = {"target_config": _as_text(_H100), "topology": "1x1x8"}
    topology = topologies.get_topology_desc(platform="cuda", topology_name="h100", **described)
    return list(topology.devices)


def _as_text(message: dict[str, Any]) -> str:
    """The text format of a protocol buffer."""
    lines = [f"{k} {{ {_as_text(v)} }}" if isinstance(v, dict) else f"{k}: {v}" for k, v in message.items()]
    return "\n".join(lines)


def _for_tpus() -> dict[str, str]:
    return {"TPU_SKIP_MDS_QUERY": "1"}


def _for_gpus() -> dict[str, str]:
    spec = importlib.util.find_spec("nvidia")
    places = [] if spec is None else spec.submodule_search_locations or []
    tools = next((path for place in places if (path := Path(place) / "cuda_nvcc").is_dir()), Path())
    return {"XLA_FLAGS": f"--xla_gpu_cuda_data_dir={tools} --xla_gpu_autotune_level=0"}


TARGETS = {
    "TPU v5e": Target(("libtpu",), _for_tpus, _tpus),
    "H100": Target(("jax_cuda12_plugin", "nvidia"), _for_gpus, _gpus),
}

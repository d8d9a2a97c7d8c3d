"""The array libraries that every test body runs on, each behind the same small interface."""

import importlib.util
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any

import numpy as np
import pytest

HALVES = ("float16", "bfloat16")
FULL = os.environ.get("LOSSARY_TEST_FULL") == "1"
"""Whether all rows are compiled as well, which takes most of an hour: `nox -s tests-full`."""


class Library:
    """NumPy, and what the others change."""

    name = "numpy"
    needs = "numpy"
    is_variant = False
    """Whether the same library is tested in a plainer form too."""
    is_brief = False
    """Whether one row of each loss will do, as the same formulas are tried on NumPy with all rows."""
    is_slow = False
    """Whether it is tested only where it is named, as a test takes seconds."""
    knows_sizes = True
    """Whether the sizes of arrays are known before they are computed."""
    derives = False
    """Whether it has automatic differentiation of its own."""

    def float_dtypes(self) -> tuple[str, ...]:
        return ("float32", "float64")

    def array(self, values: Any, dtype: str | None = None) -> Any:
        return np.asarray(values, dtype=dtype)

    def to_numpy(self, x: Any) -> np.ndarray:
        return np.asarray(x)

    def call(self, function: Callable[..., Any], *arrays: Any, **options: Any) -> Any:
        return function(*arrays, **options)

    def dtype_of(self, x: Any) -> str:
        return str(x.dtype).rsplit(".", 1)[-1]

    def gradients(self, function: Callable[..., Any], arrays: Any, positions: Any = (0,)) -> list[Any]:
        """The library's own derivatives of `function` in those of its arguments."""
        raise NotImplementedError


class ReadOnlyNumPy(Library):
    """Arrays that raise when written to."""

    name = "numpy-readonly"
    is_variant = True

    def array(self, values: Any, dtype: str | None = None) -> Any:
        x = np.array(values, dtype=dtype)
        x.flags.writeable = False
        return x


class Strict(Library):
    """Only what the standard promises; here on a device that is not the default one."""

    name = "strict"
    needs = "array_api_strict"
    device = "CPU_DEVICE"

    def array(self, values: Any, dtype: str | None = None) -> Any:
        import array_api_strict as strict

        x = np.asarray(values, dtype=dtype)
        return strict.asarray(x, dtype=getattr(strict, str(x.dtype)), device=strict.Device(self.device))

    def to_numpy(self, x: Any) -> np.ndarray:
        import array_api_strict as strict

        return np.from_dlpack(x.to_device(strict.Device("CPU_DEVICE")))


class StrictDevice(Strict):
    name = "strict-device1"
    is_variant = True
    device = "device1"


class StrictWithoutFloat64(Strict):
    """What a GPU without double precision looks like."""

    name = "strict-no-float64"
    is_variant = True
    device = "no_float64"

    def float_dtypes(self) -> tuple[str, ...]:
        return ("float32",)


class Jax(Library):
    name = "jax"
    needs = "jax"
    derives = True

    is_brief = not FULL

    def float_dtypes(self) -> tuple[str, ...]:
        import jax

        return ("float32", "float64") if jax.config.jax_enable_x64 else ("float32",)

    def array(self, values: Any, dtype: str | None = None) -> Any:
        import jax.numpy as jnp

        x = np.asarray(values)
        return jnp.asarray(x.astype(x.dtype if dtype is None else jnp.dtype(dtype)))

    def gradients(self, function: Callable[..., Any], arrays: Any, positions: Any = (0,)) -> list[Any]:
        import jax

        return list(self.call(jax.grad(function, argnums=tuple(positions)), *arrays))


class JaxJit(Jax):
    """Every call is traced: arrays are arguments of the compiled function, the rest is static."""

    name = "jax-jit"
    is_variant = True
    is_brief = True

    def call(self, function: Callable[..., Any], *arrays: Any, **options: Any) -> Any:
        import jax

        named = {**dict(enumerate(arrays)), **options}
        traced = {str(k): v for k, v in named.items() if isinstance(v, jax.Array | np.ndarray)}

        def run(traced: dict[str, Any]) -> Any:
            given = {k: traced.get(str(k), v) for k, v in named.items()}
            return function(*[given.pop(i) for i in range(len(arrays))], **given)

        return jax.jit(run)(traced)


class Torch(Library):
    name = "torch"
    needs = "torch"
    derives = True

    def array(self, values: Any, dtype: str | None = None) -> Any:
        import torch

        return torch.tensor(np.asarray(values)).to(None if dtype is None else getattr(torch, dtype))

    def to_numpy(self, x: Any) -> np.ndarray:
        x = x.detach()
        return (x.float() if self.dtype_of(x) == "bfloat16" else x).numpy()

    def gradients(self, function: Callable[..., Any], arrays: Any, positions: Any = (0,)) -> list[Any]:
        import torch

        arrays = list(arrays)
        for i in positions:
            arrays[i] = arrays[i].clone().requires_grad_()
        return list(torch.autograd.grad(function(*arrays), [arrays[i] for i in positions]))


class TorchAccelerator(Torch):
    """What a GPU is given to do, done by a CPU: NumPy reaches no tensor, and nobody reads their values."""

    name = "torch-accelerator"
    is_variant = True

    def call(self, function: Callable[..., Any], *arrays: Any, **options: Any) -> Any:
        with as_if_on_an_accelerator():
            return super().call(function, *arrays, **options)

    def gradients(self, function: Callable[..., Any], arrays: Any, positions: Any = (0,)) -> list[Any]:
        with as_if_on_an_accelerator():
            return super().gradients(function, arrays, positions)


@contextmanager
def as_if_on_an_accelerator() -> Iterator[None]:
    """Have programs made for torch's CPU tensors that are those of a GPU's."""
    from lossary._backend import _torch, _torch_program
    from lossary._engine import _run
    from lossary._program._library import Reading

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_torch_program, "_is_on", lambda types, plan: "cuda" in types)
        patch.setattr(_torch.Torch, "reading", lambda self, x: Reading.COSTLY)
        patch.setattr(_run, "_program", _programs_of_accelerators())
        yield


@cache
def _programs_of_accelerators() -> Any:
    from lossary._engine import _run

    return lru_cache(_run._MOST)(_run._lower)


class Dask(Library):
    """Chunked on every axis, and computed only where a test looks at the numbers."""

    name = "dask"
    needs = "dask.array"
    is_brief = True

    def array(self, values: Any, dtype: str | None = None) -> Any:
        import dask.array as da

        x = np.asarray(values, dtype=dtype)
        return da.from_array(x, chunks=tuple(max(1, -(-n // 2)) for n in x.shape))

    def to_numpy(self, x: Any) -> np.ndarray:
        with np.errstate(all="ignore"):  # in this thread, so that it reaches the computation
            return np.asarray(x.compute(scheduler="synchronous") if hasattr(x, "compute") else x)


class Cubed(Library):
    """Chunked on every axis, and computed only where a test looks at the numbers."""

    name = "cubed"
    needs = "cubed"
    is_brief = True
    is_slow = True

    def array(self, values: Any, dtype: str | None = None) -> Any:
        import cubed

        x = np.asarray(values, dtype=dtype)
        spec = cubed.Spec(allowed_mem="100MB", reserved_mem="0MB", executor_name="single-threaded")
        return cubed.from_array(x, chunks=tuple(max(1, -(-n // 2)) for n in x.shape), spec=spec)

    def to_numpy(self, x: Any) -> np.ndarray:
        with np.errstate(all="ignore"):  # in this thread, so that it reaches the computation
            return np.asarray(x.compute() if hasattr(x, "compute") else x)


class TensorFlow(Library):
    name = "tensorflow"
    needs = "tensorflow"
    derives = True
    is_brief = not FULL

    def array(self, values: Any, dtype: str | None = None) -> Any:
        import tensorflow as tf

        x = tf.constant(np.asarray(values))
        return x if dtype is None else tf.cast(x, dtype)

    def to_numpy(self, x: Any) -> np.ndarray:
        import tensorflow as tf

        return (tf.cast(x, tf.float32) if self.dtype_of(x) == "bfloat16" else tf.convert_to_tensor(x)).numpy()

    def dtype_of(self, x: Any) -> str:
        return x.dtype.name

    def gradients(self, function: Callable[..., Any], arrays: Any, positions: Any = (0,)) -> list[Any]:
        import tensorflow as tf

        def gradients(*arrays: Any) -> Any:
            watched = [arrays[i] for i in positions]
            with tf.GradientTape() as tape:
                tape.watch(watched)
                result = function(*arrays)
            return tape.gradient(result, watched)

        return list(self.call(gradients, *arrays))


class TensorFlowFunction(TensorFlow):
    """Every call is traced, with a first axis of unknown size."""

    name = "tensorflow-function"
    is_variant = True
    is_brief = True
    knows_sizes = False

    def call(self, function: Callable[..., Any], *arrays: Any, **options: Any) -> Any:
        import tensorflow as tf

        named = {**{str(i): a for i, a in enumerate(arrays)}, **options}
        traced = {k: v for k, v in named.items() if tf.is_tensor(v)}
        specs = {k: tf.TensorSpec([None, *v.shape[1:]][: v.ndim], v.dtype) for k, v in traced.items()}

        @tf.function(input_signature=[specs])
        def run(traced: dict[str, Any]) -> Any:
            given = {k: traced.get(k, v) for k, v in named.items()}
            return function(*[given.pop(str(i)) for i in range(len(arrays))], **given)

        return run(traced)


class Onnx(Library):
    """Arrays that have values: ndonnx computes them on the way, by a program for each operation."""

    name = "ndonnx"
    needs = "ndonnx"
    is_brief = True
    is_slow = True

    def array(self, values: Any, dtype: str | None = None) -> Any:
        import ndonnx as ndx

        return ndx.asarray(np.asarray(values, dtype=dtype))

    def to_numpy(self, x: Any) -> np.ndarray:
        return x if isinstance(x, np.ndarray) else x.unwrap_numpy()


class OnnxGraph(Onnx):
    """Every call becomes a graph with a first axis of unknown size, which onnxruntime computes."""

    name = "ndonnx-graph"
    is_variant = True
    knows_sizes = False

    def call(self, function: Callable[..., Any], *arrays: Any, **options: Any) -> Any:
        import ndonnx as ndx

        named = {**{f"a{i}": a for i, a in enumerate(arrays)}, **options}
        given = {k: v.unwrap_numpy() for k, v in named.items() if isinstance(v, ndx.Array)}
        inputs = {
            k: ndx.argument(shape=(f"size of {k}", *v.shape[1:])[: v.ndim], dtype=named[k].dtype)
            for k, v in given.items()
        }
        rest = {**named, **inputs}
        result = function(*[rest.pop(f"a{i}") for i in range(len(arrays))], **rest)
        return onnx_program(inputs, result)(given)


def onnx_program(inputs: dict[str, Any], result: Any) -> Callable[[dict[str, np.ndarray]], Any]:
    """What onnxruntime makes of a graph that gives an array, or a tuple of them."""
    import ndonnx as ndx
    import onnxruntime

    outputs = {f"r{i}": r for i, r in enumerate(result if isinstance(result, tuple) else (result,))}
    graph = ndx.build(inputs, outputs).SerializeToString()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # else what fails is printed as well as raised
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    used = {i.name for i in session.get_inputs()}

    def run(given: dict[str, np.ndarray]) -> Any:
        found = session.run(None, {k: v for k, v in given.items() if k in used})
        if hasattr(result, "_make"):
            return result._make(found)
        return tuple(found) if isinstance(result, tuple) else found[0]

    return run


class MLX(Library):
    name = "mlx"
    needs = "mlx.core"
    derives = True
    is_brief = not FULL

    def array(self, values: Any, dtype: str | None = None) -> Any:
        import mlx.core as mx

        x = np.asarray(values)
        return mx.array(x, dtype=getattr(mx, "bool_" if x.dtype == bool else dtype or x.dtype.name))

    def to_numpy(self, x: Any) -> np.ndarray:
        import mlx.core as mx

        return np.asarray(x.astype(mx.float32) if self.dtype_of(x) == "bfloat16" else x)

    def gradients(self, function: Callable[..., Any], arrays: Any, positions: Any = (0,)) -> list[Any]:
        import mlx.core as mx

        found = self.call(mx.grad(function, argnums=tuple(positions)), *arrays)
        return list(found) if len(positions) > 1 else [found]


class MLXCompiled(MLX):
    """Every call is traced by `mx.compile`."""

    name = "mlx-compiled"
    is_variant = True
    is_brief = True

    def call(self, function: Callable[..., Any], *arrays: Any, **options: Any) -> Any:
        import mlx.core as mx

        named = {**{str(i): a for i, a in enumerate(arrays)}, **options}
        traced = {k: v for k, v in named.items() if isinstance(v, mx.array)}

        @mx.compile
        def run(traced: dict[str, Any]) -> Any:
            given = {k: traced.get(k, v) for k, v in named.items()}
            return function(*[given.pop(str(i)) for i in range(len(arrays))], **given)

        return run(traced)


ALL = {
    library.name: library
    for library in (
        Library(),
        ReadOnlyNumPy(),
        Strict(),
        StrictDevice(),
        StrictWithoutFloat64(),
        Jax(),
        JaxJit(),
        Torch(),
        TorchAccelerator(),
        Dask(),
        TensorFlow(),
        TensorFlowFunction(),
        Onnx(),
        OnnxGraph(),
        MLX(),
        MLXCompiled(),
        Cubed(),
    )
}

REQUIRED = os.environ.get("LOSSARY_REQUIRE_BACKEND") == "1"
"""Whether a library that is asked for but missing fails the tests rather than skipping them."""


def selected() -> list[Library]:
    """Those named in LOSSARY_TEST_BACKENDS, by the module they need; by default the quick ones installed."""
    wanted = os.environ.get("LOSSARY_TEST_BACKENDS")
    quick = {library.needs for library in ALL.values() if not library.is_slow}
    names = wanted.split(",") if wanted else sorted(quick)
    missing = [name for name in names if importlib.util.find_spec(name.split(".")[0]) is None]
    if missing and wanted and REQUIRED:
        raise ModuleNotFoundError(f"LOSSARY_TEST_BACKENDS asks for {', '.join(missing)}: not installed")
    return [library for library in ALL.values() if library.needs in names and library.needs not in missing]

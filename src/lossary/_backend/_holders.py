"""Objects that hold or resemble arrays: unwrapped if nothing is lost, otherwise rejected by name.

Nothing is imported for this, because classes are recognized by name. Only unknown types are inspected, so
real arrays pay nothing.
"""

from typing import Any, NamedTuple

import numpy as np

from lossary._check import LossTypeError, mistake
from lossary._program._tracing import tracing
from lossary._typing import Array


def is_holder(x: Any) -> bool:
    """Whether `plain` turns it into an array: a Keras or flax variable, or what JAX accepts as an array."""
    if type(x).__module__.startswith("keras."):
        return hasattr(x, "value")
    return hasattr(type(x), "__jax_array__") and callable(x.__jax_array__)  # None for tracers


def plain(x: Any) -> Array:
    """The array that an object holds, still differentiable; other objects are returned unchanged."""
    if tracing() or x is None or isinstance(x, float | int | np.ndarray) or not is_holder(x):
        return x
    return x.value if type(x).__module__.startswith("keras.") else x.__jax_array__()


class _Refusal(NamedTuple):
    fix: str
    why: str = ""


_LABELED = "a loss goes by position, and would ignore the index that says which numbers belong together"
_UNITS = "a loss would drop its unit: meters would be compared with feet, and no result is in meters"
_MISSING = "what is missing would have to be guessed"
_SPARSE = "a loss of what is not stored is not 0, so the result would be dense anyway"
_RAGGED = "its rows differ in length"
_PAD = "pad the rows to one length, and pass where= for what is not padding"

_BOOSTED = "a loss returns no gradient and curvature, which an objective does"

_COLUMN = _Refusal("pass x.to_numpy()", _LABELED)
_ARROW = _Refusal("pass x.to_numpy(zero_copy_only=False)", _MISSING)
_UNIT = _Refusal("pass x.to_value(), with all arrays in one unit", _UNITS)

REFUSED: dict[str, dict[str, _Refusal]] = {
    "numpy": {
        "MaskedArray": _Refusal("pass x.data with where=~x.mask", "its mask would be lost on the way"),
        "matrix": _Refusal("pass np.asarray(x)", "its rules for shapes would be lost on the way"),
    },
    "pandas": {
        "Series": _COLUMN,
        "DataFrame": _COLUMN,
        "Index": _COLUMN,
        "ExtensionArray": _Refusal("pass x.to_numpy()", _MISSING),
    },
    "polars": {"Series": _Refusal("pass x.to_numpy()"), "DataFrame": _Refusal("pass x.to_numpy()")},
    "pyarrow": {
        "Array": _ARROW,
        "ChunkedArray": _Refusal("pass x.to_numpy()", _MISSING),
        "Tensor": _Refusal("pass x.to_numpy()"),
    },
    "xarray": {"DataArray": _Refusal("pass x.data", _LABELED), "Variable": _Refusal("pass x.data", _LABELED)},
    "astropy": {"Quantity": _UNIT},
    "unyt": {"unyt_array": _UNIT},
    "pint": {"PlainQuantity": _Refusal("pass x.magnitude, with all arrays in one unit", _UNITS)},
    "autograd": {
        "Box": _Refusal(
            "f = autograd.extend.primitive(loss); autograd.extend.defvjp(f, lambda out, x, *more:"
            " lambda g: g * lossary.value_and_grad(loss)(x, *more)[1])",
            "autograd follows its own NumPy alone, and lossary knows the gradient without it",
        )
    },
    "sparse": {"SparseArray": _Refusal("pass x.todense()", _SPARSE)},
    "scipy": {"_spbase": _Refusal("pass x.toarray()", _SPARSE)},
    "jax": {"JAXSparse": _Refusal("pass x.todense()", _SPARSE), "Ref": _Refusal("pass x[...]")},
    "tensorflow": {
        "SparseTensor": _Refusal("pass tf.sparse.to_dense(x)", _SPARSE),
        "RaggedTensor": _Refusal("pass x.to_tensor() with where=tf.sequence_mask(x.row_lengths())", _RAGGED),
        "TensorArray": _Refusal("pass x.stack()"),
        "IndexedSlices": _Refusal("pass tf.convert_to_tensor(x)", _SPARSE),
    },
    "ragged": {"array": _Refusal(_PAD, _RAGGED)},
    "awkward": {"Array": _Refusal("pass ak.to_numpy(x) if all rows have one length; else " + _PAD, _RAGGED)},
    "blosc2": {
        "NDArray": _Refusal("pass x[:]", "its functions are not those of the standard that they look like"),
        "LazyArray": _Refusal("pass x[:]", "its functions are not those of the standard that they look like"),
    },
    "xgboost": {"DMatrix": _Refusal("an Objective of lossary.integrations.boosting", _BOOSTED)},
    "lightgbm": {"Dataset": _Refusal("an Objective of lossary.integrations.boosting", _BOOSTED)},
    "builtins": {"memoryview": _Refusal("pass np.asarray(x)")},
}
"""For each package and class: what to write instead, and why this is not automatic."""


def must_be_known(x: Any, what: str) -> None:
    """Raise if an object is known not to be a plain array, even if it has an array's methods."""
    for cls in type(x).__mro__:
        refusal = REFUSED.get(cls.__module__.partition(".")[0], {}).get(cls.__name__)
        if refusal is not None:
            raise refused(x, what, refusal.fix, refusal.why)
    if hasattr(x, "__array_namespace__") and hasattr(x, "mask") and hasattr(x, "data"):
        raise refused(x, what, "pass x.data with where=~x.mask", "its mask would be lost on the way")


def refused(x: Any, what: str, fix: str, why: str = "") -> Exception:
    name = type_name(x)
    return mistake(
        "L005", f"{what} must be a plain array, got a {name}", why=why, fix=fix, kind=LossTypeError
    )


def type_name(x: Any) -> str:
    kind = type(x)
    return (
        kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__.split('.')[0]}.{kind.__name__}"
    )

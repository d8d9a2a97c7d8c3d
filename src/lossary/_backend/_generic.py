"""Any library that conforms to the array API standard, without further knowledge of it."""

from collections.abc import Callable
from typing import Any, Self

import array_api_compat
import numpy as np

from lossary._check import LossTypeError, mistake
from lossary._program._check_values import check_values
from lossary._program._formulas import Formulas
from lossary._program._library import Library
from lossary._program._plan import Operands, Plan
from lossary._program._steps import evaluate
from lossary._typing import Array

_OLDEST, _WITHOUT_CARE = "2023.12", "2024.12"
"""The oldest version of the standard that losses can run on, and the first that needs no substitutes."""


class _FormulasOf2023(Formulas):
    """Substitutes for what the standard added in 2024: indexing of rows, counting, and numbers in `where`."""

    pick = Formulas.select

    def gather(self, x: Array, ids: Array) -> Array:
        return self.select(x[..., None, :], ids)

    def count_nonzero(self, x: Array, axis: Any = None) -> Array:
        return self.sum(self.astype(x, self.int64), axis=axis)

    def where(self, condition: Array, x: Any, y: Any) -> Array:
        like = x if hasattr(x, "dtype") else y
        x, y = [z if hasattr(z, "dtype") else self.full_like(like, z) for z in (x, y)]
        return self.namespace.where(condition, x, y)


class Generic(Library):
    namespace: Any = None
    """The namespace that the arrays report."""

    @classmethod
    def of_namespace(cls, namespace: Any, what: str) -> Self:
        name = str(getattr(namespace, "__name__", type(namespace).__name__))
        version = str(getattr(namespace, "__array_api_version__", _WITHOUT_CARE))
        if version < _OLDEST:
            raise _too_old(what, name, version)
        formulas = Formulas if version >= _WITHOUT_CARE else _FormulasOf2023
        library = cls(name, formulas(namespace))
        library.namespace = namespace
        return library

    def lower(self, plan: Plan) -> Callable[[Operands, bool], Any]:
        def program(operands: Operands, thorough: bool) -> Any:
            unread = check_values(plan, operands, thorough)
            # The unused branch of a `where` and the correct log(0) = -inf would make NumPy and libraries on
            # it warn.
            with np.errstate(all="ignore"):
                return evaluate(self, plan, unread, operands)

        return program


def namespace_of(array: Array) -> Any:
    """The namespace of an array; array-api-compat's where it is better than the library's own."""
    if array_api_compat.is_cupy_array(array):
        return array_api_compat.array_namespace(array)
    return array.__array_namespace__()


def _too_old(what: str, name: str, version: str) -> Exception:
    return mistake(
        "L013",
        f"{what} is an array of {name}, which follows version {version} of the array API standard",
        why=f"losses are written in that of {_OLDEST}, the first in which a library says which dtypes it has",
        fix=f"a newer release of {name}, or NumPy: np.asarray(x) or np.from_dlpack(x)",
        kind=LossTypeError,
    )

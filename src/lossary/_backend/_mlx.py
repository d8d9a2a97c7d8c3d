"""MLX: eager, compiled, and in `grad`, `vjp`, `jvp` and `vmap`, nested in any order.

MLX evaluates lazily, so gradients in labels and parameters, which use autodiff, cost nothing if unused.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import mlx.core as mx
import numpy as np

from lossary._backend._mlx_derived import gradients, with_derivative
from lossary._backend._mlx_namespace import DIFFERENTIATED, NAMESPACE, is_on_cpu
from lossary._kernel import Kernel
from lossary._program._check_values import check_values
from lossary._program._library import Library, Reading
from lossary._program._plan import Operands, Plan
from lossary._program._rule import Inputs, Rule
from lossary._program._steps import evaluate
from lossary._typing import Array


class MLX(Library):
    differentiated: Any = DIFFERENTIATED
    """The namespace for formulas that automatic differentiation goes through."""

    def __init__(self, xp: Any = NAMESPACE) -> None:
        super().__init__("MLX", xp)

    def default_dtype(self, kind: str, device: Any) -> Any:
        return mx.float32 if kind == "real floating" else mx.int64

    def device(self, x: Array) -> Any:
        return None  # memory is shared: operations have devices, arrays do not

    def sum(self, x: Array, axis: tuple[int, ...]) -> Array:
        return mx.sum(x.astype(mx.float64) if is_on_cpu() else x, axis=axis)

    def reading(self, x: Array) -> Reading:
        if not isinstance(x, mx.array):
            return Reading.FREE
        if not is_on_cpu():
            return Reading.COSTLY
        try:
            mx.eval(x)
        except ValueError:  # in `compile` or `vmap`
            return Reading.IMPOSSIBLE
        return Reading.FREE

    def host_values(self, x: Array) -> np.ndarray[Any, Any]:
        unknown = isinstance(x, mx.array) and x.dtype == mx.bfloat16  # a dtype that NumPy lacks
        return np.asarray(x.astype(mx.float32) if unknown else x)

    def lower(self, plan: Plan) -> Callable[[Operands, bool], Any]:
        def program(operands: Operands, thorough: bool) -> Any:
            return evaluate(self, plan, check_values(plan, operands, thorough), operands)

        return program

    def results(
        self, kernel: Kernel, orders: tuple[int, ...], arrays: tuple[Array, ...], params: Mapping[str, Any]
    ) -> list[Array]:
        numbers = {name: value for name, value in params.items() if not isinstance(value, mx.array)}
        names = tuple([name for name in params if name not in numbers])
        inputs = (*arrays, *[params[name] for name in names])
        return [_result(kernel, order, numbers, names, inputs) for order in orders]

    def derived(self, rule: Rule, inputs: Inputs, options: Any) -> Array:
        count, wanted = len(inputs.arrays), tuple([a is not None for a in inputs.arrays])
        all_of_them = (*inputs.arrays, *inputs.beside)
        places = [i for i, a in enumerate(all_of_them) if isinstance(a, mx.array)]

        def whole(values: Sequence[Array]) -> Inputs:
            merged = list(all_of_them)
            for i, value in zip(places, values, strict=True):
                merged[i] = value
            return Inputs(tuple(merged[:count]), tuple(merged[count:]))

        def value(*values: Array) -> Array:
            return rule.value(self, whole(values), options)[0]

        def pull(cotangent: Array, values: Sequence[Array]) -> list[Array | None]:
            _, saved = rule.value_to_pull(_OF_OPERATIONS, whole(values), options, wanted)
            found = rule.pull(_OF_OPERATIONS, whole(values), options, saved, cotangent, wanted)
            arrays = values[: sum(wanted)]
            of_beside = gradients(
                lambda *beside: rule.value(_OF_OPERATIONS, whole([*arrays, *beside]), options)[0],
                cotangent,
                values[len(arrays) :],
            )
            return [*[slope for slope in found if slope is not None], *of_beside]

        return with_derivative(value, pull, *[all_of_them[i] for i in places])


def _result(
    kernel: Kernel, order: int, numbers: Mapping[str, Any], names: tuple[str, ...], inputs: Sequence[Array]
) -> Array:
    """A formula as a function of a kernel's arrays and of the named array parameters."""
    count = len(kernel.takes)

    def parts(inputs: Sequence[Array]) -> tuple[Sequence[Array], dict[str, Any]]:
        return inputs[:count], {**numbers, **dict(zip(names, inputs[count:], strict=True))}

    def formula(xp: Any, *inputs: Array) -> Array:
        arrays, params = parts(inputs)
        return kernel.formulas[order](*arrays, xp=xp, **params)

    def pull(u: Array, inputs: Sequence[Array]) -> list[Array | None]:
        if order == 2:
            return gradients(lambda *inputs: formula(DIFFERENTIATED, *inputs), u, inputs)
        x, *others = inputs
        if order == 1:
            arrays, params = parts(inputs)
            first = kernel.times_derivative(u, *arrays, xp=DIFFERENTIATED, **params)
        else:
            slope = _result(kernel, 1, numbers, names, inputs)
            first = slope * (u[..., None] if kernel.has_classes else u)
        return [first, *gradients(lambda *others: formula(DIFFERENTIATED, x, *others), u, others)]

    return with_derivative(lambda *inputs: formula(NAMESPACE, *inputs), pull, *inputs)


_OF_OPERATIONS = MLX(MLX.differentiated)
"""For rules that automatic differentiation goes through."""

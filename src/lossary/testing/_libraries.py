"""The array libraries to test a loss on: its values and, with autodiff, its gradients."""

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from importlib.util import find_spec
from typing import Any, TypeAlias, cast

import numpy as np

Values: TypeAlias = np.ndarray[Any, Any]
Loss: TypeAlias = Callable[..., Any]


class Library:
    """NumPy, and the base of the other libraries."""

    name = "numpy"
    derives = False

    def array(self, x: Values) -> Any:
        return x.copy()

    def to_numpy(self, x: Any) -> Values:
        return np.asarray(x)

    def precision(self) -> AbstractContextManager[Any]:
        """A context in which float64 stays float64."""
        return nullcontext()

    def value(self, loss: Loss, x: Values, y: Values, **options: Any) -> Values:
        with self.precision(), np.errstate(all="ignore"):
            return self.to_numpy(loss(self.array(x), self.array(y), **options))

    def gradient(self, loss: Loss, x: Values, y: Values) -> Values:
        """The gradient in the predictions of the sum of the returned losses."""
        raise NotImplementedError

    def compiled(self, loss: Loss) -> Loss | None:
        return None


class Jax(Library):
    name = "jax"
    derives = True

    def array(self, x: Values) -> Any:
        import jax.numpy as jnp

        return jnp.asarray(x)

    def precision(self) -> AbstractContextManager[Any]:
        import jax

        if hasattr(jax, "enable_x64"):
            return cast(AbstractContextManager[Any], jax.enable_x64(True))
        from jax.experimental import enable_x64

        return cast(AbstractContextManager[Any], enable_x64(True))

    def gradient(self, loss: Loss, x: Values, y: Values) -> Values:
        import jax

        derive = _derivative(loss)
        with self.precision():
            try:
                return self.to_numpy(jax.jit(derive)(self.array(x), self.array(y)))
            except Exception:  # if it cannot be compiled, try it eagerly: `jit` is a separate check
                return self.to_numpy(derive(self.array(x), self.array(y)))

    def compiled(self, loss: Loss) -> Loss:
        import jax

        return cast(Loss, jax.jit(loss))


@lru_cache(maxsize=1)
def _derivative(loss: Loss) -> Loss:
    """The same function for the same loss, so JAX compiles it once."""
    import jax

    return cast(Loss, jax.grad(lambda x, y: loss(x, y).sum()))


class Torch(Library):
    name = "torch"
    derives = True

    def array(self, x: Values) -> Any:
        import torch

        return torch.tensor(x)

    def to_numpy(self, x: Any) -> Values:
        return np.asarray(x.detach().cpu())

    def gradient(self, loss: Loss, x: Values, y: Values) -> Values:
        predictions = self.array(x).requires_grad_()
        loss(predictions, self.array(y)).sum().backward()
        if predictions.grad is None:
            return np.full(x.shape, math.nan)
        return self.to_numpy(predictions.grad)


_KNOWN = {"numpy": Library, "jax": Jax, "torch": Torch}


def libraries(names: tuple[str, ...] | None) -> list[Library]:
    """The libraries with these names, or all that are installed."""
    chosen = _KNOWN if names is None else names
    for name in chosen:
        if name not in _KNOWN:
            raise ValueError(f"check_loss: `libraries` must be among {', '.join(_KNOWN)}, got {name!r}")
    return [_KNOWN[name]() for name in chosen if names is not None or find_spec(name) is not None]

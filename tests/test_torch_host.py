"""torch's exponentials and logarithms in NumPy's place, on every processor."""

from typing import Any

import numpy as np
import pytest

from lossary._backend._numpy_formulas import FEW
from tests.cases import OF_PAIRS, Case, first_of_each

torch = pytest.importorskip("torch")
from lossary._backend import _torch_host  # noqa: E402
from lossary._engine._run import _program  # noqa: E402

pytestmark = pytest.mark.of("torch")
MANY = 2 * FEW


@pytest.fixture(autouse=True)
def one_thread() -> Any:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    _program.cache_clear()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", _torch_host.FUNCTIONS)
def test_functions(name: str, dtype: str) -> None:
    """As exact as NumPy's own, in place, by column, and for arrays that torch cannot write to."""
    rng = np.random.default_rng(0)
    x = np.exp(rng.uniform(-30.0, 0.0, (MANY, 2)))
    if name == "exp":
        x = -100.0 * x
    function = _torch_host.FUNCTIONS[name]
    x = x.astype(dtype)
    exact = getattr(np, name.removesuffix("_of_fraction"))(x.astype("longdouble"))
    by_column, constant = np.asfortranarray(x), x.copy()
    constant.setflags(write=False)
    everywhere = [
        *(function(a) for a in (x, by_column, constant, x[::-1])),
        function(y := x.copy(), out=y),
        function(by_column, out=np.empty_like(by_column)),
    ]
    everywhere[3] = everywhere[3][::-1]
    for got in everywhere:
        assert got.dtype == dtype
        assert np.max(np.abs(got - exact) / np.spacing(np.abs(exact).astype(dtype))) < 4
    assert np.isnan(function(np.full(MANY, np.nan, dtype))).all()


@pytest.mark.parametrize("case", [c for c in first_of_each() if c.loss not in OF_PAIRS], ids=str)
def test_every_loss(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against float64, no loss is less exact for them, with its gradient and without."""
    many = [np.repeat(np.asarray(a), MANY, axis=0) for a in case.arrays]
    if many[0].dtype.kind == "f":
        many[0] = np.clip(many[0], -50, 50)

    def found(dtype: str) -> list[Any]:
        def of(x: Any) -> Any:
            return torch.from_numpy(x.astype(dtype) if x.dtype.kind == "f" else x)

        options = {k: of(np.asarray(v)) if isinstance(v, list) else v for k, v in case.options.items()}
        arrays = [of(a) for a in many]
        arrays[0].requires_grad_()
        losses = case.function(*arrays, **options, reduction="none")
        losses.sum().backward()
        return [losses.detach().numpy(), arrays[0].grad.numpy()]

    def found_with(functions: dict[str, Any], dtype: str) -> list[Any]:
        monkeypatch.setattr(_torch_host.HOST, "_quick", _torch_host.quick_with(functions))
        _program.cache_clear()
        return found(dtype)

    exact, plain = found_with({}, "float64"), found_with({}, "float32")
    for got, before, want in zip(found_with(_torch_host.FUNCTIONS, "float32"), plain, exact, strict=True):
        finite = np.isfinite(want)
        np.testing.assert_array_equal(got[~finite], before[~finite])
        unit = np.spacing(np.abs(want).astype("float32"))[finite]
        errors = [(np.abs(x - want)[finite] / unit).max(initial=0.0) for x in (got, before)]
        assert errors[0] <= errors[1] + 2.0

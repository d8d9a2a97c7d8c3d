"""When values are looked at: `config(check=...)`, what cannot be read, and `check` under JAX's checkify."""

import os
import subprocess
import sys
from types import FrameType
from typing import Any

import numpy as np
import pytest

import lossary
from lossary._program._domains import all_inside, outside
from tests.contract.subjects import Subject, subjects
from tests.libraries import Library
from tests.test_errors import BCE, CE, READS, ROWS, X

ONES_AND_TWOS = np.asarray([1, 2, 1])
BITS = np.asarray([1, 0, 1])


def test_nothing_is_read_if_never(library: Library) -> None:
    if library.name not in READS:
        pytest.skip("values cannot be read there")
    weights = library.array(np.asarray([1.0, -1.0, 1.0]))
    with lossary.config(check="never"):
        got = BCE(library.array(X), library.array(ONES_AND_TWOS), weights=weights)
    assert np.isfinite(library.to_numpy(got))


@pytest.mark.parametrize("subject", subjects(), ids=str)
def test_valid_values_are_not_read_either_if_never(subject: Subject, library: Library) -> None:
    if library.name not in READS:
        pytest.skip("values cannot be read there")
    arrays = [library.array(a) for a in subject.arrays]
    looks = {all_inside.__code__, outside.__code__}
    looked = []

    def profile(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code in looks:
            looked.append(frame.f_code.co_name)

    with lossary.config(check="never"):
        subject(*arrays)
        sys.setprofile(profile)
        try:
            subject(*arrays)
        finally:
            sys.setprofile(None)
    assert not looked


def test_what_costs_is_read_if_always(xp: Library) -> None:
    if xp.name in ("jax-jit", "dask"):
        pytest.skip("there is nothing to read yet")
    with lossary.config(check="always"), pytest.raises(lossary.LossInputError) as caught:
        BCE(xp.array(X), xp.array(ONES_AND_TWOS))
    assert caught.value.fix.startswith("labels = labels - 1")
    mask = xp.array(np.asarray([True, False, True]))
    with lossary.config(check="always"):
        assert np.isfinite(xp.to_numpy(BCE(xp.array(X), xp.array(ONES_AND_TWOS), where=mask)))


@pytest.mark.of("jax")
@pytest.mark.parametrize("check", ["auto", "always", "never"])
def test_what_is_traced_is_nan_whatever_is_set(check: Any) -> None:
    import jax

    with lossary.config(check=check):
        assert np.isnan(jax.jit(lambda x, y: BCE(x, y))(X, ONES_AND_TWOS))


def test_settings_nest_and_are_independent() -> None:
    from lossary._config import SETTINGS

    before = SETTINGS.threads, SETTINGS.check
    with lossary.config(check="never"):
        assert (SETTINGS.threads, SETTINGS.check) == (before[0], "never")
        with lossary.config(threads=3), lossary.config(check="always"):
            assert (SETTINGS.threads, SETTINGS.check) == (3, "always")
        assert (SETTINGS.threads, SETTINGS.check) == (before[0], "never")
        with pytest.raises(ZeroDivisionError), lossary.config(check="auto"):
            _ = 1 / 0
        assert SETTINGS.check == "never"
    assert (SETTINGS.threads, SETTINGS.check) == before
    with pytest.raises(lossary.LossInputError, match=r"\[L130\] config: `check` must be one of 'auto'"):
        lossary.config(check="sometimes")  # type: ignore[arg-type]
    with pytest.raises(lossary.LossInputError, match="`threads`"):
        lossary.config(check="never", threads=0)
    assert (SETTINGS.threads, SETTINGS.check) == before


@pytest.mark.parametrize(
    ("value", "said"),
    [("never", "1.0 _Settings(threads=1, check='never')"), ("perhaps", "[L130] LOSSARY_CHECK")],
)
def test_the_environment_sets_what_holds_at_first(value: str, said: str) -> None:
    code = "import lossary; print(lossary.hinge(0.0, 5).item(), lossary._config.SETTINGS)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "LOSSARY_CHECK": value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said in done.stdout + done.stderr


@pytest.mark.of("jax")
def test_a_mask_that_cannot_be_read_hides_nothing_and_raises_nothing() -> None:
    """The labels can be read, but not which of them count."""
    import jax

    ids = np.asarray([-100, 1])
    of_mask = jax.jit(lambda where: CE(ROWS, ids, where=where))
    assert np.isfinite(of_mask(np.asarray([False, True])))
    assert np.isnan(of_mask(np.asarray([True, True])))
    of_weights = jax.jit(lambda where: BCE(X, BITS, where=where, weights=-np.ones(3, "float32")))
    assert np.isnan(of_weights(np.asarray([True, False, True])))


def _checked(function: Any) -> Any:
    import jax
    from jax.experimental import checkify

    return jax.jit(checkify.checkify(function))


CHECKED = [
    (BCE, X, ONES_AND_TWOS, {}),
    (BCE, X, BITS, {"weights": np.asarray([1.0, -1.0, 1.0], "float32")}),
    (BCE, X, BITS, {"weights": np.zeros(3, "float32"), "reduction": "weighted_mean"}),
    (BCE, X, BITS, {"pos_weight": np.asarray([1.0, 2.0, -3.0], "float32")}),
    (BCE, X, 4 * BITS, {"where": np.asarray([True, True, False])}),
    (lossary.binary_cross_entropy, X, BITS, {}),
    (CE, ROWS, np.asarray([0, 3]), {}),
    (CE, ROWS, np.asarray([[1, 0, 1], [0, 1, 0]]), {}),
    (CE, ROWS.T, np.asarray([0, 3]), {"axis": 0}),
    (lossary.poisson, X, BITS, {}),
]


@pytest.mark.of("jax")
@pytest.mark.parametrize(("loss", "first", "second", "options"), CHECKED)
def test_checkify_says_the_same(loss: Any, first: Any, second: Any, options: dict[str, Any]) -> None:
    arrays = {k: v for k, v in options.items() if isinstance(v, np.ndarray)}
    static = {k: v for k, v in options.items() if k not in arrays}
    with pytest.raises(lossary.LossInputError) as caught:
        loss(first, second, **options)
    want = "\n".join([str(caught.value), *caught.value.__notes__])
    error, value = _checked(lambda x, y, how: lossary.check(loss)(x, y, **how, **static))(
        first, second, arrays
    )
    assert error.get() == f"{want} (`check` failed)"
    assert not value > 0
    with pytest.raises(ValueError, match=caught.value.code):
        error.throw()


@pytest.mark.of("jax")
def test_checkify_has_nothing_to_say_of_what_is_right() -> None:

    def step(x: Any, y: Any, where: Any) -> Any:
        return lossary.check(CE)(x, y, where=where)

    error, value = _checked(step)(ROWS, np.asarray([0, -100]), np.asarray([True, False]))
    assert error.get() is None
    assert float(value) == pytest.approx(float(CE(ROWS[:1], np.asarray([0]))), rel=1e-6)


@pytest.mark.of("jax")
def test_checkify_within_transformations() -> None:
    import jax

    careful = lossary.check(BCE)
    rows, labels = np.stack([X, X]), np.stack([BITS, ONES_AND_TWOS])
    for step in (jax.value_and_grad(careful), lossary.value_and_grad(careful)):
        error, (value, grad) = _checked(step)(X, ONES_AND_TWOS)
        assert error.get().startswith("[L101] sigmoid_binary_cross_entropy")
        assert np.isnan(value)
        assert np.isnan(grad).tolist() == [False, True, False]
        assert _checked(step)(X, BITS)[0].get() is None
    error, values = _checked(jax.vmap(careful))(rows, labels)
    assert "at mapped index 1" in error.get() or "1 of 3 outside: [1]=2" in error.get()
    assert np.isnan(values).tolist() == [False, True]

    def total(x: Any, many: Any) -> Any:
        return jax.lax.scan(lambda sum_, y: (sum_ + careful(x, y), None), 0.0, many)[0]

    assert "distinct: {1, 2}" in _checked(total)(X, labels)[0].get()
    assert _checked(total)(X, labels[:1])[0].get() is None


@pytest.mark.of("jax")
def test_without_checkify_jax_says_what_is_missing() -> None:
    import jax

    with pytest.raises(ValueError, match="not functionalized"):
        jax.jit(lossary.check(BCE))(X, BITS)


def test_check_reads_what_costs(xp: Library) -> None:
    if xp.name in ("jax-jit", "dask"):
        pytest.skip("there is nothing to read yet")
    careful = lossary.check(BCE)
    with pytest.raises(lossary.LossInputError, match=r"\[L101\]"), lossary.config(check="never"):
        careful(xp.array(X), xp.array(ONES_AND_TWOS))
    np.testing.assert_allclose(
        xp.to_numpy(careful(xp.array(X), xp.array(BITS))), xp.to_numpy(BCE(xp.array(X), xp.array(BITS)))
    )


@pytest.mark.of("torch")
def test_torch_compile_traces_errors_and_settings() -> None:
    import torch

    each = torch.compile(lambda x, y: BCE(x, y, reduction="none"), fullgraph=True, backend="eager")
    x, y = torch.tensor(X), torch.tensor(ONES_AND_TWOS)
    assert torch.isnan(each(x, y)).tolist() == [False, True, False]
    with lossary.config(check="never"):
        assert torch.isnan(each(x, y)).tolist() == [False, True, False]
    torch.compiler.reset()
    compiled = torch.compile(lambda x, y: BCE(x, y), backend="eager")
    with pytest.raises(lossary.LossInputError, match=r"\[L001\]") as caught:
        compiled(x, y[:, None])
    assert caught.value.code == "L001"


def test_errors_survive_pickling() -> None:
    import pickle

    with pytest.raises(lossary.LossInputError) as caught:
        BCE(X, ONES_AND_TWOS)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.code, again.fix) == (str(caught.value), "L101", caught.value.fix)
    assert again.__notes__ == caught.value.__notes__

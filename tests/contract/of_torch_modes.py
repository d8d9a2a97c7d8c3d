"""What torch may expect under its modes: capture, dispatch, autocast, tracing, other defaults, threads."""

import threading
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

import lossary
from tests.contract.demands import demand, must_explain
from tests.contract.of_torch import (
    NEAR,
    alone,
    along,
    close_bend,
    close_slope,
    derived_again,
    floating,
    given,
    gradient,
    readable,
    summed,
    watched,
)
from tests.contract.subjects import Subject, bend, close, slope

LAST_BITS = 2e-6
"""Of float32."""


def moved(subject: Subject, dtype: torch.dtype = torch.float64) -> list[torch.Tensor]:
    """Another call: the examples of the first array in another order."""
    first, *others = given(subject, dtype)
    return [first.roll(1, 0), *others]


def slope_of(subject: Subject) -> Any:
    """The gradient in the first array as a function of all, by autograd."""

    def function(x: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
        x = x.detach().requires_grad_()
        return torch.autograd.grad(summed(subject)(x, *others), x)[0]

    return function


@demand("torch")
def captured(subject: Subject) -> None:
    """`make_fx` of the loss and of its gradients is right for other values."""
    arrays, others = given(subject), moved(subject)
    for function, mode in (
        (summed(subject), "real"),
        (slope_of(subject), "real"),
        (torch.func.grad(summed(subject)), "symbolic"),
    ):
        traced = make_fx(function, tracing_mode=mode)(*arrays)
        close(traced(*arrays), function(*arrays), NEAR, mode)
        close(traced(*others), function(*others), NEAR, f"{mode}, other values")


class _Log(TorchDispatchMode):
    """What is dispatched."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.found.append(str(func))
        return func(*args, **(kwargs or {}))

    def saw_the_arithmetic(self, subject: Subject) -> bool:
        """One operator of torch may be a whole loss of its own; ours are of several."""
        return len(self.found) > (1 if subject.loss else 0)


@demand("torch")
def seen_by_dispatch_modes(subject: Subject) -> None:
    """A dispatch mode sees the arithmetic, forward and backward, and changes nothing."""
    leaf, *others = watched(subject, 0)
    with _Log() as forward:
        value = summed(subject)(leaf, *others)
    with _Log() as backward:
        (g,) = torch.autograd.grad(value, leaf)
    assert forward.saw_the_arithmetic(subject), f"only {forward.found} was seen"
    assert backward.found, "nothing was seen of the backward pass"
    close_slope(subject, g, 0)
    with _Log() as plain:
        subject(*given(subject))
    assert plain.saw_the_arithmetic(subject), f"only {plain.found} was seen"
    with FlopCounterMode(display=False):
        close_slope(subject, gradient(subject, 0), 0)
    close_slope(subject, gradient(subject, 0), 0, "after them")


@demand("torch")
def fake_tensors(subject: Subject) -> None:
    """Fake tensors and those on the meta device give shapes, of the loss and of the gradient."""
    shape = tuple(subject(*given(subject), reduction="none").shape)

    def differentiated(*arrays: torch.Tensor) -> None:
        leaf = arrays[0].detach().requires_grad_()
        losses = subject(leaf, *arrays[1:], reduction="none")
        assert tuple(losses.shape) == shape
        assert losses.dtype == torch.float64
        assert subject(leaf, *arrays[1:]).shape == ()
        losses.sum().backward()
        assert leaf.grad.shape == leaf.shape
        assert leaf.grad.device == leaf.device

    with FakeTensorMode() as mode:
        differentiated(*[mode.from_tensor(t) for t in given(subject)])
    differentiated(*[t.to("meta") for t in given(subject)])


@demand("torch")
def seen_by_function_modes(subject: Subject) -> None:
    """A function mode, such as a default device, and another default dtype change nothing."""

    class Mode(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            return func(*args, **(kwargs or {}))

    arrays = watched(subject, *subject.wrt)
    with Mode():
        value = summed(subject)(*arrays)
    value.backward()
    for i in subject.wrt:
        close_slope(subject, arrays[i].grad, i)
    arrays = watched(subject, *subject.wrt)
    with torch.device("meta"):
        value = summed(subject)(*arrays)
        value.backward()
    assert value.device.type == "cpu"
    for i in subject.wrt:
        close_slope(subject, arrays[i].grad, i, "another default device")
    before = torch.get_default_dtype()
    for dtype in (torch.float64, torch.float16):
        torch.set_default_dtype(dtype)
        try:
            loss = summed(subject)(*given(subject, torch.float32))
            close_slope(subject, gradient(subject, 0), 0, f"by default {dtype}")
        finally:
            torch.set_default_dtype(before)
        assert loss.dtype == torch.float32


@demand("torch")
def tracers(subject: Subject) -> None:
    """`fx.symbolic_trace` and `jit.trace` are right for other values, or an error says what to do."""
    arrays, others = given(subject), moved(subject)

    def traced_by_fx(*_: Any) -> Any:
        names = [f"x{i}" for i in range(len(arrays))]
        scope: dict[str, Any] = {"loss": summed(subject)}
        exec(f"def function({', '.join(names)}): return loss({', '.join(names)})", scope)
        return torch.fx.symbolic_trace(scope["function"])

    def traced_by_jit(*given: Any) -> Any:
        return torch.jit.trace(lambda *arrays: summed(subject)(*arrays), given)

    for trace in (traced_by_fx, traced_by_jit):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it may be specialized is what is asked here
            try:
                traced = trace(*arrays)
            except (TypeError, ValueError) as error:
                must_explain(error)
                continue
        close(traced(*others), summed(subject)(*others), NEAR, trace.__name__)


def _same_inside_autocast(found: Callable[[], list[torch.Tensor]]) -> None:
    outside = found()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = found()
    for a, b in zip(inside, outside, strict=True):
        assert a.dtype == b.dtype
        close(readable(a), readable(b), LAST_BITS)


@demand("torch")
def autocast(subject: Subject) -> None:
    """Inside `torch.autocast` values and derivatives of float32 are the ones outside."""
    first = subject.wrt[0]
    arrays = watched(subject, *subject.wrt, dtype=torch.float32)
    wanted, plain = [arrays[i] for i in subject.wrt], [a.detach() for a in arrays]
    of_first = alone(subject, first, summed(subject))

    def found() -> list[torch.Tensor]:
        value = summed(subject)(*arrays)
        gradients = torch.autograd.grad(value, wanted)
        by_func = torch.func.grad(summed(subject), argnums=first)(*plain)
        pushed = torch.func.jvp(of_first, (plain[first],), (along(subject, first).float(),))
        return [value, summed(subject)(*plain), *gradients, by_func, *pushed]

    _same_inside_autocast(found)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = summed(subject)(*arrays)
    for i, g in zip(subject.wrt, torch.autograd.grad(value, wanted), strict=True):
        close(g, slope(subject, i), 1e-4, "backward outside")


@demand("torch")
def autocast_of_second_derivatives(subject: Subject) -> None:
    """Inside `torch.autocast` derivatives of gradients are the ones outside."""
    first = subject.wrt[0]

    def found() -> list[torch.Tensor]:
        arrays = watched(subject, first, dtype=torch.float32)
        (g,) = torch.autograd.grad(summed(subject)(*arrays), arrays[first], create_graph=True)
        return derived_again(subject, g, [arrays[first]], first)

    _same_inside_autocast(found)
    close(readable(found()[0]), bend(subject, first), 1e-3)


@demand("torch", ours="losses of half precision in float32")
def halves(subject: Subject) -> None:
    """Gradients of bfloat16 and float16 come back in their own dtype; the loss is float32."""
    with lossary.config(check="never"):  # rounded to 16 bits, rows do not add up to 1
        _halves(subject)


def _halves(subject: Subject) -> None:
    for dtype, near in ((torch.bfloat16, 0.05), (torch.float16, 0.01)):
        arrays = watched(subject, *subject.wrt, dtype=dtype)
        with torch.no_grad():
            exact = summed(subject)(*[a.double() if a.is_floating_point() else a for a in arrays])
        value = summed(subject)(*arrays)
        assert value.dtype == torch.float32
        close(value.detach(), exact, 1e-4, str(dtype))
        value.backward()
        for i in subject.wrt:
            assert arrays[i].grad.dtype == dtype
            leaf = [
                a.detach().double().requires_grad_(j == i) if a.is_floating_point() else a
                for j, a in enumerate(arrays)
            ]
            (g,) = torch.autograd.grad(summed(subject)(*leaf), leaf[i])
            close(arrays[i].grad.double(), g, near, str(dtype))


@demand("torch")
def threads(subject: Subject) -> None:
    """Several threads differentiate the same loss at once."""
    together, found = threading.Barrier(3), []

    def work() -> None:
        together.wait()
        try:
            for i in subject.wrt:
                found.append((i, gradient(subject, i)))
                with torch.no_grad():
                    summed(subject)(*given(subject))
        except Exception as error:
            found.append((0, error))

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(found) == 3 * len(subject.wrt)
    for i, g in found:
        if isinstance(g, Exception):
            raise g
        close_slope(subject, g, i)
    wanted = floating(subject)
    arrays = watched(subject, *wanted)
    value = summed(subject)(*arrays)
    elsewhere = threading.Thread(target=value.backward)
    elsewhere.start()
    elsewhere.join()
    for i in wanted:
        close_slope(subject, arrays[i].grad, i, "backward in another thread")


@demand("torch")
def penalties_under_modes(subject: Subject) -> None:
    """Second derivatives while a dispatch mode looks on."""
    leaf, *others = watched(subject, 0)
    with _Log():
        (g,) = torch.autograd.grad(summed(subject)(leaf, *others), leaf, create_graph=True)
        (h,) = derived_again(subject, g, [leaf])
    close_bend(subject, h, 0)

"""What `torch.compile` captures: once for calls that are alike, and kernels as few as those of torch."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

import lossary

pytestmark = pytest.mark.of("torch")

_GRAPHS = """
import json, sys, torch
from tests.contract.subjects import subjects

class Counter:
    graphs = 0

    def __call__(self, graph, _):
        self.graphs += 1
        return graph.forward

found = {}
for subject in subjects():
    if subject.loss not in sys.argv[1:] or subject.loss in found:
        continue
    count = Counter()
    compiled = torch.compile(lambda *a: subject(*a).sum(), fullgraph=True, backend=count)
    arrays = [torch.tensor(a).requires_grad_(i in subject.wrt) for i, a in enumerate(subject.arrays)]
    for loss in (compiled, compiled, subject, compiled):
        loss(*arrays).sum().backward()
    found[subject.loss] = count.graphs
print(json.dumps(found))
"""
_OF_EACH_KIND = ("huber", "softmax_cross_entropy", "linear_cross_entropy", "nt_xent", "ctc", "dice")


def test_the_first_call_of_a_process_is_captured_once() -> None:
    """What it leaves behind, such as which library an array is of, is no reason to capture it again."""
    said = subprocess.run(
        [sys.executable, "-c", _GRAPHS, *_OF_EACH_KIND],
        check=True,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert json.loads(said.stdout) == dict.fromkeys(_OF_EACH_KIND, 1)


@pytest.mark.parametrize("name", ["sigmoid_binary_cross_entropy", "huber", "softmax_cross_entropy"])
def test_as_few_kernels_as_of_torch_are_compiled(name: str) -> None:
    """Of the value, and of its backward pass."""
    import torch
    from torch.nn import functional

    ours, theirs = getattr(lossary, name), getattr(functional, _SAME[name])
    x, y = torch.randn(64, 100), torch.rand(64, 100)
    labels = torch.arange(64) if name == "softmax_cross_entropy" else y
    assert _kernels(ours, x, labels) <= _kernels(theirs, x, labels) == [1, 1]


_SAME = {
    "sigmoid_binary_cross_entropy": "binary_cross_entropy_with_logits",
    "huber": "huber_loss",
    "softmax_cross_entropy": "cross_entropy",
}


def _kernels(loss: Callable[..., Any], x: Any, labels: Any) -> list[int]:
    import torch
    from torch._inductor.utils import run_fw_bw_and_get_code

    torch.compiler.reset()
    compiled = torch.compile(lambda x, y: loss(x, y), fullgraph=True)
    _, programs = run_fw_bw_and_get_code(lambda: compiled(x.clone().requires_grad_(), labels))
    return [program.count("= async_compile.") for program in programs]

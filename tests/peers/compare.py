"""Evaluates both calls of a row."""

from typing import Any

import numpy as np

from tests.peers import Differs, Equal, evaluate


def must_be_equal(row: Equal) -> None:
    for options in row.combinations():
        values = {**row.inputs, **options}
        theirs = np.asarray(evaluate(row.theirs, row.library, values))
        ours = np.asarray(evaluate(row.ours, "lossary", values))
        np.testing.assert_allclose(ours, theirs, rtol=row.rtol, atol=1e-7, err_msg=str(options))


def must_differ(row: Differs) -> None:
    """Ours is exact. Theirs is not, or the page would be wrong."""
    first = next(iter(row.inputs))
    theirs = _slope(row, first) if row.gradient else np.asarray(evaluate(row.theirs, row.library, row.inputs))
    expression = row.ours
    if row.gradient:
        loss, _, arguments = expression.partition("(")
        expression = f"lossary.value_and_grad({loss})({arguments}[1]"
    ours = np.asarray(evaluate(expression, "lossary", row.inputs))
    np.testing.assert_allclose(ours, row.exact, rtol=1e-6, atol=1e-40)
    assert not np.allclose(theirs, row.exact, rtol=1e-4, atol=1e-12, equal_nan=True)


def _slope(row: Differs, first: str) -> Any:
    """The derivative of the sum by the library's own autodiff."""
    x = np.asarray(row.inputs[first], "float32")
    if row.library not in ("optax", "keras"):
        import torch

        leaf = torch.tensor(x, requires_grad=True)
        evaluate(row.theirs, row.library, {**row.inputs, first: leaf}).sum().backward()
        return leaf.grad.numpy()
    import jax

    slope = jax.grad(lambda x: evaluate(row.theirs, row.library, {**row.inputs, first: x}).sum())
    return np.asarray(slope(x))

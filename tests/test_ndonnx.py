"""ndonnx: value and gradient as one graph, for batches of any size, with NumPy's numbers."""

from typing import Any

import numpy as np
import pytest

import lossary
from tests.libraries import onnx_program, selected

if all(library.needs != "ndonnx" for library in selected()):
    pytest.skip("ndonnx is not selected", allow_module_level=True)

import ndonnx as ndx

pytestmark = pytest.mark.of("ndonnx")

SIZES = (
    {"N": 3, "H": 2, "W": 5},
    {"N": 1, "H": 4, "W": 1},
    {"N": 7, "H": 3, "W": 2},
    {"N": 0, "H": 2, "W": 2},
)
"""How long the axes are that a graph is not told of."""


def rows(rng: Any, shape: Any) -> np.ndarray:
    return rng.dirichlet(np.ones(shape[-1]), size=shape[:-1])


DRAWN = {
    "numbers": lambda rng, shape: rng.normal(size=shape),
    "positive": lambda rng, shape: rng.uniform(0.5, 2.0, size=shape),
    "probs": lambda rng, shape: rng.uniform(0.05, 0.95, size=shape),
    "rows": rows,
    "ids": lambda rng, shape: rng.integers(0, 4, size=shape),
    "mask": lambda rng, shape: rng.uniform(size=shape) < 0.7,
}
ONE, MANY, IMAGES = ("N",), ("N", "W"), ("N", 4, "H", "W")
ROWS: dict[str, tuple[Any, dict[str, Any], dict[str, Any]]] = {
    "huber": (lossary.huber, {"predictions": ("numbers", ONE), "targets": ("numbers", ONE)}, {}),
    "a number": (lossary.pinball, {"predictions": ("numbers", ONE)}, {"targets": 0.5, "quantile": 0.9}),
    "weighted": (
        lossary.sigmoid_binary_cross_entropy,
        {
            "logits": ("numbers", MANY),
            "labels": ("probs", MANY),
            "weights": ("positive", ONE),
            "where": ("mask", ONE),
        },
        {"reduction": "weighted_mean"},
    ),
    "softmax": (
        lossary.softmax_cross_entropy,
        {"logits": ("numbers", ("N", 4)), "labels": ("ids", ONE), "class_weights": ("positive", (4,))},
        {"label_smoothing": 0.1},
    ),
    "pixels": (
        lossary.softmax_focal,
        {
            "logits": ("numbers", IMAGES),
            "labels": ("ids", ("N", "H", "W")),
            "where": ("mask", ("N", "H", "W")),
        },
        {"axis": 1, "over": (1, 2)},
    ),
    "distributions": (lossary.kl_divergence, {"probs": ("rows", ("N", 4)), "labels": ("rows", ("N", 4))}, {}),
    "regions": (
        lossary.dice,
        {"probs": ("probs", ("N", "H", "W")), "labels": ("probs", ("N", "H", "W"))},
        {"axis": (1, 2)},
    ),
    "vectors": (
        lossary.cosine_distance,
        {"embeddings": ("numbers", ("N", 3)), "targets": ("numbers", ("N", 3))},
        {"reduction": "sum"},
    ),
    "pairs": (lossary.info_nce, {"anchors": ("numbers", ("N", 3)), "positives": ("numbers", ("N", 3))}, {}),
    "a queue": (
        lossary.info_nce,
        {
            "anchors": ("numbers", ("N", 1, 3)),
            "positives": ("numbers", ("N", 1, 3)),
            "negatives": ("numbers", ("W", 3)),
        },
        {"directions": "both"},
    ),
    "views": (
        lossary.barlow_twins,
        {
            "embeddings": ("numbers", ("N", 3)),
            "other_embeddings": ("numbers", ("N", 3)),
            "where": ("mask", ONE),
        },
        {},
    ),
    "batches of views": (
        lossary.vicreg,
        {"embeddings": ("numbers", ("N", 4, 3)), "other_embeddings": ("numbers", ("N", 4, 3))},
        {},
    ),
    "linear": (
        lossary.linear_cross_entropy,
        {
            "hidden": ("numbers", ("N", 3)),
            "weight": ("numbers", (4, 3)),
            "labels": ("ids", ONE),
            "where": ("mask", ONE),
        },
        {"chunk": 3},
    ),
    "sequences": (
        lossary.ctc,
        {"logits": ("numbers", ("N", 3, 5)), "labels": ("ids", ("N", 1))},
        {"blank": 4},
    ),
    "transducers": (
        lossary.rnnt,
        {"logits": ("numbers", ("N", 2, 2, 5)), "labels": ("ids", ("N", 1))},
        {"blank": 4},
    ),
}


def shape_of(shape: Any, sizes: dict[str, int]) -> tuple[int, ...]:
    return tuple([sizes.get(n, n) for n in shape])


def drawn(given: dict[str, Any], sizes: dict[str, int]) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    return {
        name: np.asarray(DRAWN[kind](rng, shape_of(shape, sizes))) for name, (kind, shape) in given.items()
    }


def inputs_of(given: dict[str, Any]) -> dict[str, Any]:
    """Each with sizes of its own, as far as ONNX knows."""
    arrays = drawn(given, SIZES[0])
    return {
        name: ndx.argument(
            shape=tuple([n if isinstance(n, int) else f"{name}_{n}" for n in shape]),
            dtype=getattr(ndx, str(arrays[name].dtype)),
        )
        for name, (_, shape) in given.items()
    }


def derive(loss: Any, options: dict[str, Any], arrays: dict[str, Any]) -> Any:
    first, *others = arrays.items()
    return lossary.value_and_grad(loss)(first[1], **dict(others), **options)


@pytest.mark.parametrize("name", ROWS)
def test_one_graph_for_all_batches(name: str) -> None:
    loss, given, options = ROWS[name]
    inputs = inputs_of(given)
    run = onnx_program(inputs, derive(loss, options, inputs))
    for sizes in SIZES[: 3 if name in ("sequences", "transducers") else None]:
        arrays = drawn(given, sizes)
        if "where" in arrays:
            first = next(iter(arrays.values()))
            behind = ~arrays["where"] if first.ndim < 4 else ~arrays["where"][:, None, ...]
            first[
                np.broadcast_to(behind.reshape(behind.shape + (1,) * (first.ndim - behind.ndim)), first.shape)
            ] = np.nan
        for got, want in zip(run(arrays), derive(loss, options, arrays), strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-15)
            assert got.shape == np.shape(want)


def test_totals_of_batches_add_up() -> None:
    _, given, _ = ROWS["huber"]
    inputs = inputs_of(given)
    batch = lossary.total(lossary.huber)
    run = onnx_program(inputs, batch(**inputs))
    halves = [drawn(given, {"N": n}) for n in (5, 2)]
    whole = {name: np.concat([half[name] for half in halves]) for name in given}
    total = run(halves[0]) + run(halves[1])
    assert float(total.mean()) == pytest.approx(float(lossary.huber(**whole)), rel=1e-14)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("huber", {"targets": (1,)}),
        ("huber", {"predictions": (1,)}),
        ("weighted", {"weights": (2,)}),
        ("weighted", {"labels": (5, 3)}),
        ("softmax", {"labels": (1,)}),
        ("pixels", {"where": (3, 5, 2)}),
        ("regions", {"labels": (3, 5, 2)}),
        ("pairs", {"positives": (1, 3)}),
        ("linear", {"labels": (1,)}),
        ("linear", {"where": (2,)}),
    ],
    ids=str,
)
def test_sizes_that_turn_out_to_differ_are_refused(name: str, wrong: dict[str, Any]) -> None:
    """ONNX would repeat what is of length 1."""
    loss, given, options = ROWS[name]
    inputs = inputs_of(given)
    run = onnx_program(inputs, loss(**inputs, **options))
    arrays = drawn(given, SIZES[0])
    run(arrays)
    arrays |= drawn({k: (given[k][0], shape) for k, shape in wrong.items()}, {})
    with pytest.raises(Exception, match=r"(?i)reshape|dimension") as caught:
        run(arrays)
    assert type(caught.value).__module__.startswith("onnxruntime")


def test_what_cannot_be_read_becomes_nan() -> None:
    inputs = inputs_of({"probs": ("probs", ONE), "labels": ("probs", ONE), "weights": ("positive", ONE)})
    run = onnx_program(inputs, lossary.binary_cross_entropy(**inputs, reduction="none"))
    labels, weights = np.asarray([1.0, 2.0, 0.0, 1.0]), np.asarray([1.0, 1.0, 1.0, -1.0])
    found = run({"probs": np.asarray([0.5, 0.5, -0.1, 0.5]), "labels": labels, "weights": weights})
    assert np.isnan(found).tolist() == [False, True, True, True]


def test_a_row_must_be_of_known_size() -> None:
    for loss, given in (
        (lossary.softmax_cross_entropy, {"logits": ("numbers", ("N", "W")), "labels": ("ids", ONE)}),
        (lossary.info_nce, {"anchors": ("numbers", ("N", "W")), "positives": ("numbers", ("N", "W"))}),
        (lossary.ctc, {"logits": ("numbers", ("N", "W", 4)), "labels": ("ids", ("N", 2))}),
        (lossary.ctc, {"logits": ("numbers", ("N", 6, 4)), "labels": ("ids", ("N", "W"))}),
        (lossary.rnnt, {"logits": ("numbers", ("N", 6, "W", 4)), "labels": ("ids", ("N", 2))}),
    ):
        with pytest.raises(lossary.LossInputError, match="must be known") as caught:
            loss(**inputs_of(given))
        assert caught.value.code == "L001"
        assert "ndonnx.reshape" in caught.value.fix


def test_arrays_with_values_are_computed() -> None:
    x, y = np.asarray([0.5, -3.0]), np.asarray([0.0, 1.0])
    value, grad = lossary.value_and_grad(lossary.huber)(ndx.asarray(x), ndx.asarray(y))
    wanted = lossary.value_and_grad(lossary.huber)(x, y)
    assert float(value) == wanted[0]
    np.testing.assert_array_equal(grad.unwrap_numpy(), wanted[1])
    with pytest.raises(lossary.LossTypeError, match="arrays of one library") as caught:
        lossary.huber(ndx.asarray(x), y)
    place = {"targets": y, "np": np, "ndonnx": ndx}
    exec(caught.value.fix, place)
    assert float(lossary.huber(ndx.asarray(x), place["targets"])) == wanted[0]


def test_values_may_not_be_missing() -> None:
    x = ndx.asarray(np.ma.masked_array([0.5, -3.0, 1.0], mask=[False, True, False]))
    for arrays in ({"predictions": x, "targets": 0.0}, {"predictions": 0.0, "targets": x}):
        with pytest.raises(lossary.LossTypeError, match="may lack values") as caught:
            lossary.absolute_error(**arrays)
        assert caught.value.code == "L005"
    data, _, mask = caught.value.fix.removeprefix("pass ").partition(" with where=")
    place = {"ndonnx": ndx, "x": x}
    assert float(lossary.absolute_error(eval(data, place), 0.0, where=eval(mask, place))) == 0.75

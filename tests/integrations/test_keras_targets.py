"""What Keras gives a loss: targets of every kind, to sums of losses and to plain functions as well."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lossary
from lossary import kernel
from tests.integrations.test_keras import Loss, exact, keras, to_numpy

RNG = np.random.default_rng(1)
VOID = 255


def test_a_class_to_ignore_counts_nowhere() -> None:
    """Keras' own ignores it too, where it takes class ids."""
    z = RNG.normal(size=(4, 5, 5, 3)).astype("float32")
    ids = RNG.integers(0, 3, (4, 5, 5))
    ids[0], ids[1, :2] = VOID, VOID
    weights = np.asarray([1.0, 2.0, 0.5, 3.0], "float32")
    for reduction in ("sum_over_batch_size", "mean_with_sample_weight", "sum"):
        theirs = keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, ignore_class=VOID, reduction=reduction
        )
        ours = Loss("softmax_cross_entropy", ignore_class=VOID, reduction=reduction)
        for given in (ids, ids[..., None]):
            assert float(ours(given, z)) == pytest.approx(float(theirs(given, z)), rel=1e-5)
    want = exact("softmax_cross_entropy", ids, z, where=ids != VOID)
    assert float(Loss("softmax_cross_entropy", ignore_class=VOID)(ids, z)) == pytest.approx(want, rel=1e-5)
    pixels = np.broadcast_to(weights[:, None, None], ids.shape)
    want = exact("softmax_cross_entropy", ids, z, where=ids != VOID, weights=pixels)
    got = Loss("softmax_cross_entropy", ignore_class=VOID)(ids, z, pixels)
    assert float(got) == pytest.approx(want, rel=1e-5)
    keras.utils.set_random_seed(0)
    made = keras.Sequential([keras.Input((5, 5, 3)), keras.layers.Conv2D(3, 1)])
    made.compile("sgd", loss=Loss("softmax_focal", gamma=1.0, ignore_class=VOID))
    history = made.fit(z, ids, epochs=2, verbose=0).history["loss"]
    assert np.isfinite(history).all()
    assert history[1] < history[0]
    again = Loss.from_config(made.loss.get_config())
    assert float(again(ids, z)) == float(made.loss(ids, z))


def test_what_is_no_whole_number_is_not_ignored() -> None:
    ids = np.asarray([0.0, 1.5, -1.0])
    with pytest.raises(lossary.LossInputError, match="class ids from 0 to 2"):
        Loss("softmax_cross_entropy", ignore_class=-1)(ids, np.zeros((3, 3), "float32"))


def test_a_mask_of_keras_and_a_class_to_ignore() -> None:
    steps = RNG.normal(size=(4, 6, 3)).astype("float32")
    there = np.arange(6) < np.asarray([6, 2, 4, 1])[:, None]
    steps[~there] = 0.0
    ids = np.where(there, RNG.integers(0, 5, (4, 6)), 9)
    ids[0, :3] = VOID
    made = keras.Sequential([keras.Input((6, 3)), keras.layers.Masking(), keras.layers.Dense(5)])
    made.compile(optimizer="sgd", loss=Loss("softmax_cross_entropy", ignore_class=VOID))
    logits = made.predict(steps, verbose=0)
    want = exact("softmax_cross_entropy", ids, logits, where=there & (ids != VOID))
    assert made.evaluate(steps, ids, verbose=0) == pytest.approx(want, rel=1e-5)


def test_a_missing_label_beside_others_counts_nowhere() -> None:
    z, y = RNG.normal(size=(6, 3)).astype("float32"), RNG.integers(0, 2, (6, 3)).astype("float32")
    y[:2, 0], y[3] = -1.0, -1.0
    losses = exact("sigmoid_binary_cross_entropy", y, z, where=y != -1, over=-1)
    got = Loss("sigmoid_binary_cross_entropy", ignore_class=-1)(y, z)
    assert float(got) == pytest.approx(losses[np.arange(6) != 3].mean(), rel=1e-5)


@pytest.mark.filterwarnings("ignore:Explicitly requested dtype float64")
def test_the_dtype_is_that_which_is_asked_for() -> None:
    loss = Loss("log_cosh", dtype="float64", reduction="none")
    x, y = RNG.normal(size=(2, 5, 1))
    got = to_numpy(loss(y, x))
    if keras.backend.backend() != "jax":  # which has float64 by its own switch
        assert str(got.dtype) == "float64"
        np.testing.assert_allclose(got, lossary.log_cosh(x, y, over=-1), rtol=1e-14)
    assert Loss.from_config(loss.get_config()).dtype == "float64"


@pytest.mark.parametrize("name", ["circle", "multi_similarity", "nt_xent", "supervised_contrastive"])
def test_embeddings_and_their_groups(name: str) -> None:
    x, groups = RNG.normal(size=(8, 4)).astype("float32"), np.arange(8) % 3
    for given in (groups, groups[:, None]):
        assert float(Loss(name)(given, x)) == pytest.approx(exact(name, groups, x), rel=1e-4)
    keras.utils.set_random_seed(0)
    made = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    made.compile(optimizer=keras.optimizers.Adam(0.01), loss=Loss(name))
    history = made.fit(x, groups, epochs=4, batch_size=8, shuffle=False, verbose=0).history["loss"]
    assert history[-1] < history[0]


@pytest.mark.parametrize(("loss", "options"), [("sigmoid_dice", {"axis": (1, 2, 3)}), ("sigmoid_focal", {})])
def test_images_with_and_without_their_axis_of_length_one(loss: str, options: dict) -> None:
    z, y = RNG.normal(size=(3, 4, 4, 1)).astype("float32"), RNG.integers(0, 2, (3, 4, 4, 1))
    want = exact(loss, y, z, **options)
    assert float(Loss(loss, **options)(y, z)) == pytest.approx(want, rel=1e-5)
    assert float(Loss(loss, **options)(y[..., 0], z)) == pytest.approx(want, rel=1e-5)


@kernel.loss
def pixels_and_regions(logits: Any, labels: Any, *, share: float = 0.5) -> Any:
    dice = kernel.call(lossary.sigmoid_dice, logits, labels, axis=(1, 2, 3), smooth=1.0)
    return share * dice + kernel.call(lossary.sigmoid_binary_cross_entropy, logits, labels)


def test_a_sum_of_losses_trains_and_is_saved(tmp_path: Path) -> None:
    images = RNG.random((6, 8, 8, 1)).astype("float32")
    masks = (images > 0.6).astype("float32")
    keras.utils.set_random_seed(0)
    made = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(1, 3, padding="same")])
    made.compile(keras.optimizers.Adam(0.05), loss=Loss(pixels_and_regions, share=0.25))
    history = made.fit(images, masks, epochs=4, verbose=0).history["loss"]
    assert history[-1] < history[0]
    logits, weights = made.predict(images, verbose=0), np.linspace(0, 2, 6).astype("float32")
    want = 0.25 * exact("sigmoid_dice", masks, logits, axis=(1, 2, 3), smooth=1.0, weights=weights)
    want += exact("sigmoid_binary_cross_entropy", masks, logits, weights=weights)
    assert made.evaluate(images, masks, sample_weight=weights, verbose=0) == pytest.approx(want, rel=1e-5)
    made.save(tmp_path / "sum.keras")
    own = {"pixels_and_regions": pixels_and_regions}
    loaded = keras.saving.load_model(tmp_path / "sum.keras", custom_objects=own)
    assert loaded.evaluate(images, masks, verbose=0) == made.evaluate(images, masks, verbose=0)


def test_a_sum_of_losses_of_class_ids_and_one_of_masks() -> None:
    @kernel.loss
    def both(logits: Any, labels: Any) -> Any:
        focal = kernel.call(lossary.softmax_focal, logits, labels)
        return 2.0 * focal + kernel.call(lossary.softmax_cross_entropy, logits, labels)

    z, ids = RNG.normal(size=(4, 6, 3)).astype("float32"), RNG.integers(0, 3, (4, 6))
    ids[:, 4:] = -1
    want = 2.0 * exact("softmax_focal", ids, z, where=ids != -1)
    want += exact("softmax_cross_entropy", ids, z, where=ids != -1)
    assert float(Loss(both, ignore_class=-1)(ids, z)) == pytest.approx(want, rel=1e-5)
    masks = RNG.integers(0, 2, (3, 4, 4, 1))
    with pytest.raises(
        lossary.LossInputError, match=r"where.*fits no leading axes|terms must have losses of the same shape"
    ):
        Loss(pixels_and_regions, ignore_class=-1)(masks, np.zeros((3, 4, 4, 1), "float32"))


@pytest.mark.parametrize(
    "loss", [lossary.poisson, partial(lossary.pinball, quantile=0.9)], ids=["poisson", "pinball"]
)
def test_a_plain_loss_in_compile_is_told_what_to_write(loss: Any) -> None:
    """Keras passes the targets first: a plain Poisson loss learned a rate of 0.0055 where 1.0 was right."""
    x, y = RNG.normal(size=(64, 3)).astype("float32"), RNG.uniform(size=64).astype("float32")
    name = getattr(loss, "func", loss).__name__
    for where in ({"loss": loss}, {"loss": "mse", "metrics": [loss]}):
        keras.utils.set_random_seed(0)
        made = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, activation="softplus")])
        made.compile("adam", **where)
        with pytest.raises(lossary.LossInputError, match="Keras calls a function as") as caught:
            made.fit(x, y, epochs=1, verbose=0)
        assert caught.value.code == "L002"
        assert caught.value.fix.startswith(f'lossary.integrations.keras.Loss("{name}"')
        fixed = eval(caught.value.fix.removeprefix("lossary.integrations.keras."), {"Loss": Loss})
        made.compile("adam", **({"loss": fixed} if where["loss"] is loss else where | {"metrics": [fixed]}))
        assert np.isfinite(made.fit(x, y, epochs=1, verbose=0).history["loss"]).all()


def test_what_turns_the_arguments_itself_is_let_through() -> None:
    """Also a loss made of others, which takes the targets first as Keras passes them."""

    @kernel.loss
    def turned(y_true: Any, y_pred: Any) -> Any:
        return kernel.call(lossary.poisson, y_pred, y_true)

    x, y = RNG.normal(size=(40, 3)).astype("float32"), RNG.uniform(size=(40, 1)).astype("float32")
    for loss in (turned, lambda y_true, y_pred: lossary.poisson(y_pred, y_true)):
        keras.utils.set_random_seed(0)
        made = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, activation="softplus")])
        made.compile("sgd", loss=loss)
        want = exact("poisson", y, made.predict(x, verbose=0))
        assert made.evaluate(x, y, batch_size=40, verbose=0) == pytest.approx(want, rel=1e-5)

"""Losses as modules, in the loops and frameworks that take them."""

import copy
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import lossary
from lossary import kernel
from tests.integrations.needs import needs

torch = needs("torch")

from lossary.integrations.torch import Loss  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The .grad attribute:UserWarning"),
]

IDS = torch.tensor([0, 2, 1, 2])
SCORES = torch.tensor([[2.0, 0.5, -1.0], [0.0, 1.0, -2.0], [1.0, 1.5, 0.0], [-1.0, 0.0, 3.0]])
CLASS_WEIGHTS = torch.tensor([1.0, 2.0, 0.5])


def digits() -> tuple[Any, Any]:
    x, y = needs("sklearn.datasets").load_digits(return_X_y=True)
    return torch.tensor(x[:400] / 16.0, dtype=torch.float32), torch.tensor(y[:400])


def network(outputs: int) -> Any:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, outputs))


def test_equals_torch_with_class_weights():
    ours = Loss(lossary.softmax_cross_entropy, class_weights=CLASS_WEIGHTS, reduction="weighted_mean")
    theirs = torch.nn.CrossEntropyLoss(weight=CLASS_WEIGHTS)
    a, b = SCORES.clone().requires_grad_(), SCORES.clone().requires_grad_()
    ours(a, IDS).backward()
    theirs(b, IDS).backward()
    assert torch.allclose(ours(a, IDS), theirs(b, IDS), rtol=1e-6)
    assert torch.allclose(a.grad, b.grad, rtol=1e-5, atol=1e-7)


def test_equals_torch_with_pos_weight():
    x, y = SCORES, (SCORES > 0.7).float()
    ours = Loss(lossary.sigmoid_binary_cross_entropy, pos_weight=torch.tensor(3.0))
    theirs = torch.nn.BCEWithLogitsLoss(pos_weight=torch.tensor(3.0))
    assert torch.allclose(ours(x, y), theirs(x, y), rtol=1e-6)


def test_weights_and_masks_belong_to_the_call():
    criterion = Loss(lossary.huber, delta=2.0, reduction="none")
    predictions, targets = torch.tensor([1.0, 5.0, torch.nan]), torch.zeros(3)
    where = torch.tensor([True, True, False])
    result = criterion(predictions, targets, weights=torch.tensor([1.0, 3.0, 1.0]), where=where)
    assert result.tolist() == [0.5, 24.0, 0.0]
    with pytest.raises(lossary.LossInputError, match="`weights` is not an option here"):
        Loss(lossary.huber, weights=torch.ones(3))
    with pytest.raises(lossary.LossTypeError, match="huber has no option `detla`"):
        Loss(lossary.huber, detla=1.0)


def test_tensors_are_buffers():
    criterion = Loss(lossary.softmax_focal, gamma=2.0, class_weights=CLASS_WEIGHTS)
    assert list(criterion.state_dict()) == ["class_weights"]
    assert not list(criterion.parameters())
    assert criterion.to(torch.float64).class_weights.dtype == torch.float64
    assert criterion.to("meta").options["class_weights"].device.type == "meta"
    other = Loss(lossary.softmax_focal, gamma=2.0, class_weights=torch.ones(3))
    other.load_state_dict({"class_weights": CLASS_WEIGHTS})
    wanted = lossary.softmax_focal(SCORES, IDS, gamma=2.0, class_weights=CLASS_WEIGHTS)
    assert torch.equal(other(SCORES, IDS), wanted)


def test_parameters_are_trained():
    gamma = torch.nn.Parameter(torch.tensor(2.0))
    criterion = Loss(lossary.softmax_focal, gamma=gamma)
    assert [name for name, _ in criterion.named_parameters()] == ["gamma"]
    criterion(SCORES, IDS).backward()
    h = 1e-3
    above, below = (lossary.softmax_focal(SCORES.double(), IDS, gamma=2.0 + d) for d in (h, -h))
    assert gamma.grad.item() == pytest.approx(((above - below) / (2 * h)).item(), rel=1e-4)


def test_repr_copy_and_pickle():
    criterion = Loss(lossary.softmax_focal, gamma=2.0, class_weights=CLASS_WEIGHTS)
    assert repr(criterion) == "Loss(softmax_focal, gamma=2.0, class_weights=tensor of shape (3,))"
    for other in (copy.deepcopy(criterion), pickle.loads(pickle.dumps(criterion))):
        assert repr(other) == repr(criterion)
        assert torch.equal(other(SCORES, IDS), criterion(SCORES, IDS))
        assert other.class_weights is not criterion.class_weights


@pytest.mark.parametrize("compiled", [False, True])
def test_trains_a_network(compiled):
    x, y = digits()
    model, criterion = network(10), Loss(lossary.softmax_focal, gamma=1.0, class_weights=torch.ones(10))
    run = torch.compile(criterion, fullgraph=True, backend="aot_eager") if compiled else criterion
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(25):
        optimizer.zero_grad()
        loss = run(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]


def test_compiled_and_eager_agree():
    criterion = Loss(lossary.softmax_cross_entropy, class_weights=CLASS_WEIGHTS)
    compiled = torch.compile(criterion, fullgraph=True, backend="aot_eager")
    grads = []
    for run in (criterion, compiled):
        x = SCORES.clone().requires_grad_()
        run(x, IDS).backward()
        grads.append(x.grad)
    assert torch.allclose(*grads, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_autocast_computes_the_loss_in_float32(dtype):
    """Logits of ±60 overflow no 16-bit exponential, and the loss of a small probability is no infinity."""
    layer = torch.nn.Linear(3, 3, bias=False)
    with torch.no_grad():
        layer.weight.copy_(60.0 * torch.eye(3))
    criterion = Loss(lossary.softmax_cross_entropy)
    with torch.autocast("cpu", dtype=getattr(torch, dtype)):
        logits = layer(torch.eye(3))
        loss = criterion(logits, torch.tensor([1, 1, 1]))
    assert logits.dtype == getattr(torch, dtype)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(40.0, rel=1e-6)
    loss.backward()
    assert torch.isfinite(layer.weight.grad).all()


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning", "ignore::DeprecationWarning")
def test_skorch_searches_over_the_options_of_the_loss():
    skorch, selection = needs("skorch"), needs("sklearn.model_selection")
    x, y = digits()
    net = skorch.NeuralNetClassifier(
        network(10),
        criterion=Loss,
        criterion__loss=lossary.softmax_focal,
        criterion__gamma=0.0,
        predict_nonlinearity=lambda z: torch.softmax(z, dim=-1),
        optimizer=torch.optim.Adam,
        lr=1e-2,
        max_epochs=8,
        verbose=0,
        train_split=None,
    )
    search = selection.GridSearchCV(
        net, {"criterion__gamma": [0.0, 2.0]}, cv=2, scoring="neg_log_loss", error_score="raise"
    )
    search.fit(x.numpy(), y.numpy())
    scores = search.cv_results_["mean_test_score"]
    assert scores.shape == (2,)
    assert scores.max() > -1.5  # log 10 is 2.3
    assert scores[0] != scores[1]
    assert np.mean(search.predict(x.numpy()) == y.numpy()) > 0.8


@pytest.mark.filterwarnings("ignore")
def test_lightning_trains_saves_and_loads_it(tmp_path):
    lightning = needs("lightning")
    x, y = digits()

    class Classifier(lightning.LightningModule):
        def __init__(self, rarity: float = 2.0):
            super().__init__()
            self.save_hyperparameters()
            self.model = network(1)
            pos_weight = torch.tensor(rarity)
            self.criterion = Loss(lossary.sigmoid_binary_cross_entropy, pos_weight=pos_weight)

        def training_step(self, batch: Any, _: int) -> Any:
            loss = self.criterion(self.model(batch[0])[:, 0], batch[1])
            self.log("loss", loss)
            return loss

        def configure_optimizers(self) -> Any:
            return torch.optim.Adam(self.parameters(), lr=1e-2)

    data = torch.utils.data.TensorDataset(x, (y == 8).float())
    trainer = lightning.Trainer(
        max_epochs=5,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    classifier = Classifier(rarity=9.0)
    before = classifier.criterion(classifier.model(x)[:, 0], (y == 8).float()).item()
    trainer.fit(classifier, torch.utils.data.DataLoader(data, batch_size=50))
    assert trainer.callback_metrics["loss"].item() < before
    trainer.save_checkpoint(tmp_path / "model.ckpt")
    state = torch.load(tmp_path / "model.ckpt", weights_only=True)["state_dict"]
    assert state["criterion.pos_weight"].item() == 9.0
    loaded = Classifier.load_from_checkpoint(tmp_path / "model.ckpt")
    assert loaded.criterion.pos_weight.item() == 9.0


def test_says_what_to_install(tmp_path):
    code = "import sys; sys.modules['torch'] = None; import lossary.integrations.torch"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "pip install torch" in done.stderr


def test_a_loss_goes_by_its_name():
    assert torch.equal(
        Loss("softmax_focal", gamma=1.0)(SCORES, IDS), lossary.softmax_focal(SCORES, IDS, gamma=1.0)
    )


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (torch.nn.CrossEntropyLoss(), "softmax_cross_entropy"),
        (torch.nn.CrossEntropyLoss, "softmax_cross_entropy"),
        (torch.nn.BCEWithLogitsLoss(), "sigmoid_binary_cross_entropy"),
        (torch.nn.functional.smooth_l1_loss, "smooth_l1"),
        ("MSELoss", "squared_error"),
        (torch.nn.Linear(2, 2), ""),
        ("nothing", ""),
    ],
    ids=lambda x: getattr(x, "__name__", str(x)),
)
def test_losses_of_torch_are_refused_and_the_fix_names_ours(theirs, ours):
    with pytest.raises(lossary.LossTypeError, match="expected a lossary loss") as caught:
        Loss(theirs)
    assert caught.value.fix
    if ours:
        assert eval(caught.value.fix, {"Loss": Loss}).loss is getattr(lossary, ours)


def test_arrays_beyond_two_go_by_name():
    scores, labels = torch.randn(2, 9, 5), torch.tensor([[1, 2, 0], [3, 3, 1]])
    lengths = {"logit_lengths": torch.tensor([9, 7]), "label_lengths": torch.tensor([2, 3])}
    want = torch.nn.functional.ctc_loss(
        scores.log_softmax(2).transpose(0, 1), labels, *lengths.values(), reduction="none"
    )
    criterion = Loss("ctc", reduction="none")
    assert torch.allclose(criterion(scores, labels, **lengths), want, rtol=1e-5)
    compiled = torch.compile(criterion, backend="aot_eager")
    assert torch.allclose(compiled(scores, labels, **lengths), want, rtol=1e-5)
    named = {"logits": scores, "labels": labels, **lengths}
    exported = torch.export.export(criterion, (), named)
    assert torch.allclose(exported.module()(**named), want, rtol=1e-5)


def test_options_change_between_steps_or_refuse_to():
    """From a number to a tensor and back, also after the module was compiled."""
    x, y = torch.tensor([0.5, 3.0, -4.0]), torch.zeros(3)
    criterion = Loss("huber", delta=2.0)
    compiled = torch.compile(criterion, backend="eager")
    for delta in (2.0, 1.0, torch.tensor(3.0), 0.5):
        criterion.delta = delta
        want = torch.nn.functional.huber_loss(x, y, delta=float(delta))
        assert torch.allclose(criterion(x, y), want)
        assert torch.allclose(compiled(x, y), want)
        assert ("delta" in criterion.state_dict()) == isinstance(delta, torch.Tensor)
    criterion.reduction = "sum"
    assert criterion(x, y) == lossary.huber(x, y, delta=0.5, reduction="sum")
    with pytest.raises(TypeError):
        criterion.options["delta"] = 1.0
    with pytest.raises(lossary.LossTypeError, match="no option `dleta`") as caught:
        criterion.dleta = 1.0
    assert caught.value.fix == "criterion.delta = ..."
    with pytest.raises(lossary.LossInputError, match="`weights` is not an option here"):
        criterion.weights = x
    criterion.of_the_user = 1  # as of any module


@kernel.loss
def both(predictions, targets, *, delta=1.0):
    huber = kernel.call(lossary.huber, predictions, targets, delta=delta)
    return 0.5 * huber + kernel.call(lossary.log_cosh, predictions, targets)


@pytest.mark.parametrize("compiled", [False, True])
def test_a_sum_of_losses_is_a_module(compiled):
    torch.manual_seed(0)
    x, y = torch.randn(6, 2, requires_grad=True), torch.randn(6, 2)
    criterion = Loss(both, delta=2.0)
    run = torch.compile(criterion, fullgraph=True, backend="aot_eager") if compiled else criterion
    for how in ({}, {"weights": torch.arange(6.0)}, {"where": torch.arange(6) > 2}):
        want = 0.5 * lossary.huber(x, y, delta=2.0, **how) + lossary.log_cosh(x, y, **how)
        assert torch.allclose(run(x, y, **how), want)
        (got,), (slope,) = torch.autograd.grad(run(x, y, **how), x), torch.autograd.grad(want, x)
        assert torch.allclose(got, slope)
    assert repr(criterion) == "Loss(both, delta=2.0)"
    assert torch.equal(pickle.loads(pickle.dumps(criterion))(x, y), criterion(x, y))


def test_a_sum_whose_terms_have_weights_of_their_own_takes_no_others():
    own = torch.tensor([1.0, 2.0])

    @kernel.loss
    def weighed(predictions, targets):
        penalty = kernel.call(lossary.squared_error, predictions, targets, weights=own)
        return penalty + kernel.call(lossary.huber, predictions, targets)

    x, y = torch.randn(2), torch.randn(2)
    assert Loss(weighed)(x, y) == lossary.squared_error(x, y, weights=own) + lossary.huber(x, y)
    with pytest.raises(lossary.LossInputError, match="its term squared_error already has `weights`"):
        Loss(weighed)(x, y, weights=own)


def test_two_losses_in_a_lambda_are_told_how_a_sum_is_written():
    with pytest.raises(lossary.LossTypeError, match="expected a lossary loss") as caught:
        Loss(lambda x, y: 0.5 * lossary.huber(x, y) + lossary.log_cosh(x, y))
    assert "0.5 * call(lossary.huber, x, y) + call(lossary.log_cosh, x, y)" in caught.value.fix

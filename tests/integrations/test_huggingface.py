"""The Trainer of transformers, with models built here and trained for one step."""

import os
import pickle
from typing import Any

import pytest

import lossary
from lossary import kernel
from lossary.integrations.huggingface import compute_loss_func
from tests.integrations.needs import needs

os.environ.setdefault("HF_HUB_OFFLINE", "1")
torch = needs("torch")
transformers = needs("transformers")
needs("accelerate")

pytestmark = pytest.mark.filterwarnings("ignore")

LENGTHS = (9, 2, 5, 7, 1, 9, 3, 4)
"""Of the sequences of a batch: a mean of means counts the short ones too much."""

SMALL = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}


def tagger() -> Any:
    torch.manual_seed(0)
    config = transformers.BertConfig(
        **SMALL, vocab_size=30, num_labels=4, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0
    )
    return transformers.BertForTokenClassification(config)


def writer() -> Any:
    torch.manual_seed(0)
    dropout = dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), 0.0)
    config = transformers.GPT2Config(
        vocab_size=30,
        n_positions=16,
        n_embd=16,
        n_layer=1,
        n_head=2,
        bos_token_id=0,
        eos_token_id=0,
        **dropout,
    )
    return transformers.GPT2LMHeadModel(config)


def rater(labels: int) -> Any:
    torch.manual_seed(0)
    config = transformers.BertConfig(
        **SMALL, vocab_size=30, num_labels=labels, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0
    )
    return transformers.BertForSequenceClassification(config)


def sentences(labels: str) -> list[dict[str, Any]]:
    generator = torch.Generator().manual_seed(1)
    rows = []
    for length in LENGTHS:
        ids = torch.randint(1, 30, (length,), generator=generator)
        label = {
            "tags": ids % 4,
            "next": ids,
            "many": (ids[:1] % torch.tensor([2, 3, 5]) == 0).float(),
            "number": ids[0] / 10.0,
        }[labels]
        rows.append({"input_ids": ids, "labels": label})
    return rows


def collate(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """To one length, that of the longest: labels of -100 do not count."""
    longest = max(len(row["input_ids"]) for row in rows)

    def pad(x: Any, value: int) -> Any:
        return torch.nn.functional.pad(x, (0, longest - len(x)), value=value)

    of_tokens = rows[0]["labels"].ndim == 1 and rows[0]["labels"].dtype == torch.int64
    return {
        "input_ids": torch.stack([pad(row["input_ids"], 0) for row in rows]),
        "attention_mask": torch.stack([pad(torch.ones_like(row["input_ids"]), 0) for row in rows]),
        "labels": torch.stack([pad(row["labels"], -100) if of_tokens else row["labels"] for row in rows]),
    }


def one_step(model: Any, rows: Any, compute: Any, accumulate: int, folder: Any) -> tuple[Any, float]:
    """The gradient that the optimizer saw, of all eight sentences, and the loss that was logged."""
    arguments = transformers.TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=len(rows) // accumulate,
        gradient_accumulation_steps=accumulate,
        max_steps=1,
        optim="sgd",
        learning_rate=1.0,
        lr_scheduler_type="constant",
        max_grad_norm=0.0,
        logging_steps=1,
        report_to=[],
        save_strategy="no",
        use_cpu=True,
        disable_tqdm=True,
        remove_unused_columns=False,
    )
    before = torch.cat([p.detach().flatten().clone() for p in model.parameters()])
    trainer = transformers.Trainer(
        model=model, args=arguments, train_dataset=rows, data_collator=collate, compute_loss_func=compute
    )
    trainer.train()
    after = torch.cat([p.detach().flatten() for p in model.parameters()])
    return before - after, trainer.state.log_history[0]["loss"]


CASES = [
    (tagger, "tags", lossary.softmax_focal, {"gamma": 2.0}, None),
    (tagger, "tags", lossary.softmax_cross_entropy, {"label_smoothing": 0.1}, False),
    (writer, "next", lossary.softmax_cross_entropy, {"z_weight": 1e-3}, True),
    (lambda: rater(3), "many", lossary.sigmoid_binary_cross_entropy, {}, False),
    (lambda: rater(1), "number", lossary.huber, {"delta": 0.5}, False),
]


@pytest.mark.parametrize(("model", "labels", "loss", "options", "shift"), CASES)
def test_four_micro_batches_are_one_batch(tmp_path, model, labels, loss, options, shift):
    compute = compute_loss_func(loss, shift=shift, **options)
    rows = sentences(labels)
    whole, loss_of_whole = one_step(model(), rows, compute, 1, tmp_path)
    parts, loss_of_parts = one_step(model(), rows, compute, 4, tmp_path)
    assert whole.abs().max() > 1e-3
    assert torch.allclose(parts, whole, rtol=1e-4, atol=1e-6)
    assert loss_of_parts == pytest.approx(loss_of_whole, rel=1e-4)


@pytest.mark.parametrize(("model", "labels", "shift"), [(tagger, "tags", False), (writer, "next", True)])
def test_cross_entropy_is_that_of_the_model(tmp_path, model, labels, shift):
    compute = compute_loss_func(lossary.softmax_cross_entropy, shift=shift)
    ours, our_loss = one_step(model(), sentences(labels), compute, 1, tmp_path)
    theirs, their_loss = one_step(model(), sentences(labels), None, 1, tmp_path)
    assert torch.allclose(ours, theirs, rtol=1e-4, atol=1e-6)
    assert our_loss == pytest.approx(their_loss, rel=1e-4)


def test_a_mean_of_each_micro_batch_would_be_something_else(tmp_path):
    def mean(outputs: Any, labels: Any, num_items_in_batch: Any = None) -> Any:
        return lossary.softmax_cross_entropy(outputs["logits"], labels, where=labels != -100)

    rows = sentences("tags")
    whole, _ = one_step(tagger(), rows, mean, 1, tmp_path)
    parts, _ = one_step(tagger(), rows, mean, 4, tmp_path)
    assert not torch.allclose(parts, whole, rtol=0.05, atol=1e-4)


def test_a_language_model_without_shift_is_an_error(tmp_path):
    compute = compute_loss_func(lossary.softmax_cross_entropy)
    with pytest.raises(lossary.LossInputError, match="causal language model predict the next label"):
        one_step(writer(), sentences("next"), compute, 1, tmp_path)


def test_evaluation_and_tuples():
    logits, labels = torch.randn(2, 3, 4), torch.tensor([[1, -100, 3], [0, 2, -100]])
    compute = compute_loss_func(lossary.softmax_cross_entropy)
    wanted = torch.nn.functional.cross_entropy(logits.reshape(-1, 4), labels.reshape(-1))
    assert torch.allclose(compute({"logits": logits}, labels), wanted)
    assert torch.allclose(compute((logits,), labels), wanted)
    assert torch.allclose(compute((logits,), labels, num_items_in_batch=torch.tensor(8)), wanted * 4 / 8)


def test_pickle_and_wrong_options():
    compute = compute_loss_func(lossary.softmax_focal, gamma=1.0)
    assert repr(pickle.loads(pickle.dumps(compute))) == repr(compute)
    with pytest.raises(lossary.LossInputError, match="`reduction` is not an option here") as caught:
        compute_loss_func(lossary.softmax_focal, reduction="mean")
    assert "num_items_in_batch" in caught.value.__notes__[0]
    with pytest.raises(lossary.LossTypeError, match="has no option `gama`"):
        compute_loss_func(lossary.softmax_focal, gama=1.0)


@pytest.mark.parametrize("items", [None, 0, torch.tensor(0)], ids=str)
def test_nothing_to_count_is_0_and_teaches_nothing(items):
    logits = torch.randn(2, 3, 4, requires_grad=True)
    value = compute_loss_func("softmax_focal")({"logits": logits}, torch.full((2, 3), -100), items)
    value.backward()
    assert value == 0
    assert (logits.grad == 0).all()


def test_a_sum_of_losses():
    @kernel.loss
    def both(logits, labels, *, gamma=2.0):
        focal = kernel.call(lossary.softmax_focal, logits, labels, gamma=gamma)
        return 0.5 * focal + kernel.call(lossary.softmax_cross_entropy, logits, labels)

    logits, labels = torch.randn(2, 3, 4), torch.tensor([[1, 2, -100], [0, 3, 3]])
    got = compute_loss_func(both, gamma=1.0)({"logits": logits}, labels, 7)
    focal = compute_loss_func("softmax_focal", gamma=1.0)({"logits": logits}, labels, 7)
    entropy = compute_loss_func("softmax_cross_entropy")({"logits": logits}, labels, 7)
    assert torch.allclose(got, 0.5 * focal + entropy)

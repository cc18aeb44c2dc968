import math
from pathlib import Path

import pytest
import torch
from torch import nn

from lightlab.config.instantiation import instantiate_parts
from lightlab.errors import UsageError
from lightlab.modules.language_model import LanguageModel
from lightlab.modules.losses import TokenCrossEntropy
from lightlab.prediction.options import parse_options
from lightlab.prediction.predict import predict
from lightlab.spec import Spec
from lightlab.training.building import NETWORK, build_network
from lightlab.training.fit import train

WORDS = Spec("words", (6,), 9, "token", vocabulary=("<UNK>", *"春夏秋冬日月山江"))
SMALL = ["task=poetry_rnn_course", "data.source=embedded", "data.train_size=20", "trainer.max_epochs=2"]
SMALL += ["network.embedding_size=8", "network.hidden_size=8"]


@pytest.fixture
def build(config):
    def build(spec=WORDS, *overrides, **sizes):
        whole = config("task=poetry_rnn_course", *overrides)
        whole["network"] |= {"embedding_size": 6, "hidden_size": 7, **sizes}
        return build_network(instantiate_parts(whole, NETWORK), spec)

    return build


@pytest.fixture
def tokens():
    return torch.randint(0, 9, (4, 6), generator=torch.Generator().manual_seed(0))


CELLS = pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])


@CELLS
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("num_layers", [1, 2])
def test_tokens_and_state_become_logits_and_state(build, tokens, cell, tied, num_layers):
    logits, state = build(cell=cell, tied=tied, num_layers=num_layers, dropout=0.1)(tokens)
    assert logits.shape == (4, 6, 9)
    parts = state if isinstance(state, tuple) else (state,)
    assert [part.shape for part in parts] == [(num_layers, 4, 7)] * (2 if cell == "lstm" else 1)


@CELLS
def test_recurrence_runs_through_time_and_not_across_the_batch(build, tokens, cell):
    network = build(cell=cell)
    whole, _ = network(tokens)
    changed = tokens.clone()
    changed[1, 3] = (tokens[1, 3] + 1) % 9
    moved = (network(changed)[0] - whole).abs().sum(2) > 0  # (N, T)
    assert moved.nonzero().tolist() == [[1, 3], [1, 4], [1, 5]]


@CELLS
def test_a_text_in_two_parts_with_the_state_between_is_the_whole_text(build, tokens, cell):
    network = build(cell=cell)
    first, state = network(tokens[:, :2])
    second, _ = network(tokens[:, 2:], state)
    assert torch.allclose(torch.cat([first, second], 1), network(tokens)[0], atol=1e-6)


def test_the_courses_network_has_its_sizes(config):
    vocabulary = ("<UNK>", *map(chr, range(0x4E00, 0x4E00 + 4773)))
    spec = Spec("poems", (24,), 4774, "token", vocabulary=vocabulary)
    network = build_network(instantiate_parts(config("task=poetry_rnn_course"), NETWORK), spec)
    weights = {name: tuple(weight.shape) for name, weight in network.named_parameters() if "bias" not in name}
    assert weights.pop("embedding.weight") == (4774, 256) and weights.pop("head.weight") == (4774, 512)
    assert list(weights.values()) == [(512, 256), (512, 512), (512, 512), (512, 512)]


def test_tied_weights_are_one_tensor_in_training_and_from_a_checkpoint(build, tokens):
    network = build(tied=True)
    assert network.head.weight is network.embedding.weight
    other = build(tied=True)
    other.load_state_dict(network.state_dict())
    assert torch.equal(other(tokens)[0], network(tokens)[0])


@pytest.mark.parametrize(
    ("network", "spec", "message"),
    [
        ("rnn", Spec("photos", (1, 8, 8), 2, "class"), r"network rnn takes tokens .* data photos gives .*\(1, 8, 8\)"),
        ("mlp_50", WORDS, "network mlp takes numbers, but data words gives tokens"),
        ("linear", WORDS, "network linear takes numbers, but data words gives tokens"),
    ],
)
def test_what_does_not_fit_is_refused_with_both_names(config, network, spec, message):
    with pytest.raises(UsageError, match=message):
        build_network(instantiate_parts(config("task=poetry_rnn_course", f"network={network}"), NETWORK), spec)


def model(network=None):
    return LanguageModel(network or nn.Identity(), WORDS, TokenCrossEntropy())


class Constant(nn.Module):
    """The same logits whatever comes in."""

    def forward(self, tokens, state=None):
        return torch.arange(9.0).expand(*tokens.shape, 9), state


def test_perplexity_and_bits_are_those_of_the_tokens_that_are_no_padding():
    module = model(Constant())
    metrics = module.metrics()
    batches = [torch.tensor([[1, 2, -100], [8, -100, -100]]), torch.tensor([[0, 0]])]
    for targets in batches:
        module.update_metrics(metrics, module(targets), targets)
    surprises = -torch.arange(9.0).log_softmax(0)[[1, 2, 8, 0, 0]]
    values = metrics.compute()
    assert float(values["perplexity"]) == pytest.approx(math.exp(surprises.mean()), rel=1e-5)
    assert float(values["bits_per_character"]) == pytest.approx(float(surprises.mean()) / math.log(2), rel=1e-5)


def test_an_epochs_loss_is_a_mean_over_tokens_and_not_over_rows():
    module = model(Constant())
    long, short = torch.tensor([[8, 8, 8, 8]]), torch.tensor([[0, -100, -100, -100]])
    for targets in (long, short):
        batch = (targets.clamp(min=0), targets)
        module.train_loss.add(*module._sum_and_count(module._loss(batch), batch))
    surprises = -torch.arange(9.0).log_softmax(0)
    assert float(module.train_loss.compute()) == pytest.approx(float((4 * surprises[8] + surprises[0]) / 5), rel=1e-6)


@pytest.fixture(scope="module")
def run(config, tmp_path_factory):
    """A small trained run's checkpoint."""
    folder = tmp_path_factory.mktemp("run")
    train(config(*SMALL, f"cache_dir={folder / 'cache'}"), folder)
    return folder / "checkpoints" / "best.ckpt"


def ask(run, *options):
    return predict(parse_options([f"checkpoint={run}", *options]), run)


def test_a_run_measures_perplexity_on_every_split_and_then_writes_verse(run):
    import json

    results = json.loads((run.parents[1] / "metrics.json").read_text())
    for split in ("train", "val", "test"):
        assert results[f"perplexity/{split}"] == pytest.approx(math.exp(results[f"loss/{split}"]), rel=1e-3)
        assert results[f"bits_per_character/{split}"] == pytest.approx(results[f"loss/{split}"] / math.log(2), rel=1e-3)
    predictions = ask(run, "start=春,月", "count=2", "length=5")
    assert [len(poem) for poem in predictions.table["poem"]] == [24] * 4
    assert predictions.text().splitlines() == predictions.table["poem"].tolist()


def test_poems_are_written_to_a_file(run, tmp_path):
    ask(run, "start=春", "count=3", f"output={tmp_path / 'poems.csv'}")
    assert len((tmp_path / "poems.csv").read_text(encoding="utf-8").splitlines()) == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["input=x.png"], "input=: not an option of a run of poetry_rnn_course, .*which takes start"),
        (["start=春", "batch_size=3"], "batch_size=: not an option"),
        (["length=5"], "start= is missing"),
    ],
)
def test_an_option_of_another_task_is_refused(run, options, message):
    with pytest.raises(UsageError, match=message):
        ask(run, *options)


def test_verse_is_not_asked_of_a_classifier(config, tmp_path):
    train(config("task=logistic_toy", "trainer.max_epochs=1", "checkpoint_every=1"), tmp_path / "toy")
    with pytest.raises(UsageError, match=r"start=: not an option of a run of logistic_toy, which takes input"):
        ask(tmp_path / "toy" / "checkpoints" / "best.ckpt", "start=春")


def test_samples_are_shown_while_it_learns_and_change_nothing(config, tmp_path, capsys):
    sampling = {"_target_": "lightlab.callbacks.text.SamplePoems", "every": 1, "verse": {"start": "囧,春", "count": 2}}
    plain, sampled = config(*SMALL), config(*SMALL, "logger=tensorboard")
    train(plain, tmp_path / "plain")
    capsys.readouterr()
    sampled["callbacks"]["samples"] = sampling
    train(sampled, tmp_path / "sampled")
    assert sum(line.startswith("  春") for line in capsys.readouterr().out.splitlines()) == 2 * 2
    one, other = (torch.load(tmp_path / name / "checkpoints/last.ckpt") for name in ("plain", "sampled"))
    assert all(torch.equal(one["state_dict"][name], other["state_dict"][name]) for name in one["state_dict"])
    events = b"".join(path.read_bytes() for path in Path(tmp_path / "sampled").glob("events*"))
    assert b"samples/text_summary" in events and "春".encode() in events


def test_a_fused_optimizer_clips_gradients_under_bf16(config, tmp_path):
    overrides = ["optimizer.lr=0.01", "trainer.precision=bf16-mixed", "trainer.max_epochs=1"]
    bounds = {"clipped": "trainer.gradient_clip_val=1e-9", "free": "trainer.gradient_clip_val=1e9"}
    for name, bound in bounds.items():
        settings = config(*SMALL, *overrides, bound)
        assert settings["optimizer"]["fused"]
        train(settings, tmp_path / name)
    weights = [torch.load(tmp_path / name / "checkpoints/last.ckpt")["state_dict"] for name in bounds]
    moved = [(one - other).abs().max() for one, other in zip(*(each.values() for each in weights), strict=True)]
    assert max(moved) > 1e-3

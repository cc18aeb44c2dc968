"""The module, its callbacks, and the task from the command line."""

import math

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, logsigmoid

from lightlab.config.instantiation import instantiate_parts
from lightlab.errors import DataError, UsageError
from lightlab.modules.word_vectors import WordVectors
from lightlab.prediction.options import parse_options
from lightlab.prediction.predict import predict
from lightlab.spec import Spec
from lightlab.training.building import NETWORK, build_network
from lightlab.training.fit import train

WORDS = ("<UNK>", "东", "南", "西", "北", "天")
SPEC = Spec("words", (4,), len(WORDS), "word", vocabulary=WORDS, counts=(0, 81, 16, 1, 1, 0))
CONTEXTS = torch.tensor([[0, 1, 2, 0], [3, 4, 0, 0], [0, 0, 0, 0]])
TARGETS = torch.tensor([2, 1, 4])


@pytest.fixture
def module(config):
    def build(**settings):
        torch.manual_seed(0)
        network = build_network(instantiate_parts(config("task=word_embedding") | {"network": CBOW}, NETWORK), SPEC)
        nn.init.normal_(network.head.weight)
        return WordVectors(network=network, spec=SPEC, criterion=nn.CrossEntropyLoss(), **settings)

    return build


CBOW = {"_target_": "lightlab.networks.cbow.CBOW", "embedding_size": 8}


def test_the_hidden_vector_is_the_mean_of_the_words_that_are_there(module):
    network = module().network
    vectors = network.embedding.weight
    hidden = network.hidden(CONTEXTS)
    assert torch.allclose(hidden[0], (vectors[1] + vectors[2]) / 2) and torch.allclose(hidden[1], vectors[3:5].mean(0))
    assert (hidden[2] == 0).all()
    nn.init.ones_(network.embedding.weight)  # whatever an initializer gives to what is no word
    assert (network.hidden(CONTEXTS)[2] == 0).all()


def test_scores_of_a_few_words_are_those_of_all(module):
    network = module().network
    words = torch.tensor([[1, 5], [2, 2], [0, 3]])
    assert torch.allclose(
        network.scores(network.hidden(CONTEXTS), words), network(CONTEXTS).gather(1, words), atol=1e-6
    )


def test_the_softmax_is_taken_up_to_so_many_words(module):
    assert module(softmax_words=6).objective == "softmax" and module(softmax_words=5).objective == "negative"
    assert module(objective="negative", softmax_words=6).objective == "negative"


def test_the_softmax_loss_is_the_cross_entropy_over_all_words(module):
    learner = module(objective="softmax")
    loss = learner.training_step((CONTEXTS, TARGETS), 0)
    assert torch.allclose(loss, cross_entropy(learner.network(CONTEXTS), TARGETS))
    metrics = learner.metrics()
    learner.update_metrics(metrics, learner(CONTEXTS), TARGETS)
    assert float(metrics.compute()["perplexity"]) == pytest.approx(math.exp(loss.detach()), rel=1e-5)


def test_negative_sampling_is_mikolovs_formula(module):
    learner = module(objective="negative", negatives=3)
    loss = learner.training_step((CONTEXTS, TARGETS), 0)
    logits, noise = learner.network(CONTEXTS), learner._drawn
    assert noise.shape == (3, 3)
    expected = -logsigmoid(logits.gather(1, TARGETS[:, None])).sum(1) - logsigmoid(-logits.gather(1, noise)).sum(1)
    assert torch.allclose(loss, expected.mean(), atol=1e-5)
    assert torch.equal(loss, learner._loss((CONTEXTS, TARGETS)))  # computed again, with the same noise


def test_noise_is_drawn_by_the_counts_to_the_power_of_three_quarters(module):
    learner = module(objective="negative", negatives=4000)
    shares = torch.bincount(learner._draw(TARGETS).flatten(), minlength=6) / 12_000
    assert shares.tolist() == pytest.approx([0, 27 / 37, 8 / 37, 1 / 37, 1 / 37, 0], abs=0.02)


def test_evaluation_has_the_same_noise_each_time(module):
    learner = module(objective="negative").eval()
    hidden = learner(CONTEXTS)
    assert torch.equal(learner.compute_loss(hidden, TARGETS), learner.compute_loss(hidden, TARGETS))


@pytest.fixture(scope="module")
def run(config, tmp_path_factory):
    """A run on the embedded sentences, whose topics are known."""
    folder = tmp_path_factory.mktemp("run")
    overrides = ["data.source=embedded", "data.batch_size=256", "callbacks.neighbours.every=2", "logger=tensorboard"]
    chosen = config("task=word_embedding", *overrides, "trainer.max_epochs=6", f"cache_dir={folder / 'cache'}")
    return train(chosen, folder), folder


def ask(run, *arguments):
    options = parse_options([f"run={run[1]}", *arguments])
    return predict(options, run[1] / "checkpoints" / "best.ckpt").table


def test_words_of_a_topic_are_near_each_other(run):
    table = ask(run, "nearest=苹果,老虎", "count=5")
    nearest = table.groupby("to")["nearest"].agg(set)
    assert nearest["苹果"] < {"香蕉", "葡萄", "西瓜", "橘子", "桃子", "草莓", "樱桃"}
    assert nearest["老虎"] < {"狮子", "猴子", "大象", "狐狸", "兔子", "熊猫", "长颈鹿"}
    assert table["cosine"].between(0.3, 1.0).all()


def test_an_analogy_of_the_grammar_holds(run):
    assert ask(run, "analogy=国王-男人+女人", "count=1")["nearest"].tolist() == ["王后"]


def test_the_results_say_how_well_held_out_words_are_predicted(run):
    results = run[0]
    assert results["data"] == "embedded" and results["accuracy/test"] > 0.15
    assert results["perplexity/test"] == pytest.approx(math.exp(results["loss/test"]), rel=1e-3)


def test_the_projector_has_the_words_as_labels(run):
    folder = next(run[1].glob("*/words"))
    labels = (folder / "metadata.tsv").read_text(encoding="utf-8").splitlines()
    assert "苹果" in labels and len(labels) == len((folder / "tensors.tsv").read_text().splitlines())
    assert "words" in (run[1] / "projector_config.pbtxt").read_text()


def test_an_unknown_word_and_an_empty_question_are_refused(run):
    with pytest.raises(DataError, match=r"月饼: not among the .* words that this run knows; did you mean '月亮'"):
        ask(run, "nearest=月饼")
    with pytest.raises(UsageError, match="give nearest=WORD, or analogy="):
        ask(run, "count=3")
    with pytest.raises(UsageError, match="start=: not an option of a run of word_embedding"):
        ask(run, "start=春")


def test_probes_that_are_in_the_text_are_printed(config, tmp_path, capsys):
    overrides = ["data.source=embedded", "trainer.max_epochs=2", "callbacks.neighbours.every=2"]
    train(config("task=word_embedding", *overrides, "callbacks.neighbours.probes='月亮,gone'"), tmp_path)
    printed = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  月亮: ")]
    assert len(printed) == 1 and len(printed[0].split()) == 9
    train(config("task=word_embedding", *overrides, "callbacks.neighbours.probes=gone"), tmp_path / "other")
    assert "gone" not in capsys.readouterr().out

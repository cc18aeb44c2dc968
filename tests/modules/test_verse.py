import itertools
import re

import pytest
import torch
from torch import nn

from lightlab.data.synthetic.verse import couplets
from lightlab.data.text.tokens import Rules, tokenize
from lightlab.errors import UsageError
from lightlab.modules.verse import nucleus, rhyme_groups, sample, write_poems
from lightlab.modules.verse_options import Verse
from lightlab.networks.layers import Layers
from lightlab.networks.rnn import RNN
from lightlab.spec import Spec

CPU = torch.device("cpu")
KEPT, DROPPED = Rules(punctuation="keep", form_token=True), Rules()


def vocabulary_of(rules):
    return tokenize(couplets(500), rules).vocabulary


def untrained(vocabulary, cell="gru"):
    """Its own logits are nearly equal, so a form that is right here is not the model's doing."""
    layers = Layers(nn.Linear, nn.Conv2d, nn.AvgPool2d, nn.MaxPool2d, nn.BatchNorm1d, nn.BatchNorm2d, nn.Dropout)
    spec = Spec("poems", (8,), len(vocabulary), "token", vocabulary=vocabulary)
    torch.manual_seed(0)
    return RNN(spec, layers, nn.Identity, cell=cell, embedding_size=8, hidden_size=8)


def write(rules=KEPT, rhymes=None, cell="gru", **verse):
    vocabulary = vocabulary_of(rules)
    return write_poems(untrained(vocabulary, cell), vocabulary, Verse(**verse), CPU, rhymes)


def lines_of(poem):
    """Lines without their marks, after the marks have been checked."""
    lines = re.findall(r"([^，。]+)([，。])", poem)
    assert "".join(itertools.chain.from_iterable(lines)) == poem
    assert [mark for _, mark in lines] == ["，" if line % 2 == 0 else "。" for line in range(len(lines))]
    return [line for line, _ in lines]


@pytest.mark.parametrize("rules", [KEPT, DROPPED], ids=["marks are tokens", "marks are not"])
@pytest.mark.parametrize(
    "verse",
    [
        {"start": "春"},
        {"start": "春", "length": 5, "top_p": 0.5, "no_repeat": True},
        {"start": "月", "lines": 8, "length": 7, "top_k": 5},
        {"acrostic": "春夏秋冬", "length": 5, "temperature": 2.0},
        {"acrostic": "春夏秋冬", "no_repeat": True},
    ],
    ids=lambda verse: " ".join(map(str, verse.values())),
)
def test_a_thousand_poems_all_have_the_right_form(rules, verse):
    poems = write(rules, count=1000, **verse)
    assert len(poems) == 1000
    first = verse.get("acrostic") or verse["start"]
    for poem in poems:
        lines = lines_of(poem)
        assert [len(line) for line in lines] == [verse.get("length", 7)] * verse.get("lines", 4)
        assert [line[0] for line in lines][: len(first)] == list(first)
        characters = "".join(lines)
        assert re.fullmatch(r"\w+", characters) and "<" not in characters
        if verse.get("no_repeat"):
            assert len(set(characters)) == len(characters)


def test_poems_are_written_by_the_thousand_and_all_kept():
    assert len(write(start="春,江", count=1001, lines=1, length=1)) == 2002


def test_each_of_several_starts_begins_as_many_poems():
    assert [poem[0] for poem in write(start="春, 江，月", count=2, lines=2)] == list("春春江江月月")


def test_a_model_with_form_tokens_needs_no_start():
    assert [len(line) for line in lines_of(write(KEPT, length=5)[0])] == [5] * 4
    with pytest.raises(UsageError, match="start= is missing"):
        write(DROPPED, length=5)


def test_the_state_is_carried_on():
    """What is fed one by one gives the logits that the whole text gives at once."""
    vocabulary = vocabulary_of(DROPPED)
    network = untrained(vocabulary, "lstm")
    (poem,) = write_poems(network, vocabulary, Verse("春", lines=2, temperature=0), CPU)
    tokens = torch.tensor([[vocabulary.index(each) for each in poem if each not in "，。"]])
    likeliest = network(tokens)[0][0, :-1, 1:].argmax(1) + 1  # <UNK> is never written
    assert likeliest.tolist() == tokens[0, 1:].tolist()


def test_the_same_seed_writes_the_same_and_another_does_not():
    assert write(start="春", count=3, seed=1) == write(start="春", count=3, seed=1)
    assert write(start="春", count=3, seed=1) != write(start="春", count=3, seed=2)


def test_torchs_own_random_state_and_the_networks_mode_are_left_alone():
    vocabulary = vocabulary_of(KEPT)
    network = untrained(vocabulary).train()
    before = torch.get_rng_state()
    write_poems(network, vocabulary, Verse("春"), CPU)
    assert network.training and torch.equal(torch.get_rng_state(), before)


def test_greedy_poems_are_alike():
    assert len(set(write(start="春", count=5, temperature=0))) == 1


@pytest.mark.parametrize("no_repeat", [False, True])
def test_even_lines_rhyme(no_repeat):
    vocabulary = vocabulary_of(KEPT)
    groups = [number % 3 for number in range(len(vocabulary))]
    options = {"lines": 6, "length": 5, "count": 200}
    for poem in write(KEPT, groups, start="春", rhyme=True, no_repeat=no_repeat, **options):
        ends = [line[-1] for line in lines_of(poem)[1::2]]
        assert len({groups[vocabulary.index(end)] for end in ends}) == 1
        assert len(set(ends)) == 3


def test_rhymes_that_are_too_few_are_refused():
    vocabulary = vocabulary_of(KEPT)
    with pytest.raises(UsageError, match="no rhyme of this model's vocabulary has enough characters"):
        write(KEPT, list(range(len(vocabulary))), start="春", rhyme=True)


def test_rhymes_are_those_of_todays_reading():
    pytest.importorskip("pypinyin")
    groups = dict(zip("楼流忧，知枝之悲春人", rhyme_groups("楼流忧，知枝之悲春人"), strict=True))
    assert groups["楼"] == groups["流"] == groups["忧"] != groups["知"] == groups["枝"] == groups["之"]
    assert groups["，"] == -1 and groups["春"] == groups["人"] != groups["悲"]


@pytest.mark.parametrize(
    ("verse", "message"),
    [
        ({"start": "囧"}, r"start=囧: 囧 is not among the \d+ characters"),
        ({"start": "春,囧,龘"}, "囧、龘 is not among"),
        ({"acrostic": "春囧"}, "acrostic=春囧: 囧 is not"),
        ({"start": "，"}, "must be one character"),
        ({"start": "春天"}, "start=春天: must be one character"),
        ({"start": "春,,江"}, "must be one character"),
        ({"start": "春", "acrostic": "春夏"}, "give one of the two"),
        ({"acrostic": "春夏", "lines": 4}, "2 characters for lines=4"),
        ({"start": "春", "lines": 1000, "no_repeat": True}, "a poem of 7000 characters from a vocabulary of"),
    ],
)
def test_a_form_that_cannot_be_is_refused(verse, message):
    with pytest.raises(UsageError, match=message):
        write(**verse)


LOGITS = torch.tensor([[2.0, 1.0, 0.0, -torch.inf]])


def drawn(count=4000, **verse):
    generator = torch.Generator().manual_seed(0)
    tokens = sample(LOGITS.expand(count, -1), Verse("春", **verse), generator)
    return tokens.bincount(minlength=4) / count


def test_what_is_drawn_has_the_softmaxs_probabilities():
    assert torch.allclose(drawn(), LOGITS[0].softmax(0), atol=0.03)
    assert torch.allclose(drawn(temperature=2.0), (LOGITS[0] / 2).softmax(0), atol=0.03)


@pytest.mark.parametrize(
    ("verse", "possible"),
    [
        ({"temperature": 0}, 1),
        ({"temperature": 1e-30}, 1),
        ({"top_k": 1}, 1),
        ({"top_k": 2}, 2),
        ({"top_k": 99}, 3),
        ({"top_p": 0.5}, 1),
        ({"top_p": 0.7}, 2),
        ({"top_p": 1.0}, 3),
        ({"top_p": 1e-9}, 1),
        ({"top_p": 1e-300}, 1),
    ],
)
def test_only_the_likeliest_are_drawn(verse, possible):
    assert (drawn(**verse) > 0).tolist() == [place < possible for place in range(4)]


def test_the_nucleus_is_the_smallest_set_that_reaches_its_probability():
    probabilities = torch.tensor([[0.1, 0.6, 0.3], [0.5, 0.25, 0.25]])
    assert nucleus(probabilities, 0.6).gt(0).tolist() == [[False, True, False], [True, True, False]]

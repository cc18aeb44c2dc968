import pytest
import torch

from lightlab.data.loader import ResidentLoader
from lightlab.data.text.poems import LengthOrder, TokenRows
from lightlab.spec import IGNORED

LENGTHS = [7, 2, 12, 5]  # tokens of each text
IDS = torch.arange(1, sum(LENGTHS) + 1)
STARTS = torch.tensor([0, 7, 9, 21])


def rows(window, stride, ids=IDS, texts=slice(None)):
    return TokenRows.of(ids, STARTS[texts], torch.tensor(LENGTHS)[texts] - 1, window, stride)


def batch(found):
    return found.take(torch.arange(len(found)))


def pairs(split):
    """Every input token with its target, as often as it stands in a row."""
    counted = split.targets != IGNORED
    return sorted(zip(split.inputs[counted].tolist(), split.targets[counted].tolist(), strict=True))


@pytest.mark.parametrize("window", [1, 3, 4, 6, 11, 50])
def test_whole_texts_make_each_token_a_target_once(window):
    split = batch(rows(window, None))
    ends = {7, 9, 21, 26}  # the last token of each text, which nothing follows
    assert pairs(split) == [(token, token + 1) for token in range(1, 26) if token not in ends]
    assert split.inputs.shape[1] <= window


def test_padding_is_nowhere_a_target():
    split = batch(rows(50, None))
    assert split.inputs.shape == (4, 11)
    assert (split.targets == IGNORED).sum(1).tolist() == [5, 10, 0, 7]
    assert split.inputs[split.targets == IGNORED].unique().tolist() == [0]


@pytest.mark.parametrize(
    ("window", "stride", "counts"), [(4, 1, [3, 0, 8, 1]), (4, 3, [1, 0, 3, 1]), (6, 2, [1, 0, 3, 0])]
)
def test_windows_are_full_and_none_crosses_a_texts_end(window, stride, counts):
    found = rows(window, stride)
    split = batch(found)
    assert len(found) == sum(counts) and split.inputs.shape == (sum(counts), window)
    assert (split.targets == split.inputs + 1).all() and (split.inputs.diff(dim=1) == 1).all()
    text = torch.bucketize(split.inputs, STARTS + 1, right=True)
    assert (text == torch.bucketize(split.targets, STARTS + 1, right=True)).all()
    assert text[:, 0].bincount(minlength=5)[1:].tolist() == counts


def test_windows_of_stride_1_begin_at_every_token():
    assert batch(rows(4, 1)).inputs[:, 0].tolist() == [1, 2, 3, *range(10, 18), 22]


def test_a_part_of_the_texts_is_taken_alone():
    assert pairs(batch(rows(50, None, texts=slice(3, 4)))) == [(22, 23), (23, 24), (24, 25), (25, 26)]


@pytest.mark.parametrize(("kind", "high"), [(torch.int16, 2**16), (torch.int32, 2**20)])
def test_tokens_are_read_from_the_bits_of_unsigned_numbers(kind, high):
    numbers = torch.arange(high - len(IDS), high)
    ids = numbers.to(torch.int32).view(torch.int16)[::2].contiguous() if kind == torch.int16 else numbers.to(kind)
    split = batch(rows(50, None, ids=ids))
    assert split.inputs[0, 0] == high - len(IDS) and split.targets.max() == high - 1


@pytest.mark.parametrize("shuffle", [True, False])
def test_each_row_once_in_batches_of_like_length(shuffle):
    lengths = torch.randint(1, 100, (1000,), generator=torch.Generator().manual_seed(0))
    order = LengthOrder(lengths, 16, seed=3, shuffle=shuffle).indices()
    assert sorted(order.tolist()) == list(range(1000))
    batches = lengths[order[:992]].view(62, 16)
    assert float((batches.amax(1) - batches.amin(1)).float().mean()) < 5  # of 99


def test_the_order_is_a_function_of_seed_and_epoch():
    def drawn(seed, epoch):
        order = LengthOrder(torch.arange(100) % 7, 8, seed, shuffle=True)
        order.set_epoch(epoch)
        return tuple(order.indices().tolist())

    assert drawn(0, 0) == drawn(0, 0)
    assert len({drawn(seed, epoch) for seed in (0, 1) for epoch in (0, 1)}) == 4


@pytest.mark.parametrize("given", [0, 1, 2])
def test_resumed_at_a_batch_the_loader_yields_the_rest(given):
    def loader():
        found = rows(4, 1)
        return ResidentLoader(found, 5, LengthOrder(found.row_lengths(), 5, 0, shuffle=True), lambda tokens: tokens)

    whole = [inputs.tolist() for inputs, _ in loader()]
    second = loader()
    second.load_state_dict({"batch": given})
    assert [inputs.tolist() for inputs, _ in second] == whole[given:]

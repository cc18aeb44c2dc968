from itertools import chain

import pytest
import torch

from lightlab.data.images.augment import Augment
from lightlab.data.loader import EpochOrder, ResidentLoader, Share, Split
from lightlab.errors import DataError


def loader(rows=10, batch_size=3, seed=0, shuffle=True, **settings):
    split = Split(torch.arange(rows, dtype=torch.uint8).unsqueeze(1), torch.arange(rows))
    return ResidentLoader(split, batch_size, EpochOrder(rows, seed, shuffle), torch.Tensor.float, **settings)


def targets(loader):
    return [batch[1].tolist() for batch in loader]


def test_every_row_once_an_epoch_with_its_own_target():
    batches = list(loader())
    assert sorted(torch.cat([batch[1] for batch in batches]).tolist()) == list(range(10))
    assert all(torch.equal(inputs.squeeze(1), targets.float()) for inputs, targets in batches)


def test_batches_are_prepared():
    assert next(iter(loader()))[0].dtype == torch.float32


def test_the_order_is_a_function_of_seed_and_epoch():
    orders = {}
    for seed in (0, 1):
        for epoch in (0, 1, 2):
            order = EpochOrder(50, seed, shuffle=True)
            order.set_epoch(epoch)
            again = EpochOrder(50, seed, shuffle=True)
            again.set_epoch(epoch)
            torch.manual_seed(epoch)
            assert torch.equal(order.indices(), again.indices())
            orders[seed, epoch] = tuple(order.indices().tolist())
    assert len(set(orders.values())) == 6


def test_drawing_an_order_leaves_torchs_own_random_state():
    before = torch.get_rng_state()
    targets(loader(augment=Augment(flip=False)))
    assert torch.equal(torch.get_rng_state(), before)


def test_without_shuffling_rows_keep_their_order():
    assert targets(loader(shuffle=False)) == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]


@pytest.mark.parametrize("seed", [0, 7, 20_240_101, 2**32 - 1])
def test_any_seed_is_taken(seed):
    order = EpochOrder(5, seed, shuffle=True)
    order.set_epoch(10_000)
    assert sorted(order.indices().tolist()) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("rows", "size", "drop_last", "batches"),
    [(10, 3, False, 4), (10, 3, True, 3), (9, 3, True, 3), (9, 3, False, 3), (2, 3, False, 1), (2, 3, True, 0)],
)
def test_its_size_is_what_it_yields(rows, size, drop_last, batches):
    found = loader(rows, size, drop_last=drop_last)
    assert len(found) == len(targets(found)) == batches


def test_a_last_batch_that_is_not_full_is_left_out_where_told_to():
    assert [len(batch) for batch in targets(loader(drop_last=True))] == [3, 3, 3]


@pytest.mark.parametrize("given", [0, 1, 2, 3])
def test_resumed_at_a_batch_it_yields_the_rest(given):
    whole = targets(loader(seed=3))
    first, second = loader(seed=3), loader(seed=3)
    iterator = iter(first)
    assert [next(iterator)[1].tolist() for _ in range(given)] == whole[:given]
    second.load_state_dict(first.state_dict())
    assert targets(second) == whole[given:]
    assert targets(second) == whole


def test_after_a_whole_epoch_its_state_is_that_of_a_new_one():
    found = loader()
    targets(found)
    assert found.state_dict() == loader().state_dict()


def test_a_loader_without_a_batch_has_a_state():
    assert loader(2, 3, drop_last=True).state_dict() == {"batch": 0}


def images(seed=0, first=0, epoch=0, same=False):
    pixels = torch.arange(36.0).expand(8, 36) if same else torch.arange(8 * 36.0)
    split = Split(pixels.reshape(8, 1, 6, 6), torch.arange(8))
    order = EpochOrder(8, seed, shuffle=False)
    order.set_epoch(epoch)
    found = ResidentLoader(split, 2, order, torch.Tensor.float, Augment(shift=2, flip=True))
    found.load_state_dict({"batch": first})
    return [batch[0] for batch in found]


def test_augmentation_is_the_same_again_and_after_a_resume():
    whole = images()
    torch.manual_seed(99)
    assert torch.equal(torch.cat(whole), torch.cat(images()))
    assert torch.equal(torch.cat(whole[2:]), torch.cat(images(first=2)))


def test_augmentation_differs_by_batch_epoch_and_seed():
    def shifts(**settings):
        return [tuple(batch.flatten().tolist()) for batch in images(same=True, **settings)]

    assert len({*shifts(), *shifts(epoch=1), *shifts(seed=1)}) == 12


def test_a_split_is_taken_row_by_row_and_moved():
    split = Split(torch.arange(4.0), torch.arange(4)).take(torch.tensor([3, 1]))
    assert (split.inputs.tolist(), split.targets.tolist(), len(split)) == ([3.0, 1.0], [3, 1], 2)
    assert split.to(torch.device("meta")).inputs.is_meta


def of_each(size, **settings):
    return [targets(loader(share=Share(rank, size), **settings)) for rank in range(size)]


@pytest.mark.parametrize("rows", [8, 12, 13, 17, 19])
@pytest.mark.parametrize("size", [2, 3])
def test_processes_together_read_the_batches_of_one_that_are_as_large(rows, size):
    together = targets(loader(rows=rows, batch_size=2 * size))
    parts = of_each(size, rows=rows, batch_size=2)
    assert len({tuple(map(len, part)) for part in parts}) == 1  # as many rows for each
    read = [sorted(chain(*batches)) for batches in zip(*parts, strict=True)]
    left_out = rows % (2 * size) % size
    assert sum(map(len, read)) == rows - left_out
    assert all(set(batch) <= set(whole) for batch, whole in zip(read, together, strict=False))


@pytest.mark.parametrize("rows", [2, 8, 12, 13, 17])
def test_in_evaluation_no_row_is_left_out_or_given_twice(rows):
    parts = of_each(2, rows=rows, batch_size=3, complete=True, shuffle=False)
    assert sorted(chain(*chain(*parts))) == list(range(rows))
    assert len({len(part) for part in parts}) == 1
    assert all(batch for part in parts for batch in part)


def test_within_an_epoch_a_run_goes_on_on_as_many_devices():
    first = loader(share=Share(0, 2), batch_size=2)
    next(iter(first))
    with pytest.raises(DataError, match=r"within an epoch on 2 devices, .* go on with trainer.devices=2"):
        loader(batch_size=2).load_state_dict(first.state_dict())
